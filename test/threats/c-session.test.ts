// Threats C: the session that a login lives in, and its end.

import { once } from 'node:events'
import { connect } from 'node:tls'
import cookie from '@fastify/cookie'
import session, { MemoryStore } from '@fastify/session'
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { type Test, test } from 'tap'
import { EndedLogins } from '../../src/session/ended-logins'
import type { Login } from '../../src/session/login-record'
import { createRevokeAgain } from '../../src/session/stored-login'
import { createPlugin } from '../../src/plugin'
import { startWechatSimulator } from '../../src/simulator'
import { gate } from '../fixture/gate'
import { agents } from '../fixture/browser'
import { type Host, startHost } from '../fixture/host'
import { begin, exchanges, isLoggedIn, logIn, logOut, whoIs } from '../fixture/login'
import { sendRaw } from '../fixture/raw'
import { checkRefused } from '../fixture/refusal'
import { sessionCookies, sessionIdOf } from '../fixture/session-cookie'
import { origin, sameOrigin, sessionSecret, site } from '../fixture/settings'
import { startStoredHost } from '../fixture/stored-host'
import { checkNothingStays } from '../fixture/memory'

const put = (request: FastifyRequest, values: object): void => { Object.assign(request.session, values) }

test('T24: a login changes the session id and kills the old one, also one that was planted', async t => {
  const { host, store } = await startStoredHost(t, {
    routes: app => { app.get('/visit', async request => { put(request, { cart: 'x' }); return {} }) }
  })
  const attacker = host.browser()
  await attacker.get(`${host.origin}/visit`)
  const planted = sessionIdOf(attacker)
  const victim = host.browser()
  victim.jar(site).set('__Host-session', attacker.jar(site).get('__Host-session')!)
  t.equal((await logIn(host, victim)).status, 303)
  t.not(sessionIdOf(victim), planted)
  t.notOk(store.records.has(planted))
  t.ok(await isLoggedIn(host, victim))
  t.notOk(await isLoggedIn(host, attacker))
  const first = sessionIdOf(victim)
  await logIn(host, victim)
  t.not(sessionIdOf(victim), first, 'and so does the next login')
  t.notOk(store.records.has(first))
  t.equal(store.logins().length, 1)
})

test('T24: a session id that was made up is not taken over', async t => {
  const { host, store } = await startStoredHost(t)
  const browser = host.browser()
  browser.jar(site).set('__Host-session', 'a'.repeat(32))
  await logIn(host, browser)
  t.not(sessionIdOf(browser), 'a'.repeat(32))
  t.notOk(store.records.has('a'.repeat(32)))
})

test('T24: where the store cannot destroy the old session, nothing of the login is in it: whoever planted it is nobody, and the log tells', async t => {
  const { host, store } = await startStoredHost(t, {
    routes: app => { app.get('/visit', async request => { put(request, { cart: 'x' }); return {} }) }
  })
  const attacker = host.browser()
  await attacker.get(`${host.origin}/visit`)
  const planted = sessionIdOf(attacker)
  const before = store.records.get(planted)
  const victim = host.browser()
  victim.jar(site).set('__Host-session', attacker.jar(site).get('__Host-session')!)
  store.before = operation => { if (operation === 'destroy') throw new Error('the store is broken') }
  const answer = await logIn(host, victim)
  t.equal(answer.status, 303)
  t.equal(store.records.get(planted), before, 'as it was')
  t.not(sessionIdOf(victim), planted)
  t.ok(await isLoggedIn(host, victim))
  t.notOk(await isLoggedIn(host, attacker))
  t.ok(host.logs.some(({ level, msg }) => level === 40 && /session before a login could not be destroyed/.test(msg)))
})

test('T25: nothing of the session before survives a login but the keys that are listed', async t => {
  const routes = (app: Host['app']): void => {
    app.get('/visit', async request => {
      put(request, { _csrf: 'known', cart: 'three apples', role: 'admin' })
      return {}
    })
    app.get('/look', async request => ({ ...request.session }))
  }
  for (const keepSessionKeys of [[], ['cart']]) {
    const host = await startHost(t, { options: { keepSessionKeys }, routes })
    const browser = host.browser()
    await browser.get(`${host.origin}/visit`)
    await logIn(host, browser)
    const { _csrf, cart, role } = (await browser.fetch(`${host.origin}/look`)).json()
    t.strictSame([_csrf, cart, role], [undefined, keepSessionKeys.length > 0 ? 'three apples' : undefined, undefined])
  }
  for (const key of ['_csrf', '__proto__', 'constructor', 'prototype', 'wechatLogin', 'cookie']) {
    await t.rejects(
      startHost(t, { options: { keepSessionKeys: ['cart', key] } }),
      { code: 'FST_WECHAT_INVALID_OPTIONS', message: /keepSessionKeys/ },
      key
    )
  }
})

test('T26: after a logout the copied cookie is worth nothing, and the browser has dropped its own', async t => {
  const { host, store } = await startStoredHost(t)
  const browser = host.browser()
  await logIn(host, browser)
  const account = await browser.get(`${host.origin}/account`)
  t.equal(account.headers['cache-control'], 'no-store', 'nor does the back button show it')
  const [id, kept] = [sessionIdOf(browser), browser.cookieHeader(site)]
  browser.jar(site).set('a', 'first')
  const out = await logOut(browser)
  t.match(
    out.setCookies.find(line => line.startsWith('__Host-session=')),
    /^__Host-session=; (?=.*Max-Age=0)(?=.*Path=\/)(?=.*Secure)(?=.*HttpOnly)/
  )
  t.notOk(store.records.has(id))
  const thief = host.browser()
  t.equal((await thief.fetch(`${host.origin}/account`, { headers: { cookie: kept } })).status, 401)
  t.equal((await thief.fetch(`${host.origin}/wechat/me`, { headers: { cookie: kept } })).status, 401)
})

test('T26: with kept keys, the logout moves them to a new session', async t => {
  const { host, store } = await startStoredHost(t, {
    options: { keepSessionKeys: ['cart'] },
    routes: app => { app.get('/visit', async request => { put(request, { cart: 'x' }); return {} }) }
  })
  const browser = host.browser()
  await logIn(host, browser)
  await browser.get(`${host.origin}/visit`)
  const before = sessionIdOf(browser)
  await logOut(browser)
  t.not(sessionIdOf(browser), before)
  t.notOk(store.records.has(before))
  t.equal(JSON.parse(store.records.get(sessionIdOf(browser))!).cart, 'x')
  t.notOk(await isLoggedIn(host, browser))
})

for (const { rolling, writes } of [
  { rolling: true, writes: false },
  { rolling: true, writes: true },
  { rolling: false, writes: true }
]) {
  test(`T26: a slow request${writes ? ' that writes' : ''} over a logout does not bring the login back, with rolling: ${rolling}`, async t => {
    let clock = Date.now()
    const slow = gate()
    const routes = (app: Host['app']): void => {
      app.get('/slow', async request => {
        await slow.pass()
        if (writes) put(request, { seen: 'now' })
        return {}
      })
      app.get('/quick', async () => ({}))
    }
    const { host, store } =
      await startStoredHost(t, { options: { session: { secret: sessionSecret, rolling } }, routes, now: () => clock })
    const browser = host.browser()
    await logIn(host, browser)
    const [kept, id] = [browser.cookieHeader(site), sessionIdOf(browser)]
    const running = browser.get(`${host.origin}/slow`)
    await slow.entered
    await logOut(browser)
    slow.open()
    const late = await running
    t.equal(late.status, 200)
    t.strictSame(sessionCookies(late), [], 'the late answer gives the browser no session')
    t.notOk(store.records.has(id), 'nor is the ended one saved again')
    const thief = host.browser()
    const stolen = { headers: { cookie: kept } }
    t.equal((await thief.fetch(`${host.origin}/wechat/me`, stolen)).status, 401)
    t.equal((await thief.fetch(`${host.origin}/account`, stolen)).status, 401)
    t.notOk(await isLoggedIn(host, browser))
    clock += 60_000
    t.equal((await thief.fetch(`${host.origin}/account`, stolen)).status, 401)
  })
}

test('T26: a slow request over a login as somebody else does not bring the login of before back', async t => {
  const slow = gate()
  const routes = (app: Host['app']): void => {
    app.get('/slow', async request => {
      await slow.pass()
      put(request, { seen: 'now' })
      return {}
    })
  }
  const { host, store } = await startStoredHost(t, { routes })
  const browser = host.browser()
  await logIn(host, browser, { user: 'sunny' })
  const [kept, id] = [browser.cookieHeader(site), sessionIdOf(browser)]
  const running = host.browser().get(`${host.origin}/slow`, { cookie: kept })
  await slow.entered
  await logIn(host, browser, { user: 'tricky' })
  slow.open()
  t.strictSame(sessionCookies(await running), [])
  t.notOk(store.records.has(id), 'the session of before is not saved again')
  const thief = host.browser()
  t.equal((await thief.fetch(`${host.origin}/wechat/me`, { headers: { cookie: kept } })).status, 401)
  t.equal((await thief.fetch(`${host.origin}/account`, { headers: { cookie: kept } })).status, 401)
  t.equal((await whoIs(host, browser))?.openid, host.wechat.control.openid(host.wechat.options.qr.appid, 'tricky'))
})

test('T26: however often a slow request saves an ended session again, it is destroyed again before its login is forgotten', async t => {
  const memory = 15 * 60_000
  const store = new MemoryStore()
  const { store: sessions } = store as unknown as { store: Map<string, unknown> }
  const login = { id: 'the login' } as Login
  const ended = new EndedLogins()
  ended.add(login.id, 0, createRevokeAgain({ store, sessionId: 'id' }, login, 1000))
  for (const round of [1, 2, 3]) {
    sessions.set('id', { wechatLogin: login })
    await ended.sweep(round * memory)
    t.notOk(sessions.has('id'))
    t.ok(ended.has(login.id))
  }
  const another = { wechatLogin: { id: 'another login' } }
  sessions.set('id', another)
  await ended.sweep(4 * memory)
  t.notOk(ended.has(login.id), 'a quarter of an hour without it, and it is forgotten')
  t.equal(sessions.get('id'), another, 'whose session this is now')
})

test('T27: a logout by GET or HEAD does not exist', async t => {
  const host = await startHost(t)
  const browser = host.browser()
  await logIn(host, browser)
  for (const method of ['GET', 'HEAD', 'PUT', 'DELETE'] as const) {
    const answer = await browser.visit(`${host.origin}/wechat/logout`, { method, headers: sameOrigin })
    t.ok([404, 405].includes(answer.status), method)
  }
  t.ok(await isLoggedIn(host, browser))
})

test('T27: a logout, and a POST callback, must come from a page of this very origin', async t => {
  const host = await startHost(t)
  const { origin } = host
  const form = 'application/x-www-form-urlencoded'
  const refused: Array<Record<string, string>> = [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'none' },
    { 'sec-fetch-site': '' },
    { 'sec-fetch-site': 'same-origin, cross-site' },
    { 'sec-fetch-site': 'cross-site', origin },
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: '' },
    { origin: 'https://sub.app.example.com' },
    { origin: 'https://app.example.com.evil.example' },
    { origin: 'http://app.example.com' },
    { origin: 'https://app.example.com:444' },
    { origin: `${origin}, https://evil.example` },
    { origin: `${origin}/` },
    { origin: 'https://APP.example.com@evil.example' },
    { 'content-type': form },
    { 'content-type': 'text/plain' },
    { 'content-type': 'text/plain;application/json' },
    { 'content-type': 'multipart/form-data' }
  ]
  const taken: Array<Record<string, string>> = [
    sameOrigin,
    { ...sameOrigin, origin: 'null' },
    { ...sameOrigin, 'content-type': form },
    { ...sameOrigin, 'content-type': 'text/plain' },
    { origin },
    { origin, 'content-type': form },
    { 'content-type': 'application/json' },
    { 'content-type': 'Application/JSON; charset=utf-8' }
  ]
  const browser = host.browser()
  await logIn(host, browser)
  for (const headers of refused) {
    const answer = await browser.fetch(`${origin}/wechat/logout`, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json', ...headers }
    })
    t.strictSame(
      [answer.status, answer.json().code, answer.setCookies],
      [403, 'FST_WECHAT_CROSS_SITE', []],
      JSON.stringify(headers)
    )
  }
  t.ok(await isLoggedIn(host, browser))
  for (const headers of taken) {
    const visitor = host.browser()
    await logIn(host, visitor)
    const answer = await visitor.fetch(`${origin}/wechat/logout`, {
      method: 'POST',
      body: headers['content-type'] === undefined ? '' : '{}',
      headers
    })
    t.strictSame([answer.status, await isLoggedIn(host, visitor)], [204, false], JSON.stringify(headers))
    t.equal(
      (await visitor.fetch(`${origin}/wechat/logout`, { method: 'POST', headers: sameOrigin })).status,
      204,
      'a second time too'
    )
  }
  const visitor = host.browser()
  const { code, state } = await begin(host, visitor)
  const before = exchanges(host)
  for (const headers of refused) {
    const answer = await visitor.fetch(`${origin}/wechat/qr`, {
      method: 'POST',
      body: JSON.stringify({ code, state }),
      headers: { 'content-type': 'application/json', ...headers }
    })
    t.strictSame(
      [answer.status, answer.json().code, answer.setCookies, exchanges(host)],
      [403, 'FST_WECHAT_CROSS_SITE', [], before],
      `${JSON.stringify(headers)}, from the browser whose attempt it is`
    )
  }
  for (const type of [form, 'text/plain', 'multipart/form-data; boundary=x']) {
    const answer = await visitor.fetch(`${origin}/wechat/qr`, {
      method: 'POST',
      body: `code=${code}&state=${state}`,
      headers: { ...sameOrigin, 'content-type': type }
    })
    t.strictSame(
      [answer.status, answer.json().code],
      [400, 'FST_WECHAT_INVALID_REQUEST'],
      `a callback is posted as JSON, not as ${type}`
    )
  }
  t.equal((await visitor.post(`${origin}/wechat/qr`, { code, state }, sameOrigin)).status, 200)
})

test('T28: anonymous visits of any kind cost the session store nothing and set no session cookie', async t => {
  const { host, store } = await startStoredHost(t)
  const { origin } = host
  const browser = host.browser()
  const { state } = await begin(host, browser)
  const cookie = browser.cookieHeader(site)
  const visits: Array<() => Promise<{ setCookies: string[] }>> = [
    () => host.browser().get(`${origin}/wechat/login`),
    () => host.browser(agents.wechat).get(`${origin}/wechat/login?redirect=/x`),
    () => host.browser().fetch(`${origin}/wechat/login`),
    () => host.browser().fetch(`${origin}/wechat/embed`),
    () => host.browser().get(`${origin}/wechat/qr?embedded=1&code=x&state=${'0'.repeat(32)}`),
    () => host.browser().fetch(`${origin}/wechat/client.js`),
    () => host.browser().fetch(`${origin}/wechat/me`),
    () => host.browser().get(`${origin}/account`),
    () => host.browser().fetch(`${origin}/account`),
    () => host.browser().get(`${origin}/wechat/qr`),
    () => host.browser().get(`${origin}/wechat/qr?code=x&state=${'0'.repeat(32)}`),
    () => host.browser().get(`${origin}/wechat/oneclick?code=x&state=${'0'.repeat(32)}`),
    () => host.browser().get(`${origin}/wechat/qr?state=${state}`, { cookie }),
    () => host.browser().post(`${origin}/wechat/qr`, { code: 'x', state: '0'.repeat(32) }, sameOrigin),
    () => logOut(host.browser()),
    () => host.browser().fetch(`${origin}/wechat/logout`, {
      method: 'POST',
      headers: { ...sameOrigin, cookie: '__Host-session=made-up.x' }
    }),
    () => host.browser().get(`${origin}/nowhere`)
  ]
  for (let round = 0; round < 10; round++) {
    const answers = await Promise.all(visits.map(visit => visit()))
    if (round === 0) {
      t.strictSame(answers.flatMap(({ setCookies }) => setCookies.filter(line => /^__Host-session=/.test(line))), [])
    }
  }
  t.equal(store.records.size, 0)
})

test('T28: thousands of starts of a login leave nothing behind in the process', async t => {
  const host = await startHost(t, { fastify: { logger: false } })
  await checkNothingStays(t, { rounds: 5 }, () => host.app.inject({ url: '/wechat/login', headers: { host: site } }))
})

test('T29: a login half done is no login', async t => {
  const store = new MemoryStore()
  const host = await startHost(t, {
    options: { session: { secret: sessionSecret, store } },
    routes: app => { app.get('/visit', async request => { put(request, { cart: 'x' }); return {} }) }
  })
  const begun = host.browser()
  await begin(host, begun)
  t.notOk(await isLoggedIn(host, begun))
  t.equal((await begun.get(`${host.origin}/account`)).status, 302)

  const browser = host.browser()
  await browser.get(`${host.origin}/visit`)
  const record = (store as unknown as { store: Map<string, any> }).store.get(sessionIdOf(browser))
  const whole = {
    id: 'x',
    at: Date.now(),
    via: 'qr',
    appid: host.wechat.options.qr.appid,
    openid: 'o',
    realm: host.wechat.options.qr.callbackUrl,
    user: { name: 'x' }
  }
  record.wechatLogin = whole
  t.ok(await isLoggedIn(host, browser), 'what a whole one looks like')
  const holes = Object.keys(whole).flatMap(key =>
    [null, undefined, false, {}].map(value => ({ ...whole, [key]: key === 'user' && value !== null ? '' : value })))
  const junk = [undefined, null, true, 1, 'admin', [], {}, () => whole, ...holes]
  for (const login of junk) {
    record.wechatLogin = login
    t.strictSame(
      [
        (await browser.fetch(`${host.origin}/wechat/me`)).status,
        (await browser.fetch(`${host.origin}/account`)).status
      ],
      [401, 401],
      JSON.stringify(login)
    )
  }
})

test('T29: an onUser that throws, rejects, or returns nothing makes no session and says nothing of itself', async t => {
  const outcomes: Array<[onUser: () => unknown, status: number]> = [
    [() => { throw new Error('password of the database') }, 500],
    [async () => { throw new Error('password of the database') }, 500],
    [() => undefined, 500],
    [() => false, 403],
    [() => '', 403],
    [() => 0, 403],
    [() => NaN, 403],
    [() => Symbol('x'), 500],
    [() => () => {}, 500],
    [() => 1n, 500],
    [() => { const loop: Record<string, unknown> = {}; loop.loop = loop; return loop }, 500],
    [() => null, 403],
    [() => { throw Object.assign(new Error('Gone away'), { statusCode: 410 }) }, 410],
    [() => { throw Object.assign(new Error('Taken'), { statusCode: 409, code: 11000 }) }, 409],
    [() => { throw Object.assign(new Error('password of the database'), { code: 11000 }) }, 500],
    [() => { throw Object.assign(new Error('password of the database'), { statusCode: 200 }) }, 500],
    ...['password of the database', null, undefined].map((value): [() => unknown, number] =>
      [() => { throw value }, 500])
  ]
  let outcome: () => unknown = () => null
  const { host, store } = await startStoredHost(t, { options: { onUser: () => outcome() as never } })
  for (const [onUser, status] of outcomes) {
    outcome = onUser
    for (const kind of ['get', 'fetch'] as const) {
      const browser = host.browser()
      const { callback } = await begin(host, browser)
      const answer = await browser[kind](callback)
      t.strictSame(
        [answer.status, sessionCookies(answer), await isLoggedIn(host, browser), store.logins().length],
        [status, [], false, 0],
        String(onUser)
      )
      t.notMatch(answer.body, /password|at .*:\d+/)
      t.notOk(answer.body === '{}' || answer.body === '')
    }
  }
})

test('T29: a user whom loadUser refuses at once is not logged in, by the POST callback either', async t => {
  const { host, store } = await startStoredHost(t, { options: { loadUser: () => null } })
  const browser = host.browser()
  const { code, state } = await begin(host, browser)
  const answer = await browser.post(`${host.origin}/wechat/qr`, { code, state }, sameOrigin)
  t.strictSame([answer.status, answer.json().code], [403, 'FST_WECHAT_ACCESS_DENIED'])
  t.notOk(await isLoggedIn(host, browser))
  t.strictSame(store.logins(), [], 'the store holds no login that another process would take')
})

test('T29: a visitor who hangs up during onUser is logged in by the next callback of the same browser, and nobody else is', async t => {
  const slow = gate()
  let users = 0
  const { host, store } = await startStoredHost(t, {
    options: { onUser: async profile => { users++; await slow.pass(); return profile } }
  })
  const browser = host.browser()
  const { callback } = await begin(host, browser)
  const { port } = new URL(host.address)
  const accepted = once(host.app.server, 'secureConnection')
  const socket = connect({ port: Number(port), host: '127.0.0.1', rejectUnauthorized: false })
  const { pathname, search } = new URL(callback)
  socket.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: ${site}\r\nCookie: ${browser.cookieHeader(site)}\r\n\r\n`)
  await slow.entered
  const [connection] = await accepted
  socket.destroy()
  await once(connection, 'close')
  slow.open()
  const stranger = host.browser()
  await checkRefused(t, host, stranger, await stranger.get(callback), 'somebody else', 1)
  t.equal((await browser.get(callback)).status, 303)
  t.strictSame([users, store.logins().length, await isLoggedIn(host, browser)], [1, 1, true])
})

/** A host with two guarded routes and an open one; `reached` counts who came through a guard. */
async function startGuarded (t: Test, store: MemoryStore) {
  let reached = 0
  const host = await startHost(t, {
    options: { session: { secret: sessionSecret, store } },
    routes: app => {
      app.get('/guarded', { preHandler: app.requireWechatUser }, async () => { reached++; return {} })
      app.get('/verified', { onRequest: app.verifyWechatUser }, async () => { reached++; return {} })
      app.get('/open', async request => ({ user: request.wechatUser }))
    }
  })
  return { host, reached: () => reached }
}

test('T30: a session store that fails or returns garbage opens no guard', async t => {
  class Odd extends MemoryStore {
    result: unknown
    override get (_id: string, done: (error: Error | null, session?: any) => void): void {
      if (this.result instanceof Error) done(this.result)
      else done(null, this.result)
    }
  }
  const store = new Odd()
  const { host, reached } = await startGuarded(t, store)
  const browser = host.browser()
  await logIn(host, browser)
  const garbage = [
    null, undefined, 'text', '', 7, true, [], ['wechatLogin'], {}, { wechatLogin: true }, { wechatUser: { name: 'x' } },
    { wechatLogin: { user: { name: 'x' } } }, { cookie: 'x', wechatLogin: 'x' }, { cookie: {}, wechatLogin: [] },
    Object.create({ wechatLogin: { id: 'x' } }), { cookie: { expires: 'never' } }
  ]
  for (const result of [
    ...garbage,
    new Error('secret of the store'),
    Object.assign(new Error('x'), { code: 'ENOENT' })
  ]) {
    store.result = result
    for (const path of ['/guarded', '/verified', '/wechat/me']) {
      const answer = await browser.fetch(host.origin + path)
      t.ok([401, 500].includes(answer.status), `${answer.status} from ${path} for ${String(JSON.stringify(result))}`)
      if (path === '/wechat/me') t.notMatch(answer.body, 'secret of the store')
    }
    const open = await browser.fetch(`${host.origin}/open`)
    if (open.status === 200) t.equal(open.json().user, null)
  }
  t.equal(reached(), 0)
})

test('T30: while the store is silent a guard opens to nobody, and whatever it says in the end makes nobody somebody', async t => {
  class Silent extends MemoryStore {
    asked = 0
    silence: Array<(error: Error | null, session?: any) => void> | undefined
    override get (id: string, done: (error: Error | null, session?: any) => void): void {
      this.asked++
      if (this.silence === undefined) super.get(id, done)
      else this.silence.push(done)
    }
  }
  const store = new Silent()
  const { host, reached } = await startGuarded(t, store)
  const browser = host.browser()
  await logIn(host, browser)
  for (const [words, status] of [
    [[new Error('too late')], 500],
    [[null], 401],
    [[null, {}], 401]
  ] as Array<[[Error | null, object?], number]>) {
    store.silence = []
    const before = store.asked
    const waiting = ['/guarded', '/verified', '/wechat/me'].map(path => browser.fetch(host.origin + path))
    while (store.asked < before + waiting.length) await host.browser().get(`${host.origin}/public`)
    t.equal(reached(), 0)
    for (const path of ['/guarded', '/wechat/me']) {
      t.equal((await host.browser().fetch(host.origin + path)).status, 401, 'nor do others pass, who are not held up')
    }
    for (const say of store.silence) say(...words)
    store.silence = undefined
    t.strictSame((await Promise.all(waiting)).map(answer => answer.status), [status, status, status])
    t.equal(reached(), 0)
  }
  t.ok(await isLoggedIn(host, browser), 'the store is back, and so is the login')
})

test('T30: without a session, with two, or with one that cannot be ended, the plugin does not start', async t => {
  const hostSession = { secret: sessionSecret, cookieName: '__Host-session', cookie: { path: '/' } }
  const secret = 'a secret for the attempts of a login, long enough'
  await t.rejects(
    startHost(t, { options: { session: undefined, secret } as object }),
    { code: 'FST_WECHAT_INVALID_OPTIONS', message: /option session.*before this plugin/ }
  )
  await t.rejects(
    startHost(t, {
      before: async app => { await app.register(cookie); await app.register(session, hostSession) },
      options: { session: { secret: sessionSecret } }
    }),
    { code: 'FST_WECHAT_INVALID_OPTIONS', message: /leave out one/ }
  )
  await t.rejects(
    startHost(t, { before: app => { app.decorateRequest('createSecureSession', () => {}) } }),
    { code: 'FST_WECHAT_INVALID_OPTIONS', message: /secure-session/ }
  )
  const host = await startHost(t, {
    before: async app => { await app.register(cookie); await app.register(session, hostSession) },
    options: { secret }
  })
  t.equal((await logIn(host, host.browser())).status, 303, "the host's own is taken where it comes first")
})

test('T31: who is not logged in is refused before the body is read, and learns nothing of the schema', async t => {
  let parsed = 0
  const host = await startHost(t, {
    routes: app => {
      app.addHook('preValidation', async request => { if (request.body !== undefined) parsed++ })
      app.post(
        '/private',
        {
          onRequest: app.requireWechatUser,
          schema: { body: { type: 'object', required: ['mustKnow'], properties: { mustKnow: { type: 'string' } } } }
        },
        async () => ({ done: true })
      )
    }
  })
  const browser = host.browser()
  for (const body of [JSON.stringify({ x: 'x'.repeat(900_000) }), '{}', '{broken', '[]']) {
    const answer = await browser.fetch(`${host.origin}/private`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' }
    })
    t.strictSame([answer.status, answer.json().code], [401, 'FST_WECHAT_UNAUTHENTICATED'])
    t.notMatch(answer.body, 'mustKnow')
  }
  t.equal(parsed, 0)
})

test('T31: no spelling of a guarded path gets past its guard', async t => {
  let reached = 0
  for (const routerOptions of [{}, { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true, caseSensitive: false }]) {
    const host = await startHost(t, {
      fastify: { routerOptions },
      routes: app => { app.get('/priv', { onRequest: app.requireWechatUser }, async () => { reached++; return {} }) }
    })
    for (const target of [
      '/priv', '//priv', '/PRIV', '/priv/', '/%70riv', '/priv?x=1', '/priv%2f', '/priv;x', '/./priv', '/x/../priv',
      `https://${site}/priv`, 'https://evil.example/priv', '/priv#x', '/priv%00', '/priv/.', '\\priv',
      '/priv?wechatLogin=true'
    ]) {
      for (const method of ['GET', 'HEAD', 'OPTIONS']) {
        const answer = await sendRaw(
          host.address,
          `${method} ${target} HTTP/1.1\r\nHost: ${site}\r\nAccept: text/html\r\nConnection: close\r\n\r\n`
        )
        t.ok(answer.status >= 300, `${method} ${target}: ${answer.status}`)
      }
    }
  }
  t.equal(reached, 0)
})

test('T31: a guard over a whole scope passes the routes of the login, and nothing else', async t => {
  const host = await startHost(t, {
    routes: app => {
      app.addHook('onRequest', app.requireWechatUser)
      app.get('/late', async () => 'late')
    }
  })
  const browser = host.browser()
  for (const path of ['/late', '/nowhere']) t.equal((await browser.get(host.origin + path)).status, 302, path)
  t.equal((await browser.fetch(`${host.origin}/late`)).status, 401)
  await logIn(host, browser)
  t.equal((await browser.get(`${host.origin}/late`)).body, 'late')
  t.equal((await logOut(browser)).status, 204)
  t.equal((await browser.fetch(`${host.origin}/late`)).status, 401)
})

test('T31: two visitors at once each see their own user, and never a shared one', async t => {
  const host = await startHost(t, {
    options: {
      loadUser: async (stored, request) => {
        await new Promise(resolve => setImmediate(resolve))
        return { ...stored, path: request.url } as never
      }
    },
    routes: app => { app.get('/who', { preHandler: app.requireWechatUser }, async request => request.wechatUser) }
  })
  const visitors = [host.browser(), host.browser()]
  const names = ['sunny', 'tricky'].map(id => host.wechat.control.openid(host.wechat.options.qr.appid, id))
  for (const [index, user] of ['sunny', 'tricky'].entries()) await logIn(host, visitors[index]!, { user })
  const wrong: string[] = []
  for (let round = 0; round < 3; round++) {
    await Promise.all(Array.from({ length: 100 }, async (_, index) => {
      const { openid, path } = (await visitors[index % 2]!.fetch(`${host.origin}/who?${index}`)).json()
      if (openid !== names[index % 2] || path !== `/who?${index}`) wrong.push(`${openid} ${path}`)
    }))
  }
  t.strictSame(wrong, [])
})

test('T31: what a handler does to the user reaches no other request', async t => {
  const host = await startHost(t, {
    routes: app => {
      app.get('/spoil', async request => {
        try {
          Object.assign(request.wechatUser!, { nickname: 'somebody else', admin: true })
        } catch (error) {
          return { refused: (error as Error).name }
        }
        return {}
      })
      app.get('/replace', async request => {
        try {
          (request as { wechatUser: unknown }).wechatUser = { admin: true }
        } catch (error) {
          return { refused: (error as Error).name, user: request.wechatUser }
        }
        return { user: request.wechatUser }
      })
    }
  })
  const browser = host.browser()
  await logIn(host, browser)
  t.equal((await browser.fetch(`${host.origin}/spoil`)).json().refused, 'TypeError')
  t.equal((await browser.fetch(`${host.origin}/replace`)).json().user.admin, undefined)
  const user = await whoIs(host, browser)
  t.strictSame([user?.nickname, user?.admin], ['青禾🌱', undefined])
})

test('T31: pages are sent to the login, scripts and other methods get 401 and never a redirect to WeChat', async t => {
  const host = await startHost(t, {
    routes: app => { app.post('/account', { preHandler: app.requireWechatUser }, async () => ({})) }
  })
  const url = `${host.origin}/account`
  const pages: Array<Record<string, string>> = [
    { accept: 'text/html' },
    { accept: 'text/html', 'sec-fetch-mode': 'navigate' },
    { accept: '*/*', 'sec-fetch-mode': 'navigate' },
    { accept: 'text/html', 'x-requested-with': 'com.tencent.mm' }
  ]
  const scripts: Array<Record<string, string>> = [
    { accept: 'application/json' },
    { accept: '*/*' },
    { accept: 'text/html', 'sec-fetch-mode': 'cors' },
    { accept: 'text/html', 'sec-fetch-mode': 'no-cors' }
  ]
  for (const headers of pages) {
    t.strictSame(
      await host.browser().visit(url, { headers }).then(({ status, location }) => [status, location]),
      [302, `${host.origin}/wechat/login?redirect=%2Faccount`],
      JSON.stringify(headers)
    )
  }
  for (const headers of scripts) {
    t.strictSame(
      await host.browser().visit(url, { headers }).then(({ status, location }) => [status, location]),
      [401, ''],
      JSON.stringify(headers)
    )
  }
  t.equal(
    (await host.browser().visit(url, {
      method: 'POST',
      headers: { accept: 'text/html', 'sec-fetch-mode': 'navigate' }
    })).status,
    401
  )
})

test("T32: a login as somebody else leaves nothing of the first person's session, kept keys included", async t => {
  const { host, store } = await startStoredHost(t, {
    options: { keepSessionKeys: ['cart'] },
    routes: app => {
      app.get('/visit', async request => { put(request, { cart: 'three apples', role: 'admin' }); return {} })
      app.get('/look', async request => ({ ...request.session }))
    }
  })
  const browser = host.browser()
  await logIn(host, browser, { user: 'sunny' })
  await browser.get(`${host.origin}/visit`)
  const [first, kept] = [sessionIdOf(browser), browser.cookieHeader(site)]
  await logIn(host, browser, { user: 'sunny' })
  t.equal((await browser.fetch(`${host.origin}/look`)).json().cart, 'three apples', 'the same person keeps it')
  await logIn(host, browser, { user: 'tricky' })
  const { cart, role } = (await browser.fetch(`${host.origin}/look`)).json()
  t.strictSame([cart, role], [undefined, undefined])
  t.notOk(store.records.has(first))
  t.equal((await host.browser().fetch(`${host.origin}/wechat/me`, { headers: { cookie: kept } })).status, 401)
})

test('T32: a login counts only in the registration that made it, though siblings share the session', async t => {
  const routes = async (app: Host['app']): Promise<void> => {
    app.get('/private', { preHandler: app.requireWechatUser }, async request => request.wechatUser)
  }
  let refused = 0
  const wechat = await startWechatSimulator({ callbackOrigin: origin, consent: 'qinghe' })
  t.teardown(() => wechat.close())
  const { qr, client } = wechat.options
  const host = await startHost(t, {
    wechat,
    before: async app => {
      await app.register(cookie)
      await app.register(session, { secret: sessionSecret, cookieName: '__Host-session', cookie: { path: '/' } })
      await app.register(async admin => {
        const onUser = (): null => { refused++; return null }
        await admin.register(fp(createPlugin(), { name: 'fastify-wechat-login' }), {
          qr: { ...qr, callbackUrl: 'https://app.example.com/admin/wechat/qr' },
          client,
          secret: sessionSecret,
          onUser
        })
        await routes(admin)
      }, { prefix: '/admin' })
    },
    options: { secret: sessionSecret },
    routes
  })
  const browser = host.browser()
  await logIn(host, browser)
  t.equal((await browser.fetch(`${host.origin}/private`)).status, 200)
  t.equal((await browser.fetch(`${host.origin}/admin/private`)).status, 401)
  t.equal((await browser.fetch(`${host.origin}/admin/wechat/me`)).status, 401)
  const start = await browser.get(`${host.origin}/admin/wechat/login`)
  t.equal((await browser.get(wechat.control.approve(start.location))).status, 403)
  t.equal(refused, 1)
  t.equal((await browser.fetch(`${host.origin}/admin/private`)).status, 401)
})

test('T32: a login of an app that the host no longer has is over', async t => {
  const shared = { secret: sessionSecret, store: new MemoryStore() }
  const before = await startHost(t, { options: { session: shared } })
  const browser = before.browser()
  await logIn(before, browser)
  const after = await startHost(t, {
    wechat: before.wechat,
    options: wechat => ({ session: shared, qr: { ...wechat.options.qr, appid: 'wx0000000000000001' } })
  })
  t.ok(await isLoggedIn(before, browser))
  browser.hosts[site] = after.address
  t.notOk(await isLoggedIn(after, browser))
})

test('T33: a login has an age that no visit renews, and one from the future is none', async t => {
  let clock = Date.now()
  const host = await startHost(t, {
    now: () => clock,
    options: { maxAge: 3600, session: { secret: sessionSecret, rolling: true } }
  })
  const browser = host.browser()
  await logIn(host, browser)
  for (let minutes = 0; minutes < 59; minutes += 20) {
    t.ok(await isLoggedIn(host, browser))
    t.equal((await browser.get(`${host.origin}/account`)).status, 200)
    clock += 20 * 60_000
  }
  t.notOk(await isLoggedIn(host, browser))
  t.equal((await browser.get(`${host.origin}/account`)).status, 302)
  clock -= 2 * 3600_000
  t.notOk(await isLoggedIn(host, browser), 'made in the future')
})

test('T34: me is private JSON for its own site: uncached, without a session of its own, with nothing that was not shown on purpose', async t => {
  const { host, store } = await startStoredHost(t, {
    options: { keepTokens: true, publicUser: user => ({ name: (user as { nickname: string }).nickname }) }
  })
  const browser = host.browser()
  const url = `${host.origin}/wechat/me`
  const stranger = host.browser()
  const anonymous = await stranger.fetch(`${url}?callback=alert&jsonp=x`)
  await logIn(host, browser)
  const me = await browser.fetch(`${url}?callback=alert`, { headers: { origin: 'https://evil.example' } })
  for (const answer of [anonymous, me]) {
    t.equal(answer.headers['cache-control'], 'no-store')
    t.match(String(answer.headers.vary).toLowerCase(), 'cookie')
    t.equal(answer.headers['content-type'], 'application/json; charset=utf-8')
    t.equal(answer.headers['x-content-type-options'], 'nosniff')
    t.strictSame(Object.keys(answer.headers).filter(name => name.startsWith('access-control') || name === 'etag'), [])
    t.strictSame(answer.setCookies, [])
    t.match(answer.body, /^\{/)
  }
  t.strictSame(me.json(), { user: { name: '青禾🌱' } })
  t.strictSame(Object.keys(anonymous.json()).sort(), ['code', 'error', 'loginUrl', 'message', 'statusCode'])
  t.equal(
    (await browser.fetch(url, { headers: { 'if-none-match': '*', 'if-modified-since': new Date().toUTCString() } }))
      .status,
    200
  )
  t.equal(store.logins().length, 1)
})
