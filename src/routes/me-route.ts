// GET me: who is logged in, for a front end that asks first.

import { Type } from '@sinclair/typebox'
import { UnauthenticatedError } from '../errors'
import { type Context, loginUrl } from '../login/context'
import { loadUser } from '../login/request-user'
import { routeOptions, type Scope } from './scope'
import { refusals, tags, user } from './schemas'

const schema = {
  tags,
  summary: 'The logged-in user',
  response: { 200: Type.Object({ user }, { description: 'Logged in' }), ...refusals(UnauthenticatedError) }
}

export function meRoute (scope: Scope, context: Context): void {
  const path = context.settings.paths.me
  if (path === undefined) return
  scope.get(path, { ...routeOptions, schema }, async (request, reply) => {
    reply.header('vary', 'cookie')
    const loaded = await loadUser(context, request)
    if (loaded === null) throw Object.assign(new UnauthenticatedError(), { loginUrl: loginUrl(context) })
    return { user: await context.settings.publicUser(loaded, request) }
  })
}
