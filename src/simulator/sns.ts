// The four /sns endpoints, as rules on values. Every check is constant time: a benchmark may stand on them. The order
// of the checks is assumed (missing parameters, grant type, app, secret, code); each number and text is recorded or
// documented.

import { refusalBody } from './errcodes'
import { read } from './query'
import type { Grant, TokenRecord } from './grants'
import type { Query } from './query'
import type { Body } from './wire'
import type { World } from './world'

/** `GET /sns/oauth2/access_token`: a code becomes tokens, once. */
export function exchangeCode (world: World, query: Query): Body {
  const refusal = refuseExchange(world, query)
  if (refusal !== undefined) return refusalBody(world, refusal)
  const record = world.grants.findCode(read(query, 'code'))
  if (record === undefined || record.grant.appid !== read(query, 'appid') || world.grants.hasExpired(record)) {
    return refusalBody(world, 40029)
  }
  if (record.spent) return refusalBody(world, 40163)
  record.spent = true
  const { accessToken, refreshToken } = world.grants.issueTokens(record.grant)
  return {
    ...tokenBody(world, record.grant, accessToken, refreshToken),
    ...unionidOf(world, record.grant),
    ...(record.grant.snapshot && { is_snapshotuser: 1 })
  }
}

function refuseExchange (world: World, query: Query): number | undefined {
  if (read(query, 'appid') === '') return 41002
  if (read(query, 'secret') === '') return 41004
  if (read(query, 'code') === '') return 41008
  if (read(query, 'grant_type') !== 'authorization_code') return 40002
  const app = world.directory.findApp(read(query, 'appid'))
  if (app === undefined) return 40013
  return app.secret === read(query, 'secret') ? undefined : 40125
}

/** `GET /sns/oauth2/refresh_token`: asks no secret and tells no unionid. */
export function refreshTokens (world: World, query: Query): Body {
  const refreshToken = read(query, 'refresh_token')
  if (read(query, 'appid') === '') return refusalBody(world, 41002)
  if (refreshToken === '') return refusalBody(world, 41003)
  if (read(query, 'grant_type') !== 'refresh_token') return refusalBody(world, 40002)
  if (world.directory.findApp(read(query, 'appid')) === undefined) return refusalBody(world, 40013)
  const record = world.grants.findRefreshToken(refreshToken)
  if (record === undefined || record.grant.appid !== read(query, 'appid') || world.grants.hasExpired(record)) {
    return refusalBody(world, 40030)
  }
  return tokenBody(world, record.grant, world.grants.refresh(record), refreshToken)
}

/** `GET /sns/userinfo`. Since 2021 sex is 0 and places are empty for everyone. */
export function readProfile (world: World, query: Query, origin: string): Body {
  const token = checkToken(world, query)
  if (typeof token === 'number') return refusalBody(world, token)
  const { grant } = token
  if (grant.scope === 'snsapi_base') return refusalBody(world, 48001)
  const { user, snapshot } = grant
  const avatar = snapshot
    ? `${origin}/mmopen/vi_32/virtual/132`
    : `${origin}/mmopen/vi_32/${encodeURIComponent(user.id)}/132`
  return {
    openid: read(query, 'openid'),
    nickname: snapshot ? '微信用户' : user.nickname,
    sex: 0,
    language: '',
    city: '',
    province: '',
    country: '',
    headimgurl: snapshot || user.avatar ? avatar : '',
    privilege: [],
    ...unionidOf(world, grant)
  }
}

/** `GET /sns/auth`: success carries errcode 0. */
export function checkAccess (world: World, query: Query): Body {
  const token = checkToken(world, query)
  return typeof token === 'number' ? refusalBody(world, token) : { errcode: 0, errmsg: 'ok' }
}

function checkToken (world: World, query: Query): TokenRecord | number {
  const accessToken = read(query, 'access_token')
  if (accessToken === '') return 41001
  if (read(query, 'openid') === '') return 41009
  const token = world.grants.findToken(accessToken)
  if (token === undefined) return /^\d+_[\w-]{80,}$/.test(accessToken) ? 40001 : 40014
  if (world.grants.hasExpired(token)) return 42001
  return openidOf(world, token.grant) === read(query, 'openid') ? token : 40003
}

function tokenBody (world: World, grant: Grant, accessToken: string, refreshToken: string): Body {
  return {
    access_token: accessToken,
    expires_in: world.settings.tokenTtl,
    refresh_token: refreshToken,
    openid: openidOf(world, grant),
    scope: grant.scope
  }
}

function openidOf (world: World, grant: Grant): string {
  return world.directory.openid(world.directory.app(grant.appid), grant)
}

// Never with snsapi_base, and only for an app that is bound to an Open Platform account.
function unionidOf (world: World, grant: Grant): Body {
  const unionid = grant.scope === 'snsapi_base'
    ? undefined
    : world.directory.unionid(world.directory.app(grant.appid), grant)
  return unionid === undefined ? {} : { unionid }
}
