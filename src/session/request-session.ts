// The session of a request, read: whether there is one, the login in it, and what points to it elsewhere.

import type { FastifyRequest } from 'fastify'
import { type Login, loginKey, parseLogin, type SessionRef } from './login-record'
import { saveOnlyIfChanged, sendIfSaved, sendNothing, signedId } from './session-answer'
import { askInTime, type StoreRef } from './session-store'

/** The login in the session, as far as its shape goes; null where there is none. */
export function readLogin (request: FastifyRequest): Login | null {
  return parseLogin(request.session?.[loginKey])
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
 * Gives the request a new session where the host's own code has destroyed the one it had.
 * Rejects with the error of a store that fails, or that does not answer in `timeout` milliseconds.
 */
export async function openSession (request: FastifyRequest, timeout: number): Promise<void> {
  if (!hasSession(request)) await askInTime(settle => { request.server.decryptSession('', request, settle) }, timeout)
}

/** Keeps an answer that changed nothing in the session from setting, clearing or saving anything. */
export function leaveSessionAlone (request: FastifyRequest): void {
  if (hasSession(request)) saveOnlyIfChanged(request.session)
}

/** Sends the session's cookie where the host has saved the session: what `onUser` put there stays when it refuses. */
export function sendHostsSession (request: FastifyRequest): void {
  if (hasSession(request)) sendIfSaved(request.session)
}

/** Keeps the session out of an answer that is the same for everybody: nothing of it is saved or sent. */
export function keepSessionOut (request: FastifyRequest): void {
  if (hasSession(request)) sendNothing(request.session)
}
