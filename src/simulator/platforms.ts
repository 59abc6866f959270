// The kinds of apps that WeChat has, and all that differs between them here. A further kind is an entry.

import type { SimulatedAppKind, SimulatorPluginOptions } from './types'

export interface Platform {
  /** What WeChat calls such an account. */
  readonly account: { readonly zh: string, readonly en: string }
  /** Shown on the consent pages, where a test gives no other name. */
  readonly name: string
  /** The option of the login plugin that takes such an app. */
  readonly option: keyof Omit<SimulatorPluginOptions, 'client'>
  /** Path of the callback URL, as the plugin has it by default. */
  readonly callbackPath: string
  /** The page of WeChat's that such an app logs in by. */
  readonly page: '/connect/oauth2/authorize' | '/connect/qrconnect'
  readonly scopes: readonly string[]
  /** Seconds that a code is good for: five minutes are documented for Official Accounts, ten for Website Apps. */
  readonly codeTtl: number
}

export const platforms: Readonly<Record<SimulatedAppKind, Platform>> = {
  official: {
    account: { zh: '公众号', en: 'an Official Account' },
    name: '模拟公众号 Demo Account',
    option: 'oneclick',
    callbackPath: '/wechat/oneclick',
    page: '/connect/oauth2/authorize',
    scopes: ['snsapi_base', 'snsapi_userinfo'],
    codeTtl: 300
  },
  website: {
    account: { zh: '网站应用', en: 'a Website App' },
    name: '模拟网站应用 Demo Website',
    option: 'qr',
    callbackPath: '/wechat/qr',
    page: '/connect/qrconnect',
    scopes: ['snsapi_login'],
    codeTtl: 600
  }
}

export const kinds = Object.keys(platforms) as readonly SimulatedAppKind[]
