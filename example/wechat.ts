// Which WeChat this program talks to: WeChat itself, or the simulator (see simulator.ts). The rest of the program does
// not know.

import type { FastifyInstance } from 'fastify'
import type { WechatApp, WechatLoginOptions } from 'fastify-wechat-login'
import type { Config } from './config'

export interface Wechat {
  /** What the plugin is told of it. */
  readonly login: {
    oneclick: WechatApp | undefined
    qr: WechatApp | undefined
  } & Pick<WechatLoginOptions, 'client' | 'isWechatBrowser'>
  /** Origin of its pages: the embedded QR code is one of them. */
  readonly pages: string
  /** Origins of its users' pictures. */
  readonly pictures: readonly string[]
  /** The simulator's address, where it is the simulator. */
  readonly simulator?: string
  /** What must happen to the application before anything else is registered. */
  readonly prepare?: (app: FastifyInstance) => void
  readonly close?: () => Promise<void>
}

export function realWechat (apps: NonNullable<Config['apps']>): Wechat {
  return {
    login: { oneclick: apps.oneclick, qr: apps.qr },
    pages: 'https://open.weixin.qq.com',
    pictures: ['https://thirdwx.qlogo.cn', 'https://wx.qlogo.cn']
  }
}
