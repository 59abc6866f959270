// The session of a new login.

import type { FastifyRequest } from 'fastify'
import { type Login, loginKey, type SessionRef } from './login-record'
import { renewSession } from './renew-session'
import { sessionRefTo } from './request-session'
import { presentKeys, setLogin } from './session-keys'

/**
 * Gives the session a new id with the login in it, keeping the named keys; its cookie goes out with the answer.
 * Resolves to what `joinSession` needs. Rejects as `renewSession` does, and the session is as it was.
 */
export async function startSession (
  request: FastifyRequest, login: Login, keep: readonly string[], timeout: number
): Promise<SessionRef> {
  const { session } = request
  const earlier = session[loginKey]
  // regenerate() copies from the old session, so that the login must be there first.
  setLogin(session, login)
  try {
    await renewSession(request, [...presentKeys(session, keep), loginKey], timeout)
  } catch (error) {
    setLogin(session, earlier)
    throw error
  }
  return sessionRefTo(request, login)
}
