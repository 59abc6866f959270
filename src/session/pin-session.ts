// A store that answers after its time still makes @fastify/session 11.1 put a session into the request, while we
// answer it without one.

import type { FastifyRequest } from 'fastify'

type Session = FastifyRequest['session']

/**
 * Whatever the store still does, this request keeps this session, unless the host destroys it. `onLate` is given a
 * session that comes too late.
 */
export function pinSession (
  request: FastifyRequest, session: Session, onLate: (late: Session) => void = () => {}
): void {
  let pinned: Session | null = session
  Object.defineProperty(request, 'session', {
    get: () => pinned,
    set (given: Session | null) {
      if (given === null) pinned = null
      else onLate(given)
    }
  })
}
