// What the session store itself says of a login: another process may have ended it, or a slow request have brought it back.

import type { EndAgain } from './ended-logins'
import { isAbsent, lookUp } from './session-store'
import { type Login, loginKey } from './login'
import type { Place } from './session'

/** False once another process has ended the login: to save it would bring it back. */
export async function isStored ({ store, sessionId }: Place, login: Login, timeout: number): Promise<boolean> {
  return holds(await lookUp(store, sessionId, timeout), login)
}

/** Destroys the session where it still holds the login; a store that cannot tell is taken to. For `EndedLogins`. */
export function destroyer ({ store, sessionId }: Place, login: Login): EndAgain {
  return told => {
    store.get(sessionId, (error, session) => {
      if (error ? isAbsent(error) : !holds(session, login)) told(false)
      else store.destroy(sessionId, () => { told(true) })
    })
  }
}

function holds (session: unknown, login: Login): boolean {
  return (session as Record<string, Partial<Login> | undefined> | null | undefined)?.[loginKey]?.attempt === login.attempt
}
