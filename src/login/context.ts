// What one registration of the plugin shares among its requests, made once at boot.

import type { FastifyRequest } from 'fastify'
import { SpentAttempts } from '../attempt/spent-attempts'
import type { Settings } from '../options/parse-options'
import { EndedLogins } from '../session/ended-logins'
import type { Login } from '../session/login-record'
import type { Apps } from './apps'
import { type BrowserWay, isBrowserWay, type LoginWay } from './login-way'
import { isOwnLogin } from './realm'

export interface Context {
  readonly settings: Settings
  /** In the order in which a browser is offered them. */
  readonly ways: readonly LoginWay[]
  readonly browserWays: readonly BrowserWay[]
  readonly apps: Apps
  readonly spent: SpentAttempts
  readonly ended: EndedLogins
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** False for a login that was made in another realm. */
  readonly isOwn: (login: Login, request: FastifyRequest) => boolean
}

export function createContext (settings: Settings, ways: readonly LoginWay[], apps: Apps, now: () => number): Context {
  return {
    settings,
    ways,
    browserWays: ways.filter(isBrowserWay),
    apps,
    spent: new SpentAttempts(),
    ended: new EndedLogins(),
    now,
    isOwn: (login, request) => isOwnLogin(settings, apps, login, request)
  }
}

/** Ends what outlived its time. Called once a minute. */
export function sweep (context: Context): void {
  const now = context.now()
  context.spent.sweep(now)
  void context.ended.sweep(now)
}
