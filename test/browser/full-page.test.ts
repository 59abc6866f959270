// Whole logins in a real browser on real names over https, the page itself going to WeChat and back.

import type { Page } from 'playwright-core'
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { agents } from '../fixture/browser'
import { app, begun, browserTest, evil, htmlPage, servePage, shoot, type Sites, weixin } from '../fixture/sites'

const phone = { userAgent: agents.wechat, viewport: { width: 320, height: 568 }, isMobile: true, hasTouch: true }
const pages = { '/': htmlPage('首页') }

function accountPages (host: FastifyInstance): void {
  for (const path of ['/账户', '/account/a', '/account/b']) {
    host.get(
      path,
      { preHandler: host.requireWechatUser },
      async (request, reply) => reply.type('text/html; charset=utf-8').send(htmlPage(request.wechatUser!.nickname!))
    )
  }
}
const options = { pages, routes: accountPages }

const lastQr = (sites: Sites): string => sites.wechat.control.qrs().at(-1)!.uuid
const heading = (page: Page): Promise<string> => page.getByRole('heading').innerText()
const me = (page: Page): Promise<number> => page.evaluate("fetch('/wechat/me').then(answer => answer.status)")

/** Opens a guarded page and has its code scanned, which ends the loading of WeChat's page, and then confirmed. */
async function logIn (page: Page, sites: Sites, path = '/account/a', user = 'sunny'): Promise<void> {
  await page.goto(app + path, begun)
  sites.wechat.control.scan(lastQr(sites), user)
  await page.waitForLoadState()
  sites.wechat.control.confirm(lastQr(sites), user)
  await page.waitForURL(app + path)
}

function holdsAt320 (t: Test, page: Page): Promise<void> {
  return page.evaluate('document.documentElement.scrollWidth').then(width => {
    t.ok(width as number <= 320, `${width} pixels wide`)
  })
}

browserTest('inside WeChat, on a narrow phone: the guarded page, the consent, the guarded page', options, async (
  t,
  sites
) => {
  const page = await sites.page(phone)
  await page.goto(`${app}/账户?tab=2&q=微信`)
  t.ok(page.url().startsWith(`${weixin}/connect/oauth2/authorize?`))
  await holdsAt320(t, page)
  await shoot(page, 'simulator-consent-320')
  await page.getByLabel('Sunny Day').check()
  await page.getByRole('button', { name: '允许' }).click()
  await page.waitForURL(`${app}/**`)
  t.equal(decodeURIComponent(page.url()), `${app}/账户?tab=2&q=微信`)
  t.equal(await heading(page), 'Sunny Day ☀️')
  t.strictSame(
    (await page.context().cookies(app))
      .map(({ name, sameSite, secure, httpOnly }) => ({ name, sameSite, secure, httpOnly })),
    [{ name: '__Host-session', sameSite: 'Lax', secure: true, httpOnly: true }]
  )
})

browserTest('on a desktop: the code, the scan, the confirmation; a deep link with a fragment comes back whole through the helper', options, async (t, sites) => {
  const page = await sites.page()
  await page.goto(`${app}/?tab=2&q=微信#第三节`)
  await page.evaluate("import('/wechat/client.js').then(({ login }) => { login() })")
  await page.waitForURL(`${weixin}/connect/qrconnect?**`, begun)
  await shoot(page, 'simulator-qr')
  sites.wechat.control.scan(lastQr(sites))
  await page.getByText('扫描成功').waitFor()
  await shoot(page, 'simulator-qr-scanned')
  sites.wechat.control.confirm(lastQr(sites))
  await page.waitForURL(`${app}/**`)
  t.equal(decodeURIComponent(page.url()), `${app}/?tab=2&q=微信#第三节`)
  t.equal(await me(page), 200)
})

browserTest('two tabs log in at once, each to its own page, and are one visitor', options, async (t, sites) => {
  const visitor = await sites.visitor()
  const [first, second] = [await visitor.newPage(), await visitor.newPage()]
  await first.goto(`${app}/account/a`, begun)
  const firstQr = lastQr(sites)
  await second.goto(`${app}/account/b`, begun)
  const secondQr = lastQr(sites)
  sites.wechat.control.confirm(secondQr, 'sunny')
  await second.waitForURL(`${app}/account/b`)
  sites.wechat.control.confirm(firstQr, 'sunny')
  await first.waitForURL(`${app}/account/a`)
  for (const page of [first, second]) t.equal(await me(page), 200)
  t.strictSame((await visitor.cookies(app)).map(({ name }) => name), ['__Host-session'])
})

browserTest('after a login the back button meets no callback, and a callback loaded again lands in the same login', options, async (t, sites) => {
  const page = await sites.page()
  const callbacks: string[] = []
  page.on('request', request => { if (request.url().includes('/wechat/qr?')) callbacks.push(request.url()) })
  await page.goto(`${app}/`)
  await logIn(page, sites)
  const history = await page.context().newCDPSession(page).then(session => session.send('Page.getNavigationHistory'))
  t.strictSame(
    history.entries.map(({ url }) => url.replace(/\?.*/, '')).filter(url => url.startsWith(app)),
    [`${app}/`, `${app}/account/a`]
  )
  await page.goBack(begun)
  t.equal(new URL(page.url()).origin, weixin, 'as on any site')
  await page.goBack()
  t.equal(await heading(page), '首页')
  t.equal(await me(page), 200)

  t.equal(callbacks.length, 1)
  await page.goto(callbacks[0]!)
  t.equal(page.url(), `${app}/account/a`)
  await page.reload()
  t.equal(await heading(page), 'Sunny Day ☀️')
  t.equal(sites.wechat.control.count('access_token'), 1)

  const stranger = await sites.page()
  await stranger.goto(callbacks[0]!)
  t.equal(await heading(stranger), '登录已过期', 'and another visitor, to whom the address was sent, is nobody')
  t.strictSame(await stranger.context().cookies(app), [])
  t.equal(sites.wechat.control.count('access_token'), 1)
})

browserTest('a refusal that comes back is a page with one way on, which works', {
  ...options,
  simulator: { refusal: 'authdeny' }
}, async (t, sites) => {
  const page = await sites.page(phone)
  await page.goto(`${app}/account/a`)
  await page.getByRole('button', { name: '拒绝' }).click()
  await page.waitForURL(`${app}/wechat/oneclick?**`)
  t.equal(await heading(page), '登录未完成')
  await page.getByRole('link', { name: '重新登录' }).click()
  await page.getByRole('button', { name: '允许' }).click()
  await page.waitForURL(`${app}/account/a`)
  t.equal(await heading(page), '青禾🌱')
})

browserTest('WeChat keeps a refusal to itself; the code can be cancelled, scanned again, run out and be replaced', options, async (t, sites) => {
  const inWechat = await sites.page(phone)
  await inWechat.goto(`${app}/account/a`)
  await inWechat.getByRole('button', { name: '拒绝' }).click()
  await inWechat.getByText('已取消授权').waitFor()
  await shoot(inWechat, 'simulator-refused-320')

  const page = await sites.page()
  await page.goto(`${app}/account/a`, begun)
  const first = lastQr(sites)
  sites.wechat.control.cancel(first)
  await page.getByText('取消此次登录').waitFor()
  await shoot(page, 'simulator-qr-cancelled')
  const reloaded = page.waitForEvent('domcontentloaded')
  sites.wechat.control.expire(first)
  await reloaded
  t.not(lastQr(sites), first)
  sites.wechat.control.confirm(lastQr(sites))
  await page.waitForURL(`${app}/account/a`)
  t.equal(await heading(page), '青禾🌱')
})

browserTest('a logout in another tab: scripts hear of it, pages ask before they log in again', options, async (
  t,
  sites
) => {
  const visitor = await sites.visitor()
  const [first, second] = [await visitor.newPage(), await visitor.newPage()]
  await logIn(first, sites)
  await second.goto(`${app}/`)
  await second.evaluate("import('/wechat/client.js').then(({ logout }) => logout())")
  t.equal(await first.evaluate("import('/wechat/client.js').then(({ checkLogin }) => checkLogin())"), null)
  t.strictSame(
    await first.evaluate("fetch('/account/a').then(async answer => [answer.status, await answer.json()])"),
    [401, {
      statusCode: 401,
      code: 'FST_WECHAT_UNAUTHENTICATED',
      error: 'Unauthorized',
      message: 'Log in with WeChat first',
      loginUrl: '/wechat/login'
    }]
  )
  await first.goto(`${app}/`)
  await first.goBack()
  t.equal(await heading(first), '您已退出登录', 'the back button shows nothing of the account')
  await first.getByRole('link', { name: '微信登录' }).click()
  sites.wechat.control.confirm(lastQr(sites), 'sunny')
  await first.waitForURL(`${app}/account/a`)
  t.strictSame((await visitor.cookies(app)).map(({ name }) => name), ['__Host-session'], 'the logout is forgotten')
})

browserTest('a front end that receives the code itself posts it', {
  options: (wechat) => ({
    qr: { ...wechat.options.qr, callbackUrl: `${app}/login-done` },
    routes: { qr: '/api/wechat/qr' }
  }),
  simulator: { apps: [{ kind: 'website', callbackDomain: 'app.example.com' }] },
  pages: { ...pages, '/login-done': htmlPage('Front end') }
}, async (t, sites) => {
  const page = await sites.page()
  await page.goto(`${app}/`)
  await page.evaluate("import('/wechat/client.js').then(({ login }) => { login({ redirect: '/?from=login' }) })")
  await page.waitForURL(`${weixin}/**`, begun)
  sites.wechat.control.confirm(lastQr(sites))
  await page.waitForURL(`${app}/login-done?**`)
  const post = `(async () => {
    const body = JSON.stringify(Object.fromEntries(new URLSearchParams(location.search)))
    const answer = await fetch('/api/wechat/qr', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    return [answer.status, await answer.json()]
  })()`
  const [status, body] = await page.evaluate(post) as [number, any]
  t.equal(status, 200)
  t.match(body, { user: { nickname: '青禾🌱' }, redirect: '/?from=login' })
  t.equal(await me(page), 200)
  t.equal((await page.evaluate(post) as [number])[0], 200, 'and once more, for the same login')
  await page.context().clearCookies()
  t.match(await page.evaluate(post), [403, { code: 'FST_WECHAT_INVALID_STATE', loginUrl: '/wechat/login' }])
})

browserTest('no page of ours opens in a frame of another site, and none logs anybody in there', {
  ...options,
  routes: host => {
    accountPages(host)
    servePage(host, '/framing', () => htmlPage('Own frames', '<iframe src="/wechat/qr"></iframe>'))
  }
}, async (t, sites) => {
  const page = await sites.page()
  await page.goto(`${app}/`)
  const { src } =
    await page.evaluate("fetch('/wechat/embed?self_redirect=true').then(answer => answer.json())") as { src: string }
  const callback = sites.wechat.control.approve(src)
  const framed = [`${app}/wechat/qr`, `${app}/wechat/login?via=oneclick`, callback, `${callback}&bounced=1`]
  sites.evilPages.set('/frames', framed.map(url => `<iframe src="${url.replaceAll('&', '&amp;')}"></iframe>`).join(''))
  await page.goto(`${evil}/frames`)
  t.strictSame(page.frames().slice(1).map(frame => frame.url()), framed.map(() => 'chrome-error://chromewebdata/'))
  t.equal(sites.wechat.control.count('access_token'), 0)
  await page.goto(`${app}/framing`)
  t.equal(await page.frameLocator('iframe').getByRole('heading').innerText(), '登录未完成', 'while our own pages may')
})
