// A new session id. regenerate() of @fastify/session 11.1 puts the new session into the request even where the store
// fails, and also when the store comes back long after we have answered. A visitor whom we have told of a failure
// would then be logged in, or hold a session that is not stored: here the request keeps the session it had.

import type { FastifyRequest } from 'fastify'
import { pinSession } from './pin-session'
import { sendCookieOnly, sendNothing } from './session-answer'
import { askInTime, destroySession } from './session-store'

type Session = FastifyRequest['session']

/**
 * Replaces the session by a new one with these keys of it, in the store and in the request; its cookie goes out with
 * the answer. Rejects with the error of a store that fails, or that does not answer in `timeout` milliseconds: the
 * request keeps the old session, the answer neither saves nor sends it, and a new one that is stored all the same is
 * destroyed.
 */
export async function renewSession (request: FastifyRequest, keys: string[], timeout: number): Promise<void> {
  const { session: before, sessionStore: store } = request
  try {
    await askInTime(settle => { before.regenerate(keys, settle) }, timeout)
  } catch (error) {
    const destroy = ({ sessionId }: Session): void => { void destroySession({ store, sessionId }, timeout) }
    const { session: now } = request
    if (now === before) pinSession(request, before, destroy)
    else {
      request.session = before
      destroy(now)
    }
    sendNothing(before)
    throw error
  }
  sendCookieOnly(request.session)
}
