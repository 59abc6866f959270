// The composition root: options -> settings -> clients -> decorators, then the routes in child scopes of their own.

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { InvalidOptionsError, InvalidRequestError } from './errors'
import type { WechatLogin } from './fastify-types'
import { addSaveChecks } from './session/checked-save'
import { checkHostSession, registerSession } from './session/session-plugin'
import { decorateAdmitted } from './login/admitted-user'
import { createApps } from './login/apps'
import { type Context, createContext, sweep } from './login/context'
import { createGuards } from './login/guard'
import { logout } from './login/end-login'
import { addListenCheck } from './login/listen-check'
import { chooseWay, isOnCallbackHost, returnToOf, startLogin } from './login/start-login'
import { createAccessToken } from './login/access-token'
import { addLoginUrl } from './login/refusal-body'
import { knownUser, loadUser } from './login/request-user'
import { parseOptions } from './options/parse-options'
import { mountClient } from './routes/client-route'
import { mountLogin } from './routes/login-route'
import { mountLogout } from './routes/logout-route'
import { mountMe } from './routes/me-route'
import { createScope } from './routes/scope'
import type { WechatLoginOptions } from './types'
import { ways } from './ways/index'
import { createTransport } from './wechat/transport'
import type { WechatClient } from './wechat/client-types'
import type { Via } from './via'

const sweepInterval = 60_000

/** The plugin with a clock of the caller's choice; milliseconds since 1970. */
export function createPlugin (now: () => number = Date.now) {
  return async function wechatLogin (fastify: FastifyInstance, options: WechatLoginOptions): Promise<void> {
    if (fastify.hasDecorator('wechatLogin')) {
      throw new InvalidOptionsError(
        'the plugin is registered already in this scope or one above it; register it once, or in sibling scopes'
      )
    }
    const warn = (message: string): void => { fastify.log.warn(`fastify-wechat-login: ${message}`) }
    const hasSession = fastify.hasPlugin('@fastify/session')
    const settings = parseOptions(options, ways, { prefix: fastify.prefix.replace(/\/$/, ''), hasSession }, warn)
    checkHostSession(fastify, settings)

    const transport = createTransport(settings.transport)
    const context = createContext(settings, ways, createApps(settings, ways, transport, fastify.log), now)
    const sweeping = setInterval(sweep, sweepInterval, context).unref()
    fastify.addHook('onClose', async () => {
      clearInterval(sweeping)
      await transport.close()
    })

    decorate(fastify, context)
    addListenCheck(fastify, settings)
    addLoginUrl(fastify, settings)
    await registerSession(fastify, settings)
    addSaveChecks(fastify, context)
    const routes = [mountLogin, ...ways.map(({ mount }) => mount), mountMe, mountLogout, mountClient]
    await fastify.register(createScope(routes, context))
  }
}

function decorate (fastify: FastifyInstance, context: Context): void {
  decorateAdmitted(fastify)
  const guards = createGuards(context)
  const accessToken = createAccessToken(context)
  fastify.decorate('requireWechatUser', guards.require)
  fastify.decorate('verifyWechatUser', guards.verify)
  fastify.decorate('wechatLogin', Object.freeze(publicInterface(context)))
  fastify.decorateRequest('wechatUser', { getter () { return knownUser(context, this as unknown as FastifyRequest) } })
  fastify.decorateRequest('loadWechatUser', function (this: FastifyRequest) { return loadUser(context, this) })
  fastify.decorateRequest('wechatAccessToken', function (this: FastifyRequest) { return accessToken(this) })
}

function publicInterface (context: Context): WechatLogin {
  return {
    ...fixedClients(context),
    async client (request, via) {
      const app = await context.apps.findByVia(via, request)
      if (app === undefined) throw new InvalidRequestError()
      return app.client
    },
    async authorizeUrl (request, reply, { via, redirect } = {}) {
      const returnTo = returnToOf(context, request, redirect)
      const choice = await chooseWay(context, request, { via, returnTo })
      const callbackHost = choice.app.host
      if (!isOnCallbackHost(request, choice.app)) {
        request.log.warn(
          { callbackHost },
          "fastify-wechat-login: a login was started on another host than the callback URL's, " +
            'where it can only end if a proxy has changed the Host header. Send the visitor to that host first, ' +
            'or use the login route, which does'
        )
      }
      return startLogin(context, request, reply, choice, { returnTo })
    },
    logout: (request, reply) => logout(context, request, reply)
  }
}

/** By way; apps that a function returns have none before a request. */
function fixedClients ({ apps }: Context): Partial<Record<Via, WechatClient>> {
  return Object.fromEntries(Object.values(apps.fixed).map(({ via, client }) => [via, client]))
}
