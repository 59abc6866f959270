// Is this POST from a page of this site? SameSite=Lax does not keep sibling subdomains out, and under a no-referrer
// policy (the default of @fastify/helmet) a site's own forms carry "Origin: null", so Sec-Fetch-Site is asked first.

import type { FastifyRequest } from 'fastify'
import { CrossSiteError } from '../errors'
import type { Context } from '../login/context'
import { hasCallback } from '../options/app-options'
import { isJson } from '../request-kind'
import { canonicalOrigin, originOf } from '../request-origin'

/**
 * Throws `FST_WECHAT_CROSS_SITE` unless a page of this site sent the request; without any origin header only JSON is
 * taken.
 */
export function checkSameOrigin (context: Context, request: FastifyRequest): void {
  const { 'sec-fetch-site': site, origin } = request.headers
  const isOwn = site !== undefined
    ? site === 'same-origin'
    : origin !== undefined
      ? isOwnOrigin(context, request, origin)
      : isJson(request)
  if (!isOwn) throw new CrossSiteError()
}

// Behind a proxy that Fastify was not told to trust the request's own host is not what the browser sees; the callback
// URLs' is.
function isOwnOrigin ({ apps }: Context, request: FastifyRequest, untrusted: string): boolean {
  const origin = canonicalOrigin(untrusted)
  if (origin === undefined) return false
  return origin === originOf(request) ||
    Object.values(apps.fixed).some(app => hasCallback(app) && app.origin === origin)
}
