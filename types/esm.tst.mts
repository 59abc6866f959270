// An ES module: the default import is the plugin, and names are beside it.

import Fastify from 'fastify'
import wechatLogin, {
  createWechatClient, errors, fastifyWechatLogin, requireWechatUser, verifyWechatUser, type WechatClient,
  type WechatGuard, type WechatLoginOptions
} from 'fastify-wechat-login'
import simulator, { startWechatSimulator, type WechatSimulator, wechatSimulator } from 'fastify-wechat-login/simulator'
import { expect, test } from 'tstyche'

test('the plugin is the default, under three names one and the same', () => {
  expect(wechatLogin.default).type.toBe<typeof fastifyWechatLogin>()
  expect<Parameters<typeof wechatLogin>[1]>().type.toBe<WechatLoginOptions>()
  expect(new errors.InvalidStateError().code).type.toBe<'FST_WECHAT_INVALID_STATE'>()
  expect(createWechatClient({ appid: '', secret: '' })).type.toBe<WechatClient>()
  expect(requireWechatUser).type.toBe<WechatGuard>()
  expect(verifyWechatUser).type.toBe<WechatGuard>()
  Fastify().register(import('fastify-wechat-login'), { qr: { appid: '', secret: '', callbackUrl: '' } })
})

test('the simulator has its own entry', async () => {
  expect(await startWechatSimulator()).type.toBe<WechatSimulator>()
  expect(simulator.startWechatSimulator).type.toBe<typeof startWechatSimulator>()
  Fastify().register(wechatSimulator, { consent: 'qinghe' })
  const { control } = await startWechatSimulator()
  expect(control.fault).type.toBeCallableWith({ endpoint: 'access_token', kind: 'busy' })
  expect(control.fault).type.not.toBeCallableWith({ endpoint: 'access_token', kind: 'tired' })
  expect(control.approve('')).type.toBe<string>()
})
