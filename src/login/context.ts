// What one registration of the plugin shares among its requests, made once at boot.

import type { Settings } from '../options/parse-options'
import { maxTargetLength } from '../redirect-target'
import type { Via } from '../types'
import type { Apps } from './apps'
import { EndedLogins } from '../session/ended-logins'
import { SpentAttempts } from '../attempt/spent-attempts'

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

export function createContext (settings: Settings, apps: Apps, now: () => number): Context {
  const { prefix, paths } = settings
  const loginPath = paths.login === undefined ? undefined : prefix + paths.login
  return { settings, apps, spent: new SpentAttempts(), ended: new EndedLogins(), now, loginPath }
}

/** Ends what outlived its time. Called once a minute. */
export function sweep (context: Context): void {
  const now = context.now()
  context.spent.sweep(now)
  void context.ended.sweep(now)
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
