// The session of a request, read: whether there is one, the login in it, and what points to it elsewhere.

import type { FastifyRequest } from 'fastify'
import { type Login, loginKey, parseLogin, type SessionRef } from './login-record'
import { holdBackWhile, saveOnlyIfChanged, sendIfSaved, sendNothing, signedId } from './session-answer'
import type { StoreRef } from './session-store'

type Session = FastifyRequest['session']

/** The login in the session, as far as its shape goes; null where there is none. */
export function readLogin ({ session }: { session: Session | null }): Login | null {
  return parseLogin(session?.[loginKey])
}

/** False before the session plugin's own hook, and outside the path of its cookie: nobody can be logged in there. */
export function hasSession ({ session }: FastifyRequest): boolean {
  return typeof session?.regenerate === 'function'
}

/** What `joinSession` needs to find the login of this request again. */
export function sessionRefTo ({ session }: FastifyRequest, { id }: Login): SessionRef {
  return { session: signedId(session), loginId: id }
}

/** Where the session is stored, for stored-login.ts: a slow request does not see what has become of it there. */
export function storeRefOf ({ sessionStore: store, session: { sessionId } }: FastifyRequest): StoreRef {
  return { store, sessionId }
}

/**
 * The name of the cookie that this session came with; undefined for a session that began with this request. Only the
 * session plugin knows the name: the cookie is recognised by its value, and under a secret just rotated by the id in
 * it.
 */
export function cookieNameOf ({ cookies }: FastifyRequest, session: Session): string | undefined {
  const [signed, id] = [signedId(session), session.sessionId]
  const isOurs = (value: string): boolean => value.endsWith(signed) || value.includes(`${id}.`)
  return Object.keys(cookies).find(name => isOurs(cookies[name]!))
}

/** Keeps an answer that changed nothing in the session from setting, clearing or saving anything. */
export function leaveSessionAlone (request: FastifyRequest): void {
  if (hasSession(request)) saveOnlyIfChanged(request.session)
}

/**
 * An answer that goes out before this is done (Fastify's handlerTimeout, a time-out of the host's) neither saves nor
 * sends the session: what the host's function has written into it is for one who is not logged in yet.
 */
export function holdSessionWhile<Result> (request: FastifyRequest, work: () => Promise<Result>): Promise<Result> {
  return holdBackWhile(request.session, work)
}

/** Sends the session's cookie where the host has saved the session: what `onUser` put there stays when it refuses. */
export function sendHostsSession (request: FastifyRequest): void {
  if (hasSession(request)) sendIfSaved(request.session)
}

/** Keeps the session out of an answer that is the same for everybody: nothing of it is saved or sent. */
export function keepSessionOut (request: FastifyRequest): void {
  if (hasSession(request)) sendNothing(request.session)
}
