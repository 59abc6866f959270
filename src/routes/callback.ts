// The two callbacks: WeChat sends the visitor back with a code and our state. A login ends here, or says clearly why it does not.

import { Type } from '@sinclair/typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AccessDeniedError, InvalidStateError, MisconfiguredError } from '../errors'
import { tell } from '../events'
import type { AppWithClient } from '../login/apps'
import { endAttempt, findAttempt, hashState, isState } from '../login/attempt'
import { type Context, currentLogin, loginUrl } from '../login/context'
import { finishAttempt } from '../login/finish'
import { identifyAttempt } from '../login/identify'
import { forgetSignedOut, hasSignedOut } from '../login/logout'
import type { RedirectTarget } from '../login/redirect-target'
import type { Login } from '../login/login'
import { isWechatBrowser, startAttempt, targetOf } from '../login/start'
import { loadUser } from '../login/user'
import type { Via } from '../types'
import { checkSameOrigin } from './same-origin'
import { routeOptions, type Scope } from './scope'
import { code, error, redirect, state, tags, user } from './schemas'

const getSchema = {
  tags,
  summary: 'Where WeChat sends the visitor back to',
  querystring: Type.Object({
    code: Type.Optional(code),
    state: Type.Optional(state),
    redirect,
    restarted: Type.Optional(Type.Unknown({ description: 'Set by the server: this attempt replaces one whose cookie was lost' }))
  }),
  response: { 303: Type.Null({ description: 'Logged in; to the redirect target' }), '4xx': error, '5xx': error }
}

const postSchema = {
  tags,
  summary: 'Finish a login from a single-page app that received the code',
  body: Type.Object({ code: Type.Optional(code), state: Type.Optional(state), redirect }),
  response: { 200: Type.Object({ user, redirect: Type.String() }, { description: 'Logged in' }), '4xx': error, '5xx': error }
}

export function callbackRoutes (via: Via) {
  return function callbackRoute (scope: Scope, context: Context): void {
    const path = context.settings.paths[via]
    if (path === undefined) return

    scope.get(path, { ...routeOptions, schema: getSchema }, async (request, reply) => {
      const target = targetOf(context, request, request.query.redirect)
      const back = await comeBack(context, request, reply, via, request.query)
      if (back === 'lost') return restart(context, request, reply, via, target, request.query.restarted !== undefined)
      return reply.redirect(target, 303)
    })

    // Fastify's own 404 would log the URL, and with it a code that is not spent yet.
    scope.head(path, routeOptions, async (_request, reply) => reply.code(405).header('allow', 'GET, POST').send())

    scope.post(path, { ...routeOptions, schema: postSchema }, async (request, reply) => {
      checkSameOrigin(context, request)
      const target = targetOf(context, request, request.body.redirect)
      const back = await comeBack(context, request, reply, via, request.body)
      if (back === 'lost') throw Object.assign(new InvalidStateError(), { loginUrl: loginUrl(context) })
      const loaded = await loadUser(context, request)
      if (loaded === null) throw new AccessDeniedError()
      return { user: await context.settings.publicUser(loaded, request), redirect: target }
    })
  }
}

/** Logs in, or throws. `lost`: the state is well formed, and this browser has no cookie for it. */
async function comeBack (context: Context, request: FastifyRequest, reply: FastifyReply, via: Via, untrusted: { code?: string, state?: string }): Promise<Login | 'lost'> {
  const { code, state } = untrusted
  if (code === undefined || code === '' || code === 'authdeny') throw new AccessDeniedError()
  if (state === undefined || !isState(state)) throw new InvalidStateError()
  const app = await context.apps.find(via, request)
  if (app === undefined) throw new MisconfiguredError()
  const attempt = findAttempt(state, app, request.headers.cookie, context.settings.attempts, context.now())
  if (attempt.found === 'invalid') throw new InvalidStateError()
  if (attempt.found === 'absent') return ownLogin(context, request, state) ?? 'lost'
  return finish(context, request, reply, app, { code, state, endsAt: attempt.endsAt })
}

// Reload, back button: the attempt is over, and its login stands.
function ownLogin (context: Context, request: FastifyRequest, state: string): Login | null {
  const login = currentLogin(context, request)
  if (login?.attempt !== hashState(state)) return null
  tell('callback.repeated', identifyAttempt(login, state), request.log)
  return login
}

async function finish (context: Context, request: FastifyRequest, reply: FastifyReply, app: AppWithClient, attempt: { code: string, state: string, endsAt: number }): Promise<Login> {
  try {
    const login = await finishAttempt(context, request, reply, { app, ...attempt })
    if (hasSignedOut(context, request)) reply.header('set-cookie', forgetSignedOut(context))
    return login
  } finally {
    if (context.spent.find(hashState(attempt.state)) !== undefined) reply.header('set-cookie', endAttempt(attempt.state, app))
  }
}

/** WeChat's browser loses cookies on the way: one new attempt, unseen by the visitor, and never for one who has just logged out. */
async function restart (context: Context, request: FastifyRequest, reply: FastifyReply, via: Via, target: RedirectTarget, restarted: boolean): Promise<FastifyReply> {
  const dest = request.headers['sec-fetch-dest'] ?? 'document'
  const mayRestart = via === 'oneclick' && dest === 'document' && !restarted && !hasSignedOut(context, request)
  const app = mayRestart ? await context.apps.find(isWechatBrowser(context, request) ? 'oneclick' : 'qr', request) : undefined
  if (app === undefined) throw new InvalidStateError()
  return reply.redirect(startAttempt(context, request, reply, app, { target, restarted: true }), 302)
}
