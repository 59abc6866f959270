// Who is not logged in does not pass. Pages are sent to the login and come back; everything else gets 401.

import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { InvalidOptionsError, MisconfiguredError, UnauthenticatedError } from '../errors'
import type { WechatGuard } from '../fastify-types'
import { privateHeaders, sendPage } from '../pages/send-page'
import { isAheadOfVisitor, wantsPage } from '../request-kind'
import type { WechatUser } from '../types'
import { askFirst } from './ask-first'
import type { Context } from './context'
import { hasSession, leaveSessionAlone } from '../session/request-session'
import { loginUrlFor } from './login-here'
import { keepPrivate } from './private-answer'
import { admitUser } from './request-user'

// A decoration of the scope that our routes live in: a guard over the host's whole scope must let them pass.
const ownRoute = Symbol('fastify-wechat-login.ownRoute')

type Guard = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>

export function createGuards (context: Context): { verify: WechatGuard, require: WechatGuard } {
  async function verify (request: FastifyRequest, reply?: FastifyReply): Promise<void> {
    if (!await isLetIn(context, request, reply)) throw unauthenticated(context)
  }

  async function require (request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    if (await isLetIn(context, request, reply)) return undefined
    reply.headers(privateHeaders)
    // A redirect for a page that is fetched ahead of its visitor would lead to a login that nobody has asked for.
    const isPage = wantsPage(request) && !isAheadOfVisitor(request)
    if (!isPage || context.settings.loginPath === undefined) throw unauthenticated(context)
    return sendToLogin(context, request, reply)
  }

  return { verify: asHook('app.verifyWechatUser', verify), require: asHook('app.requireWechatUser', require) }
}

async function isLetIn (context: Context, request: FastifyRequest, reply?: FastifyReply): Promise<boolean> {
  if (isOwnRoute(request)) return true
  if (reply !== undefined) keepPrivate(reply) // who checks by hand may have none
  const isPlaced = hasSession(request)
  if (await askForUser(context, request) !== null) return true
  if (!isPlaced) refusePlace(request)
  leaveCookieAlone(request)
  return false
}

/** `written`: as a route names it. */
export function asHook (written: string, guard: Guard): WechatGuard {
  // Called in its place, `preHandler: requireWechatUser()`, it would give Fastify a promise, and the process a
  // rejection that nobody handles.
  const hook = (request: FastifyRequest | undefined, reply: FastifyReply): Promise<unknown> => {
    if (request === undefined) {
      throw new InvalidOptionsError(`${written.replace('app.', '')} is the hook itself; ` +
        `write { preHandler: ${written} }, without parentheses`)
    }
    return guard(request, reply)
  }
  return hook as WechatGuard
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
    return await admitUser(context, request)
  } catch (error) {
    leaveCookieAlone(request)
    throw error
  }
}

// Without a cookie there is none that the answer could clear.
function leaveCookieAlone (request: FastifyRequest): void {
  if (request.headers.cookie !== undefined) leaveSessionAlone(request)
}

function unauthenticated ({ settings: { loginPath } }: Context): FastifyError {
  const error = new UnauthenticatedError()
  return loginPath === undefined ? error : Object.assign(error, { loginUrl: loginPath })
}

function sendToLogin (context: Context, request: FastifyRequest, reply: FastifyReply): unknown {
  const href = loginUrlFor(context.settings, request)!
  const text = askFirst(context, request)
  if (text === undefined) return reply.redirect(href, 302)
  const refusal = unauthenticated(context)
  if (context.settings.renderPage === false) throw refusal
  return sendPage(context.settings, request, reply, refusal, { kind: 'signed-out', text, href })
}
