// Who logs in: WeChat's profile, the host's own user, and what the host's functions get beside it.

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { HostTypes } from './host-types'
import type { Via } from './via'
import type { WechatTokens, WechatUserInfo } from './wechat/client-types'

/** Who logged in, in WeChat's own field names. What WeChat left out is left out. */
export interface WechatProfile extends Omit<WechatUserInfo, 'is_snapshotuser'> {
  /** The app that the openid belongs to: `(appid, openid)` is the identity. */
  appid: string
  via: Via
  /** What WeChat granted, comma separated. */
  scope?: string
  /** True for a virtual user of WeChat's snapshot page (only with `snapshotUsers: 'allow'`). */
  snapshot: boolean
}

/** `request.wechatUser`: the host's own type where it named one, else the profile. */
export type WechatUser = HostTypes extends { types: { user: infer User } } ? User : WechatProfile

/** What the session holds: what `onUser` returns and `loadUser` gets. */
export type StoredUser = HostTypes extends { types: { stored: infer Stored } } ? Stored : WechatUser

/** What JavaScript writes for nobody: `return user.active && user`. (`NaN` counts too, and has no type of its own.) */
export type Nobody = null | false | 0 | ''

/**
 * What `onUser` may return: the profile, or the type that the host has named in `WechatLoginTypes`; `null` and what is
 * falsy refuse the login. The compiler shows the name to who returns a type of his own without having named it.
 */
export type UserOfWechatLoginTypes = StoredUser | Nobody

/** What `onUser` gets beside the profile. */
export interface OnUserContext {
  /** Still has the visitor's earlier session, for account linking. */
  request: FastifyRequest
  /** For headers and cookies of the host's own. The answer itself is the login's. */
  reply: FastifyReply
  via: Via
  /** WeChat's, for calls of the host's own. They are gone after this call, unless `keepTokens` is set. */
  tokens: WechatTokens
}

/** A login, beside its user. */
export interface LoginInfo {
  /** Its name, the same as long as it lasts: no secret, and good for a table of the host's own. */
  readonly id: string
  readonly via: Via
  readonly appid: string
  /** Milliseconds since 1970. */
  readonly at: number
}

/** What `onLogin` gets beside the user. */
export interface OnLoginContext {
  /** Its session is the new one. */
  request: FastifyRequest
  /** For headers and cookies of the host's own. The answer itself is the login's. */
  reply: FastifyReply
  via: Via
  profile: WechatProfile
  login: LoginInfo
}
