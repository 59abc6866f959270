// A browser whose visitor has just logged out: for some minutes no login starts there by itself.

import type { FastifyRequest } from 'fastify'
import type { Context } from './context'
import { cookiePrefix, readCookies, setCookie } from '../cookies'

const seconds = 600

/** True for some minutes after a logout: a silent login would then undo what the visitor just did. */
export function hasSignedOut ({ settings }: Context, request: FastifyRequest): boolean {
  const name = `${cookiePrefix(settings.secure)}signed-out`
  return readCookies(request.headers.cookie).some(cookie => cookie.name === name && cookie.value !== '')
}

/** The Set-Cookie value of a logout. */
export function rememberSignedOut (context: Context): string {
  return signedOutCookie(context, '1', `Max-Age=${seconds}`)
}

/** The Set-Cookie value that forgets the logout, for a visitor who logs in again. */
export function forgetSignedOut (context: Context): string {
  return signedOutCookie(context, '', 'Max-Age=0')
}

function signedOutCookie ({ settings }: Context, value: string, attributes: string): string {
  return setCookie(`${cookiePrefix(settings.secure)}signed-out`, value, attributes, settings.secure)
}
