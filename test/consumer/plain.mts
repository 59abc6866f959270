// An ES module host that names no types of its own.

import Fastify from 'fastify'
import wechatLogin, {
  createWechatClient, errors, fastifyWechatLogin, type WechatClient, type WechatLoginOptions, type WechatProfile,
  type WechatUser
} from 'fastify-wechat-login'
import { startWechatSimulator, wechatSimulator, type WechatSimulator } from 'fastify-wechat-login/simulator'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false

const wechat: WechatSimulator = await startWechatSimulator({ port: 0 })
const options: WechatLoginOptions = { ...wechat.options, onUser: profile => ({ ...profile, nickname: profile.openid }) }
export const client: WechatClient =
  createWechatClient({ appid: 'wx0123456789abcdef', secret: '0123456789abcdef0123456789abcdef' })
export const isSame: Same<WechatUser, WechatProfile> = true
export const named: typeof fastifyWechatLogin = wechatLogin

const app = Fastify()
await app.register(wechatLogin, options)
await app.register(import('fastify-wechat-login'), options)
await app.register(wechatSimulator, { consent: 'qinghe' })
// @ts-expect-error -- an option that does not exist
await app.register(wechatLogin, { ...wechat.options, qrcode: options.qr })

app.get('/account', { preHandler: app.requireWechatUser }, async (request, reply) => {
  const user: Same<typeof request.wechatUser, WechatProfile | null> = true
  const client: WechatClient | undefined = app.wechatLogin.oneclick
  // session and cookies are typed with the plugin
  const { sessionId } = request.session
  void reply.setCookie('a', 'b')
  return {
    user,
    client,
    sessionId,
    cookies: request.cookies,
    unionid: request.wechatUser?.unionid,
    token: await request.wechatAccessToken()
  }
})
app.addHook('onRequest', async request => {
  // @ts-expect-error -- read-only
  request.wechatUser = null
})
app.setErrorHandler((error, request, reply) => {
  if (error instanceof errors.InvalidStateError) {
    const code: 'FST_WECHAT_INVALID_STATE' = error.code
    return reply.send(code)
  }
  if (error instanceof errors.WechatError) {
    return reply.send([error.errcode, error.errmsg, error.rid, error.endpoint, error.hint])
  }
  throw error
})
