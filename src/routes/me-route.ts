// GET me: who is logged in, for a front end that asks first.

import { Type } from '@sinclair/typebox'
import { UnauthenticatedError } from '../errors'
import type { Context } from '../login/context'
import { loadUser, showUser } from '../login/request-user'
import { routeOptions } from './route-config'
import { refusals, tags, user } from './schemas'
import type { Scope } from './scope'

const schema = {
  tags,
  summary: 'The logged-in user',
  response: { 200: Type.Object({ user }, { description: 'Logged in' }), ...refusals(UnauthenticatedError) }
}

export function mountMe (scope: Scope, context: Context): void {
  const path = context.settings.paths.me
  if (path === undefined) return
  scope.get(path, { ...routeOptions, schema }, async (request, reply) => {
    reply.header('vary', 'cookie')
    const loaded = await loadUser(context, request)
    if (loaded === null) throw Object.assign(new UnauthenticatedError(), { loginUrl: context.settings.loginPath })
    return { user: await showUser(context, request, loaded) }
  })
}
