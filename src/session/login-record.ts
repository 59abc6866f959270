// What a login leaves in the session, and what points to it.

import type { FastifyRequest } from 'fastify'
import type { StoredUser } from '../types'
import type { Via } from '../via'
import type { WechatTokens } from '../wechat/client-types'

/** What a login leaves in the session, under `wechatLogin`. */
export interface Login {
  /**
   * Its name, no secret. A logout remembers it. Of a login that began in a browser it is the attempt's `hashState`, by
   * which a repeated callback finds its own login.
   */
  readonly id: string
  /** Milliseconds since 1970. */
  readonly at: number
  readonly via: Via
  readonly appid: string
  readonly openid: string
  /** Where it counts: see `realm.ts`. */
  readonly realm: string
  readonly user: StoredUser
  readonly tokens?: KeptTokens
}

/** Where the login of an attempt is. */
export interface SessionRef {
  /** The session's signed id. */
  readonly session: string
  /** The id of the login in it. */
  readonly loginId: string
}

export interface KeptTokens {
  readonly access_token: string
  readonly refresh_token: string | undefined
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

/** What the session keeps of WeChat's tokens, with their end as a time. */
export function keepTokens ({ access_token, refresh_token, expires_in }: WechatTokens, now: number): KeptTokens {
  return { access_token, refresh_token, expiresAt: now + 1000 * expires_in }
}

/** Its place in the session. */
export const loginKey = 'wechatLogin' as keyof FastifyRequest['session']

/** Null for anything but a whole login: a store may return what it likes. */
export function parseLogin (untrusted: unknown): Login | null {
  if (typeof untrusted !== 'object' || untrusted === null) return null
  const { id, at, via, appid, openid, realm, user } = untrusted as Partial<Login>
  const whole = [id, via, appid, openid, realm].every(text => typeof text === 'string') &&
    typeof at === 'number' &&
    Boolean(user)
  if (!whole) return null
  freeze(user)
  return untrusted as Login
}

// In the built-in MemoryStore all requests of a visitor share one object.
function freeze (value: unknown): void {
  if (Object.isFrozen(value)) return // like everything that is no object
  Object.freeze(value)
  Object.values(value as object).forEach(freeze)
}
