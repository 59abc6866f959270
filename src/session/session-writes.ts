// Whether the host's own code has put anything into a session: by key, as far as one look before and one after can
// tell.

import type { FastifyRequest } from 'fastify'
import { loginKey } from './login-record'

/** Begins to watch; what it returns names the keys that the session of this request has other values for since. */
export function watchWrites (request: FastifyRequest): () => string[] {
  const before = { ...request.session } as Record<string, unknown>
  return () => Object.entries(request.session as object | null ?? {})
    .filter(([key, value]) => key !== loginKey && key !== 'cookie' && value !== before[key])
    .map(([key]) => key)
}
