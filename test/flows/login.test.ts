// Whole logins over real sockets against the simulator, as a visitor makes them.

import { test } from 'tap'
import { agents } from '../fixture/browser'
import { startHost } from '../fixture/host'
import { beginLogin, logIn } from '../fixture/login'
import { sameOrigin, site } from '../fixture/settings'

for (const secure of [true, false]) {
  const scheme = secure ? 'https' : 'http on loopback'

  test(`over ${scheme}, a visitor in WeChat logs in by oneclick and comes back to where they were`, async t => {
    const host = await startHost(t, { secure })
    const browser = host.browser(agents.wechat)
    const refused = await browser.get(`${host.origin}/account?tab=2`)
    t.equal(refused.status, 302)
    t.equal(refused.location, `${host.origin}/wechat/login?redirect=${encodeURIComponent('/account?tab=2')}`)
    const start = await browser.get(refused.location)
    t.equal(start.status, 302)
    t.match(start.location, `${host.wechat.url}/connect/oauth2/authorize?appid=`)
    const back = await browser.get(host.wechat.control.approve(start.location))
    t.equal(back.status, 303)
    t.equal(back.location, `${host.origin}/account?tab=2`)
    const account = await browser.get(back.location)
    t.equal(account.status, 200)
    const { user } = account.json()
    t.equal(user.nickname, '青禾🌱')
    t.equal(user.via, 'oneclick')
    t.equal(user.openid, host.wechat.control.openid(user.appid, 'qinghe'))
    t.equal(user.unionid, host.wechat.control.unionid(user.appid, 'qinghe'))
    t.equal(user.snapshot, false)
  })

  test(`over ${scheme}, a visitor in any other browser logs in by QR code`, async t => {
    const host = await startHost(t, { secure })
    const browser = host.browser()
    const start = await browser.get(`${host.origin}/wechat/login`)
    t.match(start.location, `${host.wechat.url}/connect/qrconnect?appid=`)
    const back = await browser.get(host.wechat.control.approve(start.location))
    t.equal(back.status, 303)
    t.equal(back.location, `${host.origin}/`)
    t.equal(back.setCookies.length, 2, 'the session, and the end of the attempt')
    const me = await browser.fetch(`${host.origin}/wechat/me`)
    t.equal(me.status, 200)
    t.equal(me.json().user.via, 'qr')
    t.equal(me.headers['cache-control'], 'no-store')
  })
}

test('a visitor is somebody after the login and nobody after the logout', async t => {
  const host = await startHost(t)
  const browser = host.browser()
  t.equal((await browser.fetch(`${host.origin}/wechat/me`)).status, 401)
  await logIn(host, browser)
  const kept = browser.cookieHeader(site)
  t.equal((await browser.fetch(`${host.origin}/wechat/me`)).status, 200)
  const out = await browser.post(`${host.origin}/wechat/logout`, {}, sameOrigin)
  t.equal(out.status, 204)
  t.equal((await browser.fetch(`${host.origin}/wechat/me`)).status, 401)
  const thief = host.browser()
  t.equal((await thief.fetch(`${host.origin}/wechat/me`, { headers: { cookie: kept } })).status, 401)
})

test('a logout clears the session cookie alone, also where other cookies stand before it', async t => {
  const host = await startHost(t)
  const browser = host.browser()
  browser.jar(site).set('theme', 'dark')
  await logIn(host, browser)
  const out = await browser.post(`${host.origin}/wechat/logout`, {}, sameOrigin)
  t.match(
    out.setCookies.find(line => line.startsWith('__Host-session=;')),
    /Max-Age=0; Path=\/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Lax/
  )
  t.equal(browser.cookieHeader(site), out.setCookies.reduce(
    (header, line) => line.includes('signed-out=1') ? `${header}; ${line.split(';')[0]}` : header,
    'theme=dark'
  ))
})

test('two tabs log in without disturbing each other', async t => {
  const host = await startHost(t)
  const browser = host.browser()
  const first = await beginLogin(host, browser, { redirect: '/a' })
  const second = await beginLogin(host, browser, { redirect: '/b' })
  t.equal((await browser.get(first)).location, `${host.origin}/a`)
  t.equal((await browser.get(second)).location, `${host.origin}/b`)
})

test('twenty identical callbacks at once are one login, one onUser and one session', async t => {
  let users = 0
  const host = await startHost(t, { options: { onUser: profile => { users++; return profile } } })
  const browser = host.browser()
  const callback = await beginLogin(host, browser)
  const answers = await Promise.all(Array.from({ length: 20 }, () => browser.get(callback)))
  t.strictSame([...new Set(answers.map(answer => answer.status))], [303])
  t.equal(users, 1)
  t.equal(host.wechat.control.count('access_token'), 1)
  const sessions =
    answers.map(answer => answer.setCookies.find(line => line.startsWith('__Host-session='))?.split(';')[0])
  t.equal(new Set(sessions).size, 1)
  t.type(sessions[0], 'string')
  t.equal((await browser.fetch(`${host.origin}/wechat/me`)).status, 200)
})
