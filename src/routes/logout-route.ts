// POST logout: ends the login. 204 for scripts, 303 for a form.

import { Type } from '@sinclair/typebox'
import type { FastifyRequest } from 'fastify'
import { CrossSiteError, InvalidRequestError } from '../errors'
import type { Context } from '../login/context'
import { logout } from '../login/end-login'
import { returnToOf } from '../login/start-login'
import { isNavigation } from '../request-kind'
import { routeOptions } from './route-config'
import { checkSameOrigin } from './same-origin'
import { noBody, redirect, refusals, tags } from './schemas'
import type { Scope } from './scope'

const ended = 'Ends the session, and tells the guard for some minutes that the visitor has signed out'

const schema = {
  tags,
  summary: 'Log out',
  consumes: ['application/json', 'application/x-www-form-urlencoded'],
  body: Type.Union([Type.Object({ redirect }), Type.Null()]),
  response: {
    204: noBody('Logged out, for a script', { 'set-cookie': ended }),
    303: noBody('Logged out, for a form', { location: 'The redirect target', 'set-cookie': ended }),
    ...refusals(InvalidRequestError, CrossSiteError)
  }
}

export function mountLogout (scope: Scope, context: Context): void {
  const path = context.settings.paths.logout
  if (path === undefined) return
  scope.post(path, { ...routeOptions, schema }, async (request, reply) => {
    checkSameOrigin(context, request)
    await logout(context, request, reply)
    if (!isNavigation(request)) return reply.code(204).send(null)
    return reply.redirect(returnToOf(context, request, bodyOf(request).redirect), 303)
  })
}

function bodyOf ({ body }: FastifyRequest): { redirect?: unknown } {
  return Object(body)
}
