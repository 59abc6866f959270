// What a guard lets in: users, and nothing else; those who are still logged in; and wherever it stands, it is there.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { test } from 'tap'
import type { StoredUser, WechatUser } from '../../src/types'
import { copyOf } from '../fixture/alone'
import { gate } from '../fixture/gate'
import { begin, isLoggedIn, logIn, logOut, me } from '../fixture/login'
import { sameOrigin } from '../fixture/settings'
import { startStoredHost } from '../fixture/stored-host'

/** What a host's function may write for nobody: `return user.active && user`. */
const nobodies: unknown[] = [null, undefined, false, 0, -0, 0n, '', NaN]

test('T31: whatever loadUser returns that is not a user is nobody to the guards, to me and to loadWechatUser, and ends the login', async t => {
  let loaded: unknown
  let reached = 0
  const { host, store } = await startStoredHost(t, {
    options: { loadUser: stored => (loaded === 'a user' ? stored : loaded) as WechatUser },
    routes: app => {
      app.get('/verified', { preHandler: app.verifyWechatUser }, async () => { reached++; return {} })
      app.get('/required', { onRequest: app.requireWechatUser }, async () => { reached++; return {} })
      app.get('/by-hand', async request => ({ user: await request.loadWechatUser(), known: request.wechatUser }))
    }
  })
  for (const nobody of nobodies) {
    for (const path of ['/verified', '/required', '/account', '/wechat/me', '/by-hand']) {
      const browser = host.browser()
      loaded = 'a user'
      await logIn(host, browser)
      loaded = nobody
      const answer = await browser.fetch(host.origin + path)
      if (path === '/by-hand') {
        t.strictSame(answer.json(), { user: null, known: null }, `${path} ${String(nobody)}`)
      } else {
        t.strictSame(
          [answer.status, answer.json().code],
          [401, 'FST_WECHAT_UNAUTHENTICATED'],
          `${path} ${String(nobody)}`
        )
      }
      t.equal(store.logins().length, 0, 'another process would not take it either')
      loaded = 'a user'
      t.notOk(await isLoggedIn(host, browser), `${path} ${String(nobody)}`)
    }
  }
  t.equal(reached, 0)
})

test('T31: whatever loadUser returns that is not a user is refused by the POST callback', async t => {
  let loaded: unknown
  const { host, store } = await startStoredHost(t, { options: { loadUser: () => loaded as WechatUser } })
  for (const nobody of nobodies) {
    loaded = nobody
    const browser = host.browser()
    const { code, state } = await begin(host, browser)
    const answer = await browser.post(`${host.origin}/wechat/qr`, { code, state }, sameOrigin)
    t.strictSame(
      [answer.status, answer.json().code, store.logins().length],
      [403, 'FST_WECHAT_ACCESS_DENIED', 0],
      String(nobody)
    )
  }
})

test('T29: an onUser that returns something falsy refuses; one that returns nothing, or what is not JSON, is a mistake', async t => {
  let made: unknown
  const { host, store } = await startStoredHost(t, { options: { onUser: () => made as StoredUser } })
  const refusals =
    nobodies.filter(nobody => nobody !== undefined).map(nobody => [nobody, 403, 'FST_WECHAT_ACCESS_DENIED'] as const)
  const mistakes = [undefined, Infinity, () => {}, 1n, Symbol('user'), { toJSON: () => null }, { toJSON: () => '' }]
    .map(mistake => [mistake, 500, 'FST_WECHAT_INVALID_USER'] as const)
  for (const [returned, status, code] of [...refusals, ...mistakes]) {
    made = returned
    const browser = host.browser()
    const answer = await browser.fetch((await begin(host, browser)).callback)
    t.strictSame([answer.status, answer.json().code, store.logins().length], [status, code, 0], String(returned))
    t.notOk(await isLoggedIn(host, browser))
  }
})

for (const guard of ['requireWechatUser', 'verifyWechatUser'] as const) {
  test(`T31: ${guard} looks again after loadUser: who logged out meanwhile does not pass`, async t => {
    let paid = 0
    const slow = gate()
    const { host } = await startStoredHost(t, {
      options: {
        loadUser: async (stored, request) => { if (request.url === '/pay') await slow.pass(); return stored }
      },
      routes: app => { app.post('/pay', { preHandler: app[guard] }, async () => { paid++; return {} }) }
    })
    const browser = host.browser()
    await logIn(host, browser)
    const other = copyOf(host, browser)
    const paying = browser.post(`${host.origin}/pay`, {})
    await slow.entered
    t.equal((await logOut(other)).status, 204)
    slow.open()
    t.strictSame([(await paying).status, paid], [401, 0])
  })

  for (const loads of [true, false]) {
    test(`T31: whom ${guard} let in is the user to the end of the request, with${loads ? '' : 'out'} loadUser, whoever logs out meanwhile`, async t => {
      const slow = gate()
      let clock = Date.now()
      const { host } = await startStoredHost(t, {
        now: () => clock,
        options: { maxAge: 3600, ...(loads && { loadUser: async stored => ({ ...stored, loaded: true }) }) },
        routes: app => {
          app.get('/orders', { preHandler: app[guard] }, async request => {
            const before = request.wechatUser
            await slow.pass()
            return { before, after: request.wechatUser, loaded: await request.loadWechatUser() }
          })
        }
      })
      const browser = host.browser()
      await logIn(host, browser)
      const other = copyOf(host, browser)
      const asking = browser.fetch(`${host.origin}/orders`)
      await slow.entered
      await logOut(other)
      clock += 3_600_000
      slow.open()
      const { before, after, loaded } = (await asking).json()
      t.match(before, { nickname: '青禾🌱', ...(loads && { loaded: true }) })
      t.strictSame([after, loaded], [before, before])
      t.equal((await me(browser)).status, 401, 'and no longer')
    })
  }
}

test('T31: a request that logs out itself has no user from then on, in whichever way it does', async t => {
  const ways: Record<string, (app: FastifyInstance, request: FastifyRequest, reply: FastifyReply) => Promise<void>> = {
    logout: async (app, request, reply) => app.wechatLogin.logout(request, reply),
    destroy: async (_app, request) => request.session.destroy(),
    regenerate: async (_app, request) => request.session.regenerate(),
    'regenerate with the keys of the host': async (_app, request) => request.session.regenerate(['cart' as never])
  }
  for (const keepSessionKeys of [[], ['cart']]) {
    const { host } = await startStoredHost(t, {
      options: { keepSessionKeys },
      routes: app => {
        for (const [index, leave] of Object.values(ways).entries()) {
          app.get(`/leave/${index}`, { preHandler: app.requireWechatUser }, async (request, reply) => {
            Object.assign(request.session, { cart: [1] })
            const before = request.wechatUser !== null
            await leave(app, request, reply)
            return { before, after: request.wechatUser, loaded: await request.loadWechatUser() }
          })
        }
      }
    })
    for (const [index, way] of Object.keys(ways).entries()) {
      const browser = host.browser()
      await logIn(host, browser)
      t.strictSame(
        (await browser.fetch(`${host.origin}/leave/${index}`)).json(),
        { before: true, after: null, loaded: null },
        way
      )
      t.notOk(await isLoggedIn(host, browser))
    }
  }
})

test('T31: a session that the host regenerates with the login in it still has its user', async t => {
  const { host } = await startStoredHost(t, {
    routes: app => {
      app.get('/step-up', { preHandler: app.requireWechatUser }, async request => {
        await request.session.regenerate(['wechatLogin' as never])
        return { user: request.wechatUser }
      })
    }
  })
  const browser = host.browser()
  await logIn(host, browser)
  t.match((await browser.fetch(`${host.origin}/step-up`)).json(), { user: { nickname: '青禾🌱' } })
  t.ok(await isLoggedIn(host, browser))
})

test('T31: under a guard over the whole scope a second person logs in as that person, and a logout asks nobody', async t => {
  let asked = 0
  const { host } = await startStoredHost(t, {
    options: { loadUser: stored => { asked++; return stored } },
    routes: app => { app.addHook('preHandler', app.requireWechatUser) }
  })
  const browser = host.browser()
  await logIn(host, browser)
  const { code, state } = await begin(host, browser, { user: 'sunny' })
  t.match(
    (await browser.post(`${host.origin}/wechat/qr`, { code, state }, sameOrigin)).json(),
    { user: { nickname: 'Sunny Day ☀️' } }
  )
  asked = 0
  t.equal((await logOut(browser)).status, 204)
  t.equal(asked, 0)
})
