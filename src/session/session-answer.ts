// What an answer does with the session: @fastify/session 11.1 decides it in its onSend hook, where a login must steer
// round two things:
// 1. An answer to a request with an old session cookie clears that cookie, and so wipes a login that another answer
//    has just made; with the host's rolling or saveUninitialized it also saves. `saveOnlyIfChanged` keeps an answer of
//    ours that changed nothing out of that.
// 2. A session that is in the store already is written once more to send its cookie. `sendCookieOnly` sends the
//    cookie alone.

import type { FastifyRequest } from 'fastify'

type Session = FastifyRequest['session']

// One getter for all: with one of its own each session would be an object of a kind of its own, and slow from then on.
const heldId = { configurable: true, get (this: Session): string { return this.isModified() ? signedId(this) : '' } }

/**
 * The session plugin shall neither set, clear nor save anything, unless the session is changed. `sendNothing` is the
 * stronger word.
 */
export function saveOnlyIfChanged (session: Session): void {
  Reflect.defineProperty(session, 'encryptedSessionId', heldId)
}

/** The session's own encryptedSessionId, held or not. */
export function signedId (session: Session): string {
  return Reflect.get(Object.getPrototypeOf(session) as Session, 'encryptedSessionId', session)
}

/** The session is stored already: have its cookie sent, and nothing written but what changes from now on. */
export function sendCookieOnly (session: Session): void {
  const { save } = session
  const stored = asText(session)
  Object.defineProperties(session, {
    isModified: { value: () => true },
    save: {
      value: (done?: () => void) => done !== undefined && stored !== undefined && asText(session) === stored
        ? done()
        : Reflect.apply(save, session, [done])
    }
  })
}

/** Undefined for what JSON cannot hold: only the MemoryStore takes that, and a second write costs it nothing. */
function asText (session: Session): string | undefined {
  try {
    return JSON.stringify(session)
  } catch {
    return undefined
  }
}

/**
 * A session that the host itself has saved while its visitor logged in: its cookie is sent, `saveOnlyIfChanged` or not.
 */
export function sendSaved (session: Session): void {
  if (session.isSaved()) {
    Reflect.defineProperty(session, 'encryptedSessionId', { value: signedId(session), configurable: true })
  }
}

/** The session plugin shall neither save this session nor send its cookie, whatever is in it. */
export function sendNothing (session: Session): void {
  Object.defineProperty(session, 'encryptedSessionId', { value: '', configurable: false })
}
