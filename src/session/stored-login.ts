// What the session store itself says of a login: another process may have ended it, or a slow request have brought it
// back.

import type { EndedLogins, RevokeAgain } from './ended-logins'
import { type Login, loginKey } from './login-record'
import { copyText } from '../text-copy'
import { destroySession, lookUp, type StoreRef } from './session-store'

/**
 * False once another process has ended the login: to save it would bring it back. Rejects with the error of a store
 * that fails, or that does not answer in `timeout` milliseconds.
 */
export async function isStored (
  { store, sessionId }: StoreRef, login: Pick<Login, 'id'>, timeout: number
): Promise<boolean> {
  return holdsLogin(await lookUp(store, sessionId, timeout), login)
}

/**
 * For `EndedLogins`: destroys the session where it still holds the login. A store that cannot tell is asked again
 * another time.
 */
export function createRevokeAgain (
  { store, sessionId }: StoreRef, { id }: Pick<Login, 'id'>, timeout: number
): RevokeAgain {
  // Kept for a quarter of an hour, without the request and the user that they came with.
  const storeRef = { store, sessionId: copyText(sessionId) }
  const login = { id: copyText(id) }
  return async () => {
    try {
      if (!await isStored(storeRef, login, timeout)) return false
      await destroySession(storeRef, timeout)
    } catch {}
    return true
  }
}

/** What a process needs to remember that a login has ended. */
export interface Memory {
  readonly ended: EndedLogins
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Milliseconds that the store may take. */
  readonly settings: { readonly timeout: number }
}

/** This process knows from now on that the login has ended. */
export function rememberEnd (
  { ended, now, settings: { timeout } }: Memory, login: Pick<Login, 'id'>, storeRef: StoreRef
): void {
  ended.add(login.id, now(), createRevokeAgain(storeRef, login, timeout))
}

function holdsLogin (untrusted: unknown, login: Pick<Login, 'id'>): boolean {
  const stored = untrusted as Record<string, Partial<Login> | undefined> | null | undefined
  return stored?.[loginKey]?.id === login.id
}
