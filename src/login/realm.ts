// A login counts only where it was made. Registrations in sibling scopes, and other sites, may share a store and a
// secret: whom one of them lets in, another may have refused.

import type { FastifyRequest } from 'fastify'
import { type Hint, MisconfiguredError } from '../errors'
import type { Settings } from '../options/parse-options'
import { canonicalHost } from '../request-origin'
import type { Login } from '../session/login-record'
import { wayPath } from '../urls'
import type { Via } from '../via'
import type { Apps } from './apps'

/**
 * The realm of the logins of one way, at this request's address. Throws `FST_WECHAT_MISCONFIGURED` where the host's
 * function does not say it.
 */
export function realmOf (settings: Settings, apps: Apps, via: Via, request: FastifyRequest): string {
  const { realm } = settings
  if (realm === undefined) return apps.fixed[via]?.realm ?? `${canonicalHost(request.host)}${wayPath(settings, via)}`
  return typeof realm === 'string' ? realm : askHost(realm, request)
}

export function isOwnLogin (
  settings: Settings, apps: Apps, { via, appid, realm }: Login, request: FastifyRequest
): boolean {
  const app = apps.fixed[via]
  return (app === undefined || app.appid === appid) && realm === realmOf(settings, apps, via, request)
}

const noText: Hint = {
  en: 'Option realm is a function that threw, or returned something else than a text that is not empty. It must ' +
    'return one at once for every request, without a promise.',
  zh: '选项 realm 的函数抛出了错误，或者返回的不是非空文本。它必须对每个请求立即返回一个非空文本，不能返回 Promise。'
}

function askHost (realm: (request: FastifyRequest) => unknown, request: FastifyRequest): string {
  let answer: unknown
  let cause: unknown
  try {
    answer = realm(request)
  } catch (error) {
    cause = error
  }
  if (typeof answer === 'string' && answer !== '') return answer
  throw Object.assign(new MisconfiguredError(), { hint: noText, ...(cause !== undefined && { cause }) })
}
