// onLogin: called once a login with the new session, which is stored with what it wrote, or not at all.

import type { FastifyRequest } from 'fastify'
import { type Test, test } from 'tap'
import type { OnLoginContext, StoredUser, WechatLoginOptions, WechatProfile } from '../../src/types'
import { copyOf } from '../fixture/alone'
import type { Answer, Browser } from '../fixture/browser'
import { gate } from '../fixture/gate'
import { type Host, startHost } from '../fixture/host'
import { begin, exchanges, isLoggedIn, logIn, logOut, whoIs } from '../fixture/login'
import { sessionCookies } from '../fixture/session-cookie'
import { sameOrigin, sessionSecret } from '../fixture/settings'
import { type Stored, startStoredHost, type StoredOptions } from '../fixture/stored-host'

type OnLogin = NonNullable<WechatLoginOptions['onLogin']>

/** What a host with logins of its own keeps in its sessions. */
const keep = (request: FastifyRequest, user: unknown): void => { Object.assign(request.session, { user }) }
const keptBy = ({ session }: FastifyRequest): unknown => (session as unknown as { user?: unknown }).user ?? null

const routes: StoredOptions['routes'] = app => {
  app.get('/own', async request => ({ own: keptBy(request), wechat: request.wechatUser?.nickname ?? null }))
  app.post('/cart', async request => { Object.assign(request.session, { cart: ['tea'], user: 'by e-mail' }) })
}

const ownOf = async (host: Host, browser: Browser): Promise<any> => (await browser.fetch(`${host.origin}/own`)).json()

const start = (t: Test, options: Partial<WechatLoginOptions>, more: StoredOptions = {}): Promise<Stored> =>
  startStoredHost(t, { routes, ...more, options })

/** Both ways to end a login. */
const callbacks: Record<string, (host: Host, browser: Browser, user?: string) => Promise<Answer>> = {
  GET: async (host, browser, user) =>
    browser.fetch((await begin(host, browser, user === undefined ? {} : { user })).callback),
  POST: async (host, browser, user) => {
    const { code, state } = await begin(host, browser, user === undefined ? {} : { user })
    return browser.post(`${host.origin}/wechat/qr`, { code, state }, sameOrigin)
  }
}

for (const [method, end] of Object.entries(callbacks)) {
  test(`by ${method}: what onLogin writes into the session is stored with the login, once, and ends with it`, async t => {
    const { host, store, browser } = await start(t, {
      onUser: ({ nickname }) => ({ name: nickname }) as unknown as StoredUser,
      onLogin: (user, { request }) => { keep(request, user) }
    })
    const before = store.counts.set
    t.equal((await end(host, browser)).status, method === 'GET' ? 303 : 200)
    t.match(
      store.logins().map(({ id }) => JSON.parse(store.records.get(id)!)),
      [{ user: { name: '青禾🌱' }, wechatLogin: { user: { name: '青禾🌱' } } }]
    )
    t.equal(store.counts.set - before, 2, 'the session, and what a repeated callback needs')
    t.strictSame((await ownOf(host, browser)).own, { name: '青禾🌱' })
    await end(host, browser, 'sunny')
    t.strictSame(
      (await ownOf(host, browser)).own,
      { name: 'Sunny Day ☀️' },
      'the next person in this browser is that person'
    )
    const other = copyOf(host, browser)
    t.equal((await logOut(browser)).status, 204)
    for (const one of [browser, other]) {
      t.strictSame((await ownOf(host, one)).own, null, 'and a logout ends both logins')
    }
  })
}

test('onLogin is given the user as it is stored, the profile and the login, and the request has the new session', async t => {
  let seen: {
    user: StoredUser
    context: OnLoginContext
    wechatUser: unknown
    cart: unknown
    id: string
    frozen: boolean[]
  } | undefined
  const { host, store, browser } = await start(t, {
    keepSessionKeys: ['cart'],
    onUser: ({ openid }) => ({ openid, when: new Date(0), nothing: undefined, list: [{}] }) as unknown as StoredUser,
    onLogin: (user, context) => {
      const { session } = context.request
      seen = {
        user,
        context,
        wechatUser: context.request.wechatUser,
        cart: (session as unknown as { cart: unknown }).cart,
        id: session.sessionId,
        frozen: [user, context.login].map(Object.isFrozen)
      }
      context.reply.header('x-login', context.login.id)
    }
  })
  await browser.post(`${host.origin}/cart`, {})
  const [anonymous] = store.records.keys()
  const answer = await logIn(host, browser)
  const [{ id, login }] = store.logins() as [{ id: string, login: Record<string, unknown> }]
  const { user, context, ...rest } = seen!
  t.strictSame(user, { openid: login.openid, when: new Date(0).toJSON(), list: [{}] })
  t.strictSame(rest, { wechatUser: user, cart: ['tea'], id, frozen: [true, true] })
  t.not(id, anonymous)
  t.strictSame(Object.keys(context).sort(), ['login', 'profile', 'reply', 'request', 'via'])
  t.match(context.profile, { openid: login.openid, nickname: '青禾🌱', via: 'qr' } as Partial<WechatProfile>)
  t.equal(context.via, 'qr')
  t.strictSame(context.login, { id: login.id, via: 'qr', appid: login.appid, at: login.at })
  t.equal(answer.headers['x-login'], login.id)
})

test('loadUser is given the login that onLogin was given, at every request', async t => {
  const announced: unknown[] = []
  const loaded: unknown[] = []
  const { host, browser } = await start(t, {
    onLogin: (_user, { login }) => { announced.push(login) },
    loadUser: (stored, _request, login) => { loaded.push(login); return stored }
  })
  await logIn(host, browser)
  for (let count = 0; count < 2; count++) t.ok(await isLoggedIn(host, browser))
  t.equal(announced.length, 1)
  t.strictSame(loaded, [announced[0], announced[0]])
  t.ok(loaded.every(Object.isFrozen))
})

const failures: Record<string, { onLogin: OnLogin, status: number, says: string }> = {
  'throws an error of the host': {
    onLogin: () => { throw new Error('the table logins is locked') },
    status: 500,
    says: 'The login could not be completed'
  },
  'refuses with a 4xx of its own, later': {
    onLogin: async () => {
      await Promise.resolve()
      throw Object.assign(new Error('This account is closed'), { expose: true, statusCode: 410 })
    },
    status: 410,
    says: 'This account is closed'
  },
  'throws what is no error': {
    onLogin: () => { const nothing: unknown = null; throw nothing },
    status: 500,
    says: 'The login could not be completed'
  },
  'saves the session first': {
    onLogin: async (_user, { request }) => {
      await request.session.save()
      throw Object.assign(new Error('no'), { expose: true, statusCode: 403 })
    },
    status: 403,
    says: 'no'
  },
  'destroys the session': {
    onLogin: async (_user, { request }) => request.session.destroy(),
    status: 500,
    says: 'The login could not be completed'
  },
  'regenerates the session': {
    onLogin: async (_user, { request }) => request.session.regenerate(),
    status: 500,
    says: 'The login could not be completed'
  },
  'regenerates it with the login in it': {
    onLogin: async (_user, { request }) => request.session.regenerate(['wechatLogin', 'user'] as never[]),
    status: 500,
    says: 'The login could not be completed'
  },
  'puts another session in its place': {
    onLogin: (_user, { request }) => { request.session = Object.create(request.session) as typeof request.session },
    status: 500,
    says: 'The login could not be completed'
  }
}

for (const [what, { onLogin, status, says }] of Object.entries(failures)) {
  for (const [method, end] of Object.entries(callbacks)) {
    test(`T29: an onLogin that ${what} takes the login back, and the one before stands (${method})`, async t => {
      let fails = false
      const { host, store, browser } = await start(t, {
        onLogin: (user, context) => { keep(context.request, user); return fails ? onLogin(user, context) : undefined }
      })
      await logIn(host, browser, { user: 'sunny' })
      fails = true
      for (const [one, left] of [[browser, 'Sunny Day ☀️'], [host.browser(), null]] as const) {
        const answer = await end(host, one)
        await store.quiet()
        t.strictSame([answer.status, answer.json().message, sessionCookies(answer)], [status, says, []])
        t.equal((await whoIs(host, one))?.nickname ?? null, left)
        t.equal((await ownOf(host, one)).own?.nickname ?? null, left)
      }
      t.match(store.logins().map(({ login }) => login.user.nickname), ['Sunny Day ☀️'])
      t.equal(
        [...store.records.values()].filter(text => text.includes('青禾')).length,
        0,
        'nothing of the one that failed is anywhere'
      )
    })
  }
}

test('T29: of fifty callbacks of one attempt, at once and later, onLogin hears once', async t => {
  let calls = 0
  const slow = gate()
  const { host, store, browser } = await start(t, { onLogin: async () => { calls++; await slow.pass() } })
  const { callback } = await begin(host, browser)
  const answers = Array.from({ length: 50 }, () => copyOf(host, browser).get(callback))
  await slow.entered
  slow.open()
  t.ok((await Promise.all(answers)).every(({ status }) => status === 303))
  t.equal((await copyOf(host, browser).get(callback)).status, 303)
  t.strictSame([calls, exchanges(host), store.logins().length], [1, 1, 1])
})

test('T24: an answer that goes out while onLogin waits carries no login, and stores none', async t => {
  const slow = gate()
  const {
    host,
    store,
    browser
  } = await start(t, { onLogin: async (user, { request }) => { keep(request, user); await slow.pass() } }, {
    before: app => {
      app.addHook('onRequest', async (request, reply) => {
        if (request.url.startsWith('/wechat/qr')) void slow.entered.then(() => reply.code(503).send({ late: true }))
      })
    }
  })
  await browser.post(`${host.origin}/cart`, {})
  const planted = copyOf(host, browser)
  const answer = await browser.fetch((await begin(host, browser)).callback)
  t.strictSame([answer.status, sessionCookies(answer), store.logins()], [503, [], []])
  slow.open()
  t.equal((await ownOf(host, planted)).own, 'by e-mail')
  t.notOk(await isLoggedIn(host, planted))
})

test('a session store that fails after onLogin fails the login', async t => {
  const { host, store, browser } = await start(t, { onLogin: (user, { request }) => { keep(request, user) } })
  const { callback } = await begin(host, browser)
  store.before = operation => { if (operation === 'set') throw new Error('the store is full') }
  t.equal((await browser.fetch(callback)).status, 500)
  store.before = () => {}
  t.notOk(await isLoggedIn(host, browser))
})

test('an onUser that writes to the session is told where to write instead, once', async t => {
  const { host } = await start(t, {
    onUser: (profile, { request }) => {
      Object.assign(request.session, { user: profile.openid, cart: [] })
      return profile
    }
  })
  for (const user of ['qinghe', 'sunny']) await logIn(host, host.browser(), { user })
  const warnings = host.logs.filter(({ msg }) => /onUser has written to the session/.test(msg))
  t.match(warnings, [{ level: 40, keys: ['user', 'cart'], msg: /Write to it in option onLogin/ }])
  t.equal(warnings.length, 1)
})

const quiet: Record<string, Partial<WechatLoginOptions>> = {
  'reads the session': {
    onUser: (profile, { request }) => ({ ...profile, by: keptBy(request) }) as unknown as StoredUser
  },
  'ends it': { onUser: async (profile, { request }) => { await request.session.destroy(); return profile } },
  'refreshes a login in it': {
    onUser: (profile, { request }) => { Object.assign(request.session, { wechatLogin: undefined }); return profile }
  },
  'leaves writing to onLogin': { onUser: profile => profile, onLogin: (user, { request }) => { keep(request, user) } }
}

for (const [what, options] of Object.entries(quiet)) {
  test(`an onUser that ${what} is told nothing`, async t => {
    const { host, browser } = await start(t, options)
    await browser.post(`${host.origin}/cart`, {})
    t.equal((await logIn(host, browser)).status, 303)
    t.notOk(host.logs.some(({ msg }) => /onUser has written/.test(msg)))
  })
}

test('an onLogin that is no function does not boot', async t => {
  await t.rejects(
    startHost(t, { options: { session: { secret: sessionSecret }, onLogin: true as never } }),
    { code: 'FST_WECHAT_INVALID_OPTIONS', option: 'onLogin' }
  )
})
