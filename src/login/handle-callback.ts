// WeChat has sent the visitor back with a code and our state: the login, or why there is none.

import type { FastifyReply, FastifyRequest } from 'fastify'
import { endAttempt, findAttempt, hashState, isState } from '../attempt/attempt-cookie'
import { AccessDeniedError, InvalidRequestError, InvalidStateError } from '../errors'
import { publish } from '../events'
import type { CallbackApp } from '../options/app-options'
import { currentLogin } from '../session/current-login'
import type { Login } from '../session/login-record'
import { sendHostsSession } from '../session/request-session'
import { type Attempt, completeLogin } from './complete-login'
import type { Context } from './context'
import { identifyAttempt } from './event-identity'
import type { BrowserWay } from './login-way'
import { forgetSignedOut, hasSignedOut } from './signed-out'

/** The state and the code are well formed, and this browser has no cookie for them. */
export interface LostAttempt {
  lost: { app: CallbackApp, code: string, state: string }
}

/** Logs in, or throws. */
export async function handleCallback (
  context: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  way: BrowserWay,
  untrusted: { code?: string, state?: string }
): Promise<Login | LostAttempt> {
  const { code, state } = untrusted
  if (code === undefined || code === '' || code === 'authdeny') throw new AccessDeniedError()
  if (!isState(state)) throw new InvalidStateError()
  const app = await context.apps.find(way, request)
  if (app === undefined) throw new InvalidRequestError()
  const key = hashState(state)
  const attempt = findAttempt(state, app, request.headers.cookie, context.settings.attempts, context.now())
  if (attempt.found === 'invalid') throw new InvalidStateError()
  if (attempt.found === 'absent') return findRepeatedLogin(context, request, key) ?? { lost: { app, code, state } }
  return completeAttempt(context, request, reply, { way, app, code, state, key, endsAt: attempt.endsAt })
}

// Reload, back button: the attempt is over, and its login is active.
function findRepeatedLogin (context: Context, request: FastifyRequest, key: string): Login | null {
  const login = currentLogin(context, request)
  if (login?.id !== key) return null
  publish('callback.repeated', () => identifyAttempt(login, key), request.log)
  return login
}

async function completeAttempt (
  context: Context, request: FastifyRequest, reply: FastifyReply, attempt: Attempt
): Promise<Login> {
  const clearCookie = (): void => { reply.header('set-cookie', endAttempt(attempt.state, attempt.app)) }
  try {
    const login = await completeLogin(context, request, reply, attempt)
    if (hasSignedOut(context, request)) reply.header('set-cookie', forgetSignedOut(context))
    clearCookie()
    return login
  } catch (error) {
    // A login that the session store could not give now is there at the next try.
    if (context.spent.find(attempt.key) === null || error instanceof InvalidStateError) clearCookie()
    sendHostsSession(request)
    throw error
  }
}
