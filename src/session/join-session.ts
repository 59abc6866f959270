// The session of a login that another request has made: a callback that comes again lands there.

import type { FastifyRequest } from 'fastify'
import { InvalidStateError } from '../errors'
import { checkSaves } from './checked-save'
import type { Login, SessionRef } from './login-record'
import { pinSession } from './pin-session'
import { leaveSessionAlone, readLogin } from './request-session'
import { sendCookieOnly } from './session-answer'
import { askInTime } from './session-store'

/**
 * Puts this request into the session that `sessionRef` points to, as the store holds it, and sends its cookie with the
 * answer; what hooks have written into the request's own session is left behind. Rejects with
 * `FST_WECHAT_INVALID_STATE` where the login is not there any more or not active, so that a session that has ended
 * stays ended, and with the error of a store that fails, or that does not answer in `timeout` milliseconds.
 */
export async function joinSession (
  request: FastifyRequest, sessionRef: SessionRef, timeout: number, isActive: (login: Login) => boolean
): Promise<Login> {
  const before = request.session
  try {
    await askInTime(settle => { request.server.decryptSession(sessionRef.session, request, settle) }, timeout)
  } catch (error) {
    pinSession(request, before)
    throw error
  }
  const login = readLogin(request)
  leaveSessionAlone(request)
  checkSaves(request)
  if (login?.id !== sessionRef.loginId || !isActive(login)) throw new InvalidStateError()
  sendCookieOnly(request.session)
  return login
}
