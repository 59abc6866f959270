// The callbacks: WeChat sends the visitor back with a code and our state. A login ends here, or says clearly why it
// does not.

import { Type } from '@sinclair/typebox'
import type { FastifyReply, FastifySchema } from 'fastify'
import {
  AccessDeniedError, ApiError, BadResponseError, CrossSiteError, InvalidCodeError, InvalidRequestError,
  InvalidStateError, InvalidUserError, MisconfiguredError, RateLimitedError, SnapshotUserError, TokenExpiredError,
  UnreachableError, UserBlockedError
} from '../errors'
import type { Context } from '../login/context'
import { handleCallback } from '../login/handle-callback'
import type { BrowserWay } from '../login/login-way'
import { loadUser, showUser } from '../login/request-user'
import { returnToOf } from '../login/start-login'
import { doneHeaders, renderDone } from '../pages/done'
import { languageOf } from '../pages/texts'
import { isEmbedded, isJson } from '../request-kind'
import { callbackParamsOf } from './callback-params'
import { bounceOnce, restartOnce } from './lost-attempt'
import { refuseAheadOfVisitor, routeOptions } from './route-config'
import { checkSameOrigin } from './same-origin'
import { code, cookies, media, noBody, redirect, refusals, state, tags, text, user, withHeaders } from './schemas'
import type { Scope } from './scope'

const mark = (description: string) => Type.Optional(text(`Set by the server: ${description}`))

const refusedLogins = [
  InvalidRequestError, InvalidCodeError, TokenExpiredError, InvalidStateError, AccessDeniedError, SnapshotUserError,
  UserBlockedError,
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
  scope.get(path, { ...routeOptions, onRequest: refuseAheadOfVisitor, schema: getSchema }, async (request, reply) => {
    const { query } = request
    const returnTo = returnToOf(context, request, query.redirect)
    const result = await handleCallback(context, request, reply, way, callbackParamsOf(request))
    if (isEmbedded(request)) {
      const isBounced = query.bounced !== undefined
      if ('lost' in result) return bounceOnce(context, request, reply, result.lost, returnTo, isBounced)
      return reply.headers(doneHeaders).send(renderDone(languageOf(request.headers['accept-language']), returnTo))
    }
    if ('lost' in result) return restartOnce(context, request, reply, way, returnTo, query.restarted !== undefined)
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
  scope.head(path, routeOptions, refuseMethod)
  const others = scope.supportedMethods.filter(method => !['GET', 'HEAD', 'POST'].includes(method))
  scope.route({
    ...routeOptions,
    url: path,
    method: others,
    schema: { hide: true } as FastifySchema,
    handler: refuseMethod
  })
}
