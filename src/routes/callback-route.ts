// The callbacks: WeChat sends the visitor back with a code and our state. A login ends here, or says clearly why it
// does not.

import { Type } from '@sinclair/typebox'
import type { FastifyReply, FastifyRequest, FastifySchema } from 'fastify'
import {
  AccessDeniedError, ApiError, BadResponseError, CrossSiteError, InvalidCodeError, InvalidRequestError,
  InvalidStateError, InvalidUserError, MisconfiguredError, RateLimitedError, SnapshotUserError, TokenExpiredError,
  UnreachableError
} from '../errors'
import type { Context } from '../login/context'
import { handleCallback, type LostAttempt } from '../login/handle-callback'
import type { BrowserWay } from '../login/login-way'
import { loadUser, showUser } from '../login/request-user'
import { hasSignedOut } from '../login/signed-out'
import { findFittingWay, returnToOf, startLogin } from '../login/start-login'
import { bounceHeaders, renderBounce } from '../pages/bounce'
import { doneHeaders, renderDone } from '../pages/done'
import { languageOf } from '../pages/texts'
import type { RedirectTarget } from '../redirect-target'
import { isEmbedded, isJson } from '../request-kind'
import { callbackUrl } from '../urls'
import { callbackParamsOf, takeFromQuery } from './callback-params'
import { refuseAheadOfVisitor, routeOptions } from './route-config'
import { checkSameOrigin } from './same-origin'
import { code, cookies, media, noBody, redirect, refusals, state, tags, text, user, withHeaders } from './schemas'
import type { Scope } from './scope'

const mark = (description: string) => Type.Optional(text(`Set by the server: ${description}`))

const refusedLogins = [
  InvalidRequestError, InvalidCodeError, TokenExpiredError, InvalidStateError, AccessDeniedError, SnapshotUserError,
  InvalidUserError, MisconfiguredError, BadResponseError, ApiError, RateLimitedError, UnreachableError
]

const getSchema = {
  tags,
  summary: 'Where WeChat sends the visitor back to',
  querystring: Type.Object({
    code: Type.Optional(code),
    state: Type.Optional(state),
    redirect,
    restarted: mark('this attempt replaces one whose cookie was lost'),
    embedded: mark('inside an iframe of a page of this site'),
    bounced: mark('sent on once, so that the browser adds its cookies')
  }),
  response: {
    200: media('text/html', 'Inside an iframe: a page that tells the page around it'),
    302: noBody(
      'The browser has lost the cookie of its attempt, and begins another one',
      { location: "WeChat's page", ...cookies.attempt }
    ),
    303: noBody('Logged in', { location: 'The redirect target', ...cookies.session }),
    ...refusals(...refusedLogins)
  }
}

const postSchema = {
  tags,
  summary: 'Finish a login from a single-page app that received the code',
  body: Type.Object({ code: Type.Optional(code), state: Type.Optional(state), redirect }),
  response: {
    200: Type.Object(
      { user, redirect: Type.String({ description: 'The redirect target' }) },
      { description: 'Logged in', ...withHeaders(cookies.session) }
    ),
    ...refusals(CrossSiteError, ...refusedLogins)
  }
}

/** The routes at which a way's logins end: GET for the browser, POST for a single-page app. */
export function mountCallback (scope: Scope, context: Context, way: BrowserWay): void {
  const path = context.settings.paths[way.via]
  if (path === undefined) return
  mountGet(scope, context, way, path)
  mountPost(scope, context, way, path)
  refuseOtherMethods(scope, path)
}

function mountGet (scope: Scope, context: Context, way: BrowserWay, path: string): void {
  const onRequest = [takeFromQuery, refuseAheadOfVisitor]
  scope.get(path, { ...routeOptions, onRequest, schema: getSchema }, async (request, reply) => {
    const { query } = request
    const returnTo = returnToOf(context, request, query.redirect)
    const result = await handleCallback(context, request, reply, way, callbackParamsOf(request))
    if (isEmbedded(request)) {
      if ('lost' in result) return bounce(context, request, reply, result.lost, returnTo, query.bounced !== undefined)
      return reply.headers(doneHeaders).send(renderDone(languageOf(request.headers['accept-language']), returnTo))
    }
    if ('lost' in result) return restart(context, request, reply, way, returnTo, query.restarted !== undefined)
    return reply.redirect(returnTo, 303)
  })
}

function mountPost (scope: Scope, context: Context, way: BrowserWay, path: string): void {
  scope.post(path, { ...routeOptions, schema: postSchema }, async (request, reply) => {
    checkSameOrigin(context, request)
    if (!isJson(request)) throw new InvalidRequestError()
    const returnTo = returnToOf(context, request, request.body.redirect)
    const result = await handleCallback(context, request, reply, way, callbackParamsOf(request))
    if ('lost' in result) throw Object.assign(new InvalidStateError(), { loginUrl: context.settings.loginPath })
    const loaded = await loadUser(context, request)
    if (loaded === null) throw new AccessDeniedError()
    return { user: await showUser(context, request, loaded), redirect: returnTo }
  })
}

/** Fastify's own 404 would log the URL, and with it a code that is not spent yet. */
function refuseOtherMethods (scope: Scope, path: string): void {
  const refuseMethod = async (_request: unknown, reply: FastifyReply): Promise<FastifyReply> =>
    reply.code(405).header('allow', 'GET, POST').send()
  const options = { ...routeOptions, onRequest: takeFromQuery }
  scope.head(path, options, refuseMethod)
  const others = scope.supportedMethods.filter(method => !['GET', 'HEAD', 'POST'].includes(method))
  scope.route({
    ...options,
    url: path,
    method: others,
    schema: { hide: true } as FastifySchema,
    handler: refuseMethod
  })
}

/**
 * Inside an iframe a lost cookie is the rule, not the exception: the browser withholds it once. What is sent on is made
 * of checked parts only.
 */
function bounce (
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
async function restart (
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
