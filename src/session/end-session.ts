// The end of a session, in the store and in the browser. @fastify/session 11.1 leaves the cookie of a destroyed
// session where it is, so that the browser is told here.

import type { FastifyReply, FastifyRequest } from 'fastify'
import { createSession, storeSession } from './new-session'
import { cookieNameOf, hasSession } from './request-session'
import { holdBack, sendCookieOnly, sendNothing } from './session-answer'
import { copyKeys, isEmpty, presentKeys } from './session-keys'
import { askInTime } from './session-store'

type Session = FastifyRequest['session']

/**
 * Destroys the session and clears its cookie; what stands under the named keys goes on in a new session.
 * Rejects with the error of a store that fails, or that does not answer in `timeout` milliseconds.
 */
export async function endSession (
  request: FastifyRequest, reply: FastifyReply, keep: readonly string[], timeout: number
): Promise<void> {
  if (!hasSession(request)) return
  const { session } = request
  const cookieName = cookieNameOf(request, session)
  if (cookieName === undefined && isEmpty(session)) return
  // With the host's rolling: true an answer that goes out while we wait would save it again.
  sendNothing(session)
  await askInTime(settle => { session.destroy(settle) }, timeout)
  if (presentKeys(session, keep).length > 0) await startWith(request, session, keep, timeout)
  else if (cookieName !== undefined) reply.clearCookie(cookieName, cookieAttributesOf(session))
}

async function startWith (
  request: FastifyRequest, before: Session, keep: readonly string[], timeout: number
): Promise<void> {
  const session = await createSession(request, timeout)
  copyKeys(before, session, keep)
  holdBack(session)
  await storeSession(request, session, timeout)
  sendCookieOnly(session)
}

// Without Secure a browser would keep a __Host- cookie, without Partitioned one that is.
function cookieAttributesOf ({ cookie }: Session): Parameters<FastifyReply['clearCookie']>[1] {
  const { path, domain, sameSite, secure, partitioned } = cookie as Session['cookie'] & { partitioned?: boolean }
  return {
    path: path!,
    ...(domain && { domain }),
    ...(sameSite && { sameSite }),
    ...(partitioned && { partitioned }),
    secure: secure === true,
    httpOnly: true
  }
}
