// What a host's own code does to the session around a login: it destroys it, saves it, ends it while others are on
// their way.

import { test } from 'tap'
import type { FastifyRequest } from 'fastify'
import { copyOf, withOnly } from '../fixture/alone'
import { gate } from '../fixture/gate'
import { startHost } from '../fixture/host'
import { beginLogin, logIn, logOut, me } from '../fixture/login'
import { sessionCookie } from '../fixture/session-cookie'
import { origin, sessionSecret } from '../fixture/settings'
import { startStoredHost } from '../fixture/stored-host'
import type { WechatUser } from '../../src/types'

/** A session as its owner uses it. */
type Session = FastifyRequest['session'] & Record<string, any>

/** Of the good calls too, on a machine under load. */
const timeout = 1500
const words = 'store 10.0.0.7:6379 is down, password hunter2'

test('an onUser that destroys the session of before gets its login in a new one', async t => {
  const { host, store, browser } = await startStoredHost(t, {
    options: {
      onUser: async (profile, { request }) => {
        await request.session.destroy()
        return profile
      }
    },
    routes: app => { app.get('/visit', async request => { Object.assign(request.session, { cart: 1 }); return '' }) }
  })
  await browser.get(`${origin}/visit`)
  const callback = await beginLogin(host, browser)
  const before = copyOf(host, browser)
  const answer = await browser.get(callback)
  t.equal(answer.status, 303)
  t.equal((await me(browser)).status, 200)
  t.equal((await before.get(callback)).status, 303, 'and so does its callback when it comes again')
  t.equal((await me(before)).status, 200)
  t.equal(store.logins().length, 1)
})

test('a loadUser that destroys the session and returns null ends the login, and no more', async t => {
  let welcome = true
  const { host, store, browser } = await startStoredHost(t, {
    options: {
      loadUser: async (stored, request) => {
        if (welcome) return stored as WechatUser
        await request.session.destroy()
        return null
      }
    },
    routes: app => { app.get('/api', { preHandler: app.verifyWechatUser }, async () => '') }
  })
  await logIn(host, browser)
  const kept = copyOf(host, browser)
  welcome = false
  const page = await copyOf(host, browser).get(`${origin}/account`)
  t.strictSame([page.status, page.location], [302, `${origin}/wechat/login?redirect=%2Faccount`])
  welcome = true
  await logIn(host, browser)
  welcome = false
  t.equal((await browser.fetch(`${origin}/api`)).status, 401)
  welcome = true
  await logIn(host, browser)
  welcome = false
  t.equal((await me(browser)).status, 401)
  t.equal(
    store.records.size - [...store.records.values()].filter(text => /wechatSpent|wechatEnded/.test(text)).length,
    0
  )
  welcome = true
  t.equal((await me(kept)).status, 401)
})

for (const way of ['regenerate', 'destroy'] as const) {
  for (const fault of ['failed', 'kept waiting'] as const) {
    test(`an onError hook of the host with session.${way}(), after a login that the store has ${fault}, breaks nothing`, async t => {
      const { opened, open } = gate()
      const { host, store, browser } = await startStoredHost(t, {
        before: app => {
          app.addHook('onError', async request => {
            store.before = () => {}
            await request.session[way]()
          })
        },
        options: { client: { timeout, retries: 0 } }
      })
      const callback = await beginLogin(host, browser)
      store.before = operation => {
        if (operation !== 'set') return undefined
        if (fault === 'failed') throw new Error(words)
        return opened
      }
      const answer = await browser.get(callback)
      t.equal(answer.status, 500)
      t.notOk(sessionCookie(answer))
      open()
      await store.quiet()
      t.equal(store.logins().length, 0)
      t.equal((await logIn(host, browser)).status, 303)
      t.equal((await me(browser)).status, 200)
    })
  }
}

test('what onUser has put into the session and saved is kept when it refuses the login', async t => {
  const { host, store, browser } = await startStoredHost(t, {
    options: {
      onUser: async (_profile, { request }) => {
        Object.assign(request.session, { pending: 'link' })
        await request.session.save()
        throw Object.assign(new Error('Which account is yours?'), { statusCode: 409 })
      }
    },
    routes: app => { app.get('/pending', async request => ({ pending: (request.session as Session).pending })) }
  })
  t.equal((await logIn(host, browser)).status, 409)
  t.strictSame((await browser.fetch(`${origin}/pending`)).json(), { pending: 'link' })
  t.equal(store.records.size, 1)
})

test('an answer of ours to the session of before wipes no login, where a hook of the host saves each new session', async t => {
  const { host, browser } = await startStoredHost(t, {
    before: app => {
      app.addHook('preParsing', async request => {
        const session = request.session as Session
        if (session.visits !== undefined) return
        session.visits = 1
        await session.save()
      })
    }
  })
  await browser.get(`${origin}/public`)
  const before = copyOf(host, browser)
  await logIn(host, browser)
  for (const answer of [
    await me(before),
    await before.fetch(`${origin}/account`),
    await before.get(`${origin}/account`)
  ]) {
    t.notOk(sessionCookie(answer))
  }
})

test('a logout that the store has failed may be tried again in the same request, and keeps what is to be kept', async t => {
  const { host, store, browser } = await startStoredHost(t, {
    options: { keepSessionKeys: ['cart'] },
    routes: app => {
      app.get('/cart', async request => { Object.assign(request.session, { cart: 'apple' }); return '' })
      app.get('/mine', async request => ({ cart: (request.session as Session).cart }))
      app.get('/leave', async (request, reply) => {
        await t.rejects(app.wechatLogin.logout(request, reply), { message: words })
        store.before = () => {}
        await app.wechatLogin.logout(request, reply)
        return ''
      })
    }
  })
  await logIn(host, browser)
  await browser.get(`${origin}/cart`)
  store.before = operation => { if (operation === 'set') throw new Error(words) }
  t.ok(sessionCookie(await browser.get(`${origin}/leave`)))
  await store.quiet()
  t.strictSame((await browser.fetch(`${origin}/mine`)).json(), { cart: 'apple' })
  t.equal((await me(browser)).status, 401)
})

for (const where of ['here', 'on another process'] as const) {
  test(`T26: a loadUser that finds its user gone does not save a session that a logout ${where} has ended meanwhile`, async t => {
    const { entered, open, pass } = gate()
    let slow = false
    const { host, store, browser } = await startStoredHost(t, {
      options: {
        loadUser: async (stored, request) => {
          if (!slow) return stored as WechatUser
          await pass()
          Object.assign(request.session, { seen: 'now' })
          return null
        }
      },
      routes: app => {
        app.get('/link', async request => { Object.assign(request.session, { userId: 42 }); return '' })
        app.get('/mine', async request => ({ userId: (request.session as Session).userId }))
      }
    })
    await logIn(host, browser)
    await browser.get(`${origin}/link`)
    const kept = copyOf(host, browser)
    slow = true
    const running = copyOf(host, browser).fetch(`${origin}/account`)
    await entered
    if (where === 'here') t.equal((await logOut(browser)).status, 204)
    else store.records.delete(store.logins()[0]!.id)
    open()
    t.equal((await running).status, 401)
    t.strictSame((await kept.fetch(`${origin}/mine`)).json(), {})
    t.strictSame([...store.records.values()].filter(text => /userId|wechatLogin|seen/.test(text)), [])
  })
}

test('T26: nor does a loadUser during whose last word the visitor logs out', async t => {
  const looked = gate()
  const left = gate()
  let gone = false
  const { host, store, browser } = await startStoredHost(t, { options: { loadUser: stored => gone ? null : stored } })
  await logIn(host, browser)
  const id = store.logins()[0]!.id
  const copy = copyOf(host, browser)
  gone = true
  let gets = 0
  store.before = async operation => {
    // The first is the session of this request, the second the look whether it is still there.
    if (operation === 'get' && ++gets === 2) {
      looked.open()
      await left.opened
    }
  }
  const running = copy.fetch(`${origin}/account`)
  await looked.opened
  // It finds the session still there.
  const read = store.records.get(id)!
  store.before = () => {}
  t.equal((await logOut(browser)).status, 204)
  store.instead = asked => asked === id ? JSON.parse(read) : undefined
  left.open()
  t.equal((await running).status, 401)
  store.instead = undefined
  t.notOk(store.records.has(id))
})

for (const fault of ['fails', 'hangs'] as const) {
  test(`T30: a store that ${fault} where a login is taken out of its session tells nobody what it said, and the login is over`, async t => {
    let gone = false
    const { host, store, browser } = await startStoredHost(t, {
      options: { client: { timeout, retries: 0 }, loadUser: stored => gone ? null : stored }
    })
    const visits = [
      (of: typeof browser) => of.get(`${origin}/account`),
      (of: typeof browser) => of.fetch(`${origin}/account`),
      me
    ]
    for (const [index, visit] of visits.entries()) {
      for (const operation of ['get', 'set'] as const) {
        gone = false
        await logIn(host, browser)
        gone = true
        const { opened, open } = gate()
        let seen = 0
        store.before = which => {
          // The first get is the session plugin's own.
          if (which !== operation || ++seen < (operation === 'get' ? 2 : 1)) return undefined
          if (fault === 'fails') throw new Error(words)
          return opened
        }
        const answer = await visit(browser)
        t.equal(answer.status, index === 0 ? 302 : 401, `${operation} at visit ${index}`)
        t.notMatch(answer.body, /hunter2/)
        t.ok(host.logs.some(({ level, msg }) =>
          level === 40 && /a login has ended, and the session store could not be told/.test(msg)))
        store.before = () => {}
        open()
        await store.quiet()
        gone = false
        t.equal((await me(browser)).status, 401)
      }
    }
  })

  test(`T30: a store that ${fault} at the new session of a logout tells nobody what it said, and the login is over`, async t => {
    const { host, store, browser } = await startStoredHost(t, {
      options: { client: { timeout, retries: 0 }, keepSessionKeys: ['cart'] },
      routes: app => { app.get('/cart', async request => { Object.assign(request.session, { cart: 1 }); return '' }) }
    })
    await logIn(host, browser)
    await browser.get(`${origin}/cart`)
    const { opened, open } = gate()
    store.before = operation => {
      if (operation !== 'set') return undefined
      if (fault === 'fails') throw new Error(words)
      return opened
    }
    const answer = await logOut(browser)
    t.equal(answer.status, 500)
    t.notMatch(answer.body, /hunter2/)
    t.notOk(sessionCookie(answer))
    store.before = () => {}
    open()
    await store.quiet()
    t.equal((await me(browser)).status, 401)
    t.strictSame(
      [...store.records.values()].filter(text => !/wechatSpent|wechatEnded/.test(text)),
      [],
      'what came too late is taken back'
    )
  })

  test(`a store that ${fault} at a repeated callback locks nobody out: the same callback works once it is back`, async t => {
    const { host, store, browser } = await startStoredHost(t, { options: { client: { timeout, retries: 0 } } })
    const callback = await beginLogin(host, browser)
    const missed = copyOf(host, browser)
    await browser.get(callback)
    const { opened, open } = gate()
    store.before = operation => {
      if (operation !== 'get') return undefined
      if (fault === 'fails') throw new Error(words)
      return opened
    }
    const before = copyOf(host, missed)
    const failed = await missed.get(callback)
    t.equal(failed.status, 500)
    store.before = () => {}
    open()
    await store.quiet()
    const again = withOnly(host, before, failed)
    t.equal((await again.get(callback)).status, 303)
    t.equal((await me(again)).status, 200)
    t.equal(store.logins().length, 1)
    t.equal(host.wechat.control.count('access_token'), 1)
  })
}

test('T75: a session cookie that the browser withholds on the way back from WeChat is told, once', async t => {
  const told = (host: Awaited<ReturnType<typeof startHost>>): unknown[] =>
    host.logs.filter(({ level, msg }) => level === 50 && /the session cookie is SameSite=Strict/.test(msg))
  for (const sameSite of ['strict', true] as const) {
    const host = await startHost(t, {
      fastify: { trustProxy: true },
      before: async app => {
        await app.register(import('@fastify/cookie'))
        await app.register(import('@fastify/session'), { secret: sessionSecret, cookie: { sameSite, secure: true } })
      },
      options: { secret: 'a secret of the login, which is long enough', session: undefined as never }
    })
    await logIn(host, host.browser())
    await logIn(host, host.browser())
    t.equal(told(host).length, 1)
    const browser = host.browser()
    t.equal((await browser.get(await beginLogin(host, browser), { 'x-forwarded-proto': 'http' })).status, 500)
    t.ok(
      host.logs.some(({ msg }) => /the session cookie is Secure, but this request came over http/.test(msg)),
      'and hides no other message'
    )
  }
  const lax = await startHost(t)
  await logIn(lax, lax.browser())
  t.strictSame(told(lax), [])
})
