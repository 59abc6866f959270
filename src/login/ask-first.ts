// When a guard shows a page with a login button in place of a login at once.

import type { FastifyRequest } from 'fastify'
import { hasCallback } from '../options/app-options'
import type { TextName } from '../pages/page-text'
import { isWechatBrowser } from '../request-kind'
import { canonicalHost, canonicalOrigin, originOf } from '../request-origin'
import type { Context } from './context'
import { hasSignedOut } from './signed-out'

/** What the page says; undefined where the login begins at once. */
export function askFirst (context: Context, request: FastifyRequest): TextName | undefined {
  // A silent login right after a logout would undo it.
  if (hasSignedOut(context, request)) return 'signedOut'
  const { settings } = context
  // WeChat answers a consent that nobody asked for with its snapshot page.
  return settings.askFirst && isWechatBrowser(settings, request) && isFromOutside(context, request)
    ? 'loginFirst'
    : undefined
}

/** Was the page opened from a chat, a menu, a scan or another site? */
function isFromOutside ({ apps }: Context, request: FastifyRequest): boolean {
  const { 'sec-fetch-site': site, referer = '' } = request.headers
  if (site !== undefined) return site !== 'same-origin'
  const from = URL.canParse(referer) ? canonicalOrigin(new URL(referer).origin) : undefined
  if (from === undefined) return true
  // A proxy may hide that the browser speaks https, or another host.
  const here = [originOf(request), `https://${canonicalHost(request.host)}`]
  const isCallbacks = Object.values(apps.fixed).some(app => hasCallback(app) && app.origin === from)
  return !here.includes(from) && !isCallbacks
}
