// The same in CommonJS: `import … = require(…)` and, with esModuleInterop, `import … from`.

import Fastify = require('fastify')
import wechatLogin = require('fastify-wechat-login')
import byDefault, { createWechatClient } from 'fastify-wechat-login'
import simulator = require('fastify-wechat-login/simulator')

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false

export const client: wechatLogin.WechatClient =
  createWechatClient({ appid: 'wx0123456789abcdef', secret: '0123456789abcdef0123456789abcdef' })
export const named: typeof wechatLogin.fastifyWechatLogin = byDefault

export async function start (): Promise<void> {
  const wechat: simulator.WechatSimulator = await simulator.startWechatSimulator()
  const options: wechatLogin.WechatLoginOptions = {
    ...wechat.options,
    session: { secret: 'a session secret of the consumer, long enough' }
  }
  const app = Fastify()
  await app.register(wechatLogin, options)
  await app.register(wechatLogin.default, options)
  await app.register(import('fastify-wechat-login'), options)
  app.get('/account', { preHandler: app.verifyWechatUser }, async request => {
    const same: Same<typeof request.wechatUser, wechatLogin.WechatProfile | null> = true
    return { same, user: await request.loadWechatUser() }
  })
}
