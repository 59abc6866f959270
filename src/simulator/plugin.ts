// WeChat's side as a Fastify plugin: `fastify.wechatSimulator` is the control, the routes live in a scope of their own.

import fp from 'fastify-plugin'
import { addAdmission, refuseProduction } from './admission'
import { addAuthorizeRoute } from './authorize'
import { addAvatarRoute } from './avatars'
import { addConfirmRoutes } from './confirm'
import { createControl } from './control'
import { addControlRoutes } from './control-routes'
import { addHomeRoutes } from './home'
import { addQrRoutes } from './qrconnect'
import { addSnsRoutes } from './sns-routes'
import { SimulatorError } from './simulator-error'
import { createWorld } from './world'
import type { FastifyInstance } from 'fastify'
import type { SimulatorControl } from './control-types'
import type { WechatSimulatorOptions } from './types'
import type { World } from './world'

declare module 'fastify' {
  interface FastifyInstance {
    wechatSimulator: SimulatorControl
  }
}

async function registerSimulator (app: FastifyInstance, options: WechatSimulatorOptions): Promise<void> {
  const world = createWorld(options)
  refuseProduction(world.settings)
  const control = createControl(world)
  app.decorate('wechatSimulator', control)
  app.addHook('preClose', async () => world.holds.release())
  await app.register(async scope => addRoutes(scope, world, control))
}

function addRoutes (scope: FastifyInstance, world: World, control: SimulatorControl): void {
  readBodiesAsText(scope)
  addAdmission(scope, world.settings)
  scope.setErrorHandler((error, _request, reply) => {
    if (!(error instanceof SimulatorError)) throw error // Fastify's own, which it answers itself
    const { statusCode } = error
    return reply.code(statusCode)
      .type('application/json; charset=utf-8')
      .send(JSON.stringify({ statusCode, message: String(error) }))
  })
  addAuthorizeRoute(scope, world)
  addQrRoutes(scope, world)
  addConfirmRoutes(scope, world)
  addSnsRoutes(scope, world)
  addAvatarRoute(scope, world)
  addHomeRoutes(scope, world)
  addControlRoutes(scope, control)
}

// Whatever the host has registered: here a form is a form and /sns ignores bodies, as WeChat does.
function readBodiesAsText (scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
}

/**
 * Mounts the simulator in an application or a server of your own. Never in production: it lets anyone in as anyone, and
 * refuses to start there.
 */
export const wechatSimulator = fp(registerSimulator, { fastify: '5.x', name: 'fastify-wechat-login/simulator' })
