// A new session with an id of its own. regenerate() of @fastify/session 11.1 copies from the old session, waits for the
// store while the request still has that, and puts the new one in place even where the store fails; decryptSession()
// of a cookie that nobody signed gives an empty session at once, and touches no store.

import type { FastifyRequest } from 'fastify'
import { unpinSession } from './pin-session'
import { askInTime, destroySession } from './session-store'

type Session = FastifyRequest['session']

/** An empty session, which the request has from now on. It is stored nowhere yet. */
export async function createSession (request: FastifyRequest, timeout: number): Promise<Session> {
  unpinSession(request)
  await askInTime(settle => { request.server.decryptSession('', request, settle) }, timeout)
  return request.session
}

/**
 * Stores a new session. Rejects with the error of a store that fails, or that does not answer in `timeout`
 * milliseconds: what it stores all the same is destroyed.
 */
export function storeSession (
  { sessionStore: store }: FastifyRequest, session: Session, timeout: number
): Promise<void> {
  const takeBack = (): void => { void destroySession({ store, sessionId: session.sessionId }, timeout) }
  return askInTime(settle => { session.save(settle) }, timeout, takeBack)
}
