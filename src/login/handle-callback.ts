// WeChat has sent the visitor back with a code and our state: the login, or why there is none.

import type { FastifyReply, FastifyRequest } from 'fastify'
import { AccessDeniedError, InvalidRequestError, InvalidStateError } from '../errors'
import { publish } from '../events'
import type { Via } from '../types'
import type { AppWithClient } from './apps'
import { endAttempt, findAttempt, hashState, isState } from '../attempt/attempt-cookie'
import type { Context } from './context'
import { currentLogin } from '../session/current-login'
import { type Attempt, completeLogin } from './complete-login'
import { identifyAttempt } from './event-identity'
import type { Login } from '../session/login-record'
import { sendHostsSession } from '../session/request-session'
import { forgetSignedOut, hasSignedOut } from './signed-out'

/** The state and the code are well formed, and this browser has no cookie for them. */
export interface LostAttempt {
  lost: { app: AppWithClient, code: string, state: string }
}

/** Logs in, or throws. */
export async function handleCallback (context: Context, request: FastifyRequest, reply: FastifyReply, via: Via, untrusted: { code?: string, state?: string }): Promise<Login | LostAttempt> {
  const { code, state } = untrusted
  if (code === undefined || code === '' || code === 'authdeny') throw new AccessDeniedError()
  if (!isState(state)) throw new InvalidStateError()
  const app = await context.apps.find(via, request)
  if (app === undefined) throw new InvalidRequestError()
  const key = hashState(state)
  const attempt = findAttempt(state, app, request.headers.cookie, context.settings.attempts, context.now())
  if (attempt.found === 'invalid') throw new InvalidStateError()
  if (attempt.found === 'absent') return ownLogin(context, request, key) ?? { lost: { app, code, state } }
  return finish(context, request, reply, { app, code, state, key, endsAt: attempt.endsAt })
}

// Reload, back button: the attempt is over, and its login stands.
function ownLogin (context: Context, request: FastifyRequest, key: string): Login | null {
  const login = currentLogin(context, request)
  if (login?.attempt !== key) return null
  publish('callback.repeated', () => identifyAttempt(login, key), request.log)
  return login
}

async function finish (context: Context, request: FastifyRequest, reply: FastifyReply, attempt: Attempt): Promise<Login> {
  const end = (): void => { reply.header('set-cookie', endAttempt(attempt.state, attempt.app)) }
  try {
    const login = await completeLogin(context, request, reply, attempt)
    if (hasSignedOut(context, request)) reply.header('set-cookie', forgetSignedOut(context))
    end()
    return login
  } catch (error) {
    // A login that the session store could not give now is there at the next try.
    if (context.spent.find(attempt.key) === null || error instanceof InvalidStateError) end()
    sendHostsSession(request)
    throw error
  }
}
