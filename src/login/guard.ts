// Who is not logged in does not pass. Pages are sent to the login and come back; everything else gets 401.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { InvalidOptionsError, MisconfiguredError, UnauthenticatedError } from '../errors'
import { errorBody, hasDefaultErrorHandler, privateHeaders, type Refusal, sendPage } from '../pages/send-page'
import { isAheadOfVisitor, wantsPage } from '../request-kind'
import type { WechatUser } from '../types'
import { askFirst } from './ask-first'
import type { Context } from './context'
import { hasSession, leaveSessionAlone } from '../session/request-session'
import { loginUrlFor } from './login-here'
import { keepPrivate } from './private-answer'
import { knownUser, loadUser } from './request-user'

// A decoration of the scope that our routes live in: a guard over the host's whole scope must let them pass.
const ownRoute = Symbol('fastify-wechat-login.ownRoute')

type Guard = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>

export function createGuards (context: Context): { verify: Guard, require: Guard } {
  const unauthenticated: Refusal = {
    statusCode: 401,
    code: 'FST_WECHAT_UNAUTHENTICATED',
    message: new UnauthenticatedError().message,
    ...withLoginUrl(context)
  }
  const body = errorBody(unauthenticated)

  async function verify (request: FastifyRequest, reply?: FastifyReply): Promise<void> {
    if (reply !== undefined && !isOwnRoute(request)) keepPrivate(reply) // who checks by hand may have none
    const isPlaced = hasSession(request)
    if ((knownUser(context, request) ?? await askForUser(context, request)) !== null || isOwnRoute(request)) return
    if (!isPlaced) refusePlace(request)
    leaveCookieAlone(request)
    throw Object.assign(new UnauthenticatedError(), withLoginUrl(context))
  }

  async function require (request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    if (!isOwnRoute(request)) keepPrivate(reply)
    const isPlaced = hasSession(request)
    if ((knownUser(context, request) ?? await askForUser(context, request)) !== null || isOwnRoute(request)) {
      return undefined
    }
    if (!isPlaced) refusePlace(request)
    leaveCookieAlone(request)
    reply.headers(privateHeaders)
    // A redirect for a page that is fetched ahead of its visitor would lead to a login that nobody has asked for.
    if (wantsPage(request) && !isAheadOfVisitor(request) && context.settings.loginPath !== undefined) {
      return sendToLogin(context, request, reply, unauthenticated)
    }
    if (!hasDefaultErrorHandler(request)) throw Object.assign(new UnauthenticatedError(), withLoginUrl(context))
    return reply.code(401).send(body)
  }

  return { verify: hook('verifyWechatUser', verify), require: hook('requireWechatUser', require) }
}

// Called in its place, `preHandler: app.requireWechatUser()`, it would give Fastify a promise, and the process a
// rejection that nobody handles.
function hook (name: string, guard: Guard): Guard {
  return (request: FastifyRequest | undefined, reply) => {
    if (request === undefined) {
      throw new InvalidOptionsError(`${name} is the hook itself; write { preHandler: app.${name} }, ` +
        'without parentheses')
    }
    return guard(request, reply)
  }
}

/** Tells the guards that the routes of this scope are the login's own. */
export function markOwnRoutes (scope: FastifyInstance): void {
  scope.decorateRequest(ownRoute, null)
}

function isOwnRoute (request: FastifyRequest): boolean {
  return ownRoute in request
}

// Sent to the login, its visitor would come back as nobody, and be sent there again, without end.
function refusePlace (request: FastifyRequest): void {
  // The session plugin finds no "http://host/path" under the path of its cookie: nobody is logged in, and nothing is
  // misplaced.
  if (!request.url.startsWith('/')) return
  request.log.error('fastify-wechat-login: a guard ran where there is no session, and so nobody can be logged in; ' +
    'add its hook after the plugin, and let session.cookie.path cover the route')
  throw new MisconfiguredError()
}

// The error of a host's function is the host's answer to shape; the session has no part in it.
async function askForUser (context: Context, request: FastifyRequest): Promise<WechatUser | null> {
  try {
    return await loadUser(context, request)
  } catch (error) {
    leaveCookieAlone(request)
    throw error
  }
}

// Without a cookie there is none that the answer could clear.
function leaveCookieAlone (request: FastifyRequest): void {
  if (request.headers.cookie !== undefined) leaveSessionAlone(request)
}

function withLoginUrl ({ settings: { loginPath } }: Context): { loginUrl?: string } {
  return loginPath === undefined ? {} : { loginUrl: loginPath }
}

function sendToLogin (context: Context, request: FastifyRequest, reply: FastifyReply, refusal: Refusal): unknown {
  const href = loginUrlFor(context.settings, request)!
  const text = askFirst(context, request)
  if (text === undefined) return reply.redirect(href, 302)
  if (context.settings.renderPage === false) throw Object.assign(new UnauthenticatedError(), withLoginUrl(context))
  return sendPage(context.settings, request, reply, refusal, { kind: 'signed-out', text, href })
}
