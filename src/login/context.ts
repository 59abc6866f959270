// What one registration of the plugin shares among its requests, made once at boot.

import type { FastifyRequest } from 'fastify'
import type { Settings } from '../options'
import type { Via } from '../types'
import type { Apps } from './apps'
import { EndedLogins } from './ended'
import { maxTargetLength } from './redirect-target'
import type { Login } from './login'
import { readLogin } from './session'
import { SpentAttempts } from './spent'

export interface Context {
  readonly settings: Settings
  readonly apps: Apps
  readonly spent: SpentAttempts
  readonly ended: EndedLogins
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Full path of the login route, or undefined where there is none. */
  readonly loginPath: string | undefined
}

const clockSkew = 60_000

export function createContext (settings: Settings, apps: Apps, now: () => number): Context {
  const { prefix, paths } = settings
  const loginPath = paths.login === undefined ? undefined : prefix + paths.login
  return { settings, apps, spent: new SpentAttempts(), ended: new EndedLogins(), now, loginPath }
}

/** Ends what outlived its time. Called once a minute. */
export function sweep (context: Context): void {
  const now = context.now()
  context.spent.sweep(now)
  context.ended.sweep(now)
}

/** The login of this request's session, if it still stands. */
export function currentLogin (context: Context, request: FastifyRequest): Login | null {
  const login = readLogin(request)
  return login !== null && stands(context, login) ? login : null
}

/** False for a login that has ended, is older than `maxAge`, comes from the future, or was made elsewhere. */
export function stands (context: Context, login: Login): boolean {
  const { ended, now, settings } = context
  const age = now() - login.at
  return age >= -clockSkew && age < settings.maxAge && !ended.has(login.attempt) && wasMadeHere(context, login)
}

// Registrations in sibling scopes may share the host's session; whom one of them lets in, another may have refused.
function wasMadeHere ({ apps, settings }: Context, { via, appid, callback }: Login): boolean {
  const app = apps.fixed[via]
  return callback === callbackPath(settings, via) && (app === undefined || app.appid === appid)
}

/** Full path of a callback route; undefined where there is none. */
export function callbackPath ({ prefix, paths }: Settings, via: Via): string | undefined {
  return paths[via] === undefined ? undefined : prefix + paths[via]
}

/** A path of this site that starts a login and comes back to the target, unless that is so long that no login could end there. */
export function loginUrl (context: Context, untrustedTarget?: string): string | undefined {
  if (context.loginPath === undefined || untrustedTarget === undefined || untrustedTarget.length > maxTargetLength) return context.loginPath
  return `${context.loginPath}?redirect=${encodeURIComponent(untrustedTarget)}`
}
