// Whatever is done to request.session. @fastify/session 11.1 does things that a login must steer round, beside those
// that session-answer.ts knows: regenerate() puts the new session in place even where it fails, and also when the store
// comes back long after we have answered (`startSession` takes the login back, `keepSession` keeps out what comes too
// late), and a slow request that began before a logout saves the ended session again (`EndedLogins` remembers it, see
// ended-logins.ts).

import type { FastifyReply, FastifyRequest } from 'fastify'
import { InvalidStateError } from '../errors'
import { destroy, inTime, type StoreRef } from './session-store'
import { type Login, loginKey, parseLogin, type SessionRef } from './login-record'
import { saveOnlyIfChanged, sendCookieOnly, sendNothing, sendSaved, signedId } from './session-answer'

type Session = FastifyRequest['session']

/** The login in the session, as far as its shape goes. */
export function readLogin (request: FastifyRequest): Login | null {
  return parseLogin(request.session?.[loginKey])
}

/** False before the session plugin's own hook, and outside the path of its cookie: nobody can be logged in there. */
export function hasSession ({ session }: FastifyRequest): boolean {
  return typeof session?.regenerate === 'function'
}

/**
 * Gives the session a new id with the login in it, keeping the named keys. Resolves to what `joinSession` needs; the
 * cookie goes out with the answer.
 */
export async function startSession (
  request: FastifyRequest, login: Login, keep: readonly string[], timeout: number
): Promise<SessionRef> {
  const before = request.session
  const earlier = before[loginKey]
  put(before, login)
  try {
    await renewSession(request, [...present(before, keep), loginKey], timeout)
  } catch (error) {
    put(before, earlier)
    throw error
  }
  return sessionRefTo(request, login)
}

/**
 * A new session with these keys of the old one. Where the store fails, the request keeps the old one, and the answer
 * neither saves nor sends it.
 */
async function renewSession (request: FastifyRequest, keys: string[], timeout: number): Promise<void> {
  const { session: before, sessionStore: store } = request
  try {
    await inTime(settle => { before.regenerate(keys, settle) }, timeout)
  } catch (error) {
    const { session: half } = request
    const takeBack = ({ sessionId }: Session): void => { void destroy({ store, sessionId }, timeout) }
    if (half === before) pinSession(request, before, takeBack)
    else {
      takeBack(half)
      request.session = before
    }
    sendNothing(before)
    throw error
  }
  sendCookieOnly(request.session)
}

/** Where the login of this request is. */
export function sessionRefTo ({ session }: FastifyRequest, { id }: Login): SessionRef {
  return { session: signedId(session), loginId: id }
}

/**
 * Lands this request in the session that a login has made, as the store holds it: what hooks have written into this
 * request's is left behind. A session that has ended stays ended: its login must be there, and stand.
 */
export async function joinSession (
  request: FastifyRequest, { session: pointer, loginId }: SessionRef, timeout: number, stands: (login: Login) => boolean
): Promise<Login> {
  const before = request.session
  try {
    await inTime(settle => { request.server.decryptSession(pointer, request, settle) }, timeout)
  } catch (error) {
    pinSession(request, before)
    throw error
  }
  const login = readLogin(request)
  leaveSessionAlone(request)
  if (login?.id !== loginId || !stands(login)) throw new InvalidStateError()
  sendCookieOnly(request.session)
  return login
}

/** Ends the session, keeping the named keys in a new one. */
export async function endSession (
  request: FastifyRequest, reply: FastifyReply, keep: readonly string[], timeout: number
): Promise<void> {
  if (!hasSession(request)) return
  const { session } = request
  const kept = present(session, keep)
  if (kept.length > 0) {
    await renewSession(request, kept, timeout)
    return
  }
  const name = cookieNameOf(request, session)
  if (name === undefined && isEmpty(session)) return
  await inTime(settle => { session.destroy(settle) }, timeout)
  if (name === undefined) return
  const { path, domain, sameSite, secure, partitioned } =
    session.cookie as Session['cookie'] & { partitioned?: boolean }
  // Without Secure a browser would keep a __Host- cookie, without Partitioned one that is.
  reply.clearCookie(name, {
    path: path!,
    ...(domain && { domain }),
    ...(sameSite && { sameSite }),
    ...(partitioned && { partitioned }),
    secure: secure === true,
    httpOnly: true
  })
}

/** Writes a changed login into the session; without one, takes it out. */
export async function updateLogin (
  { session }: FastifyRequest, login: Login | undefined, timeout: number
): Promise<void> {
  put(session, login)
  try {
    await inTime(settle => { session.save(settle) }, timeout)
  } catch (error) {
    // The session plugin would try again with the answer, and wait for ever or tell the visitor what the store said.
    sendNothing(session)
    throw error
  }
}

/** The session has ended in the store: nothing of this request's shall bring it back. */
export function forgetLogin ({ session }: FastifyRequest): void {
  if (session?.[loginKey] === undefined) return
  put(session, undefined)
  sendNothing(session)
}

/** Where the host's own code has destroyed the session of this request: a new one. */
export async function openSession (request: FastifyRequest, timeout: number): Promise<void> {
  if (!hasSession(request)) await inTime(settle => { request.server.decryptSession('', request, settle) }, timeout)
}

/** Nobody has put anything into it, so that no store needs to know of it. */
function isEmpty (session: Session): boolean {
  return Object.keys(session).every(key => key === 'cookie')
}

/** Where the session is stored, for stored-login.ts: a slow request does not see what has become of it there. */
export function storeRefOf ({ sessionStore: store, session: { sessionId } }: FastifyRequest): StoreRef {
  return { store, sessionId }
}

/** Keeps an answer that changed nothing in the session from setting, clearing or saving anything. */
export function leaveSessionAlone (request: FastifyRequest): void {
  if (hasSession(request)) saveOnlyIfChanged(request.session)
}

/** A login has been refused: what `onUser` has saved in the session is kept for its visitor. */
export function sendHostsSession (request: FastifyRequest): void {
  if (hasSession(request)) sendSaved(request.session)
}

/**
 * Whatever the store still does, this request keeps this session, unless the host destroys it; `refuse` gets the one
 * that comes too late.
 */
function pinSession (request: FastifyRequest, session: Session, refuse: (late: Session) => void = () => {}): void {
  let kept: Session | null = session
  Object.defineProperty(request, 'session', {
    get: () => kept,
    set (late: Session | null) {
      if (late === null) kept = null
      else refuse(late)
    }
  })
}

function put (session: Session, login: unknown): void {
  Object.assign(session, { [loginKey]: login })
}

function present (session: Session, keys: readonly string[]): string[] {
  return keys.filter(key => session[key as keyof Session] !== undefined)
}

// Only the session plugin knows the name; the cookie is recognised by its value, and under a secret just rotated by the
// id in it.
function cookieNameOf ({ cookies }: FastifyRequest, session: Session): string | undefined {
  const isOurs = (value: string): boolean =>
    value.endsWith(signedId(session)) || value.includes(`${session.sessionId}.`)
  return Object.keys(cookies).find(name => isOurs(cookies[name]!))
}
