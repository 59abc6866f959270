// Where the login of a spent attempt is, as processes tell each other through the session store they share: one that
// gets the callback of an attempt which another has completed finds the session by it. It is shaped like a session, so
// that Redis stores give it a life time, and holds no login, so that it is never accepted as one.

import type { FastifyRequest } from 'fastify'
import type { Settings } from '../options/parse-options'
import { clockSkew } from '../session/clock-skew'
import type { SessionRef } from '../session/login-record'
import { askInTime, lookUp } from '../session/session-store'
import { open, seal } from './seal'

/** In the store under the attempt's key. */
interface SharedResult {
  cookie: { expires: Date, originalMaxAge: number, path: string, httpOnly: boolean, secure: boolean }
  /** The session's signed id, sealed. Named as processes of earlier versions write and read it. */
  wechatSpent: string
}

type Store = FastifyRequest['sessionStore']
type ResultSettings = Pick<Settings, 'attempts' | 'timeout'>

/**
 * False for the built-in MemoryStore, which is this process's own: `SpentAttempts` knows all that a shared result
 * could tell. The class names itself in a property of its own, and so is known without loading the package; a store
 * class made from it has another constructor.
 */
export function isShared ({ constructor }: Store): boolean {
  return (constructor as { MemoryStore?: unknown }).MemoryStore !== constructor
}

/**
 * What `joinSession` needs, from the process that completed the attempt; null while none has. `key` is the `hashState`
 * of `state`. Rejects with the error of a store that fails, or that does not answer in time.
 */
export async function readSharedResult (
  store: Store, state: string, key: string, { attempts, timeout }: ResultSettings
): Promise<SessionRef | null> {
  if (!isShared(store)) return null
  const untrusted = await lookUp(store, key, timeout) as Partial<SharedResult> | null | undefined
  const session = open(untrusted?.wechatSpent, state, attempts.keys)
  return session === null ? null : { session, loginId: key }
}

/**
 * Tells the other processes where the login of this attempt is, until a minute after the attempt's own end (`endsAt`,
 * milliseconds since 1970). Rejects with the error of a store that fails, or that does not answer in time.
 */
export async function writeSharedResult (
  store: Store, { session }: SessionRef, state: string, key: string, { attempts, timeout }: ResultSettings,
  endsAt: number
): Promise<void> {
  if (!isShared(store)) return
  const expires = new Date(endsAt + clockSkew)
  const originalMaxAge = Math.max(1000, expires.getTime() - Date.now())
  const sharedResult: SharedResult = {
    cookie: { expires, originalMaxAge, path: '/', httpOnly: true, secure: true },
    wechatSpent: seal(session, state, attempts.keys)
  }
  await askInTime(settle => {
    store.set(key, sharedResult as SharedResult & Parameters<Store['set']>[1], settle)
  }, timeout)
}
