// An answer that goes out while the login or the logout still waits: for the session store, at each of its calls, or
// for onUser. Fastify's handlerTimeout gives it, and the session plugin saves and sends with it whatever session the
// request has.

import { createClient } from 'redis'
import { RedisStore } from 'connect-redis'
import { type Test, test } from 'tap'
import type { Browser } from '../fixture/browser'
import { gate } from '../fixture/gate'
import { type Host, startHost } from '../fixture/host'
import { beginLogin, isLoggedIn, logIn } from '../fixture/login'
import { sessionCookies, sessionIdOf } from '../fixture/session-cookie'
import { sameOrigin, sessionSecret, site } from '../fixture/settings'
import { startStoredHost, type Stored, type StoredOptions } from '../fixture/stored-host'
import { redisUrl, type Store } from '../fixture/stores'

const handlerTimeout = 1000
const cart = (app: Host['app']): void => {
  app.get('/cart', async request => { Object.assign(request.session, { cart: 'x' }); return '' })
}

/** A visitor with a session cookie that somebody else has planted, and who has its copy. */
async function plant (host: Host): Promise<{ victim: Browser, attacker: Browser, planted: string }> {
  const [victim, attacker] = [host.browser(), host.browser()]
  await attacker.get(`${host.origin}/cart`)
  victim.jar(site).set('__Host-session', attacker.jar(site).get('__Host-session')!)
  return { victim, attacker, planted: sessionIdOf(attacker) }
}

/** The store's nth call from now on is held up until the gate opens. */
function stall ({ store }: Pick<Stored, 'store'>, nth: number) {
  const held = gate()
  let calls = 0
  store.before = () => ++calls === nth ? held.pass() : undefined
  return held
}

async function startSlow (
  t: Test, options: StoredOptions['options'], routes: (app: Host['app']) => void = cart
): Promise<Stored> {
  return startStoredHost(t, { fastify: { handlerTimeout }, routes, options: options! })
}

// A callback's calls to the store, in their order.
const calls = [
  "the session plugin's own look", 'the look for a result', 'the new session', 'the end of the old one', 'the result'
]

for (const session of [{}, { rolling: true, saveUninitialized: true }]) {
  for (const [index, call] of calls.entries()) {
    test(`T24: a callback answered while the store is silent at ${call} leaves nothing of the login under the planted id, with ${JSON.stringify(session)}`, async t => {
      const stored = await startSlow(t, { session: { secret: sessionSecret, ...session } })
      const { host, store } = stored
      const { victim, attacker, planted } = await plant(host)
      const callback = await beginLogin(host, victim)
      const before = store.records.get(planted)
      const held = stall(stored, index + 1)
      const answering = victim.get(callback)
      await held.entered
      const answer = await answering
      t.equal(answer.status, 503)
      t.notOk(sessionCookies(answer).some(line => line.includes(planted)))
      t.ok([before, undefined].includes(store.records.get(planted)), 'as it was, or gone')
      t.notOk(await isLoggedIn(host, attacker))
      held.open()
      await store.quiet()
      t.ok([before, undefined].includes(store.records.get(planted)), 'and so it stays')
      t.equal((await victim.get(callback)).status, 303)
      t.ok(await isLoggedIn(host, victim))
      t.not(sessionIdOf(victim), planted)
      t.notOk(await isLoggedIn(host, attacker))
    })
  }

  test(`T24: a callback answered while onUser is slow saves and sends nothing of what onUser has written, with ${JSON.stringify(session)}`, async t => {
    const held = gate()
    const stored = await startSlow(t, {
      session: { secret: sessionSecret, ...session },
      keepSessionKeys: ['cart', 'userId'],
      async onUser (profile, { request }) {
        Object.assign(request.session, { userId: profile.openid })
        await held.pass()
        return profile
      }
    }, app => {
      cart(app)
      app.get('/whose', async request => ({ userId: request.session.get('userId') ?? null }))
    })
    const { host, store } = stored
    const { victim, attacker, planted } = await plant(host)
    const before = store.records.get(planted)
    const callback = await beginLogin(host, victim)
    const answering = victim.get(callback)
    await held.entered
    const answer = await answering
    t.equal(answer.status, 503)
    t.strictSame(sessionCookies(answer), [])
    t.equal(store.records.get(planted), before)
    held.open()
    t.equal((await victim.get(callback)).status, 303)
    await store.quiet()
    t.ok(await isLoggedIn(host, victim))
    t.type((await victim.fetch(`${host.origin}/whose`)).json().userId, 'string', 'kept, where it may be')
    t.equal((await attacker.fetch(`${host.origin}/whose`)).json().userId, null)
    t.notOk(store.records.has(planted) && store.records.get(planted)!.includes('userId'))
  })

  // While the session plugin itself looks, the logout has not begun.
  const logoutCalls = ['the tombstone', 'the end of the session', 'the new session for kept keys']
  for (const [index, call] of logoutCalls.entries()) {
    test(`T26: a logout answered while the store is silent at ${call} brings no login back, with ${JSON.stringify(session)}`, async t => {
      let answerNow = (): void => {}
      const stored = await startSlow(t, {
        session: { secret: sessionSecret, ...session },
        keepSessionKeys: ['cart']
      }, app => {
        cart(app)
        app.get('/leave', async (request, reply) => {
          Object.assign(request.session, { leaving: true })
          await app.wechatLogin.logout(request, reply)
          return {}
        })
        // Fastify's handlerTimeout ends where a body has been read: a time-out of the host's own.
        app.addHook('preHandler', async (request, reply) => {
          if (request.method === 'POST') answerNow = () => { reply.code(503).send({}) }
        })
      })
      const { host, store, browser } = stored
      for (const method of ['GET', 'POST'] as const) {
        await logIn(host, browser)
        await browser.get(`${host.origin}/cart`)
        const [id, cookie] = [sessionIdOf(browser), browser.cookieHeader(site)]
        const held = stall(stored, index + 2)
        const answering = method === 'GET'
          ? browser.get(`${host.origin}/leave`)
          : browser.post(`${host.origin}/wechat/logout`, {}, sameOrigin)
        await held.entered
        if (method === 'POST') answerNow()
        const answer = await answering
        t.equal(answer.status, 503)
        t.notOk(sessionCookies(answer).some(line => line.includes(id)))
        held.open()
        await store.quiet()
        store.before = () => {}
        t.notOk(store.records.has(id), method)
        t.equal((await host.browser().fetch(`${host.origin}/account`, { headers: { cookie } })).status, 401)
        t.notOk(await isLoggedIn(host, browser))
      }
    })
  }
}

test('T24: the same on a Redis that stands still while onUser runs and the login is stored', async t => {
  const url = await redisUrl(t)
  if (url === undefined) return
  const [client, control] = [createClient({ url }), createClient({ url })]
  for (const each of [client, control]) {
    each.on('error', () => {})
    await each.connect()
    t.teardown(() => { each.destroy() })
  }
  const store = new RedisStore({ client, prefix: `slow-${process.pid}:` }) as unknown as Store
  const host = await startHost(t, {
    fastify: { handlerTimeout },
    routes: cart,
    options: {
      session: { secret: sessionSecret, store },
      async onUser (profile) {
        await control.sendCommand(['CLIENT', 'PAUSE', '2500'])
        return profile
      }
    }
  })
  const { victim, attacker, planted } = await plant(host)
  const callback = await beginLogin(host, victim)
  const answer = await victim.get(callback)
  t.equal(answer.status, 503)
  t.strictSame(sessionCookies(answer), [])
  t.notOk(await isLoggedIn(host, attacker), 'once Redis goes on')
  t.equal((await victim.get(callback)).status, 303)
  t.ok(await isLoggedIn(host, victim))
  t.not(sessionIdOf(victim), planted)
  t.notOk(await isLoggedIn(host, attacker))
})
