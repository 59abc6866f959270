// Oneclick (网页授权): an Official Account inside WeChat's own browser.
// https://developers.weixin.qq.com/doc/service/guide/h5/auth

import type { BrowserWay } from '../login/login-way'
import { describe, flagOption, refuseOption } from '../option-checks'
import { callbackAppNames, checkCallbackApp } from '../options/app-options'
import { mountCallback } from '../routes/callback-route'
import type { WechatApp } from '../types'
import { oneclickUrl } from '../wechat/authorize-url'
import type { WechatTokens } from '../wechat/client-types'
import { identifyByTokens, type OauthApp, redeemCode } from './oauth-identity'
import type { Mounted } from './way'

interface OneclickApp extends OauthApp {
  readonly scope: 'snsapi_userinfo' | 'snsapi_base'
  readonly forcePopup: boolean
  readonly forceSnapShot: boolean
  readonly connectRedirect: boolean
}

const names = [...callbackAppNames, 'scope', 'forcePopup', 'forceSnapShot', 'connectRedirect']

export const oneclick: BrowserWay<OneclickApp, WechatTokens> & Mounted = {
  via: 'oneclick',
  defaultPath: '/wechat/oneclick',
  account: { en: 'an Official Account', zh: '服务号' },
  consoles: ['mp.weixin.qq.com as 网页授权域名', 'mp.weixin.qq.com 的“网页授权域名”'],

  check (given, warn, isProduction) {
    const app = checkCallbackApp(given, 'oneclick', names, warn, isProduction)
    const { scope, forcePopup, forceSnapShot, connectRedirect } = given as WechatApp
    return Object.freeze({
      ...app,
      scope: checkScope(scope),
      forcePopup: flagOption(forcePopup, 'oneclick.forcePopup'),
      forceSnapShot: flagOption(forceSnapShot, 'oneclick.forceSnapShot'),
      connectRedirect: flagOption(connectRedirect, 'oneclick.connectRedirect')
    })
  },

  browser: {
    summary: 'inside WeChat',
    fits: browser => browser === 'wechat',
    restartsLostAttempt: true,
    authorizeUrl ({ appid, scope, forcePopup, forceSnapShot, connectRedirect }, { redirectUri, state }, openHost) {
      return oneclickUrl({ openHost, appid, redirectUri, scope, state, forcePopup, forceSnapShot, connectRedirect })
    }
  },

  redeem: redeemCode,
  identify: identifyByTokens,
  mount (scope, context) { mountCallback(scope, context, oneclick) }
}

function checkScope (scope: unknown): OneclickApp['scope'] {
  if (scope === undefined || scope === 'snsapi_userinfo') return 'snsapi_userinfo'
  if (scope === 'snsapi_base') return scope
  return refuseOption('oneclick.scope', describe(scope), "write 'snsapi_userinfo' or 'snsapi_base'")
}
