// Whether the login in a session still stands.

import type { FastifyRequest } from 'fastify'
import { clockSkew } from '../attempt/attempt-cookie'
import { callbackPath, type Context } from '../login/context'
import type { Login } from './login-record'
import { readLogin } from './request-session'

/** The login of this request's session, if it still stands. */
export function currentLogin (context: Context, request: FastifyRequest): Login | null {
  const login = readLogin(request)
  return login !== null && isActive(context, login) ? login : null
}

/** False for a login that has ended, is older than `maxAge`, comes from the future, or was made elsewhere. */
export function isActive (context: Context, login: Login): boolean {
  const { ended, now, settings } = context
  const age = now() - login.at
  return age >= -clockSkew && age < settings.maxAge && !ended.has(login.attempt) && wasMadeHere(context, login)
}

// Registrations in sibling scopes may share the host's session; whom one of them lets in, another may have refused.
function wasMadeHere ({ apps, settings }: Context, { via, appid, callback }: Login): boolean {
  const app = apps.fixed[via]
  return callback === callbackPath(settings, via) && (app === undefined || app.appid === appid)
}
