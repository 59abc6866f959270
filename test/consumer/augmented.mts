// A host that names its own types, once: they flow through every option and decorator.

import Fastify from 'fastify'
import wechatLogin, { type StoredUser, type WechatUser } from 'fastify-wechat-login'
import { startWechatSimulator } from 'fastify-wechat-login/simulator'

interface User { id: number, name: string }
interface Row { id: number }

declare module 'fastify-wechat-login' {
  interface WechatLoginTypes { user: User, stored: Row }
}

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false

export const isOurs: [Same<WechatUser, User>, Same<StoredUser, Row>] = [true, true]

const { options } = await startWechatSimulator()
const app = Fastify()
await app.register(wechatLogin, {
  ...options,
  onUser: () => ({ id: 1 }),
  loadUser: ({ id }) => ({ id, name: 'Qing He' }),
  publicUser: ({ name }) => ({ name })
})
// @ts-expect-error -- not what the session holds
await app.register(wechatLogin, { ...options, onUser: profile => profile })

app.get('/account', { preHandler: app.requireWechatUser }, async request => {
  const same: Same<typeof request.wechatUser, User | null> = true
  return { same, name: request.wechatUser?.name }
})
