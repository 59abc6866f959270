// The marker of a spent attempt in the shared session store: another process that gets the same callback finds the session by it.
// It is shaped like a session, so that Redis stores give it a life time, and holds no login, so that it is never accepted as one.

import type { FastifyRequest } from 'fastify'
import type { Settings } from '../options/parse-options'
import { clockSkew } from '../session/clock-skew'
import { inTime, lookUp } from '../session/session-store'
import { open, seal } from './seal'
import type { SessionRef } from '../session/login-record'

interface SharedResult {
  cookie: { expires: Date, originalMaxAge: number, path: string, httpOnly: boolean, secure: boolean }
  wechatSpent: string
}

type Store = FastifyRequest['sessionStore']
type MarkerSettings = Pick<Settings, 'attempts' | 'timeout'>

/**
 * False for the built-in MemoryStore, which is this process's own: `SpentAttempts` knows all that a marker there could tell. The class names
 * itself in a property of its own, and so is known without loading the package; one made from it has another constructor.
 */
export function isShared ({ constructor }: Store): boolean {
  return (constructor as { MemoryStore?: unknown }).MemoryStore !== constructor
}

/** What `joinSession` needs, from the process that finished the attempt; null while none has. */
export async function readSharedResult (store: Store, state: string, key: string, { attempts, timeout }: MarkerSettings): Promise<SessionRef | null> {
  if (!isShared(store)) return null
  const marker = await lookUp(store, key, timeout)
  const session = open((marker as Partial<SharedResult> | null | undefined)?.wechatSpent, state, attempts.keys)
  return session === null ? null : { session, loginId: key }
}

/** Tells the other processes where the login of this attempt is. */
export async function writeSharedResult (store: Store, { session }: SessionRef, state: string, key: string, { attempts, timeout }: MarkerSettings, endsAt: number): Promise<void> {
  if (!isShared(store)) return
  const expires = new Date(endsAt + clockSkew)
  const marker: SharedResult = {
    cookie: { expires, originalMaxAge: Math.max(1000, expires.getTime() - Date.now()), path: '/', httpOnly: true, secure: true },
    wechatSpent: seal(session, state, attempts.keys)
  }
  await inTime(settle => { store.set(key, marker as SharedResult & Parameters<Store['set']>[1], settle) }, timeout)
}
