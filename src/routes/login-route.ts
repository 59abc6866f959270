// GET login: the start of a login, 302 to WeChat. Script callers get the URL as JSON.

import { Type } from '@sinclair/typebox'
import type { FastifyRequest } from 'fastify'
import { InvalidRequestError, MisconfiguredError, WrongBrowserError } from '../errors'
import type { AppWithClient } from '../login/apps'
import { chooseApp, startAttempt, returnToOf } from '../login/start-login'
import type { Context } from '../login/context'
import type { RedirectTarget } from '../redirect-target'
import { refusePrefetch, routeOptions, type Scope } from './scope'
import { cookies, noBody, redirect, refusals, tags, text, via, withHeaders } from './schemas'

const schema = {
  tags,
  summary: 'Start a WeChat login',
  querystring: Type.Object({
    redirect,
    via: Type.Optional(via),
    hop: Type.Optional(text('Set by the server: the host has been changed once'))
  }),
  response: {
    200: Type.Object({ authorizeUrl: Type.String({ description: "WeChat's page, or this route on the callback URL's host" }), via }, { description: 'For a caller that accepts JSON', ...withHeaders(cookies.attempt) }),
    302: noBody('For a browser', { location: "WeChat's page, or this route on the callback URL's host", ...cookies.attempt }),
    ...refusals(InvalidRequestError, WrongBrowserError, MisconfiguredError)
  }
}

export function loginRoute (scope: Scope, context: Context): void {
  const path = context.settings.paths.login
  if (path === undefined) return
  scope.get(path, { ...routeOptions, onRequest: refusePrefetch, schema }, async (request, reply) => {
    const app = await chooseApp(context, request, request.query.via)
    const target = returnToOf(context, request, request.query.redirect)
    const url = request.host !== app.host && request.query.hop === undefined
      ? onCallbackHost(context, request, app, target)
      : startAttempt(context, request, reply, app, { target })
    if (isForScript(request)) return { authorizeUrl: url, via: app.via }
    return reply.redirect(url, 302)
  })
}

/** A `__Host-` cookie does not cross hosts: the attempt must begin on the callback URL's. Once, in case a proxy changes the Host header. */
function onCallbackHost ({ loginPath, settings }: Context, request: FastifyRequest, app: AppWithClient, target: RedirectTarget): string {
  const here = `${request.protocol}://${request.host}`
  const comesBackHere = target.startsWith('/') && settings.redirect.origins.has(here)
  const query = new URLSearchParams({ redirect: comesBackHere ? here + target : target, via: app.via, hop: '1' })
  return `${app.origin}${loginPath}?${query}`
}

function isForScript ({ headers: { accept } }: FastifyRequest): boolean {
  return accept !== undefined && accept.includes('application/json') && !accept.includes('text/html')
}
