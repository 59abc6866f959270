// GET as documented; POST with the same query works at WeChat too.

import { refusalBody } from './errcodes'
import { read } from './query'
import { apiAnswer } from './wire'
import { originOf } from './origin'
import { perform } from './perform'
import { checkAccess, exchangeCode, readProfile, refreshTokens } from './sns'
import type { FastifyInstance } from 'fastify'
import type { Query } from './query'
import type { SimulatorEndpoint } from './fault-types'
import type { Body } from './wire'
import type { World } from './world'

type Rule = (world: World, query: Query, origin: string) => Body

export function addSnsRoutes (app: FastifyInstance, world: World): void {
  addRule(app, world, 'access_token', '/sns/oauth2/access_token', exchangeCode)
  addRule(app, world, 'refresh_token', '/sns/oauth2/refresh_token', refreshTokens)
  addRule(app, world, 'userinfo', '/sns/userinfo', readProfile)
  addRule(app, world, 'auth', '/sns/auth', checkAccess)
}

function addRule (app: FastifyInstance, world: World, endpoint: SimulatorEndpoint, url: string, rule: Rule): void {
  app.route({
    method: ['GET', 'POST'],
    url,
    exposeHeadRoute: false,
    handler: (request, reply) => perform(world, endpoint, request, reply, visit => {
      const spent = world.quota.take(endpoint, appidOf(world, visit.query))
      const body = spent === undefined
        ? rule(world, visit.query, originOf(request))
        : refusalBody(world, spent)
      const errcode = Number(body.errcode ?? 0)
      return { answer: apiAnswer(body), accepted: errcode === 0, errcode: errcode === 0 ? undefined : errcode }
    })
  })
}

/** Named by the call, or the one that its token belongs to. */
function appidOf (world: World, query: Query): string {
  return read(query, 'appid') || (world.grants.findToken(read(query, 'access_token'))?.grant.appid ?? '')
}
