// What an answer does with the session. @fastify/session 11.1 decides it in its onSend hook, where it looks at the
// session's `encryptedSessionId`, `isModified()` and `save()`. A login must steer round two things there, and does it
// by properties of those names on the session itself:
// 1. An answer to a request with an old session cookie clears that cookie, and so wipes a login that another answer has
//    just made; with the host's rolling or saveUninitialized it also saves. Without an encryptedSessionId the hook does
//    nothing.
// 2. A session that is in the store already is written once more to send its cookie. A save() that only says it is done
//    sends the cookie alone.

import type { FastifyRequest } from 'fastify'

type Session = FastifyRequest['session']

// One getter for all sessions: with one of its own each would be an object of a kind of its own, and slow from then on.
const idIfModified: PropertyDescriptor = {
  configurable: true,
  get (this: Session): string { return this.isModified() ? signedId(this) : '' }
}

/** Keeps the session plugin from setting, clearing and saving anything, unless the session is changed. */
export function saveOnlyIfChanged (session: Session): void {
  Reflect.defineProperty(session, 'encryptedSessionId', idIfModified)
}

/** The value of the session's cookie: its id and signature, whatever the session itself is made to say. */
export function signedId (session: Session): string {
  return Reflect.get(Object.getPrototypeOf(session) as Session, 'encryptedSessionId', session)
}

/** Sends the cookie of a session that is stored already; nothing is written but what changes from now on. */
export function sendCookieOnly (session: Session): void {
  const { save } = session
  const stored = serialize(session)
  Reflect.deleteProperty(session, 'encryptedSessionId')
  Object.defineProperties(session, {
    isModified: { value: () => true },
    save: {
      configurable: true,
      value: (done?: () => void) => {
        const isStored = stored !== undefined && serialize(session) === stored
        return done !== undefined && isStored ? done() : Reflect.apply(save, session, [done])
      }
    }
  })
}

/** Keeps the session plugin from saving and sending a session that is not stored yet; `sendCookieOnly` ends that. */
export function holdBack (session: Session): void {
  Object.defineProperty(session, 'encryptedSessionId', { value: '', configurable: true })
}

/** The same until the work is done, for a session that `saveOnlyIfChanged` was called for. */
export async function holdBackWhile<Result> (session: Session, work: () => Promise<Result>): Promise<Result> {
  // Without an effect where `sendNothing` was called.
  Reflect.defineProperty(session, 'encryptedSessionId', { value: '', configurable: true })
  try {
    return await work()
  } finally {
    saveOnlyIfChanged(session)
  }
}

/** Undefined for what JSON cannot hold: only the MemoryStore takes that, and a second write costs it nothing. */
function serialize (session: Session): string | undefined {
  try {
    return JSON.stringify(session)
  } catch {
    return undefined
  }
}

/**
 * Sends the cookie of a session that the host itself has saved while its visitor logged in, `saveOnlyIfChanged` or
 * not.
 */
export function sendIfSaved (session: Session): void {
  if (!session.isSaved()) return
  Reflect.defineProperty(session, 'encryptedSessionId', { value: signedId(session), configurable: true })
}

/** Keeps the session plugin from saving this session and from sending its cookie, for good, whatever is put into it. */
export function sendNothing (session: Session): void {
  Object.defineProperty(session, 'encryptedSessionId', { value: '', configurable: false })
}
