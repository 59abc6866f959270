// What may go wrong on the host's side during a login: its session store, its functions, its proxy, its shutdown.
// Nobody is let in by a fault, nobody is locked out after it, and nobody else notices.

import { test, type Test } from 'tap'
import { copyOf, withOnly } from '../fixture/alone'
import { gate } from '../fixture/gate'
import { type Host, type HostOptions, startHost } from '../fixture/host'
import { beginLogin, logIn, logOut, me } from '../fixture/login'
import { sessionCookie } from '../fixture/session-cookie'
import type { Operation, SessionRecord, SessionStore } from '../fixture/session-store'
import { origin, sameOrigin, sessionSecret, site } from '../fixture/settings'
import { startStoredHost, type Stored, type StoredOptions } from '../fixture/stored-host'
import { type Answer, Browser } from '../fixture/browser'
import type { StoredUser, WechatUser } from '../../src/types'

/** Of the good calls too, on a machine under load. */
const timeout = 1500

function startWithStore (t: Test, { options, ...given }: StoredOptions = {}): Promise<Stored> {
  return startStoredHost(t, { ...given, options: { ...options, client: { timeout, retries: 0, ...options?.client } } })
}

/** Stands in the way of the nth operation of its kind from now on, until `stop`. */
function obstruct (store: SessionStore, operation: Operation, nth: number, obstacle: () => unknown): () => void {
  let seen = 0
  store.before = which => which === operation && ++seen === nth ? obstacle() : undefined
  return () => { store.before = () => {} }
}

const failing = (): never => { throw new Error('store 10.0.0.7:6379 is down, password hunter2') }

// A login's calls to the store, in their order. What each fault of them must lead to.
const calls: Array<{ call: string, operation: Operation, nth: number, outcome: 'usable' | 'spent' | 'done' }> = [
  { call: "the look for the attempt's shared result", operation: 'get', nth: 1, outcome: 'usable' },
  { call: 'the new session', operation: 'set', nth: 1, outcome: 'spent' },
  { call: 'the shared result', operation: 'set', nth: 2, outcome: 'done' }
]

for (const { call, operation, nth, outcome } of calls) {
  for (const fault of ['fails', 'hangs'] as const) {
    test(`a session store that ${fault} at ${call} leaves the attempt ${outcome}`, async t => {
      const { host, store, browser } = await startWithStore(t)
      const callback = await beginLogin(host, browser)
      const { opened, open } = gate()
      const before = copyOf(host, browser)
      const stop = obstruct(store, operation, nth, fault === 'fails' ? failing : () => opened)
      const answer = await browser.get(callback)
      stop()
      t.notMatch(answer.body, /hunter2|6379/, 'the answer does not say what the store said')
      if (outcome === 'done') {
        t.equal(answer.status, 303)
        t.equal((await me(browser)).status, 200)
        const told = host.logs.filter(line => /shared result/.test(line.msg))
        t.strictSame(told.map(({ level, err }) => [level, err.type]), [[40, 'Error']], 'the log tells')
      } else {
        t.equal(answer.status, 500)
        t.match(answer.headers['content-type'], 'text/html')
        t.notOk(sessionCookie(answer))
        t.equal((await me(browser)).status, 401)
        t.equal(store.logins().length, 0, 'no half of a login stays in the store')
        t.equal(host.wechat.control.count('access_token'), outcome === 'usable' ? 0 : 1)
        const again = await before.get(callback)
        t.equal(again.status, outcome === 'usable' ? 303 : 403, 'the same callback once the store is back')
        t.equal((await logIn(host, browser)).status, 303, 'and a new login works')
      }
      open()
      await store.quiet()
      t.equal((await me(browser)).status, 200)
    })
  }
}

/**
 * A host whose page of refusal waits until a store that hung has come back after all: `visitLate` resolves to that
 * page.
 */
async function startWithLateStore (t: Test) {
  const page = gate()
  const renderPage = async ({ code }: { code: string }): Promise<string> => {
    await page.pass()
    return code
  }
  const stored = await startWithStore(t, { options: { renderPage } })
  const visitLate = async (browser: Browser, callback: string, operation: Operation): Promise<Answer> => {
    const { opened, open } = gate()
    const stop = obstruct(stored.store, operation, 1, () => opened)
    const answering = browser.get(callback)
    await page.entered
    open()
    await stored.store.quiet()
    stop()
    page.open()
    return answering
  }
  return { ...stored, visitLate }
}

test('a store that comes back too late leaves no login behind, neither in itself nor in the answer', async t => {
  const { host, store, browser, visitLate } = await startWithLateStore(t)
  const answer = await visitLate(browser, await beginLogin(host, browser), 'set')
  t.equal(answer.status, 500)
  t.notOk(sessionCookie(answer))
  await store.quiet()
  t.equal(store.logins().length, 0)
  t.equal((await me(browser)).status, 401)
})

test('a store that comes back too late for a repeated callback takes no session away', async t => {
  const { host, browser, visitLate } = await startWithLateStore(t)
  const callback = await beginLogin(host, browser)
  const late = copyOf(host, browser)
  late.jar(site).set('__Host-session', 'from.before')
  await browser.get(callback)
  const answer = await visitLate(late, callback, 'get')
  t.equal(answer.status, 500)
  t.strictSame(answer.setCookies.filter(line => line.startsWith('__Host-session=')), [])
})

test('a store that cannot store the new session of a logged-in visitor leaves them the old login', async t => {
  const { host, store, browser } = await startWithStore(t)
  await logIn(host, browser)
  const callback = await beginLogin(host, browser, { user: 'sunny' })
  const stop = obstruct(store, 'set', 1, failing)
  t.equal((await browser.get(callback)).status, 500)
  stop()
  t.equal(store.logins().length, 1)
  t.equal((await me(browser)).json().user.nickname, '青禾🌱')
})

test('a store that cannot destroy the old session fails no login, and the login before is over all the same', async t => {
  const { host, store, browser } = await startWithStore(t)
  await logIn(host, browser)
  const before = copyOf(host, browser)
  const callback = await beginLogin(host, browser, { user: 'sunny' })
  const stop = obstruct(store, 'destroy', 1, failing)
  t.equal((await browser.get(callback)).status, 303)
  stop()
  t.equal((await me(browser)).json().user.nickname, 'Sunny Day ☀️')
  t.equal((await me(before)).status, 401)
  t.ok(host.logs.some(line => /session before a login could not be destroyed/.test(line.msg)), 'the log tells')
})

test('T30: a store that fails lets nobody through the guard and tells nobody why', async t => {
  let entered = 0
  const { host, store, browser } = await startWithStore(t, {
    routes: app => { app.get('/count', { preHandler: app.requireWechatUser }, async () => ++entered) }
  })
  await logIn(host, browser)
  for (const [obstacle, status] of [
    [failing, 500],
    [() => { throw Object.assign(new Error('no entry'), { code: 'ENOENT' }) }, 401]
  ] as const) {
    store.before = operation => operation === 'get' ? obstacle() : undefined
    const answer = await me(browser)
    t.equal(answer.status, status)
    t.notMatch(answer.body, /hunter2/)
    t.not((await browser.get(`${origin}/count`)).status, 200)
    t.equal((await host.browser().get(`${origin}/wechat/login`)).status, 302, 'a login can begin all the same')
    t.equal((await me(host.browser())).status, 401, 'who has no session is not touched')
  }
  store.before = () => {}
  t.equal(entered, 0)
  t.equal((await me(browser)).status, 200, 'the store is back, and so is the login')
})

test('T30: whatever the store returns in place of a session, nobody is logged in and nothing breaks', async t => {
  const { host, store, browser } = await startWithStore(t)
  await logIn(host, browser)
  const whole = store.logins()[0]!.login
  const record = (change: object): object => ({ cookie: {}, wechatLogin: { ...whole, ...change } })
  const rubbish: unknown[] = [
    null, false, true, 0, 42, '', 'text', [], [1], {}, {
      cookie: null
    }, { cookie: 'text' }, { cookie: { expires: 'rubbish' } }, { cookie: { originalMaxAge: 'rubbish' } },
    { wechatLogin: null }, { wechatLogin: true }, { wechatLogin: 'qinghe' }, { wechatLogin: [] }, { wechatLogin: {} },
    ...Object.keys(whole).filter(key => key !== 'unionid').flatMap(key => [
      null, key === 'at' ? '1' : 7, [], {}
    ].map(value => key === 'user' && value !== null ? {} : record({ [key]: value }))),
    record({ at: Date.now() + 3_600_000 }), record({ at: -1e300 * 1e10 })
  ]
  for (const value of rubbish) {
    store.instead = () => value
    t.equal((await me(browser)).status, 401, `me, for ${JSON.stringify(value)}`)
    t.equal((await browser.get(`${origin}/account`)).status, 302, `the guard, for ${JSON.stringify(value)}`)
  }
  store.instead = undefined
  t.equal((await me(browser)).status, 200)
})

test('whatever the store returns in place of a shared result, the login works', async t => {
  const { host, store } = await startWithStore(t)
  await logIn(host, host.browser())
  const session = JSON.parse(store.records.get(store.logins()[0]!.id)!) as SessionRecord
  for (const value of [
    null, false, 42, 'text', [], {}, { wechatSpent: null }, { wechatSpent: 7 }, { wechatSpent: '' },
    { wechatSpent: 'rubbish' }, { wechatSpent: 'A'.repeat(200) }, { wechatSpent: ['x'] }, session
  ]) {
    const browser = host.browser()
    store.instead = (_id, record) => record?.wechatLogin === undefined ? value : record
    t.equal((await logIn(host, browser)).status, 303, JSON.stringify(value).slice(0, 40))
    store.instead = undefined
    t.equal((await me(browser)).status, 200)
  }
})

test('the shared result of one attempt, put in the place of another one, opens nothing', async t => {
  const { host, store } = await startWithStore(t)
  const victim = host.browser()
  await logIn(host, victim)
  const sharedResult =
    [...store.records.values()].map(text => JSON.parse(text)).find(record => record.wechatSpent !== undefined)
  const thief = host.browser()
  const callback = await beginLogin(host, thief, { user: 'sunny' })
  store.instead = (_id, record) => record ?? sharedResult
  t.equal((await thief.get(callback)).status, 303)
  store.instead = undefined
  t.equal((await me(thief)).json().user.nickname, 'Sunny Day ☀️')
})

test('a store that forgets sessions at once gives a login that does not last, and no error', async t => {
  const { host, store, browser } = await startWithStore(t)
  const callback = await beginLogin(host, browser)
  const kept = copyOf(host, browser)
  store.instead = () => undefined
  t.equal((await browser.get(callback)).status, 303)
  t.equal((await me(browser)).status, 401)
  t.equal((await kept.get(callback)).status, 403)
})

for (const fault of ['fails', 'hangs'] as const) {
  for (const keepSessionKeys of [[], ['cart']]) {
    test(`a store that ${fault} at the logout (${keepSessionKeys.length} keys kept) says so, and the login is over in this process all the same`, async t => {
      const { host, store, browser } = await startWithStore(t, {
        options: { keepSessionKeys },
        routes: app => {
          app.get('/cart', async request => { Object.assign(request.session, { cart: 1 }); return 'kept' })
        }
      })
      await logIn(host, browser)
      await browser.get(`${origin}/cart`)
      const { opened, open } = gate()
      const stop = obstruct(store, 'destroy', 1, fault === 'fails' ? failing : () => opened)
      const out = await logOut(browser)
      t.equal(out.status, 500)
      t.notMatch(out.body, /hunter2/)
      stop()
      t.equal((await me(browser)).status, 401)
      t.equal((await browser.get(`${origin}/account`)).status >= 300, true)
      open()
      await store.quiet()
      t.equal((await me(browser)).status, 401)
      t.equal((await logIn(host, browser)).status, 303)
      t.equal((await me(browser)).status, 200)
    })
  }
}

test('what the host writes into the session while the callback is answered is kept', async t => {
  const { host, store, browser } = await startWithStore(t, {
    options: {
      loadUser: (stored, request) => {
        Object.assign(request.session, { lastSeen: 'now' })
        return stored as WechatUser
      }
    },
    before: app => {
      app.addHook('onSend', async request => { if (request.session?.save !== undefined) await request.session.save() })
    }
  })
  const { searchParams, pathname } = new URL(await beginLogin(host, browser))
  const answer = await browser.post(
    origin + pathname,
    { code: searchParams.get('code'), state: searchParams.get('state') },
    sameOrigin
  )
  t.equal(answer.status, 200)
  t.equal(JSON.parse(store.records.get(store.logins()[0]!.id)!).lastSeen, 'now')
})

/** A host may throw anything. */
function throwing (value: unknown): () => never {
  return () => { throw value }
}

const badUsers: Array<[string, () => unknown, number, string | undefined]> = [
  ['throws', () => { throw new Error('duplicate key in table users_secret') }, 500, undefined],
  ['throws undefined', throwing(undefined), 500, undefined],
  ['throws a text', throwing('table users_secret'), 500, undefined],
  ['throws what is frozen', () => { throw Object.freeze(new Error('users_secret')) }, 500, undefined],
  ['throws with a 5xx of its own', () => { throw Object.assign(new Error('users_secret'), { statusCode: 503 }) }, 500,
    undefined],
  ['rejects', async () => { throw new Error('users_secret') }, 500, undefined],
  ['refuses by null', () => null, 403, 'FST_WECHAT_ACCESS_DENIED'],
  ['returns nothing', () => undefined, 500, 'FST_WECHAT_INVALID_USER'],
  ['returns false', () => false, 403, 'FST_WECHAT_ACCESS_DENIED'],
  ['returns 0', () => 0, 403, 'FST_WECHAT_ACCESS_DENIED'],
  ['returns an empty text', () => '', 403, 'FST_WECHAT_ACCESS_DENIED'],
  ['returns NaN', () => NaN, 403, 'FST_WECHAT_ACCESS_DENIED'],
  ['returns a function', () => () => {}, 500, 'FST_WECHAT_INVALID_USER'],
  ['returns a symbol', () => Symbol('user'), 500, 'FST_WECHAT_INVALID_USER'],
  ['returns a BigInt inside', () => ({ id: 1n }), 500, 'FST_WECHAT_INVALID_USER'],
  ['returns a circle', () => { const user: Record<string, unknown> = {}; user.self = user; return user }, 500,
    'FST_WECHAT_INVALID_USER'],
  ['returns what throws when read', () => ({ get id () { throw new Error('users_secret') } }), 500,
    'FST_WECHAT_INVALID_USER']
]

test('T29: an onUser that throws, refuses or returns nothing makes no session, keeps the one before, and tells nothing', async t => {
  let misbehave: () => unknown = () => undefined
  const { host, store, browser } = await startWithStore(t, {
    options: { onUser: profile => (profile.nickname === 'Sunny Day ☀️' ? misbehave() : profile) as StoredUser }
  })
  await logIn(host, browser)
  for (const [what, behaviour, status, code] of badUsers) {
    misbehave = behaviour
    for (const visitor of [browser, host.browser()]) {
      const sessions = [...store.records.keys()].length
      const answer = await visitor.get(await beginLogin(host, visitor, { user: 'sunny' }))
      t.equal(answer.status, status, what)
      t.notMatch(answer.body, 'users_secret', what)
      t.notOk(sessionCookie(answer), what)
      t.equal([...store.records.keys()].length, sessions, what)
    }
    const script = host.browser()
    const { searchParams, pathname } = new URL(await beginLogin(host, script, { user: 'sunny' }))
    const answer = await script.post(
      origin + pathname,
      { code: searchParams.get('code'), state: searchParams.get('state') },
      sameOrigin
    )
    t.equal(answer.status, status, what)
    t.equal(answer.json().code, code, what)
    t.equal((await me(script)).status, 401)
  }
  t.equal((await me(browser)).json().user.nickname, '青禾🌱', 'the earlier login stands')
})

test('an onUser that refuses with a 4xx of its own is heard', async t => {
  const { host, browser } = await startWithStore(t, {
    options: { onUser: () => { throw Object.assign(new Error('members only'), { expose: true, statusCode: 402 }) } }
  })
  const { searchParams, pathname } = new URL(await beginLogin(host, browser))
  const answer = await browser.post(
    origin + pathname,
    { code: searchParams.get('code'), state: searchParams.get('state') },
    sameOrigin
  )
  t.equal(answer.status, 402)
  t.equal(answer.json().message, 'members only')
})

test('an onUser that hangs holds up nobody but its own visitor', async t => {
  const { entered, open, pass } = gate()
  const { host, browser } = await startWithStore(t, {
    options: {
      onUser: async profile => {
        if (profile.nickname === 'Sunny Day ☀️') {
          await pass()
        }
        return profile
      }
    }
  })
  const hanging = host.browser()
  const held = hanging.get(await beginLogin(host, hanging, { user: 'sunny' }))
  await entered
  t.equal((await logIn(host, browser)).status, 303)
  t.equal((await me(browser)).status, 200)
  t.equal((await logOut(browser)).status, 204)
  open()
  t.equal((await held).status, 303)
})

test('a loadUser that throws or returns nothing lets nobody in; one that hangs holds up nobody else', async t => {
  let load: (stored: StoredUser) => unknown = stored => stored
  const { host, store, browser } = await startWithStore(t, {
    options: { loadUser: async stored => await load(stored) as WechatUser }
  })
  await logIn(host, browser)
  load = () => { throw new Error('users_secret') }
  const refused = await me(browser)
  t.equal(refused.status, 500)
  t.notMatch(refused.body, 'users_secret')
  t.equal((await browser.get(`${origin}/account`)).status, 500)
  load = stored => stored
  t.equal((await me(browser)).status, 200, 'the login stands')
  const { entered, open, pass } = gate()
  load = async stored => {
    await pass()
    return stored
  }
  const held = me(browser)
  await entered
  load = stored => stored
  t.equal((await logIn(host, host.browser())).status, 303)
  open()
  t.equal((await held).status, 200)
  load = () => undefined
  const kept = copyOf(host, browser)
  t.equal((await browser.get(`${origin}/account`)).status, 302)
  load = stored => stored
  for (const one of [browser, kept]) t.equal((await me(one)).status, 401, 'nothing ends the login')
  t.equal(store.logins().filter(({ login }) => login.user.nickname === '青禾🌱').length, 1, 'only the other one is left')
})

test('a header full of cookies of others does not hinder a login, and one that is too full breaks nothing', async t => {
  const { host, browser } = await startWithStore(t)
  for (let index = 0; index < 100; index++) browser.jar(site).set(`host-cookie-${index}`, 'x'.repeat(120))
  t.equal((await logIn(host, browser)).status, 303)
  t.equal((await me(browser)).status, 200)
  for (let index = 100; index < 150; index++) browser.jar(site).set(`host-cookie-${index}`, 'x'.repeat(120))
  t.equal((await me(browser)).status, 431)
  t.equal((await me(host.browser())).status, 401)
})

test('a guarded URL that is too long to come back to leads to the login all the same', async t => {
  const { host, browser } = await startWithStore(t)
  const long = `${origin}/account?q=${'%E4%B8%BB'.repeat(1300)}`
  const first = await browser.get(long)
  t.equal(first.status, 302)
  t.ok(first.location.length < 4096)
  const start = await browser.get(first.location)
  t.equal(start.status, 302)
  t.equal(
    (await browser.get(host.wechat.control.approve(start.location))).location,
    `${origin}/account`,
    'the page without its query'
  )
  t.equal((await browser.get(long)).status, 200)
})

test('a Secure session cookie behind a proxy that Fastify does not trust is found out before a code is spent, and said once', async t => {
  const given: HostOptions = { secure: false, simulator: { callbackOrigin: origin } }
  const behindProxy = (host: Host): Browser => {
    const browser = new Browser({ [site]: host.address })
    host.browsers.push(browser)
    return browser
  }
  const throughProxy = { 'x-forwarded-proto': 'https', 'x-forwarded-host': site }
  const host = await startHost(t, given)
  for (let visit = 0; visit < 3; visit++) {
    const browser = behindProxy(host)
    const start = await browser.get(`${origin}/wechat/login`, throughProxy)
    const answer = await browser.get(host.wechat.control.approve(start.location), throughProxy)
    t.equal(answer.status, 500)
    t.strictSame(answer.setCookies, [])
  }
  t.equal(host.wechat.control.count('access_token'), 0)
  t.equal(host.logs.filter(line => /trustProxy/.test(line.msg)).length, 1)
  const trusting = await startHost(t, { ...given, fastify: { trustProxy: true } })
  const browser = behindProxy(trusting)
  const start = await browser.get(`${origin}/wechat/login`, throughProxy)
  t.equal((await browser.get(trusting.wechat.control.approve(start.location), throughProxy)).status, 303)
  t.equal((await browser.fetch(`${origin}/wechat/me`, { headers: throughProxy })).status, 200)
})

for (const rolling of [false, true]) {
  for (const slow of ['reads', 'writes'] as const) {
    test(`T26: a logout holds against a slow request that ${slow} the session and ends after it (rolling: ${rolling})`, async t => {
      const { entered, open, pass } = gate()
      const { host, browser } = await startWithStore(t, {
        options: { session: { secret: sessionSecret, rolling } },
        routes: app => {
          app.get('/slow', { preHandler: app.requireWechatUser }, async request => {
            await pass()
            if (slow === 'writes') Object.assign(request.session, { cart: 1 })
            return 'done'
          })
        }
      })
      await logIn(host, browser)
      const kept = copyOf(host, browser)
      const late = browser.get(`${origin}/slow`)
      await entered
      t.equal((await logOut(copyOf(host, browser))).status, 204)
      open()
      t.equal((await late).status, 200)
      for (const one of [browser, kept]) {
        t.equal((await me(one)).status, 401)
        t.not((await one.get(`${origin}/account`)).status, 200)
      }
      t.equal((await logIn(host, browser)).status, 303, 'and a new login works')
      t.equal((await me(browser)).status, 200)
      t.equal((await me(kept)).status, 401)
    })
  }
}

for (const rolling of [false, true]) {
  test(`no answer of ours to a request with the old session wipes a login made meanwhile (rolling: ${rolling})`, async t => {
    let load = async (stored: StoredUser): Promise<unknown> => stored
    const { host, browser } = await startWithStore(t, {
      options: {
        session: { secret: sessionSecret, rolling },
        loadUser: async stored => await load(stored) as WechatUser
      }
    })
    for (const end of ['stands', 'ends', 'fails'] as const) {
      load = async stored => stored
      await logIn(host, browser)
      const old = copyOf(host, browser)
      const { opened, open } = gate()
      let waiting = 0
      const entered = gate()
      load = async stored => {
        if (++waiting === 3) entered.open()
        await opened
        if (end === 'fails') throw new Error('no database')
        return end === 'ends' ? null : stored
      }
      const slow = [
        old.fetch(`${origin}/wechat/me`),
        old.get(`${origin}/wechat/me`),
        ...(end === 'stands' ? [old.get(`${origin}/wechat/me`)] : [old.get(`${origin}/account`)])
      ]
      await entered.opened
      load = async stored => stored
      t.equal((await logIn(host, browser, { user: 'sunny' })).status, 303)
      open()
      const late = [
        ...await Promise.all(slow),
        await old.get(`${origin}/account`),
        await old.fetch(`${origin}/wechat/me`),
        await old.get(`${origin}/wechat/login`),
        await old.get(`${origin}/wechat/qr?code=x&state=${'0'.repeat(32)}`)
      ]
      for (const answer of late) {
        t.strictSame(
          answer.setCookies.filter(line => line.startsWith('__Host-session=')),
          [],
          `${end}: ${answer.status}`
        )
        t.equal((await me(withOnly(host, browser, answer))).json().user.nickname, 'Sunny Day ☀️')
      }
    }
  })
}

test('T54: app.close() in the middle of a login ends promptly and lets the callback finish', async t => {
  const { entered, open, pass } = gate()
  const { host, store, browser } = await startWithStore(t, {
    options: {
      onUser: async profile => {
        await pass()
        return profile
      }
    }
  })
  await me(browser)
  const answering = browser.get(await beginLogin(host, browser))
  await entered
  const closing = host.app.close()
  open()
  const answer = await answering
  t.equal(answer.status, 303)
  t.type(sessionCookie(answer), 'string')
  await closing
  t.equal(store.logins().length, 1)
  await t.rejects(me(browser))
})

test('T54: app.close() does not wait for a WeChat that never answers longer than a call may take', async t => {
  const { host, browser } = await startWithStore(t)
  const callback = await beginLogin(host, browser)
  host.wechat.control.fault({ endpoint: 'access_token', kind: 'silence' })
  const answering = browser.get(callback)
  await Promise.race([reached(host, 'access_token'), answering])
  const begun = performance.now()
  await Promise.all([host.app.close(), answering.then(answer => t.equal(answer.status, 504))])
  t.ok(performance.now() - begun < timeout + 60_000, 'a guard: WeChat would never answer')
})

/** Resolves when WeChat has this request. */
async function reached (host: Host, endpoint: 'access_token'): Promise<void> {
  while (host.wechat.control.count(endpoint) === 0) await new Promise(resolve => setImmediate(resolve))
}
