// Whether the login in a session is still good.

import type { FastifyRequest } from 'fastify'
import { clockSkew } from './clock-skew'
import type { EndedLogins } from './ended-logins'
import type { Login } from './login-record'
import { readLogin } from './request-session'

/** What a login must hold against. */
export interface LoginRules {
  /** `maxAge`: milliseconds. */
  readonly settings: { readonly maxAge: number }
  readonly ended: EndedLogins
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** False for a login that was made in another realm. */
  readonly isOwn: (login: Login, request: FastifyRequest) => boolean
}

/** The login of this request's session, if it is active. */
export function currentLogin (rules: LoginRules, request: FastifyRequest): Login | null {
  const login = readLogin(request)
  return login !== null && isActive(rules, login, request) ? login : null
}

/** False for a login that has ended, is older than `maxAge`, comes from the future, or was made in another realm. */
export function isActive ({ ended, now, settings, isOwn }: LoginRules, login: Login, request: FastifyRequest): boolean {
  const age = now() - login.at
  return age >= -clockSkew && age < settings.maxAge && !ended.has(login.id) && isOwn(login, request)
}
