// WeChat's own browser drops cookies between the login's start and its callback. The visitor sees nothing of it: one
// new attempt is begun without a word and ends where they wanted to go. It happens once, it never logs anybody in as
// somebody else, and every other way to arrive without a good cookie gets a page.

import { test, type Test } from 'tap'
import { copyOf } from '../fixture/alone'
import { type Host, startHost } from '../fixture/host'
import { beginLogin, logIn, logOut, me, stateIn } from '../fixture/login'
import { sessionCookie } from '../fixture/session-cookie'
import { agents, type Answer, type Browser } from '../fixture/browser'
import { origin, sameOrigin, site } from '../fixture/settings'

const pageHeaders = {
  accept: 'text/html',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
  'sec-fetch-site': 'cross-site'
}

const attempts = (browser: Browser): string[] =>
  [...browser.jar(site).keys()].filter(cookie => /^__Host-wechat-[0-9a-f]{12}$/.test(cookie))

/** What WeChat's browser does at times. */
function loseCookies (browser: Browser): void {
  browser.jar(site).clear()
}

async function nobody (browser: Browser): Promise<boolean> {
  return (await me(browser)).status === 401
}

/** A page that says what to do, with one way on; no restart, no login, nothing asked of WeChat. */
function checkPage (t: Test, answer: Answer, what: string, redirect = ''): void {
  t.equal(answer.status, 403, what)
  t.match(answer.headers['content-type'], 'text/html', what)
  t.strictSame([...answer.body.matchAll(/href="([^"]*)"/g)].map(match => match[1]), [`/wechat/login${redirect}`], what)
  t.notOk(sessionCookie(answer), what)
}

test('T67: a lost cookie is mended by one silent restart that lands on the wanted page', async t => {
  const host = await startHost(t)
  const browser = host.browser(agents.wechat)
  const callback = await beginLogin(host, browser, { redirect: '/account?tab=2#end' })
  loseCookies(browser)
  const restart = await browser.get(callback, pageHeaders)
  t.equal(restart.status, 302)
  t.equal(restart.headers['cache-control'], 'no-store')
  t.match(restart.location, `${host.wechat.url}/connect/oauth2/authorize?appid=`)
  t.equal(attempts(browser).length, 1, 'a new attempt')
  t.equal(host.wechat.control.count('access_token'), 0, 'the code of the lost one is not used')
  t.not(stateIn(restart.location), stateIn(callback))
  const back = await browser.get(host.wechat.control.approve(restart.location), pageHeaders)
  t.equal(back.status, 303)
  t.equal(back.location, `${origin}/account?tab=2#end`)
  t.notOk(await nobody(browser))
  t.strictSame(attempts(browser), [])
})

test('cookies that are lost each time lead to a page, after one restart', async t => {
  const host = await startHost(t)
  const browser = host.browser(agents.wechat)
  const callback = await beginLogin(host, browser, { redirect: '/account' })
  loseCookies(browser)
  const restart = await browser.get(callback, pageHeaders)
  const second = host.wechat.control.approve(restart.location)
  loseCookies(browser)
  checkPage(t, await browser.get(second, pageHeaders), 'the second time', '?redirect=%2Faccount')
  t.strictSame(attempts(browser), [])
  t.equal(host.wechat.control.count('access_token'), 0)
  const begun = await browser.get(`${origin}/wechat/login?redirect=%2Faccount`)
  t.equal(
    (await browser.get(host.wechat.control.approve(begun.location))).location,
    `${origin}/account`,
    'the way on works'
  )
})

test('T67: a browser that takes no cookies at all is never sent round more than once', async t => {
  const host = await startHost(t)
  const browser = host.browser(agents.wechat)
  let url = `${origin}/account`
  const seen: number[] = []
  for (let hop = 0; hop < 20; hop++) {
    const answer = await browser.get(url, pageHeaders)
    loseCookies(browser)
    seen.push(answer.status)
    if (answer.status !== 302) break
    url = answer.location.startsWith(host.wechat.url) ? host.wechat.control.approve(answer.location) : answer.location
  }
  t.strictSame(seen, [302, 302, 302, 403], 'guard, login, one restart, page')
})

test('whoever takes the mark of the restart away gains one more restart and nothing else', async t => {
  const host = await startHost(t)
  const browser = host.browser(agents.wechat)
  const callback = await beginLogin(host, browser)
  loseCookies(browser)
  const restart = await browser.get(callback, pageHeaders)
  const marked = host.wechat.control.approve(restart.location)
  t.match(marked, 'restarted=1')
  loseCookies(browser)
  const again = await browser.get(marked.replace('restarted=1', ''), pageHeaders)
  t.equal(again.status, 302)
  t.match(new URL(again.location).searchParams.get('redirect_uri'), 'restarted=1', 'the new one is marked again')
  t.equal(host.wechat.control.count('access_token'), 0)
  for (const mark of ['restarted', 'restarted=', 'restarted=0', 'restarted=1&restarted=1', 'restarted[]=1']) {
    loseCookies(browser)
    const answer = await browser.get(`${callback}&${mark}`, pageHeaders)
    t.ok([302, 403].includes(answer.status), mark)
    t.notOk(sessionCookie(answer), mark)
  }
})

test("T01: the restart logs in the visitor's own WeChat user, never the one of the callback", async t => {
  const host = await startHost(t)
  const attacker = host.browser(agents.wechat)
  const victim = host.browser(agents.wechat)
  const planted = await beginLogin(host, attacker, { user: 'sunny', redirect: '/account' })
  const restart = await victim.get(planted, pageHeaders)
  t.equal(restart.status, 302)
  t.ok(await nobody(victim))
  await victim.get(host.wechat.control.approve(restart.location, { user: 'qinghe' }), pageHeaders)
  t.equal((await victim.fetch(`${origin}/wechat/me`)).json().user.nickname, '青禾🌱')
  t.equal(host.wechat.control.count('access_token'), 1, 'the code of the attacker was never used')
})

test('T01: a planted callback does not change who a logged-in visitor is', async t => {
  const host = await startHost(t)
  const attacker = host.browser(agents.wechat)
  const victim = host.browser(agents.wechat)
  await logIn(host, victim, { user: 'qinghe' })
  const session = victim.jar(site).get('__Host-session')
  const planted = await beginLogin(host, attacker, { user: 'sunny' })
  await victim.get(planted, pageHeaders)
  t.equal(victim.jar(site).get('__Host-session'), session)
  t.equal((await victim.fetch(`${origin}/wechat/me`)).json().user.nickname, '青禾🌱')
})

test("T07: a planted callback cannot push out the visitor's own attempts with less than five restarts", async t => {
  const host = await startHost(t)
  const attacker = host.browser(agents.wechat)
  const victim = host.browser(agents.wechat)
  const own = await beginLogin(host, victim)
  for (let count = 0; count < 4; count++) {
    await victim.get(await beginLogin(host, attacker, { user: 'sunny' }), pageHeaders)
  }
  t.equal(attempts(victim).length, 5)
  t.equal((await victim.get(own, pageHeaders)).status, 303)
})

test('T35: the restart goes where the checked target says, and never to another site', async t => {
  const host = await startHost(t)
  const browser = host.browser(agents.wechat)
  const callback = await beginLogin(host, browser, { redirect: '/account' })
  loseCookies(browser)
  const evil = callback.replace('redirect=%2Faccount', 'redirect=https%3A%2F%2Fevil.example%2F')
  t.match(evil, 'evil.example')
  const restart = await browser.get(evil, pageHeaders)
  t.notMatch(restart.location, 'evil')
  t.equal((await browser.get(host.wechat.control.approve(restart.location))).location, `${origin}/`)
})

test("a oneclick callback that is opened in another browser begins that browser's own login", async t => {
  const host = await startHost(t)
  const callback = await beginLogin(host, host.browser(agents.wechat), { redirect: '/account' })
  const desktop = host.browser()
  const restart = await desktop.get(callback, pageHeaders)
  t.match(restart.location, `${host.wechat.url}/connect/qrconnect`)
  t.equal((await desktop.get(host.wechat.control.approve(restart.location))).location, `${origin}/account`)
})

test('no other callback without a good cookie restarts anything', async t => {
  let now = Date.now()
  const host = await startHost(t, { now: () => now })

  const qr = host.browser()
  const scanned = await beginLogin(host, qr, { redirect: '/account' })
  loseCookies(qr)
  checkPage(t, await qr.get(scanned, pageHeaders), 'a QR code', '?redirect=%2Faccount')

  const wechat = host.browser(agents.wechat)
  const callback = await beginLogin(host, wechat)
  const [cookie] = attempts(wechat) as [string]
  const value = wechat.jar(site).get(cookie)!
  const arrive =
    (change: (browser: Browser) => void, headers: Record<string, string> = {}, url = callback): Promise<Answer> => {
      const browser = copyOf(host, wechat)
      change(browser)
      return browser.get(url, { ...pageHeaders, ...headers })
    }

  for (const dest of ['iframe', 'frame', 'empty', 'image', 'embed', 'object', 'script']) {
    checkPage(t, await arrive(loseCookies, { 'sec-fetch-dest': dest }), `into ${dest}`)
  }
  for (const bad of [
    '', '0', 'undefined', value.slice(0, -1), `${value}A`, `x${value}`, value.replace('.', ''),
    `${value.split('.')[0]!}.`, `${(now + 1).toString(36)}.${value.split('.')[1]!}`, value.toUpperCase()
  ]) {
    checkPage(t, await arrive(browser => { browser.jar(site).set(cookie, bad) }), `the cookie ${bad.slice(0, 12)}`)
  }
  checkPage(t, await arrive(() => {}, { cookie: `${cookie}=${value}; ${cookie}=${value}` }), 'the cookie twice')
  checkPage(
    t,
    await arrive(() => {}, {}, callback.replace('/wechat/oneclick', '/wechat/qr')),
    "the other app's callback"
  )
  now += 900_001
  checkPage(t, await arrive(() => {}), 'too late')
  now += 24 * 3600_000
  checkPage(t, await arrive(() => {}), 'days later')
  now -= 25 * 3600_000
  checkPage(t, await arrive(() => {}), 'from the future')
  t.equal(host.wechat.control.count('access_token'), 0)
})

test('a state that we never made restarts nothing', async t => {
  const host = await startHost(t)
  const browser = host.browser(agents.wechat)
  for (const state of [
    '',
    'x',
    '0'.repeat(31),
    '0'.repeat(33),
    'g'.repeat(32),
    'A'.repeat(32),
    `${'0'.repeat(32)}https://i.maxthon.cn`,
    '%00'.repeat(32)
  ]) {
    const answer =
      await browser.get(`${origin}/wechat/oneclick?code=0123456789abcdef0123456789abcdef&state=${state}`, pageHeaders)
    checkPage(t, answer, `the state ${state}`)
  }
  t.strictSame(attempts(browser), [])
})

test('a script that brings the code without its cookie is told where to log in', async t => {
  const host = await startHost(t)
  for (const [agent, path] of [[agents.wechat, '/wechat/oneclick'], [agents.desktop, '/wechat/qr']] as const) {
    const browser = host.browser(agent)
    const { searchParams } = new URL(await beginLogin(host, browser))
    loseCookies(browser)
    const answer = await browser.post(
      origin + path,
      { code: searchParams.get('code'), state: searchParams.get('state') },
      sameOrigin
    )
    t.equal(answer.status, 403)
    t.match(answer.json(), { code: 'FST_WECHAT_INVALID_STATE', loginUrl: '/wechat/login' })
    t.strictSame(answer.setCookies, [])
  }
})

test('T68: a visitor who has just logged out gets a page, and after ten minutes or a new login a restart again', async t => {
  const host = await startHost(t)
  const browser = host.browser(agents.wechat)
  const callback = await beginLogin(host, browser)
  await browser.get(callback)
  await logOut(browser)
  checkPage(t, await browser.get(callback, pageHeaders), 'just logged out')
  t.ok(await nobody(browser))
  const later = copyOf(host, browser)
  later.jar(site).delete('__Host-wechat-signed-out')
  t.equal((await later.get(callback, pageHeaders)).status, 302, 'when the browser has forgotten the logout')
  later.jar(site).set('__Host-wechat-signed-out', '')
  t.equal((await later.get(callback, pageHeaders)).status, 302, 'or holds an empty cookie of that name')
  const login = await logIn(host, browser)
  t.notOk(browser.jar(site).has('__Host-wechat-signed-out'), 'a login forgets it at once')
  t.ok(
    login.setCookies.some(line => line.startsWith('__Host-wechat-signed-out=; ')),
    'and empties it, for a browser that keeps what is over'
  )
})

test('a lost session cookie alone does not disturb the callback, and a lost attempt cookie alone not the session', async t => {
  const host = await startHost(t)
  const browser = host.browser(agents.wechat)
  await logIn(host, browser)
  const callback = await beginLogin(host, browser)
  browser.jar(site).delete('__Host-session')
  t.equal((await browser.get(callback)).status, 303)
  const second = await beginLogin(host, browser)
  for (const cookie of attempts(browser)) browser.jar(site).delete(cookie)
  t.equal((await browser.get(second, pageHeaders)).status, 302)
  t.notOk(await nobody(browser), 'still logged in')
})

test('where only the QR code is set up, a callback without its cookie gets a page; where only oneclick is, a restart in WeChat alone', async t => {
  const only = (via: 'oneclick' | 'qr') =>
    startHost(t, { options: via === 'qr' ? { oneclick: undefined } as never : { qr: undefined } as never })
  const oneclick: Host = await only('oneclick')
  const callback = await beginLogin(oneclick, oneclick.browser(agents.wechat))
  t.equal((await oneclick.browser(agents.wechat).get(callback, pageHeaders)).status, 302)
  checkPage(t, await oneclick.browser().get(callback, pageHeaders), 'a desktop has no way to log in here')
  const qr: Host = await only('qr')
  checkPage(t, await qr.browser().get(await beginLogin(qr, qr.browser()), pageHeaders), 'a QR code')
})
