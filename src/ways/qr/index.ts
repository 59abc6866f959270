// QR (扫码登录): a Website App, by a code that the visitor scans with WeChat, in any other browser.
// https://developers.weixin.qq.com/doc/oplatform/developers/dev/auth/web

import type { BrowserWay } from '../../login/login-way'
import { callbackAppNames, checkCallbackApp } from '../../options/app-options'
import { mountCallback } from '../../routes/callback-route'
import { qrUrl } from '../../wechat/authorize-url'
import type { WechatTokens } from '../../wechat/client-types'
import { identifyByTokens, type OauthApp, redeemCode } from '../oauth-identity'
import type { Mounted } from '../way'
import { mountEmbed } from './embed-route'

export const qr: BrowserWay<OauthApp, WechatTokens> & Mounted = {
  via: 'qr',
  defaultPath: '/wechat/qr',
  account: { en: 'a Website App', zh: '网站应用' },
  consoles: ['open.weixin.qq.com as 授权回调域', 'open.weixin.qq.com 的“授权回调域”'],

  check (given, warn, isProduction) {
    return Object.freeze({
      ...checkCallbackApp(given, 'qr', callbackAppNames, warn, isProduction),
      scope: 'snsapi_login'
    })
  },

  browser: {
    summary: 'by QR code',
    fits: (browser, isAsked) => browser === 'computer' || (browser === 'phone' && isAsked),
    restartsLostAttempt: false,
    authorizeUrl: ({ appid }, { redirectUri, state }, openHost) => qrUrl({ openHost, appid, redirectUri, state })
  },

  redeem: redeemCode,
  identify: identifyByTokens,
  mount (scope, context) {
    mountCallback(scope, context, qr)
    mountEmbed(scope, context, qr)
  }
}
