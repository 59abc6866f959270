// A QR code inside the host's own page by our helper, both ways, and everything that can happen to it. At the end
// Chromium says what never ran.

import type { FastifyInstance } from 'fastify'
import type { Page } from 'playwright-core'
import { test } from 'tap'
import { helperTest, missed } from '../fixture/helped'
import { app, begun, browserTest, htmlPage, servePage, shoot, type Sites, weixin } from '../fixture/sites'

/** The code on show, once WeChat has heard of it. */
const lastQr = (sites: Sites): string => sites.wechat.control.qrs().at(-1)!.uuid
const answers = (sites: Sites, path: string): string[] => sites.answers.filter(answer => answer.includes(` ${path}`))
const nickname = (page: Page): Promise<string> =>
  page.evaluate("fetch('/wechat/me').then(answer => answer.json()).then(({ user }) => user.nickname)")

helperTest('the whole page goes: from the scan back to the page that asked, its fragment too', {}, async (t, {
  page,
  run,
  until
}, sites) => {
  await run("history.replaceState(0, '', '/?tab=2#第三节'); show()")
  await until("said.includes('onReady')")
  t.strictSame(
    await run("[...document.querySelectorAll('#qr *')].map(({ tagName, title }) => tagName + ' ' + title)"),
    ['IFRAME 微信登录 WeChat login']
  )
  await shoot(page, 'embedded')
  sites.wechat.control.scan(lastQr(sites))
  await page.frameLocator('iframe').getByText('扫描成功').waitFor()
  await shoot(page, 'embedded-scanned')
  const loaded = page.waitForEvent('load')
  sites.wechat.control.confirm(lastQr(sites), 'sunny')
  await loaded
  t.equal(decodeURIComponent(page.url()), `${app}/?tab=2#第三节`)
  t.equal(await nickname(page), 'Sunny Day ☀️')
})

helperTest("inside the frame the simulator's phone is played in place, cancelled and scanned again", {}, async (t, {
  page,
  run,
  until
}) => {
  await run('show({ self_redirect: true })')
  await until("said.includes('onReady')")
  const frame = page.frameLocator('iframe')
  await frame.getByRole('link', { name: '手机' }).click()
  await shoot(page, 'embedded-phone')
  await frame.getByRole('button', { name: '拒绝' }).click()
  await frame.getByText('取消此次登录').waitFor()
  await frame.getByRole('link', { name: '手机' }).click()
  await frame.getByRole('button', { name: '允许' }).click()
  await until("said.includes('onDone 青禾🌱')")
  t.strictSame(await run('said'), ['onReady', 'onDone 青禾🌱'])
})

const visits: object[] = []
function recordVisits (host: FastifyInstance): void {
  host.addHook('onRequest', async request => {
    if (!request.url.startsWith('/wechat/qr')) return
    const { cookie = '', 'sec-fetch-site': site, 'sec-fetch-dest': dest, referer } = request.headers
    const cookies = cookie.split('; ').filter(Boolean).map(pair => pair.split('=')[0]!.replace(/[0-9a-f]{12}$/, '*'))
    visits.push({
      bounced: request.url.includes('bounced'),
      cookies,
      site,
      dest,
      tellsCode: referer?.includes('code=') === true
    })
  })
}

helperTest('the page stays: Lax cookies are enough, exactly one bounce, and onDone gets the user', {
  before: recordVisits
}, async (t, { page, run, until }, sites) => {
  await run('show({ self_redirect: true })')
  await until("said.includes('onReady')")
  sites.wechat.control.confirm(lastQr(sites), 'sunny')
  await until('said.length === 2')
  t.strictSame(await run('said'), ['onReady', 'onDone Sunny Day ☀️'])
  t.strictSame(visits, [
    { bounced: false, cookies: [], site: 'cross-site', dest: 'iframe', tellsCode: false },
    { bounced: true, cookies: ['__Host-wechat-*'], site: 'same-origin', dest: 'iframe', tellsCode: false }
  ])
  const cookies = await page.context().cookies()
  t.strictSame(cookies.map(({ name, sameSite }) => `${name} ${sameSite}`), ['__Host-session Lax'])
  t.equal(await run("document.querySelector('#qr').innerHTML"), '')
  t.equal(page.url(), `${app}/`)
})

for (const target of ['/elsewhere#there', '/#there']) {
  helperTest(`the page stays and has no onDone: it is loaded again at ${target}`, {}, async (t, {
    page,
    run,
    until
  }, sites) => {
    await run(`show({ self_redirect: true, onDone: undefined, redirect: '${target}' })`)
    await until("said.includes('onReady')")
    // What is answered with 204 leaves the browser where it is, and so its coverage can be read.
    const isWholePage = (url: URL): boolean => url.origin === app && !url.pathname.startsWith('/wechat/')
    await page.route(isWholePage, route => route.fulfill({ status: 204 }))
    const asked = page.waitForRequest(request => request.isNavigationRequest() && isWholePage(new URL(request.url())))
    sites.wechat.control.confirm(lastQr(sites))
    t.equal((await asked).url(), app + target.replace(/#.*/, ''))
    t.equal(await nickname(page), '青禾🌱')
  })
}

helperTest('a target that is not ours is never gone to', {}, async (t, { page, run, until }, sites) => {
  await run("show({ self_redirect: true, onDone: undefined, redirect: 'javascript:alert(1)' })")
  await until("said.includes('onReady')")
  const loaded = page.waitForEvent('load')
  sites.wechat.control.confirm(lastQr(sites))
  await loaded
  t.equal(page.url(), `${app}/`)
})

helperTest("the server's no reaches the page around, and stays readable with a way on that leaves the iframe", {
  options: { onUser: () => null }
}, async (t, { page, run, until }, sites) => {
  await run('show({ self_redirect: true })')
  await until("said.includes('onReady')")
  sites.wechat.control.confirm(lastQr(sites))
  await until("said.includes('onRefused')")
  const frame = page.frameLocator('iframe')
  t.equal(await frame.getByRole('heading').innerText(), '登录未完成')
  await shoot(page, 'embedded-refused')
  await frame.getByRole('link', { name: '重新登录' }).click()
  await page.waitForURL(`${weixin}/connect/qrconnect?**`, begun)
})

helperTest('a refusal that WeChat reports, as its documents say, reaches the page around', {
  simulator: { refusal: 'authdeny' }
}, async (t, { run, until }, sites) => {
  await run('show({ self_redirect: true })')
  await until("said.includes('onReady')")
  sites.wechat.control.cancel(lastQr(sites))
  await until("said.includes('onRefused')")
  t.strictSame(answers(sites, '/wechat/qr').map(answer => answer.slice(-3)), ['403'], 'no bounce for it')
})

helperTest('a login that fails on the way reaches the page around', {}, async (t, { page, run, until }, sites) => {
  await run('show({ self_redirect: true })')
  await until("said.includes('onReady')")
  sites.wechat.control.fault({ endpoint: 'access_token', kind: 'busy', times: 'always' })
  sites.wechat.control.confirm(lastQr(sites))
  await until("said.includes('onError LOGIN_FAILED')")
  t.equal(await page.frameLocator('iframe').getByRole('heading').innerText(), '微信暂时没有回应')
  await shoot(page, 'embedded-error')
})

helperTest('a login that does not last is no login', {}, async (t, { page, run, until }, sites) => {
  await page.route('**/wechat/me', route => route.fulfill({ status: 401, body: '{}' }))
  await run('show({ self_redirect: true })')
  await until("said.includes('onReady')")
  sites.wechat.control.confirm(lastQr(sites))
  await until('said.length === 2')
  t.strictSame(await run('said'), ['onReady', 'onError LOGIN_FAILED'])
})

helperTest('what onDone throws is no failure of the login', {}, async (t, { run, until }, sites) => {
  await run("addEventListener('unhandledrejection', () => { hear('unhandled')() }); show({ self_redirect: true, " +
    "onDone: () => { throw new Error('of the page') } })")
  await until("said.includes('onReady')")
  sites.wechat.control.confirm(lastQr(sites))
  await until('said.length === 2')
  t.strictSame(await run('said'), ['onReady', 'unhandled'])
})

let now: () => number = Date.now
helperTest('an attempt that outlived its time is replaced by a new one', {
  now: () => now()
}, async (t, { run, until }, sites) => {
  t.teardown(() => { now = Date.now })
  await run('show({ self_redirect: true })')
  await until("said.includes('onReady')")
  now = () => Date.now() + 901_000
  sites.wechat.control.confirm(lastQr(sites))
  await until("said.filter(word => word === 'onReady').length === 2")
  t.strictSame(await run('said'), ['onReady', 'onExpired', 'onReady'])
  sites.wechat.control.confirm(lastQr(sites))
  await until("said.includes('onDone 青禾🌱')")
})

helperTest("WeChat's own code expires: its page shows another one for the same attempt", {}, async (t, {
  page,
  run,
  until
}, sites) => {
  await run('show()')
  await until("said.includes('onReady')")
  const first = lastQr(sites)
  sites.wechat.control.expire(first)
  await until('said.length === 2')
  t.strictSame(await run('said'), ['onReady', 'onReady'])
  t.not(lastQr(sites), first)
  t.equal(answers(sites, '/wechat/embed').length, 1)
  const loaded = page.waitForEvent('load')
  sites.wechat.control.confirm(lastQr(sites))
  await loaded
  t.equal(await nickname(page), '青禾🌱')
})

const clock = { prepare: (page: Page) => page.clock.install() }

helperTest('the code is renewed before its attempt ends; a renewal that fails is tried again', clock, async (t, {
  page,
  run,
  until
}, sites) => {
  await run('show()')
  await until('said.length === 1')
  await page.clock.fastForward('14:29')
  t.equal(answers(sites, '/wechat/embed').length, 1)
  await page.clock.fastForward('00:02')
  await until('said.length === 2')
  t.strictSame(await run('said'), ['onReady', 'onReady'])

  await page.route('**/wechat/embed?**', route => route.fulfill({ status: 502 }), { times: 1 })
  await page.clock.fastForward('14:31')
  await until("said.includes('onError BAD_ANSWER')")
  await page.clock.fastForward('00:21')
  await until('said.length === 4')
  t.strictSame(await run('said'), ['onReady', 'onReady', 'onError BAD_ANSWER', 'onReady'])
  t.equal(await run("document.querySelectorAll('#qr iframe').length"), 1)
})

helperTest('a frame that keeps saying that its attempt is over is renewed after longer and longer waits, until one lives for a minute', clock, async (t, { page, run, until }) => {
  await page.route('**/wechat/embed?**', route =>
    route.fulfill({ json: { src: `${app}/frame`, redirect: '/', expiresIn: 900 } }))
  await page.route('**/frame', route => route.fulfill({
    contentType: 'text/html',
    body: "<script>parent.postMessage('wxReady', location.origin)</script>"
  }))
  await run(`
    window.expired = []
    window.heard = 0
    addEventListener('message', ({ data }) => { if (data.wechatLogin) { heard++; dispatchEvent(new Event('said')) } })
    show({ onExpired: () => expired.push(Date.now()) })`)
  const sayExpired = async (count: number): Promise<void> => {
    await until(`said.length === ${count}`)
    await run('document.querySelector(\'#qr iframe\').contentWindow.eval("parent.postMessage({ wechatLogin: ' +
      '\'expired\' }, location.origin)"); 0')
    await until(`heard === ${count}`)
  }
  const waits = [0, 1, 2, 4, 8, 16, 32, 60, 60].map(seconds => seconds * 1000)
  for (const [index, wait] of waits.entries()) {
    await sayExpired(index + 1)
    await page.clock.fastForward(wait)
  }
  await until(`said.length === ${waits.length + 1}`)
  const times = await run('expired') as number[]
  t.equal(times.length, waits.length)
  t.strictSame(
    times.slice(1).map((time, index) => time - times[index]!).filter((gap, index) => gap < waits[index + 1]!),
    []
  )
  await page.clock.fastForward('01:01')
  await sayExpired(waits.length + 1)
  await until(`said.length === ${waits.length + 2}`)
})

helperTest('offline a page keeps its code, and gets a new one as soon as it is online', clock, async (t, {
  page,
  run,
  until
}) => {
  await run('show()')
  await until('said.length === 1')
  await page.context().setOffline(true)
  await page.clock.fastForward('14:31')
  await until("said.includes('onError NETWORK')")
  await page.clock.fastForward('00:31')
  await until("said.includes('onExpired')")
  await page.context().setOffline(false)
  await until("said.at(-1) === 'onReady'")
  t.strictSame(await run("said.filter(word => word === 'onExpired')"), ['onExpired'])
})

helperTest('a page that the back button brings back gets a new code', {}, async (t, { run, until }, sites) => {
  await run('show()')
  await until('said.length === 1')
  // Headless Chromium keeps no page for its back button; this is the event it would send.
  await run("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })); 0")
  await until('said.length === 2')
  t.equal(answers(sites, '/wechat/embed').length, 2)
})

helperTest('a code that is taken down stays down, also while it is being fetched', clock, async (t, {
  page,
  run,
  until
}, sites) => {
  await run('show(); qr.remove()')
  await run('show()')
  await until('said.length === 1')
  await run('show()')
  await until('said.length === 2')
  t.equal(await run("document.querySelectorAll('#qr iframe').length"), 1, 'a second one takes the place of the first')
  await run('qr.remove()')
  const asked = answers(sites, '/wechat/embed').length
  await page.clock.fastForward('01:00:00')
  await run("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })); " +
    "dispatchEvent(new Event('online')); w.checkLogin()")
  t.equal(answers(sites, '/wechat/embed').length, asked)
  t.equal(await run("document.querySelector('#qr').innerHTML"), '')
  t.strictSame(await run('said'), ['onReady', 'onReady'])
})

helperTest('of renewals that fail at once only one is tried again, and none once the code is taken down', clock, async (
  t,
  { page, run, until }
) => {
  await run('show()')
  await until("said.includes('onReady')")
  await page.route('**/wechat/embed?**', route => route.fulfill({ status: 502 }))
  await run('Promise.all([qr.renew(), qr.renew()])')
  await run('qr.remove()')
  await page.clock.fastForward('16:00')
  t.strictSame(await run('said'), ['onReady', 'onError BAD_ANSWER', 'onError BAD_ANSWER'])
})

helperTest('the looks go to WeChat; what is no look of WeChat\'s is refused; nothing needs to listen', {}, async (t, {
  run,
  until
}) => {
  await run("w.embedQr(document.querySelector('#qr'))")
  await run("show({ style: 'white', href: 'data:text/css;base64,Kg==', lang: 'en', stylelite: 1, fast_login: 0, " +
    "color_scheme: 'dark', title: 'Scan me' })")
  await until("said.includes('onReady')")
  const { src, title, allow, sandbox } = await run('(({ src, title, allow, sandbox }) => ({ src, title, allow, ' +
    "sandbox: String(sandbox) }))(document.querySelector('#qr iframe'))")
  t.match(src, /&styletype=&sizetype=&bgcolor=&rst=&style=white&href=data%3Atext%2Fcss%3Bbase64%2CKg%3D%3D&lang=en&stylelite=1&fast_login=0&color_scheme=dark$/)
  t.strictSame(
    { title, allow, sandbox },
    { title: 'Scan me', allow: '', sandbox: 'allow-scripts allow-same-origin allow-top-navigation' }
  )
  await run("show({ style: 'pink' })")
  await until("said.includes('onError FST_WECHAT_INVALID_REQUEST')")
})

helperTest('T46: words of strangers are not heard', {}, async (t, { page, run, until }) => {
  await run('show({ self_redirect: true })')
  await until("said.includes('onReady')")
  await run("postMessage({ wechatLogin: 'refused' }, location.origin); 0")
  await page.frames()[1]!.evaluate("parent.postMessage({ wechatLogin: 'refused' }, '*'); " +
    "parent.postMessage('{\"type\":\"status\",\"status\":\"other\"}', '*'); " +
    "parent.postMessage('{\"type\":\"status\",\"status\":\"wxReady\"}', '*')")
  await until('said.length === 2')
  t.strictSame(await run('said'), ['onReady', 'onReady'])
})

for (const stays of [false, true]) {
  browserTest(`WeChat's own script with our parameters, ${stays ? 'the page stays' : 'the whole page goes'}`, {
    routes: host => {
      servePage(
        host,
        '/own',
        () => htmlPage(
          'Own',
          `<div id="qr"></div><script src="${weixin}/connect/zh_CN/htmledition/js/wxLogin.js"></script>`
        ),
        `script-src ${weixin}; connect-src 'self'`
      )
    }
  }, async (t, sites) => {
    const page = await sites.page()
    await page.goto(`${app}/own`)
    await page.evaluate(`(async () => {
      window.said = []
      addEventListener('message', ({ origin, data }) => { if (origin === location.origin) said.push(data) })
      const { wxLogin } = await fetch('/wechat/embed?redirect=/own?in=1&self_redirect=${stays}').then(answer => answer.json())
      await new Promise(resolve => { new WxLogin({ id: 'qr', ...wxLogin, onReady: resolve }) })
    })()`)
    const left = stays ? undefined : page.waitForURL(`${app}/own?in=1`)
    sites.wechat.control.confirm(lastQr(sites), 'sunny')
    if (stays) {
      await page.frameLocator('iframe').getByRole('heading', { name: '登录成功' }).waitFor()
      t.strictSame(await page.evaluate('said'), [{ wechatLogin: 'done' }])
      t.strictSame(answers(sites, '/wechat/qr').map(answer => answer.includes('bounced')), [false, true])
      await page.frameLocator('iframe').getByRole('link').click()
      await page.waitForURL(`${app}/own?in=1`)
    }
    await left
    t.equal(await nickname(page), 'Sunny Day ☀️')
  })
}

browserTest('a finished login that opens at the top of the window goes on by itself', {
  pages: { '/': htmlPage('Home'), '/elsewhere': htmlPage('Elsewhere') }
}, async (t, sites) => {
  const page = await sites.page()
  await page.goto(`${app}/`)
  const { src } = await page.evaluate(
    "fetch('/wechat/embed?self_redirect=true&redirect=/elsewhere').then(answer => answer.json())"
  ) as { src: string }
  await page.goto(sites.wechat.control.approve(src))
  await page.waitForURL(`${app}/elsewhere`)
  t.equal(await nickname(page), '青禾🌱')
})

helperTest('without a handler a failure is nobody\'s, and nothing is thrown', {}, async (t, { page, run }) => {
  await page.route('**/wechat/embed?**', route => route.fulfill({ status: 500, body: '{}' }))
  await run(
    "window.thrown = []; addEventListener('unhandledrejection', ({ reason }) => thrown.push(String(reason))); 0"
  )
  await run("w.embedQr(document.querySelector('#qr')).renew()")
  t.strictSame(await run('thrown'), [])
})

test('all of embedQr ran in Chromium', async t => {
  t.strictSame(missed('embedQr'), [])
})
