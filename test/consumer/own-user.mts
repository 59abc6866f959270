// A host that returns a user of its own, and has not said so in WechatLoginTypes: two mistakes.

import Fastify from 'fastify'
import wechatLogin, { type WechatLoginOptions } from 'fastify-wechat-login'

const qr = { appid: 'wx0123456789abcdef', secret: '', callbackUrl: '' }
export const options: WechatLoginOptions = { qr, onUser: async ({ nickname }) => ({ id: 1, nickname }) }
await Fastify().register(wechatLogin, { qr, onUser: ({ nickname }) => ({ id: 1, nickname }) })
