// GET embed, and the callback that its iframe comes back to: what is in the answers, and what must not be. The real
// browser is in test/browser.

import { test } from 'tap'
import type { Browser } from '../fixture/browser'
import { type Host, startHost } from '../fixture/host'
import { origin, site } from '../fixture/settings'

const iframe = { 'sec-fetch-dest': 'iframe', 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'cross-site' }

/** The callback URL that a scanned code leads its iframe to. */
async function scan (host: Host, browser: Browser, query = 'self_redirect=true'): Promise<string> {
  const { src } = (await browser.fetch(`${origin}/wechat/embed?${query}`)).json()
  const callback = host.wechat.control.approve(src)
  browser.secrets.add(new URL(callback).searchParams.get('code')!)
  return callback
}

test('embed begins an attempt and tells the iframe\'s whole address, and the parameters for WeChat\'s own script', async t => {
  const host = await startHost(t)
  const browser = host.browser()
  const answer = await browser.fetch(`${origin}/wechat/embed?redirect=${encodeURIComponent('/主页?a=1#x')}`)
  t.equal(answer.status, 200)
  t.match(answer.headers, {
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'content-type': /^application\/json/
  })
  const { src, wxLogin, expiresIn, redirect } = answer.json()
  const { appid } = host.wechat.options.qr
  const redirectUri = `${origin}/wechat/qr?redirect=${encodeURIComponent('/%E4%B8%BB%E9%A1%B5?a=1#x')}`
  t.match(wxLogin.state, /^[0-9a-f]{32}$/)
  t.strictSame(wxLogin, {
    appid,
    scope: 'snsapi_login',
    redirect_uri: encodeURIComponent(redirectUri),
    state: wxLogin.state,
    self_redirect: false
  })
  t.equal(
    src,
    `${host.wechat.url}/connect/qrconnect?appid=${appid}&scope=snsapi_login` +
      `&redirect_uri=${encodeURIComponent(redirectUri)}` +
      `&state=${wxLogin.state}&login_type=jssdk&self_redirect=false&styletype=&sizetype=&bgcolor=&rst=`
  )
  t.equal(expiresIn, 900)
  t.equal(redirect, '/%E4%B8%BB%E9%A1%B5?a=1#x')
  t.strictSame([...browser.jar(site).keys()].map(name => name.slice(0, 14)), ['__Host-wechat-'])

  const back = await browser.get(host.wechat.control.approve(src))
  t.equal(back.status, 303)
  t.equal(back.location, `${origin}/%E4%B8%BB%E9%A1%B5?a=1#x`)
})

test("WeChat's looks go into both, each in its own encoding", async t => {
  const host = await startHost(t)
  const href = 'https://app.example.com/qr.css?a=1&b=2'
  const looks = new URLSearchParams({
    style: 'white',
    href,
    lang: 'en',
    stylelite: '1',
    fast_login: '0',
    color_scheme: 'dark',
    self_redirect: 'true'
  })
  const { src, wxLogin } = (await host.browser().fetch(`${origin}/wechat/embed?${looks}`)).json()
  t.match(wxLogin, {
    self_redirect: true,
    style: 'white',
    href: encodeURIComponent(href),
    lang: 'en',
    stylelite: 1,
    fast_login: 0,
    color_scheme: 'dark'
  })
  t.equal(decodeURIComponent(wxLogin.redirect_uri), `${origin}/wechat/qr?embedded=1`)
  t.ok(src.endsWith('&self_redirect=true&styletype=&sizetype=&bgcolor=&rst=&style=white' +
    `&href=${encodeURIComponent(href)}&lang=en&stylelite=1&fast_login=0&color_scheme=dark`))
})

test('what embed does not take is refused, and junk beside it changes nothing', async t => {
  const host = await startHost(t)
  const browser = host.browser()
  for (const query of [
    'self_redirect=yes', 'style=pink', 'style=white&style=white', 'href=javascript:alert(1)', 'href=http://x/',
    `href=https://${'x'.repeat(9000)}`, 'lang=fr', 'stylelite=2', 'fast_login=1', 'color_scheme=red'
  ]) {
    const answer = await browser.fetch(`${origin}/wechat/embed?${query}`)
    t.equal(answer.status, 400, query.slice(0, 40))
    t.equal(answer.json().code, 'FST_WECHAT_INVALID_REQUEST')
    t.strictSame(answer.setCookies, [])
  }
  const { src, redirect } = (await browser.fetch(`${origin}/wechat/embed?redirect=//evil.example&redirect=x&appid=wx` +
    '&openHost=https://evil.example&state=x&callbackUrl=x')).json()
  t.equal(redirect, '/')
  t.ok(src.startsWith(`${host.wechat.url}/connect/qrconnect?appid=${host.wechat.options.qr.appid}&`))
})

test('inside WeChat, and without a Website App, there is no code to show', async t => {
  const both = await startHost(t)
  t.equal(
    (await both.browser('MicroMessenger').fetch(`${origin}/wechat/embed`)).json().code,
    'FST_WECHAT_WRONG_BROWSER'
  )
  const oneclickOnly = await startHost(t, { options: { qr: undefined } as object })
  t.equal((await oneclickOnly.browser().fetch(`${origin}/wechat/embed`)).json().code, 'FST_WECHAT_WRONG_BROWSER')
  const without = await startHost(t, { options: { routes: { embed: false } } })
  t.equal((await without.browser().fetch(`${origin}/wechat/embed`)).status, 404)
})

test("on another host than the callback's an attempt could not be bound: a clear error, for the page and in the log", async t => {
  const host = await startHost(t)
  const browser = host.browser()
  browser.hosts['www.example.com'] = host.address
  for (const headers of [
    {},
    { referer: 'https://www.example.com/login' },
    { referer: 'not a URL' }
  ] as Array<Record<string, string>>) {
    const answer = await browser.fetch('https://www.example.com/wechat/embed', { headers })
    t.equal(answer.status, 400)
    t.match(answer.json(), {
      code: 'FST_WECHAT_INVALID_REQUEST',
      message: "A QR code can only be embedded in pages on the callback URL's own host"
    })
    t.strictSame(answer.setCookies, [])
  }
  t.match(
    host.logs.find(({ msg }) => /another host/.test(msg)),
    { level: 40, host: 'www.example.com', callbackHost: site }
  )
  t.notOk(host.logs.some(({ level }) => level >= 50), 'anybody can name another host: it wakes nobody')
  // A proxy that changes the Host header: the page's address says where the browser is.
  t.equal(
    (await browser.fetch('https://www.example.com/wechat/embed', { headers: { referer: `${origin}/login` } })).status,
    200
  )
})

test('T13: an embedded callback without its cookie is sent on once, whatever the headers: nothing set, nothing spent, nothing run', async t => {
  const host = await startHost(t, {
    before: async app => {
      await app.register((await import('@fastify/cookie')).default)
      await app.register((await import('@fastify/session')).default, { secret: 'x'.repeat(32) })
    },
    options: { session: undefined, secret: 'y'.repeat(32) } as object
  })
  const browser = host.browser()
  const callback = await scan(host, browser, 'self_redirect=true&redirect=/here')
  const stranger = host.browser()
  for (const headers of [
    iframe,
    {},
    { 'sec-fetch-dest': 'document' },
    { ...iframe, 'sec-fetch-site': 'same-origin' },
    { 'accept-language': 'en' }
  ] as Array<Record<string, string>>) {
    const answer = await stranger.get(callback, headers)
    t.equal(answer.status, 200)
    t.strictSame(answer.setCookies, [])
    t.match(answer.headers, {
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'SAMEORIGIN',
      'content-type': 'text/html; charset=utf-8'
    })
    t.match(
      answer.headers['content-security-policy'],
      /^default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'$/
    )
    t.notMatch(answer.body, /<script/)
    const { code, state } = Object.fromEntries(new URL(callback).searchParams)
    t.ok(answer.body.includes('<meta http-equiv="refresh" ' +
      `content="0;url=${origin}/wechat/qr?redirect=%2Fhere&#38;embedded=1&#38;bounced=1&#38;code=${code}&#38;` +
      `state=${state}">`))
  }
  t.equal(host.wechat.control.count('access_token'), 0)
  const bounced = `${callback}&bounced=1`
  const lost = await stranger.get(bounced, iframe)
  t.equal(lost.status, 403, 'never a second time')
  t.notMatch(lost.body, 'http-equiv="refresh"')
  t.equal(host.wechat.control.count('access_token'), 0)

  const done = await browser.get(bounced, { ...iframe, 'sec-fetch-site': 'same-origin' })
  t.equal(done.status, 200)
  t.match(done.headers['content-security-policy'], /script-src 'sha256-[^']+'$/)
  t.match(done.body, /<html lang="en">[^]*<a href="\/here" target="_top">Go on<\/a>\n<script data-outcome="done">/)
  t.equal((await browser.fetch(`${origin}/wechat/me`)).status, 200)
})

test('T13: what is sent on is made of checked parts only', async t => {
  const host = await startHost(t)
  const browser = host.browser()
  const callback = new URL(await scan(host, browser))
  const stranger = host.browser()
  const state = callback.searchParams.get('state')!
  for (const [query, bounces] of [
    [`embedded=1&code=A1b-_&state=${state}&redirect=//evil.example&x=%22%3E%3Cscript%3E`, true],
    [`embedded=%22%3E%3Cscript%3E&code=A1&state=${state}`, true],
    [`embedded=1&code=%22%3E%3Cscript%3E&state=${state}`, false],
    [`embedded=1&code=a;url=//evil.example&state=${state}`, false],
    [`embedded=1&code=A1&state=${state}x`, false],
    ['embedded=1&code=A1', false],
    [`embedded=1&code=A1&code=A2&state=${state}`, false],
    [`code=A1&state=${state}`, false]
  ] as const) {
    const answer = await stranger.get(`${origin}/wechat/qr?${query}`, iframe)
    t.equal(answer.status === 200, bounces, query)
    t.notMatch(answer.body, /evil|"><script|%22/, query)
    t.strictSame(answer.setCookies, [])
  }
  // The host's own name for itself, never the request's.
  const elsewhere = host.browser()
  elsewhere.hosts['evil.example'] = host.address
  t.match(
    (await elsewhere.get(`https://evil.example/wechat/qr?embedded=1&code=A1&state=${state}`)).body,
    `url=${origin}/wechat/qr?`
  )
})

test('a failure inside the iframe tells the page around it, and its way on leaves the iframe', async t => {
  const host = await startHost(t)
  const browser = host.browser()
  const callback = await scan(host, browser)
  for (const [url, outcome] of [
    [callback.replace(/code=\w+/, 'code=authdeny'), 'refused'],
    [callback.replace(/state=\w/, 'state=g'), 'expired'],
    [`${origin}/wechat/qr?embedded=1&code=A1&code=A2`, 'error']
  ] as const) {
    const { body, headers } = await browser.get(url, iframe)
    t.match(body, `<script data-outcome="${outcome}">`)
    t.match(body, 'target="_top"')
    t.match(headers['content-security-policy'], /; script-src 'sha256-[^']+'$/)
  }
  const plain = await browser.get(callback.replace('embedded=1&', '').replace(/state=\w/, 'state=g'))
  t.notMatch(plain.body, '<script')
  t.notMatch(plain.body, '_top')
  t.notMatch(plain.headers['content-security-policy'], 'script-src')
})

test("an error of the host's own tells the page around it that it is one, whatever it calls itself", async t => {
  const host = await startHost(t, {
    options: { onUser: () => { throw Object.assign(new Error('Taken'), { statusCode: 409, code: 'constructor' }) } }
  })
  const browser = host.browser()
  const { status, body } = await browser.get(await scan(host, browser), iframe)
  t.equal(status, 409)
  t.match(body, '<script data-outcome="error">')
})

test("a host's own pages are told the outcome", async t => {
  const outcomes: unknown[] = []
  const host = await startHost(t, { options: { renderPage: page => { outcomes.push(page.outcome); return 'mine' } } })
  const browser = host.browser()
  const answer = await browser.get(`${origin}/wechat/qr?embedded=1`, iframe)
  await browser.get(`${origin}/wechat/qr`)
  t.strictSame(outcomes, ['refused', undefined])
  t.equal(answer.body, 'mine')
  t.equal(answer.headers['content-security-policy'], undefined)
})
