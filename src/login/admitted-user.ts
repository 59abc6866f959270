// Whom a guard has let in stays the user of that request, even where the login ends in the middle of it: a handler that
// filters by request.wechatUser?.openid would otherwise answer with what belongs to everybody.

import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Login } from '../session/login-record'
import { hasSession, readLogin, storeRefOf } from '../session/request-session'
import type { WechatUser } from '../types'

interface Admitted {
  readonly loginId: string
  readonly sessionId: string
  readonly user: WechatUser
}

// A place of the request's own from the start: a guard must cost nothing.
const place = Symbol('fastify-wechat-login.admitted')
type Place = Record<symbol, Admitted | null | undefined>

/** Gives the requests of this scope the place that `admit` writes to. */
export function decorateAdmitted (fastify: FastifyInstance): void {
  fastify.decorateRequest(place, null)
}

export function admit (request: FastifyRequest, { id }: Login, user: WechatUser): void {
  const admitted: Admitted = { loginId: id, sessionId: storeRefOf(request).sessionId, user }
  Object.assign(request, { [place]: admitted })
}

/** Null where no guard has let anybody in, and once this request itself has logged out, or logged somebody else in. */
export function admittedUser (request: FastifyRequest): WechatUser | null {
  const admitted = (request as unknown as Place)[place]
  if (!admitted || !hasSession(request)) return null
  const isSame = storeRefOf(request).sessionId === admitted.sessionId || readLogin(request)?.id === admitted.loginId
  return isSame ? admitted.user : null
}
