// The application: a public page, a login, and two routes for those who are logged in.

import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import helmet from '@fastify/helmet'
import type { FastifySessionOptions } from '@fastify/session'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import wechatLogin, { requireWechatUser } from 'fastify-wechat-login'
import type { Config } from './config'
import { headersFor } from './headers'
import { accountPage } from './pages/account'
import { appPage } from './pages/app'
import { icon, style } from './pages/assets'
import { embeddedPage } from './pages/embedded'
import type { Html } from './pages/html'
import { homePage } from './pages/home'
import { notFoundPage } from './pages/not-found'
import { languageOf } from './pages/texts'
import type { User, Users } from './users'
import type { Wechat } from './wechat'

// What `request.wechatUser` is here, and what the session holds of it.
declare module 'fastify-wechat-login' {
  interface WechatLoginTypes { user: User, stored: { id: number } }
}

export type AppConfig = Pick<Config, 'publicUrl' | 'sessionSecret' | 'trustProxy' | 'logLevel'>

export type SessionStore = NonNullable<FastifySessionOptions['store']>

/** `store`: where sessions are; left out, they are in the memory of this process and end with it. */
export async function buildApp (
  config: AppConfig, wechat: Wechat, users: Users, store?: SessionStore
): Promise<FastifyInstance> {
  const app =
    Fastify({ trustProxy: config.trustProxy, logger: { level: config.logLevel, serializers: { req: describe } } })
  wechat.prepare?.(app)
  await app.register(helmet, headersFor(config.publicUrl, wechat))
  await app.register(wechatLogin, {
    ...wechat.login,
    session: { secret: config.sessionSecret ?? randomBytes(32).toString('hex'), ...(store && { store }) },
    redirect: { default: '/account' },
    // Once a login. The session keeps the number alone, so that what a page shows is never older than the database.
    onUser: profile => users.upsert(profile),
    // Once a request that asks. A user who is gone is logged out.
    loadUser: ({ id }) => users.find(id),
    publicUser
  })
  addRoutes(app, wechat, users)
  return app
}

function addRoutes (app: FastifyInstance, wechat: Wechat, users: Users): void {
  const ways = (['qr', 'oneclick'] as const).filter(via => wechat.login[via] !== undefined)

  app.get('/', async (request, reply) => {
    const user = await request.loadWechatUser()
    return sendPage(reply, homePage(languageOf(request), { user, ways, simulator: wechat.simulator }))
  })

  // Pages are sent to the login and come back here.
  app.get('/account', { preHandler: requireWechatUser }, async (request, reply) => {
    const user = request.wechatUser!
    const appids = users.appidsOf(user.id)
    const used = ways.filter(via => appids.includes(wechat.login[via]!.appid))
    return sendPage(reply, accountPage(languageOf(request), { user, ways: used }))
  })

  // Scripts get 401 with the address of the login.
  app.get('/api/profile', { preHandler: requireWechatUser }, async request => publicUser(request.wechatUser!))

  // Two ways that need a script in the page: a QR code inside it, and a page that is nothing but a script.
  if (wechat.login.qr !== undefined) {
    app.get('/embedded', async (request, reply) => sendPage(reply, embeddedPage(languageOf(request))))
  }
  app.get('/app', async (request, reply) => sendPage(reply, appPage(languageOf(request))))
  for (const script of ['embedded.mjs', 'app.mjs']) {
    const text = readFileSync(join(__dirname, '../browser', script))
    app.get(`/browser/${script}`, (_request, reply) =>
      reply.type('text/javascript; charset=utf-8').header('cache-control', 'public, max-age=300').send(text))
  }

  app.get('/style.css', (_request, reply) =>
    reply.type('text/css; charset=utf-8').header('cache-control', 'public, max-age=300').send(style))
  app.get('/icon.svg', (_request, reply) =>
    reply.type('image/svg+xml').header('cache-control', 'public, max-age=86400').send(icon))

  app.setNotFoundHandler((request, reply) => {
    if (!request.headers.accept?.includes('text/html')) {
      return reply.code(404).send({ statusCode: 404, error: 'Not Found', message: 'There is nothing here' })
    }
    return sendPage(reply.code(404), notFoundPage(languageOf(request)))
  })
}

/** What scripts in the page may see of a user. */
function publicUser ({ id, nickname, avatar }: User): object {
  return { id, nickname, avatar }
}

// The same address looks different to another visitor.
function sendPage (reply: FastifyReply, page: Html): FastifyReply {
  return reply.type('text/html; charset=utf-8')
    .header('cache-control', 'no-store')
    .header('vary', 'accept-language')
    .send(page.toString())
}

// A login's code and state are in a query: the plugin keeps those of its own routes out of the log, this those of a
// mistyped one.
function describe ({ method, url, host, ip }: FastifyRequest) {
  return { method, url: url.replace(/\?.*/, ''), host, remoteAddress: ip }
}
