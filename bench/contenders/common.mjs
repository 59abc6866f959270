// What the contenders share: a Fastify, the session of components as a careful host sets it, and the two ends of a
// benchmark route.

import { createRequire } from 'node:module'
import cookie from '@fastify/cookie'
import session from '@fastify/session'
import Fastify from 'fastify'

export const appid = 'wx0123456789abcdef'
export const secret = '0123456789abcdef0123456789abcdef'
export const sessionSecret = 'the session secret of the bench, long enough'
export const refusal = {
  statusCode: 401,
  code: 'FST_WECHAT_UNAUTHENTICATED',
  error: 'Unauthorized',
  message: 'Log in with WeChat first',
  loginUrl: '/wechat/login'
}
export const require = createRequire(import.meta.url)

/** The store of the session: memory, or the Redis of the bench. */
export async function createStore (redisUrl) {
  if (redisUrl === undefined) {
    const store = new session.MemoryStore()
    return { store, storeSize: () => store.store.size }
  }
  const { createClient } = await import('redis')
  const { RedisStore } = await import('connect-redis')
  const client = await createClient({ url: redisUrl }).connect()
  return { store: new RedisStore({ client }), storeSize: () => client.dbSize() }
}

export const sessionOptions = store => ({
  secret: sessionSecret,
  store,
  saveUninitialized: false,
  rolling: false,
  cookieName: 'session',
  cookie: { secure: false, sameSite: 'lax', path: '/', maxAge: 3_600_000 }
})

export function createApp () {
  return Fastify()
}

export async function addSession (app, store) {
  await app.register(cookie, { secret: sessionSecret })
  await app.register(session, sessionOptions(store))
}

/**
 * As much as a login of ours keeps, besides its user: @fastify/session hashes what a session holds twice at every
 * request.
 */
export const record =
  openid => ({ at: Date.now(), via: 'qr', appid, openid, callback: '/wechat/qr', attempt: 'x'.repeat(43) })

/** The user that a login of ours makes of WeChat's profile. */
export const userOf = profile => ({ ...profile, appid, via: 'qr', snapshot: false, scope: 'snsapi_login' })

/** The routes that are measured, behind a guard that reads one field and answers 401 as ours does. */
export function addRoutes (app, isLoggedIn) {
  const guard = (request, reply, done) => {
    if (isLoggedIn(request)) return done()
    reply.code(401).send(refusal)
  }
  app.get('/account', { preHandler: guard }, async request => ({ user: request.session.user }))
  addPublic(app)
}

export function addPublic (app) {
  app.get('/public', async () => ({ hello: 'everybody' }))
}
