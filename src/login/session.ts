// The only file that touches request.session. @fastify/session 11.1 does things that a login must steer round, beside those that
// session-answer.ts knows: regenerate() has put the new session in place even where it fails (`startSession` then takes the login back),
// and a slow request that began before a logout saves the ended session again (`EndedLogins` remembers it, see ended.ts).

import type { FastifyReply, FastifyRequest } from 'fastify'
import { InvalidStateError, MisconfiguredError } from '../errors'
import type { StoredUser, Via, WechatTokens } from '../types'
import { inTime } from './in-time'
import { announce, hold, signedId, silence } from './session-answer'

type Session = FastifyRequest['session']

/** What a login leaves in the session, under `wechatLogin`. */
export interface Login {
  /** Random; a logout remembers it. */
  readonly id: string
  /** Milliseconds since 1970. */
  readonly at: number
  readonly via: Via
  readonly appid: string
  readonly openid: string
  /** Full path of the callback that made it. */
  readonly callback: string
  /** Which attempt made it (`hashState`), so that a repeated callback finds its own login. */
  readonly attempt: string
  readonly user: StoredUser
  readonly tokens?: KeptTokens
}

export interface KeptTokens {
  readonly access_token: string
  readonly refresh_token: string | undefined
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

/** What the session keeps of WeChat's tokens, with their end as a time. */
export function keepTokens ({ access_token, refresh_token, expires_in }: WechatTokens, now: number): KeptTokens {
  return { access_token, refresh_token, expiresAt: now + 1000 * expires_in }
}

export const loginKey = 'wechatLogin' as keyof Session

/** The login in the session, as far as its shape goes; null for anything else that a store may return. */
export function readLogin (request: FastifyRequest): Login | null {
  const login: unknown = request.session?.[loginKey]
  if (typeof login !== 'object' || login === null) return null
  const { id, at, via, appid, openid, callback, attempt, user } = login as Partial<Login>
  const whole = [id, via, appid, openid, callback, attempt].every(text => typeof text === 'string') && typeof at === 'number' && Boolean(user)
  if (!whole) return null
  freeze(user)
  return login as Login
}

/** False before the session plugin's own hook, and outside the path of its cookie: nobody can be logged in there. */
export function hasSession ({ session }: FastifyRequest): boolean {
  return typeof session?.regenerate === 'function'
}

/** Throws where a login could not stick: the session plugin would drop it without a word. */
export function checkSession (request: FastifyRequest): void {
  const { session } = request
  if (!hasSession(request)) {
    request.log.error('fastify-wechat-login: the callback path lies outside the path of the session cookie; set session.cookie.path to /')
    throw new MisconfiguredError()
  }
  if (session.cookie.secure === true && request.protocol !== 'https') {
    request.log.error('fastify-wechat-login: the session cookie is Secure, but this request came over http, so the login could not be kept. Behind a proxy that ends TLS, set the trustProxy option of Fastify; without TLS, set session.cookie.secure to false')
    throw new MisconfiguredError()
  }
}

/** Gives the session a new id with the login in it, keeping the named keys. Resolves to what `joinSession` needs; the cookie goes out with the answer. */
export async function startSession (request: FastifyRequest, login: Login, keep: readonly string[]): Promise<string> {
  const before = request.session
  const earlier = before[loginKey]
  put(before, login)
  try {
    await inTime(before.regenerate([...present(before, keep), loginKey]), 'the session store did not answer in time')
  } catch (error) {
    silence(request.session)
    put(before, earlier)
    request.session = before
    silence(before)
    throw error
  }
  announce(request.session)
  return request.session.encryptedSessionId
}

/** Lands this request in the session that a login of the same attempt has made. A session that has ended stays ended. */
export async function joinSession (request: FastifyRequest, pointer: string, attempt: string, stands: (login: Login) => boolean): Promise<Login> {
  const isOwn = signedId(request.session) === pointer && readLogin(request)?.attempt === attempt
  if (!isOwn) await inTime(restore(request, pointer), 'the session store did not answer in time')
  const login = readLogin(request)
  if (login?.attempt !== attempt || !stands(login)) {
    hush(request)
    throw new InvalidStateError()
  }
  if (isOwn) hush(request)
  else announce(request.session)
  return login
}

/** Ends the session, keeping the named keys in a new one. */
export async function endSession (request: FastifyRequest, reply: FastifyReply, keep: readonly string[]): Promise<void> {
  const { session } = request
  if (typeof session?.regenerate !== 'function') return
  const name = cookieNameOf(request, session)
  const kept = present(session, keep)
  if (kept.length === 0 && name !== undefined) {
    const { path, domain, sameSite, secure } = session.cookie
    await session.destroy()
    // Without Secure a browser would keep a __Host- cookie.
    reply.clearCookie(name, { path: path ?? '/', ...(domain && { domain }), ...(sameSite && { sameSite }), secure: secure === true, httpOnly: true })
  } else if (!isEmpty(session)) {
    await session.regenerate(kept)
    announce(request.session)
  }
}

/** Writes a changed login into the session; without one, takes it out. */
export async function updateLogin (request: FastifyRequest, login?: Login): Promise<void> {
  put(request.session, login)
  await request.session.save()
}

/** Nobody has put anything into it, so that no store needs to know of it. */
function isEmpty (session: Session): boolean {
  return Object.keys(session).every(key => key === 'cookie')
}

/** Where a session is stored. */
export interface Place {
  readonly store: FastifyRequest['sessionStore']
  readonly sessionId: string
}

/** Where the session is stored, for stored.ts: a slow request does not see what has become of it there. */
export function placeOf ({ sessionStore: store, session: { sessionId } }: FastifyRequest): Place {
  return { store, sessionId }
}

/** Keeps an answer that changed nothing in the session from setting, clearing or saving anything. */
export function hush ({ session }: FastifyRequest): void {
  if (typeof session?.isModified === 'function') hold(session)
}

function put (session: Session, login: unknown): void {
  Object.assign(session, { [loginKey]: login })
}

function present (session: Session, keys: readonly string[]): string[] {
  return keys.filter(key => session[key as keyof Session] !== undefined)
}

function restore (request: FastifyRequest, pointer: string): Promise<void> {
  return new Promise((resolve, reject) => {
    request.server.decryptSession(pointer, request, error => { error ? reject(error) : resolve() })
  })
}

// Only the session plugin knows the name; the cookie is recognised by its value. With a secret just rotated it is not, which is no harm.
function cookieNameOf (request: FastifyRequest, session: Session): string | undefined {
  return Object.entries(request.cookies).find(([, value]) => value?.endsWith(signedId(session)))?.[0]
}

// In the built-in MemoryStore all requests of a visitor share one object.
function freeze (value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return
  Object.freeze(value)
  Object.values(value).forEach(freeze)
}
