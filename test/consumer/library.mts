// A package that hands on what it got of ours, and writes its declarations: each inferred type has to have a name by
// our entry.

import Fastify, { type FastifyRequest } from 'fastify'
import wechatLogin, { createWechatClient, errors } from 'fastify-wechat-login'
import { startWechatSimulator } from 'fastify-wechat-login/simulator'

export const app = Fastify()
await app.register(wechatLogin, { qr: { appid: 'wx0123456789abcdef', secret: '', callbackUrl: '' } })

export const login = app.wechatLogin
export const { requireWechatUser, verifyWechatUser } = app
export const client = createWechatClient({ appid: 'wx0123456789abcdef', secret: '' })
export const tokens = async (code: string) => client.exchangeCode(code)
export const profile = async (token: string, openid: string) => client.getProfile(token, openid)
export const ofRequest = async (request: FastifyRequest) => app.wechatLogin.client(request, 'qr')
export const userOf = (request: FastifyRequest) => request.wechatUser
export const load = async (request: FastifyRequest) => ({ user: await request.loadWechatUser() })
export const denied = new errors.AccessDeniedError()
export const unreachable = () => new errors.UnreachableError()
export const kinds = { ...errors }
export const hintOf = (error: unknown) => error instanceof errors.WechatError ? error.hint : undefined
export const simulator = await startWechatSimulator()
export const { control, options } = simulator
export const plugin = wechatLogin
export const optionsOf = (...[, given]: Parameters<typeof wechatLogin>) => given
export const callOptions = (...[given]: Parameters<typeof createWechatClient>) => given

export class Account {
  login = app.wechatLogin
  constructor (private readonly request: FastifyRequest) {}
  get user () { return this.request.wechatUser }
  me () { return this.request.loadWechatUser() }
}
