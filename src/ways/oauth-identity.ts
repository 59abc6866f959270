// From a code to a profile by WeChat's OAuth: the same two calls for an Official Account and a Website App.
// https://developers.weixin.qq.com/doc/oplatform/Website_App/WeChat_Login/Authorized_Interface_Calling_UnionID.html

import { BadResponseError, SnapshotUserError } from '../errors'
import type { Identity } from '../login/login-way'
import type { ReadyApp } from '../login/ready-app'
import type { CallbackApp } from '../options/app-options'
import type { Settings } from '../options/parse-options'
import type { WechatProfile } from '../types'
import type { WechatTokens, WechatUserInfo } from '../wechat/client-types'

/** An app that asks for a scope of WeChat's. */
export interface OauthApp extends CallbackApp {
  readonly scope: 'snsapi_userinfo' | 'snsapi_base' | 'snsapi_login'
}

/** Spends the code. */
export function redeemCode ({ client }: ReadyApp<OauthApp>, code: string): Promise<WechatTokens> {
  return client.exchangeCode(code)
}

/** Reads the profile where the scope grants it, and refuses virtual users unless the host allows them. */
export async function identifyByTokens (
  app: ReadyApp<OauthApp>, tokens: WechatTokens, settings: Settings
): Promise<Identity> {
  const wantsInfo = app.scope !== 'snsapi_base'
  const grantsInfo = wantsInfo && !isBaseOnly(tokens.scope)
  // A token of less than was asked for is how snapshot users looked before WeChat marked them.
  const isMarked = tokens.is_snapshotuser === 1 || (wantsInfo && !grantsInfo)
  refuseSnapshot(settings, isMarked)
  const info = grantsInfo
    ? await app.client.getProfile(tokens.access_token, tokens.openid, { lang: settings.lang })
    : undefined
  const isSnapshot = isMarked || info?.is_snapshotuser === 1
  refuseSnapshot(settings, isSnapshot)
  return { profile: joinProfile(app, tokens, info, isSnapshot), tokens }
}

function isBaseOnly (scope: string | undefined): boolean {
  return scope !== undefined && scope.split(',').every(granted => granted === 'snsapi_base')
}

function refuseSnapshot ({ snapshotUsers }: Settings, isSnapshot: boolean): void {
  if (isSnapshot && snapshotUsers === 'reject') throw new SnapshotUserError()
}

/** One person must stand behind both replies: anything else is a mix-up that no login may rest on. */
function joinProfile (
  { appid, via }: OauthApp, tokens: WechatTokens, info: WechatUserInfo | undefined, snapshot: boolean
): WechatProfile {
  const { openid, scope, unionid = info?.unionid } = tokens
  if (info !== undefined && (info.openid !== openid || (info.unionid ?? unionid) !== unionid)) {
    throw new BadResponseError()
  }
  const profile: WechatProfile & { is_snapshotuser?: 1 } = { openid, ...info, appid, via, snapshot }
  if (unionid !== undefined) profile.unionid = unionid
  if (scope !== undefined) profile.scope = scope
  delete profile.is_snapshotuser
  return profile
}
