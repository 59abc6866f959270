// The end of a login: in the session, in the memory of this process, and in the browser, which is told that its visitor has signed out.

import type { FastifyReply, FastifyRequest } from 'fastify'
import { tell } from '../events'
import { cookiePrefix, readCookies, setCookie } from './attempt'
import type { Context } from './context'
import { identifyLogin } from './identify'
import type { Login } from './login'
import { endSession, type Place, placeOf, readLogin } from './session'
import { destroyer } from './stored'

const signedOutSeconds = 600

/** Ends the login and changes the session id; only `keepSessionKeys` survive. */
export async function logout (context: Context, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const login = readLogin(request)
  if (login !== null) endLogin(context, login, placeOf(request))
  const { keepSessionKeys, timeout } = context.settings
  await endSession(request, reply, keepSessionKeys, timeout)
  reply.header('set-cookie', signedOutCookie(context, '1', `Max-Age=${signedOutSeconds}`))
  if (login !== null) tell('login.ended', () => identifyLogin(login), request.log)
}

/** From now on no session of this process brings this login back, even if a slow request saves it once more. */
export function endLogin ({ ended, now }: Context, login: Login, place: Place): void {
  ended.add(login.attempt, now(), destroyer(place, login))
}

/** True for some minutes after a logout: a silent login would then undo what the visitor just did. */
export function hasSignedOut ({ settings }: Context, request: FastifyRequest): boolean {
  const name = `${cookiePrefix(settings.secure)}signed-out`
  return readCookies(request.headers.cookie).some(cookie => cookie.name === name && cookie.value !== '')
}

/** The Set-Cookie value that forgets the logout, for a visitor who logs in again. */
export function forgetSignedOut (context: Context): string {
  return signedOutCookie(context, '', 'Max-Age=0')
}

function signedOutCookie ({ settings }: Context, value: string, attributes: string): string {
  return setCookie(`${cookiePrefix(settings.secure)}signed-out`, value, attributes, settings.secure)
}
