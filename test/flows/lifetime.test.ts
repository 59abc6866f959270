// How long a login lasts: until its visitor leaves, until maxAge, at no machine longer than at another. And what
// follows a logout.

import { type Test, test } from 'tap'
import type { WechatLoginOptions } from '../../src/types'
import { agents, type Browser } from '../fixture/browser'
import { type Host, startHost } from '../fixture/host'
import { beginLogin, logIn } from '../fixture/login'
import { sameOrigin, sessionSecret, site } from '../fixture/settings'
import { SessionStore } from '../fixture/session-store'

const start = Date.parse('2026-03-01T08:00:00Z')

/** Some processes of one host, each with a clock of its own. */
async function startProcesses (
  t: Test, clocks: Array<() => number>, options: Partial<WechatLoginOptions> = {}
): Promise<Host[]> {
  const store = new SessionStore()
  const hosts: Host[] = []
  for (const now of clocks) {
    hosts.push(await startHost(t, {
      now,
      ...(hosts[0] && { wechat: hosts[0].wechat }),
      options: { session: { secret: sessionSecret, store }, ...options }
    }))
  }
  return hosts
}

const turnTo = (host: Host, browser: Browser): void => { browser.hosts[site] = host.address }

async function statusAt (host: Host, browser: Browser): Promise<number> {
  turnTo(host, browser)
  return (await browser.fetch(`${host.origin}/account`)).status
}

test('T33: a login ends after maxAge, however often it is used, at guard and me alike', async t => {
  let now = start
  const host = await startHost(t, { now: () => now, options: { maxAge: 3600 } })
  const browser = host.browser()
  await logIn(host, browser)
  for (let minute = 0; minute < 60; minute += 10) {
    now = start + minute * 60_000
    t.equal((await browser.fetch(`${host.origin}/wechat/me`)).status, 200)
  }
  now = start + 3_599_999
  t.equal((await browser.fetch(`${host.origin}/account`)).status, 200)
  now = start + 3_600_000
  t.equal((await browser.fetch(`${host.origin}/account`)).status, 401)
  t.equal((await browser.fetch(`${host.origin}/wechat/me`)).status, 401)
  const page = await browser.get(`${host.origin}/account`)
  t.equal(page.status, 302, 'and a page goes straight to the next login')
  await logIn(host, browser)
  t.equal((await browser.fetch(`${host.origin}/account`)).status, 200)
})

test('without maxAge a login lasts as long as its session', async t => {
  let now = start
  const host = await startHost(t, { now: () => now })
  const browser = host.browser()
  await logIn(host, browser)
  now += 10 * 365 * 24 * 3_600_000
  t.equal((await browser.fetch(`${host.origin}/account`)).status, 200)
})

test('a callback of a login that is older than maxAge makes nobody somebody again', async t => {
  let now = start
  const host = await startHost(t, { now: () => now, options: { maxAge: 60 } })
  const browser = host.browser()
  const callback = await beginLogin(host, browser)
  const cookie = browser.cookieHeader(site)
  await browser.get(callback)
  now += 60_000
  t.equal((await host.browser().fetch(callback, { headers: { cookie } })).json().code, 'FST_WECHAT_INVALID_STATE')
})

test('clocks that differ by a minute lose no login and end none early', async t => {
  const [exact, late, early] =
    await startProcesses(t, [() => start, () => start - 60_000, () => start + 60_000]) as [Host, Host, Host]
  for (const [begun, finished] of [[exact, late], [exact, early], [late, exact], [early, exact]] as const) {
    const browser = exact.browser()
    turnTo(begun, browser)
    const callback = await beginLogin(begun, browser)
    turnTo(finished, browser)
    t.equal((await browser.get(callback)).status, 303)
    t.equal(await statusAt(begun, browser), 200)
    t.equal(await statusAt(exact, browser), 200)
  }
})

test('T33: a login that seems to come from far in the future is none', async t => {
  const [exact, early] = await startProcesses(t, [() => start, () => start + 60_001]) as [Host, Host]
  const browser = early.browser()
  turnTo(early, browser)
  await logIn(early, browser)
  t.equal(await statusAt(early, browser), 200)
  t.equal(await statusAt(exact, browser), 401)
})

test('T26: a logout at one process holds at all, also for who kept the cookie', async t => {
  const hosts = await startProcesses(t, [() => start, () => start, () => start])
  for (const leaving of hosts) {
    const browser = hosts[0]!.browser()
    await logIn(hosts[0]!, browser)
    const kept = browser.cookieHeader(site)
    for (const host of hosts) t.equal(await statusAt(host, browser), 200)
    turnTo(leaving, browser)
    t.equal((await browser.post(`${leaving.origin}/wechat/logout`, {}, sameOrigin)).status, 204)
    for (const host of hosts) {
      t.equal((await host.browser().fetch(`${host.origin}/account`, { headers: { cookie: kept } })).status, 401)
    }
  }
})

test("T68: in WeChat's browser a logout is not undone by the next page: it asks first, at any process", async t => {
  const [a, b] = await startProcesses(t, [() => start, () => start]) as [Host, Host]
  const browser = a.browser(agents.wechat)
  await logIn(a, browser, { redirect: '/account' })
  t.equal((await browser.post(`${a.origin}/wechat/logout`, {}, sameOrigin)).status, 204)
  const cookie = browser.answers.at(-1)!.setCookies.find(line => line.startsWith('__Host-wechat-signed-out='))
  t.match(cookie, /^__Host-wechat-signed-out=1; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
  const before = a.wechat.control.count('authorize')
  for (const host of [a, b]) {
    turnTo(host, browser)
    const page = await browser.get(`${host.origin}/account?tab=2`, { 'accept-language': 'en' })
    t.equal(page.status, 401)
    t.match(page.headers['content-type'], 'text/html')
    t.match(page.body, 'href="/wechat/login?redirect=%2Faccount%3Ftab%3D2"')
    t.equal(page.headers['cache-control'], 'no-store')
  }
  t.equal((await browser.fetch(`${b.origin}/account`)).status, 401, 'a script is told the same as ever')
  t.equal(a.wechat.control.count('authorize'), before, 'nobody was sent to WeChat')

  // One tap on the page's button.
  const again = await browser.get(`${b.origin}/wechat/login?redirect=%2Faccount%3Ftab%3D2`)
  const back = await browser.get(a.wechat.control.approve(again.location))
  t.equal(back.location, `${b.origin}/account?tab=2`)
  t.equal((await browser.get(back.location)).status, 200)
  t.notOk(browser.jar(site).has('__Host-wechat-signed-out'), 'and the logout is forgotten')
})

test('a callback that lost its cookie after a logout is not begun anew by itself', async t => {
  const host = await startHost(t)
  const browser = host.browser(agents.wechat)
  const stale = await beginLogin(host, browser)
  await logIn(host, browser)
  await browser.post(`${host.origin}/wechat/logout`, {}, sameOrigin)
  for (const name of browser.jar(site).keys()) {
    if (/wechat-[0-9a-f]{12}$/.test(name)) browser.jar(site).delete(name)
  }
  const answer = await browser.get(stale)
  t.equal(answer.status, 403)
  t.match(answer.body, 'href="/wechat/login"')
})

test('a user whom the host has removed is out at once, and where the login has ended it stays ended', async t => {
  let removed = false
  const store = new SessionStore()
  const host = await startHost(t, {
    options: { session: { secret: sessionSecret, store }, loadUser: stored => removed ? null : stored }
  })
  const browser = host.browser()
  await logIn(host, browser)
  t.equal((await browser.fetch(`${host.origin}/account`)).status, 200)
  removed = true
  t.equal((await browser.fetch(`${host.origin}/account`)).status, 401)
  removed = false
  t.equal((await browser.fetch(`${host.origin}/account`)).status, 401)
})
