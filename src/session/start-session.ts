// The session of a new login. The cookie that the browser brought may have been planted by somebody else, and while we
// wait for the store an answer may go out (Fastify's handlerTimeout, a time-out of the host's), with which the session
// plugin saves and sends whatever session the request has. So the login is put into a new session from the start, which
// is neither saved nor sent by an answer before it is stored; the old session never holds anything of it.

import type { FastifyRequest } from 'fastify'
import { checkSaves } from './checked-save'
import type { Login, SessionRef } from './login-record'
import { createSession, storeSession } from './new-session'
import { pinSession } from './pin-session'
import { cookieNameOf, sessionRefTo } from './request-session'
import { holdBack, sendCookieOnly, sendNothing } from './session-answer'
import { copyKeys, setLogin } from './session-keys'
import { askInTime, destroySession } from './session-store'

type Session = FastifyRequest['session']

/** What is done with the new session before it is stored. It must leave it in its place. */
export type Prepare = () => unknown

/** What is done once the new session is stored, before the old one is destroyed. Never rejects. */
export type EndBefore = () => Promise<void>

/**
 * Puts the login into a new session, with these keys of the old one, stores it and destroys the old one; its cookie
 * goes out with the answer. Resolves to what `joinSession` needs. Rejects with the error of `prepare`, of a store that
 * fails, or that does not answer in `timeout` milliseconds: the request has its old session again, which no answer
 * saves or sends, and a new one that is stored all the same is destroyed.
 */
export async function startSession (
  request: FastifyRequest, login: Login, keep: readonly string[], timeout: number,
  prepare: Prepare, endBefore: EndBefore = async () => {}
): Promise<SessionRef> {
  const before = request.session as Session | null
  const session = await createSession(request, timeout)
  if (before !== null) copyKeys(before, session, keep)
  setLogin(session, login)
  holdBack(session)
  try {
    await prepareSession(request, session, prepare, timeout)
    await storeSession(request, session, timeout)
  } catch (error) {
    void destroySession({ store: request.sessionStore, sessionId: session.sessionId }, timeout)
    if (before !== null) sendNothing(before)
    pinSession(request, before)
    throw error
  }
  checkSaves(request)
  sendCookieOnly(session)
  await endBefore()
  if (before !== null && isStored(request, before)) await destroyOld(request, before, timeout)
  return sessionRefTo(request, login)
}

async function prepareSession (
  request: FastifyRequest, session: Session, prepare: Prepare, timeout: number
): Promise<void> {
  let isReplaced = false
  pinSession(request, session, ({ sessionId }) => {
    isReplaced = true
    // It may have the login in it, and nobody will ever hear of it.
    void destroySession({ store: request.sessionStore, sessionId }, timeout)
  })
  await prepare()
  if (isReplaced || request.session !== session) {
    throw new Error('the session of a new login was regenerated or destroyed')
  }
}

function isStored (request: FastifyRequest, session: Session): boolean {
  return cookieNameOf(request, session) !== undefined || session.isSaved()
}

// It holds nothing of the new login: a store that cannot destroy it is no reason to fail that.
async function destroyOld (
  { sessionStore: store, log }: FastifyRequest, { sessionId }: Session, timeout: number
): Promise<void> {
  try {
    await askInTime(settle => { store.destroy(sessionId, settle) }, timeout)
  } catch (error) {
    log.warn({ err: error }, 'fastify-wechat-login: the session before a login could not be destroyed')
  }
}
