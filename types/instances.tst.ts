// The guards and fastify.wechatLogin on instances of every make.

import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify from 'fastify'
import type { WechatProfile } from 'fastify-wechat-login'
import { pino } from 'pino'
import { expect, test } from 'tstyche'

const logging = Fastify({ loggerInstance: pino() })
const http2 = Fastify({ http2: true })
const typeBox = Fastify().withTypeProvider<TypeBoxTypeProvider>()

test('the guards are hooks of each, and the handler has the user', () => {
  logging.get('/', { preHandler: logging.requireWechatUser, onRequest: [logging.verifyWechatUser] }, async request => {
    expect(request.wechatUser).type.toBe<WechatProfile | null>()
  })
  http2.get('/', { preHandler: http2.requireWechatUser, onRequest: [http2.verifyWechatUser] }, async request => {
    expect(request.wechatUser).type.toBe<WechatProfile | null>()
  })
  typeBox.get('/', { preHandler: typeBox.requireWechatUser, onRequest: [typeBox.verifyWechatUser] }, async request => {
    expect(request.wechatUser).type.toBe<WechatProfile | null>()
  })
  http2.addHook('preHandler', http2.requireWechatUser)
})

test('authorizeUrl, logout and client take the request and the reply of each', () => {
  logging.get('/', async (request, reply) => {
    expect(logging.wechatLogin.authorizeUrl).type.toBeCallableWith(request, reply)
    expect(logging.wechatLogin.logout).type.toBeCallableWith(request, reply)
    expect(logging.wechatLogin.client).type.toBeCallableWith(request, 'qr')
  })
  http2.get('/', async (request, reply) => {
    expect(http2.wechatLogin.authorizeUrl).type.toBeCallableWith(request, reply)
    expect(http2.wechatLogin.logout).type.toBeCallableWith(request, reply)
    expect(http2.wechatLogin.client).type.toBeCallableWith(request, 'qr')
  })
  expect(http2.wechatLogin.logout).type.not.toBeCallableWith({}, {})
})
