// Instances of every make: HTTP/2, https, a logger of the host's own, type providers.

import { readFileSync } from 'node:fs'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import wechatLogin, { type WechatLoginOptions, type WechatProfile } from 'fastify-wechat-login'
import { pino } from 'pino'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false

const key = readFileSync('key.pem')
const options: WechatLoginOptions = { qr: { appid: 'wx0123456789abcdef', secret: '', callbackUrl: '' } }

const logging = Fastify({ loggerInstance: pino() })
await logging.register(wechatLogin, options)
logging.get('/account', { preHandler: logging.requireWechatUser }, async (request, reply) => {
  const same: Same<typeof request.wechatUser, WechatProfile | null> = true
  await logging.wechatLogin.logout(request, reply)
  return {
    same,
    url: await logging.wechatLogin.authorizeUrl(request, reply, { via: 'qr' }),
    client: await logging.wechatLogin.client(request, 'qr')
  }
})
logging.addHook('onRequest', logging.verifyWechatUser)

const plain = Fastify({ http2: true })
const secure = Fastify({ http2: true, https: { allowHTTP1: true, key }, loggerInstance: pino() })
const https = Fastify({ https: { key } })
await plain.register(wechatLogin, options)
await secure.register(wechatLogin, options)
await https.register(wechatLogin, options)
plain.get<{
  Querystring: { redirect: string }
}>('/account', { preHandler: plain.requireWechatUser }, async (request, reply) => {
  await plain.wechatLogin.logout(request, reply)
  await plain.wechatLogin.client(request, 'oneclick')
  return plain.wechatLogin.authorizeUrl(request, reply, { redirect: request.query.redirect })
})
secure.get(
  '/account',
  { onRequest: [secure.verifyWechatUser], preHandler: [secure.requireWechatUser] },
  async (request, reply) => secure.wechatLogin.logout(request, reply)
)
secure.route({
  method: 'POST',
  url: '/',
  preHandler: secure.requireWechatUser,
  handler: async request => request.loadWechatUser()
})
https.get(
  '/account',
  { preHandler: https.requireWechatUser },
  async (request, reply) => https.wechatLogin.logout(request, reply)
)
plain.addHook('preHandler', plain.requireWechatUser)

const typeBox = logging.withTypeProvider<TypeBoxTypeProvider>()
const zod = secure.withTypeProvider<ZodTypeProvider>()
typeBox.get(
  '/box',
  { preHandler: typeBox.requireWechatUser },
  async (request, reply) => typeBox.wechatLogin.authorizeUrl(request, reply)
)
zod.get(
  '/zod',
  { preHandler: zod.verifyWechatUser },
  async (request, reply) => zod.wechatLogin.authorizeUrl(request, reply)
)
