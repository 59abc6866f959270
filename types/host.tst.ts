// What the plugin adds to a host that names no types of its own.

import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import auth from '@fastify/auth'
import wechatLogin, {
  requireWechatUser, type StoredUser, verifyWechatUser, type WechatClient, type WechatLogin, type WechatProfile,
  type WechatUser
} from 'fastify-wechat-login'
import { expect, test } from 'tstyche'

const app: FastifyInstance = Fastify()

test('request.wechatUser is the profile or null, and read-only', () => {
  expect<FastifyRequest['wechatUser']>().type.toBe<WechatProfile | null>()
  expect<FastifyRequest['loadWechatUser']>().type.toBe<() => Promise<WechatProfile | null>>()
  expect<FastifyRequest['wechatAccessToken']>().type.toBe<() => Promise<string>>()
  expect<WechatUser>().type.toBe<WechatProfile>()
  expect<StoredUser>().type.toBe<WechatProfile>()
  app.get('/', async request => {
    // @ts-expect-error Cannot assign to 'wechatUser' because it is a read-only property.
    request.wechatUser = null
    // @ts-expect-error 'request.wechatUser' is possibly 'null'.
    return request.wechatUser.openid
  })
})

test('a profile has what WeChat always gives, and may have the rest', () => {
  expect<WechatProfile>().type.toBe<{
    appid: string
    via: 'oneclick' | 'qr'
    openid: string
    unionid?: string
    scope?: string
    nickname?: string
    headimgurl?: string
    sex?: number
    province?: string
    city?: string
    country?: string
    language?: string
    privilege?: string[]
    snapshot: boolean
  }>()
})

test('the guards fit preHandler, onRequest, a whole scope and @fastify/auth', async () => {
  await app.register(auth)
  app.addHook('preHandler', app.requireWechatUser)
  app.addHook('onRequest', app.verifyWechatUser)
  app.get('/one', { preHandler: app.requireWechatUser }, async () => '')
  app.get('/cached', { preHandler: app.requireWechatUser, config: { wechatLogin: { cache: true } } }, async () => '')
  app.get('/two', { onRequest: [app.verifyWechatUser] }, async () => '')
  app.get(
    '/three',
    { preHandler: app.auth([app.verifyWechatUser, async () => {}], { relation: 'or' }) },
    async () => ''
  )
})

test('so do the exported guards, and both are called by hand', async () => {
  app.addHook('preHandler', requireWechatUser)
  app.addHook('onRequest', verifyWechatUser)
  app.get('/one', { preHandler: requireWechatUser }, async () => '')
  app.get('/two', { onRequest: [verifyWechatUser] }, async () => '')
  app.get('/three', { preHandler: app.auth([verifyWechatUser, async () => {}], { relation: 'or' }) }, async () => '')
  app.setNotFoundHandler({ preHandler: requireWechatUser }, async () => '')
  app.get<{ Params: { id: string } }>('/four/:id', { preHandler: requireWechatUser }, async request => {
    expect(request.params).type.toBe<{ id: string }>()
  })
  app.get('/five', async (request, reply) => {
    await requireWechatUser(request, reply)
    await app.verifyWechatUser(request, reply)
    // @ts-expect-error Expected 2 arguments, but got 0.
    await requireWechatUser()
  })
  // @ts-expect-error Type 'Promise<unknown>' is not assignable to
  app.get('/six', { preHandler: requireWechatUser({} as FastifyRequest, {} as FastifyReply) }, async () => '')
})

test('the guards fit every kind of instance, and infer nothing in place of a type provider', () => {
  const http2 = Fastify({ http2: true })
  const logging = Fastify({ loggerInstance: console as unknown as FastifyBaseLogger & { more: string } })
  const typed = Fastify().withTypeProvider<TypeBoxTypeProvider>()
  for (const guard of [requireWechatUser, verifyWechatUser, http2.requireWechatUser]) {
    http2.get('/', { preHandler: guard, onRequest: guard }, async () => '')
    http2.addHook('preHandler', guard)
    logging.get('/', { preHandler: guard, onRequest: [guard] }, async () => '')
    logging.addHook('onRequest', guard)
    typed.post('/', { preHandler: guard, schema: { body: Type.Object({ age: Type.Integer() }) } }, async request => {
      expect(request.body).type.toBe<{ age: number }>()
    })
  }
  http2.get('/by-hand', async (request, reply) => requireWechatUser(request, reply))
})

test('fastify.wechatLogin has the clients, authorizeUrl and logout', () => {
  const { wechatLogin: login } = app
  const [request, reply] = [{} as FastifyRequest, {} as FastifyReply]
  expect(login).type.toBe<WechatLogin>()
  expect(login.oneclick).type.toBe<WechatClient | undefined>()
  expect(login.qr).type.toBe<WechatClient | undefined>()
  expect(login.client).type.toBeCallableWith(request, 'qr')
  expect(login.client).type.not.toBeCallableWith(request, 'website')
  expect(login.authorizeUrl).type.toBeCallableWith(request, reply)
  expect(login.authorizeUrl).type.toBeCallableWith(request, reply, { via: 'oneclick', redirect: '/cart' })
  expect(login.authorizeUrl).type.not.toBeCallableWith(request, reply, { via: 'wechat' })
  expect(login.authorizeUrl(request, reply)).type.toBe<Promise<string>>()
  expect(login.logout(request, reply)).type.toBe<Promise<void>>()
})

test('every way to name the plugin is the plugin, and cookies and sessions are typed with it', () => {
  app.register(wechatLogin, { qr: { appid: '', secret: '', callbackUrl: '' } })
  app.register(wechatLogin.default, { qr: { appid: '', secret: '', callbackUrl: '' } })
  app.register(wechatLogin.fastifyWechatLogin, { qr: { appid: '', secret: '', callbackUrl: '' } })
  app.get('/', async (request, reply) => {
    expect(request.session.sessionId).type.toBe<string>()
    expect(request.cookies).type.toBe<Record<string, string | undefined>>()
    return reply.setCookie('a', 'b')
  })
})
