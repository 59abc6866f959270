// CommonJS: `require` gives the plugin itself, with the names on it.

import Fastify = require('fastify')
import wechatLogin = require('fastify-wechat-login')
import simulator = require('fastify-wechat-login/simulator')
import { expect, test } from 'tstyche'

test('require gives the plugin', () => {
  const app = Fastify()
  app.register(wechatLogin, { qr: { appid: '', secret: '', callbackUrl: '' } })
  // @ts-expect-error No overload matches this call.
  app.register(wechatLogin, { qr: { appid: '', secret: 42, callbackUrl: '' } })
  expect(app.wechatLogin).type.toBe<wechatLogin.WechatLogin>()
  expect(wechatLogin.createWechatClient({ appid: '', secret: '' })).type.toBe<wechatLogin.WechatClient>()
  expect(new wechatLogin.errors.InvalidStateError().code).type.toBe<'FST_WECHAT_INVALID_STATE'>()
  expect<Parameters<typeof wechatLogin>[1]>().type.toBe<wechatLogin.WechatLoginOptions>()
  expect(wechatLogin.requireWechatUser).type.toBe<wechatLogin.WechatGuard>()
  expect(wechatLogin.verifyWechatUser).type.toBe<wechatLogin.WechatGuard>()
})

test('and the simulator', async () => {
  expect(await simulator.startWechatSimulator()).type.toBe<simulator.WechatSimulator>()
})
