// A callback whose attempt has no cookie: browsers lose it on the way, and withhold it from an iframe. Each is sent on
// once; after that the visitor is asked to log in again.

import type { FastifyReply, FastifyRequest } from 'fastify'
import { InvalidStateError } from '../errors'
import type { Context } from '../login/context'
import type { LostAttempt } from '../login/handle-callback'
import type { BrowserWay } from '../login/login-way'
import { hasSignedOut } from '../login/signed-out'
import { findFittingWay, startLogin } from '../login/start-login'
import { bounceHeaders, renderBounce } from '../pages/bounce'
import { languageOf } from '../pages/texts'
import type { RedirectTarget } from '../redirect-target'
import { callbackUrl } from '../urls'

/**
 * Inside an iframe a lost cookie is the rule, not the exception: the browser withholds it once. What is sent on is made
 * of checked parts only.
 */
export function bounceOnce (
  { settings }: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  { app, code, state }: LostAttempt['lost'],
  returnTo: RedirectTarget,
  bounced: boolean
): FastifyReply {
  if (bounced || !/^[\w-]+$/.test(code)) throw new InvalidStateError()
  const url = `${callbackUrl(app, { returnTo, embedded: true, bounced: true }, settings.redirect.fallback)}` +
    `&code=${code}&state=${state}`
  return reply.headers(bounceHeaders).send(renderBounce(languageOf(request.headers['accept-language']), url))
}

/**
 * WeChat's browser loses cookies on the way: one new attempt, unseen by the visitor, and never for one who has just
 * logged out.
 */
export async function restartOnce (
  context: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  way: BrowserWay,
  returnTo: RedirectTarget,
  restarted: boolean
): Promise<FastifyReply> {
  const dest = request.headers['sec-fetch-dest'] ?? 'document'
  const mayRestart =
    way.browser.restartsLostAttempt && dest === 'document' && !restarted && !hasSignedOut(context, request)
  const choice = mayRestart ? await findFittingWay(context, request) : undefined
  if (choice === undefined) throw new InvalidStateError()
  return reply.redirect(startLogin(context, request, reply, choice, { returnTo, restarted: true }), 302)
}
