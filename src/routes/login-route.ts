// GET login: the start of a login, 302 to WeChat. Script callers get the URL as JSON.

import { Type } from '@sinclair/typebox'
import { InvalidRequestError, MisconfiguredError, WrongBrowserError } from '../errors'
import type { Context } from '../login/context'
import { chooseWay, returnToOf, startLogin } from '../login/start-login'
import { wantsJson } from '../request-kind'
import { canonicalHost } from '../request-origin'
import { loginUrlOnCallbackHost } from '../urls'
import { refuseAheadOfVisitor, routeOptions } from './route-config'
import { cookies, noBody, redirect, refusals, tags, text, viaOf, withHeaders } from './schemas'
import type { Scope } from './scope'

const leadsTo = "WeChat's page, or this route on the callback URL's host"

function schemaFor (context: Context) {
  const via = viaOf(context.browserWays)
  return {
    tags,
    summary: 'Start a WeChat login',
    querystring: Type.Object({
      redirect,
      via: Type.Optional(via),
      hop: Type.Optional(text('Set by the server: the host has been changed once'))
    }),
    response: {
      200: Type.Object({ authorizeUrl: Type.String({ description: leadsTo }), via }, {
        description: 'For a caller that accepts JSON',
        ...withHeaders(cookies.attempt)
      }),
      302: noBody('For a browser', { location: leadsTo, ...cookies.attempt }),
      ...refusals(InvalidRequestError, WrongBrowserError, MisconfiguredError)
    }
  }
}

export function mountLogin (scope: Scope, context: Context): void {
  const { settings } = context
  const path = settings.paths.login
  if (path === undefined) return
  scope.get(path, {
    ...routeOptions,
    onRequest: refuseAheadOfVisitor,
    schema: schemaFor(context)
  }, async (request, reply) => {
    const { via, redirect } = request.query
    const returnTo = returnToOf(context, request, redirect)
    const choice = await chooseWay(context, request, { via, returnTo })
    const { app } = choice
    // Once, in case a proxy changes the Host header.
    const url = canonicalHost(request.host) !== canonicalHost(app.host) && request.query.hop === undefined
      ? loginUrlOnCallbackHost(settings, request, app, returnTo)
      : startLogin(context, request, reply, choice, { returnTo })
    if (wantsJson(request)) return { authorizeUrl: url, via: app.via }
    return reply.redirect(url, 302)
  })
}
