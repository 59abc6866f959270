// From WeChat's tokens to the host's user: profile, then onUser. Knows nothing of sessions.

import type { FastifyReply, FastifyRequest } from 'fastify'
import { AccessDeniedError, BadResponseError, InvalidUserError, SnapshotUserError } from '../errors'
import type { Settings } from '../options/parse-options'
import type { StoredUser, WechatProfile } from '../types'
import type { WechatTokens, WechatUserInfo } from '../wechat/types'
import type { AppWithClient } from './apps'

/** The user that the host made of the person behind the tokens, as JSON holds it. */
export async function resolveUser (settings: Settings, request: FastifyRequest, reply: FastifyReply, app: AppWithClient, tokens: WechatTokens): Promise<StoredUser> {
  const wantsInfo = app.scope !== 'snsapi_base'
  const grantsInfo = wantsInfo && !isBaseOnly(tokens.scope)
  // A token of less than was asked for is how snapshot users looked before WeChat marked them.
  const isMarked = tokens.is_snapshotuser === 1 || (wantsInfo && !grantsInfo)
  refuseSnapshot(settings, isMarked)
  const info = grantsInfo ? await app.client.getProfile(tokens.access_token, tokens.openid, { lang: settings.lang }) : undefined
  const isSnapshot = isMarked || info?.is_snapshotuser === 1
  refuseSnapshot(settings, isSnapshot)
  const profile = joinProfile(app, tokens, info, isSnapshot)
  // The profile alone is JSON, and somebody.
  if (settings.onUser === undefined) return profile as StoredUser
  return checkUser(await settings.onUser(profile, { request, reply, via: app.via, tokens }))
}

function isBaseOnly (scope: string | undefined): boolean {
  return scope !== undefined && scope.split(',').every(granted => granted === 'snsapi_base')
}

function refuseSnapshot ({ snapshotUsers }: Settings, isSnapshot: boolean): void {
  if (isSnapshot && snapshotUsers === 'reject') throw new SnapshotUserError()
}

/** One person must stand behind both replies: anything else is a mix-up that no login may rest on. */
function joinProfile (app: AppWithClient, tokens: WechatTokens, info: WechatUserInfo | undefined, snapshot: boolean): WechatProfile {
  const { openid, scope, unionid = info?.unionid } = tokens
  if (info !== undefined && (info.openid !== openid || (info.unionid ?? unionid) !== unionid)) throw new BadResponseError()
  const profile: WechatProfile & { is_snapshotuser?: 1 } = { openid, ...info, appid: app.appid, via: app.via, snapshot }
  if (unionid !== undefined) profile.unionid = unionid
  if (scope !== undefined) profile.scope = scope
  delete profile.is_snapshotuser
  return profile
}

// What cannot be stored is found out now, not at the next request; what is falsy would pass for nobody.
function checkUser (user: unknown): StoredUser {
  if (user === null) throw new AccessDeniedError()
  const stored = toJson(user)
  if (!stored) throw new InvalidUserError()
  return stored as StoredUser
}

function toJson (value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value))
  } catch {
    return undefined
  }
}
