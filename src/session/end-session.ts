// The end of a session, in the store and in the browser. @fastify/session 11.1 leaves the cookie of a destroyed
// session where it is, so that the browser is told here.

import type { FastifyReply, FastifyRequest } from 'fastify'
import { renewSession } from './renew-session'
import { hasSession } from './request-session'
import { signedId } from './session-answer'
import { isEmpty, presentKeys } from './session-keys'
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
  const kept = presentKeys(session, keep)
  if (kept.length > 0) {
    await renewSession(request, kept, timeout)
    return
  }
  const cookieName = cookieNameOf(request, session)
  if (cookieName === undefined && isEmpty(session)) return
  await askInTime(settle => { session.destroy(settle) }, timeout)
  if (cookieName !== undefined) reply.clearCookie(cookieName, cookieAttributesOf(session))
}

// Only the session plugin knows the name; the cookie is recognised by its value, and under a secret just rotated by
// the id in it.
function cookieNameOf ({ cookies }: FastifyRequest, session: Session): string | undefined {
  const [signed, id] = [signedId(session), session.sessionId]
  const isOurs = (value: string): boolean => value.endsWith(signed) || value.includes(`${id}.`)
  return Object.keys(cookies).find(name => isOurs(cookies[name]!))
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
