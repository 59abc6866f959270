// The session store, asked: one that hangs must not hold a visitor for ever.

import type { FastifyRequest } from 'fastify'

/** Where a session is stored. */
export interface StoreRef {
  readonly store: FastifyRequest['sessionStore']
  readonly sessionId: string
}

type Settle<T> = (error?: unknown, value?: T) => void

/**
 * What the session store answers; rejects with its error, or with one of ours when it takes longer than so many
 * milliseconds. `onLate`: called when it answers after that all the same, without an error. A store that answers at
 * once costs no timer.
 */
export function askInTime<T> (
  ask: (settle: Settle<T>) => void, milliseconds: number, onLate: () => void = () => {}
): Promise<T> {
  return new Promise((resolve, reject) => {
    const waiting: { timer?: NodeJS.Timeout } = {}
    let isSettled = false
    let isLate = false
    ask((error, value) => {
      isSettled = true
      clearTimeout(waiting.timer)
      if (error) reject(error)
      else if (isLate) onLate()
      else resolve(value as T)
    })
    if (isSettled) return
    waiting.timer = setTimeout(() => {
      isLate = true
      reject(new Error('the session store did not answer in time'))
    }, milliseconds)
  })
}

// Some stores, those on files above all, say so of what is not there, and @fastify/session takes it so.
function isAbsent (error: unknown): boolean {
  return Object(error).code === 'ENOENT'
}

/** Destroys a session as far as the store lets us. Never rejects. */
export async function destroySession ({ store, sessionId }: StoreRef, milliseconds: number): Promise<void> {
  try {
    await askInTime(settle => { store.destroy(sessionId, settle) }, milliseconds)
  } catch {}
}

/** What the store holds under this id, untrusted; undefined or null for nothing. Rejects as `askInTime` does. */
export async function lookUp (
  store: FastifyRequest['sessionStore'], id: string, milliseconds: number
): Promise<unknown> {
  try {
    return await askInTime<unknown>(settle => { store.get(id, settle) }, milliseconds)
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}
