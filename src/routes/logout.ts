// POST logout: ends the login. 204 for scripts, 303 for a form.

import { Type } from '@sinclair/typebox'
import type { FastifyRequest } from 'fastify'
import type { Context } from '../login/context'
import { logout } from '../login/logout'
import { targetOf } from '../login/start'
import { isNavigation } from '../pages/answer'
import { checkSameOrigin } from './same-origin'
import { routeOptions, type Scope } from './scope'
import { error, redirect, tags } from './schemas'

const schema = {
  tags,
  summary: 'Log out',
  body: Type.Union([Type.Object({ redirect }), Type.Null()]),
  response: {
    204: Type.Null({ description: 'Logged out, for a script' }),
    303: Type.Null({ description: 'Logged out, for a form; to the redirect target' }),
    '4xx': error,
    '5xx': error
  }
}

export function logoutRoute (scope: Scope, context: Context): void {
  const path = context.settings.paths.logout
  if (path === undefined) return
  scope.post(path, { ...routeOptions, schema }, async (request, reply) => {
    checkSameOrigin(context, request)
    await logout(context, request, reply)
    if (!isNavigation(request)) return reply.code(204).send(null)
    return reply.redirect(targetOf(context, request, bodyOf(request).redirect), 303)
  })
}

function bodyOf ({ body }: FastifyRequest): { redirect?: unknown } {
  return Object(body)
}
