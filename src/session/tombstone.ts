// A login that has ended, as processes tell each other through the session store they share. Destroying its session is
// not enough: a slow request on another machine, begun before the logout, may write the session once more.

import { hash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { isShared, readNote, writeNote } from './stored-note'

type Store = FastifyRequest['sessionStore']

/** Milliseconds: no request goes on for longer than a quarter of an hour. */
const tombstoneLife = 15 * 60_000

/** The name of a login is known to who lists logins; what is stored for it is not found by it alone. */
function tombstoneId (loginId: string): string {
  return hash('sha256', `ended\n${loginId}`, 'base64url')
}

/** Tells every process. Rejects with the error of a store that fails, or that does not answer in time. */
export async function writeTombstone (store: Store, loginId: string, timeout: number): Promise<void> {
  if (isShared(store)) await writeNote(store, tombstoneId(loginId), { wechatEnded: true }, tombstoneLife, timeout)
}

/** True for a login that has ended on any process. Rejects with the error of a store that fails, or takes too long. */
export async function hasTombstone (store: Store, loginId: string, timeout: number): Promise<boolean> {
  return isShared(store) && (await readNote(store, tombstoneId(loginId), timeout)).wechatEnded === true
}
