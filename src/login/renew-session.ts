// A login gets a new session, and the login that was in this browser before it ends.

import type { FastifyRequest } from 'fastify'
import type { Login, SessionRef } from '../session/login-record'
import { readLogin, storeRefOf } from '../session/request-session'
import type { StoreRef } from '../session/session-store'
import { type Prepare, startSession } from '../session/start-session'
import type { Context } from './context'
import { endLogin } from './end-login'

/**
 * A new session with this login. The host's `keepSessionKeys` go with it, unless they are another person's. `prepare` is
 * called before it is stored; what that throws takes the login back.
 */
export async function renewSession (
  context: Context, request: FastifyRequest, login: Login, prepare: Prepare
): Promise<SessionRef> {
  const { keepSessionKeys, timeout } = context.settings
  const before = readLogin(request)
  const storeRef = before && storeRefOf(request)
  const isOther = before !== null && (before.appid !== login.appid || before.openid !== login.openid)
  const sessionRef = await startSession(request, login, isOther ? [] : keepSessionKeys, timeout, prepare)
  if (storeRef !== null) await endEarlier(context, request, before!, storeRef)
  return sessionRef
}

// It is over in this process in any case, and its session is destroyed: that the others do not hear of it fails nobody.
async function endEarlier (context: Context, { log }: FastifyRequest, login: Login, storeRef: StoreRef): Promise<void> {
  try {
    await endLogin(context, login, storeRef)
  } catch (error) {
    log.warn({ err: error }, 'fastify-wechat-login: other processes could not be told that the login before has ended')
  }
}
