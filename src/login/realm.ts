// A login counts only where it was made. Registrations in sibling scopes, and other sites, may share a store and a
// secret: whom one of them lets in, another may have refused.

import type { FastifyRequest } from 'fastify'
import type { Settings } from '../options/parse-options'
import { canonicalHost } from '../request-origin'
import type { Login } from '../session/login-record'
import { wayPath } from '../urls'
import type { Via } from '../via'
import type { Apps } from './apps'

/** The realm of the logins of one way, at this request's address. */
export function realmOf (settings: Settings, apps: Apps, via: Via, { host }: FastifyRequest): string {
  return apps.fixed[via]?.realm ?? `${canonicalHost(host)}${wayPath(settings, via)}`
}

export function isOwnLogin (
  settings: Settings, apps: Apps, { via, appid, realm }: Login, request: FastifyRequest
): boolean {
  const app = apps.fixed[via]
  return (app === undefined || app.appid === appid) && realm === realmOf(settings, apps, via, request)
}
