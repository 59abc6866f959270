// The login that comes back to the page that a visitor has opened.

import type { FastifyRequest } from 'fastify'
import type { Settings } from '../options/parse-options'
import { maxTargetLength } from '../redirect-target'
import { loginUrl, openedUrl } from '../urls'

/** Undefined where there is no login route. */
export function loginUrlFor (settings: Settings, request: FastifyRequest): string | undefined {
  const opened = openedUrl(settings, request)
  if (opened.length <= maxTargetLength) return loginUrl(settings, opened)
  const [path] = opened.split('?', 1) as [string]
  const keeps = path.length <= maxTargetLength
  request.log.warn('fastify-wechat-login: the URL of a guarded page is longer than ' +
    `${maxTargetLength} characters (a Chinese one counts 9); after the login its visitor comes back to ` +
    (keeps ? 'the page without its query' : 'redirect.default'))
  return loginUrl(settings, keeps ? path : undefined)
}
