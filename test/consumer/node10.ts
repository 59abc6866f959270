// The resolution of TypeScript 5 and before, which knows no `exports`.

import wechatLogin = require('fastify-wechat-login')
import { isWechatBrowser } from 'fastify-wechat-login/browser'
import { startWechatSimulator } from 'fastify-wechat-login/simulator'

export const plugin: typeof wechatLogin.fastifyWechatLogin = wechatLogin
export const isWechat: boolean = isWechatBrowser()
export const simulator = startWechatSimulator({ consent: 'qinghe' })
