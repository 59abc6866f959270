// A login gets a new session, and the login that was in this browser before it ends.

import type { FastifyRequest } from 'fastify'
import type { Login, SessionRef } from '../session/login-record'
import { readLogin, storeRefOf } from '../session/request-session'
import { type Prepare, startSession } from '../session/start-session'
import type { Context } from './context'
import { endLogin } from './end-login'

/**
 * A new session with this login. The host's `keepSessionKeys` go with it, unless they are another person's. `prepare`
 * is called before it is stored; what that throws takes the login back.
 */
export async function renewSession (
  context: Context, request: FastifyRequest, login: Login, prepare: Prepare
): Promise<SessionRef> {
  const { keepSessionKeys, timeout } = context.settings
  const before = readLogin(request)
  const isOther = before !== null && (before.appid !== login.appid || before.openid !== login.openid)
  const endBefore = before === null ? undefined : createEnd(context, request, before)
  return startSession(request, login, isOther ? [] : keepSessionKeys, timeout, prepare, endBefore)
}

/** Ends a login of this request's session, when the request has another one. */
function createEnd (context: Context, request: FastifyRequest, login: Login): () => Promise<void> {
  const storeRef = storeRefOf(request)
  return () => endLogin(context, request, login, storeRef)
}
