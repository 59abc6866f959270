// Notes that processes leave for each other in the session store they share: where the login of an attempt is, which
// login has ended. A note is shaped like a session, with every field that stores read a life time from, and holds no
// login, so that it is never accepted as one.

import type { FastifyRequest } from 'fastify'
import { askInTime, lookUp } from './session-store'

type Store = FastifyRequest['sessionStore']

interface NoteCookie {
  expires: Date
  /** Milliseconds, as `originalMaxAge`; memorystore and better-sqlite3-session-store read nothing else. */
  maxAge: number
  originalMaxAge: number
  path: string
  httpOnly: boolean
  secure: boolean
}

/**
 * False for the built-in MemoryStore, which is this process's own and has nobody to tell. The class names itself in a
 * property of its own, and so is known without loading the package; a store class made from it has another constructor.
 */
export function isShared ({ constructor }: Store): boolean {
  return (constructor as { MemoryStore?: unknown }).MemoryStore !== constructor
}

/**
 * Leaves a note under `id` for so many milliseconds, a second at least.
 * Rejects with the error of a store that fails, or that does not answer in `timeout` milliseconds.
 */
export async function writeNote (
  store: Store, id: string, content: object, life: number, timeout: number
): Promise<void> {
  const originalMaxAge = Math.max(1000, life)
  const expires = new Date(Date.now() + originalMaxAge)
  const cookie: NoteCookie = {
    expires,
    maxAge: originalMaxAge,
    originalMaxAge,
    path: '/',
    httpOnly: true,
    secure: true
  }
  const note = { cookie, ...content } as unknown as Parameters<Store['set']>[1]
  await askInTime(settle => { store.set(id, note, settle) }, timeout)
}

/** What stands under `id`, untrusted; an empty object for nothing. Rejects as `writeNote` does. */
export async function readNote (store: Store, id: string, timeout: number): Promise<Record<string, unknown>> {
  return Object(await lookUp(store, id, timeout)) as Record<string, unknown>
}
