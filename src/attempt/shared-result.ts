// Where the login of a spent attempt is, as processes tell each other through the session store they share: one that
// gets the callback of an attempt which another has completed finds the session by it.

import type { FastifyRequest } from 'fastify'
import type { Settings } from '../options/parse-options'
import { clockSkew } from '../session/clock-skew'
import type { SessionRef } from '../session/login-record'
import { isShared, readNote, writeNote } from '../session/stored-note'
import { open, seal } from './seal'

type Store = FastifyRequest['sessionStore']
type ResultSettings = Pick<Settings, 'attempts' | 'timeout'>

/**
 * What `joinSession` needs, from the process that completed the attempt; null while none has. `key` is the `hashState`
 * of `state`. Rejects with the error of a store that fails, or that does not answer in time.
 */
export async function readSharedResult (
  store: Store, state: string, key: string, { attempts, timeout }: ResultSettings
): Promise<SessionRef | null> {
  if (!isShared(store)) return null
  const { wechatSpent } = await readNote(store, key, timeout)
  const session = open(wechatSpent, state, attempts.keys)
  return session === null ? null : { session, loginId: key }
}

/**
 * Tells the other processes where the login of this attempt is, until a minute after the attempt's own end (`endsAt`,
 * milliseconds since 1970): the session's signed id, sealed. Rejects with the error of a store that fails, or that does
 * not answer in time.
 */
export async function writeSharedResult (
  store: Store, { session }: SessionRef, state: string, key: string, { attempts, timeout }: ResultSettings,
  endsAt: number
): Promise<void> {
  if (!isShared(store)) return
  const life = endsAt + clockSkew - Date.now()
  await writeNote(store, key, { wechatSpent: seal(session, state, attempts.keys) }, life, timeout)
}
