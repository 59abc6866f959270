// A store that answers after its time still makes @fastify/session 11.1 put a session into the request, while we
// answer it without one; and a host's own code may replace the session that a login is being put into.

import type { FastifyRequest } from 'fastify'

type Session = FastifyRequest['session']

/**
 * Whatever the store still does, this request keeps this session, unless the host destroys it. `onOther` is given a
 * session that would take its place.
 */
export function pinSession (
  request: FastifyRequest, session: Session | null, onOther: (other: Session) => void = () => {}
): void {
  let pinned = session
  Object.defineProperty(request, 'session', {
    configurable: true,
    enumerable: true,
    get: () => pinned,
    set (given: Session | null) {
      if (given === null) pinned = null
      else onOther(given)
    }
  })
}

/** The request takes any session again. */
export function unpinSession (request: FastifyRequest): void {
  const { session } = request
  Object.defineProperty(request, 'session', { configurable: true, enumerable: true, writable: true, value: session })
}
