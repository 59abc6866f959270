// What the session store itself says of a login: another process may have ended it, or a slow request have brought it
// back.

import type { RevokeAgain } from './ended-logins'
import { destroy, lookUp, type StoreRef } from './session-store'
import { type Login, loginKey } from './login-record'

/** False once another process has ended the login: to save it would bring it back. */
export async function isStored ({ store, sessionId }: StoreRef, login: Login, timeout: number): Promise<boolean> {
  return holds(await lookUp(store, sessionId, timeout), login)
}

/**
 * Destroys the session where it still holds the login; a store that cannot tell is asked again another time. For
 * `EndedLogins`.
 */
export function createRevokeAgain (place: StoreRef, login: Login, timeout: number): RevokeAgain {
  return async () => {
    try {
      if (!await isStored(place, login, timeout)) return false
      await destroy(place, timeout)
    } catch {}
    return true
  }
}

function holds (session: unknown, login: Login): boolean {
  return (session as Record<string, Partial<Login> | undefined> | null | undefined)?.[loginKey]?.id === login.id
}
