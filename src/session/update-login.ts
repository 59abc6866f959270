// A login that has changed, or is over, in the session it lives in.

import type { FastifyRequest } from 'fastify'
import { type Login, loginKey } from './login-record'
import { sendNothing } from './session-answer'
import { setLogin } from './session-keys'
import { askInTime } from './session-store'

/**
 * Writes a changed login into the session and saves it; without a login, takes it out. Rejects with the error of a
 * store that fails, or that does not answer in `timeout` milliseconds.
 */
export async function updateLogin (
  { session }: FastifyRequest, login: Login | undefined, timeout: number
): Promise<void> {
  setLogin(session, login)
  try {
    await askInTime(settle => { session.save(settle) }, timeout)
  } catch (error) {
    // The session plugin would try again with the answer, and wait for ever or tell the visitor what the store said.
    sendNothing(session)
    throw error
  }
}

/**
 * Takes the login out of the request's session and saves nothing, so that a session which has ended is not brought
 * back.
 */
export function forgetLogin ({ session }: FastifyRequest): void {
  if (session?.[loginKey] === undefined) return
  setLogin(session, undefined)
  sendNothing(session)
}
