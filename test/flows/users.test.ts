// The host's own users: kept in PostgreSQL as the README shows, joined, linked, stepped up and brought up to date.

import type { PGlite } from '@electric-sql/pglite'
import type { FastifyRequest } from 'fastify'
import { type Test, test } from 'tap'
import type { WechatLoginOptions, WechatUser } from '../../src/types'
import { agents, type Browser } from '../fixture/browser'
import { type Host, type HostOptions, startHost } from '../fixture/host'
import { beginLogin, logIn } from '../fixture/login'
import { createDatabase } from '../fixture/postgres'
import { type Query, schema, type Transaction, upsertUser } from '../fixture/postgres-users'

declare module 'fastify' {
  interface Session { userId?: number }
}

interface User { id: number, name: string }
interface UserHost extends Host { query: Query }

const asStored = (user: object): WechatUser => user as WechatUser

let database: PGlite
test('PostgreSQL starts', async () => { database = await createDatabase() })

/** A host with users in an empty database, who may also log in by e-mail. */
async function startUsers (
  t: Test, more: Partial<WechatLoginOptions> = {}, simulator: HostOptions['simulator'] = {}
): Promise<UserHost> {
  await database.exec(`DROP TABLE IF EXISTS wechat_identities; DROP TABLE IF EXISTS users; ${schema}`)
  const query = database.query.bind(database) as Query
  const transaction: Transaction = work =>
    database.transaction(inner => work(inner.query.bind(inner) as Query)) as never
  const host = await startHost(t, {
    simulator,
    options: {
      onUser: async (profile, { request }) => asStored(await upsertUser(transaction, profile, request.session.userId)),
      loadUser: async stored => asStored(
        (await query<User>('SELECT id, name FROM users WHERE id = $1', [(stored as unknown as User).id])).rows[0]!
      ),
      keepSessionKeys: ['userId'],
      ...more
    },
    routes (app) {
      app.post<{ Params: { id: string } }>('/email-login/:id', async request => {
        request.session.userId = Number(request.params.id)
      })
      app.get('/me', async request => ({ email: request.session.userId, wechat: await request.loadWechatUser() }))
    }
  })
  return Object.assign(host, { query })
}

async function userOf (host: Host, browser: Browser): Promise<User | undefined> {
  const answer = await browser.fetch(`${host.origin}/account`)
  return answer.status === 200 ? answer.json().user : undefined
}

test('the Official Account and the Website App of one Open Platform account lead to one user', async t => {
  const host = await startUsers(t)
  const [desktop, phone] = [host.browser(), host.browser(agents.wechat)]
  await logIn(host, desktop)
  await logIn(host, phone)
  t.strictSame(await userOf(host, phone), { id: 1, name: '青禾🌱' })
  t.strictSame(await userOf(host, desktop), { id: 1, name: '青禾🌱' })
  t.equal((await host.query('SELECT * FROM wechat_identities')).rows.length, 2)
  const other = host.browser()
  await logIn(host, other, { user: 'sunny' })
  t.equal((await userOf(host, other))?.id, 2)
})

test('a unionid that appears later joins two users; the older one stays, and the younger one has to log in again', async t => {
  const host = await startUsers(t)
  const { apps } = host.wechat.control
  for (const { appid } of apps) host.wechat.control.setPlatform(appid, null)
  const [desktop, phone] = [host.browser(), host.browser(agents.wechat)]
  await logIn(host, desktop)
  await logIn(host, phone)
  t.equal((await userOf(host, desktop))?.id, 1)
  t.equal((await userOf(host, phone))?.id, 2)
  for (const { appid } of apps) host.wechat.control.setPlatform(appid, 'platform')
  await logIn(host, desktop)
  t.equal((await userOf(host, phone))?.id, 2, 'nothing proves yet that they are one')
  const another = host.browser(agents.wechat)
  await logIn(host, another)
  t.equal((await userOf(host, another))?.id, 1)
  t.equal(await userOf(host, phone), undefined)
  t.equal((await phone.get(`${host.origin}/account`)).status, 302)
  t.strictSame((await host.query<User>('SELECT id FROM users')).rows, [{ id: 1 }])
})

test('a visitor who is logged in by e-mail adds WeChat, and comes in by either from then on', async t => {
  const host = await startUsers(t)
  await host.query("INSERT INTO users (name) VALUES ('someone else'), ('by e-mail')")
  const browser = host.browser()
  await browser.fetch(`${host.origin}/email-login/2`, { method: 'POST' })
  await logIn(host, browser)
  t.strictSame((await browser.fetch(`${host.origin}/me`)).json(), { email: 2, wechat: { id: 2, name: '青禾🌱' } })
  const phone = host.browser(agents.wechat)
  await logIn(host, phone)
  t.equal((await userOf(host, phone))?.id, 2, 'and by the unionid in WeChat too')
})

test('a WeChat that belongs to another account is not linked, and both logins stand as they were', async t => {
  const host = await startUsers(t)
  await logIn(host, host.browser())
  await host.query("INSERT INTO users (name) VALUES ('by e-mail')")
  const browser = host.browser()
  await browser.fetch(`${host.origin}/email-login/2`, { method: 'POST' })
  const refused = await browser.fetch(await beginLogin(host, browser))
  t.equal(refused.status, 409)
  t.equal(refused.json().message, 'This WeChat belongs to another account')
  t.strictSame((await browser.fetch(`${host.origin}/me`)).json(), { email: 2, wechat: null })
  t.strictSame((await host.query<User>('SELECT DISTINCT user_id AS id FROM wechat_identities')).rows, [{ id: 1 }])
})

test('onUser sees who was logged in by WeChat before', async t => {
  const seen: Array<string | undefined> = []
  const host = await startHost(t, {
    options: {
      onUser (profile, { request, via }) {
        seen.push(request.wechatUser?.openid)
        return { ...profile, via }
      }
    }
  })
  const browser = host.browser()
  await logIn(host, browser, { user: 'qinghe' })
  await logIn(host, browser, { user: 'sunny' })
  t.strictSame(seen, [undefined, host.wechat.control.openid(host.wechat.options.qr.appid, 'qinghe')])
})

test('fifty callbacks of one new person at once, by both ways, make one user', async t => {
  const host = await startUsers(t)
  const visits = await Promise.all(Array.from({ length: 50 }, async (_, index) => {
    const browser = host.browser(index % 2 === 0 ? agents.desktop : agents.wechat)
    return { browser, callback: await beginLogin(host, browser) }
  }))
  const answers = await Promise.all(visits.map(({ browser, callback }) => browser.get(callback)))
  t.ok(answers.every(answer => answer.status === 303))
  t.equal((await host.query('SELECT * FROM users')).rows.length, 1)
})

test('each login brings the profile up to date; a silent one takes nothing away', async t => {
  const silent = { now: false }
  const host = await startUsers(t, {}, {})
  const quiet = await startUsersAgain(t, host, silent)
  const browser = quiet.browser(agents.wechat)
  await logIn(quiet, browser)
  await host.query("UPDATE users SET name = 'an old name', avatar = 'an old picture'")
  silent.now = true
  await logIn(quiet, browser)
  t.equal((await userOf(quiet, browser))?.name, 'an old name')
  silent.now = false
  await logIn(quiet, browser)
  t.equal((await userOf(quiet, browser))?.name, '青禾🌱')
  t.match((await host.query('SELECT avatar FROM users')).rows, [{ avatar: /^https?:/ }])
})

/** The same users at a host whose Official Account asks for the profile or not, as told. */
function startUsersAgain (t: Test, { wechat, query }: UserHost, silent: { now: boolean }): Promise<Host> {
  const transaction: Transaction = work =>
    database.transaction(inner => work(inner.query.bind(inner) as Query)) as never
  return startHost(t, {
    wechat,
    options: {
      oneclick: () => ({ ...wechat.options.oneclick, scope: silent.now ? 'snsapi_base' : 'snsapi_userinfo' }),
      onUser: async profile => asStored(await upsertUser(transaction, profile)),
      loadUser: async stored => asStored(
        (await query<User>('SELECT id, name FROM users WHERE id = $1', [(stored as unknown as User).id])).rows[0]!
      )
    }
  })
}

test('one route asks for the profile where all others are content with a silent login: the worked example of the README', async t => {
  const host = await startHost(t, {
    options: ({ options: { oneclick } }) => ({
      oneclick: ({ query }: FastifyRequest) => ({
        ...oneclick,
        scope: (query as { redirect?: unknown }).redirect === '/profile' ? 'snsapi_userinfo' : 'snsapi_base'
      })
    }),
    routes (app) {
      app.get('/profile', { preHandler: app.requireWechatUser }, async (request, reply) => {
        if (request.wechatUser!.nickname === undefined) return reply.redirect('/wechat/login?redirect=/profile')
        return request.wechatUser
      })
    }
  })
  const { wechat: { control }, origin } = host
  const browser = host.browser(agents.wechat)
  await logIn(host, browser, { redirect: '/account' })
  const base = await userOf(host, browser) as unknown as Record<string, unknown>
  t.equal(base.scope, 'snsapi_base')
  t.notOk('nickname' in base)
  t.equal(control.count('userinfo'), 0)

  const asked = await browser.get(`${origin}/profile`)
  t.equal(asked.location, `${origin}/wechat/login?redirect=/profile`)
  const start = await browser.get(asked.location)
  t.match(start.location, 'scope=snsapi_userinfo')
  const back = await browser.get(control.approve(start.location))
  t.equal(back.location, `${origin}/profile`)
  const profile = (await browser.get(back.location)).json()
  t.equal(profile.nickname, '青禾🌱')
  t.equal(profile.openid, base.openid)
  t.equal(control.count('userinfo'), 1)

  const first = host.browser(agents.wechat)
  const straight = await first.follow(`${origin}/profile`)
  t.match(straight.body, 'snsapi_userinfo', 'who opens that route first is asked once, for all')
})

test('a callback whose target was changed on its way to another scope is no login', async t => {
  const host = await startHost(t, {
    options: ({ options: { oneclick } }) => ({
      oneclick: ({ query }: FastifyRequest) => ({
        ...oneclick,
        scope: (query as { redirect?: unknown }).redirect === '/profile' ? 'snsapi_userinfo' : 'snsapi_base'
      })
    })
  })
  const browser = host.browser(agents.wechat)
  const callback = new URL(await beginLogin(host, browser, { redirect: '/account' }))
  callback.searchParams.set('redirect', '/profile')
  t.equal((await browser.fetch(callback.href)).json().code, 'FST_WECHAT_SNAPSHOT_USER')
})

test('one account in two scopes has one client in each, however often they take turns', async t => {
  const scope: { now: 'snsapi_base' | 'snsapi_userinfo' } = { now: 'snsapi_base' }
  const host = await startHost(t, {
    options: ({ options: { oneclick } }) => ({ oneclick: () => ({ ...oneclick, scope: scope.now }) })
  })
  const clients = []
  for (let turn = 0; turn < 4; turn++) {
    scope.now = turn % 2 === 0 ? 'snsapi_base' : 'snsapi_userinfo'
    clients.push(await host.app.wechatLogin.client({} as FastifyRequest, 'oneclick'))
  }
  t.equal(clients[0], clients[2])
  t.equal(clients[1], clients[3])
})

test('PostgreSQL ends', () => database.close())
