// The same in CommonJS.

import Fastify = require('fastify')
import wechatLogin = require('fastify-wechat-login')

interface User { id: number, email: string }

declare module 'fastify-wechat-login' {
  interface WechatLoginTypes { user: User }
}

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false

export async function start (): Promise<void> {
  const app = Fastify()
  await app.register(wechatLogin, {
    qr: { appid: 'wx0123456789abcdef', secret: '', callbackUrl: 'https://app.example.com/wechat/qr' },
    onUser: ({ openid }) => ({ id: 1, email: `${openid}@example.com` })
  })
  app.get('/account', { preHandler: app.requireWechatUser }, async request => {
    const same: Same<typeof request.wechatUser, User | null> = true
    return { same, email: request.wechatUser?.email }
  })
}
