// The end of an attempt: one exchange, one onUser and one session for it, however often and wherever its callback comes.

import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { InvalidCodeError, InvalidStateError, WechatError } from '../errors'
import { tell } from '../events'
import type { WechatTokens } from '../types'
import type { AppWithClient } from './apps'
import { hashState } from './attempt'
import { completeLogin } from './complete'
import { callbackPath, type Context, stands } from './context'
import { identifyAttempt, identifyLogin } from './identify'
import { endLogin } from './logout'
import { forgetMarker, readMarker, writeMarker } from './marker'
import { checkSession, joinSession, keepTokens, type Login, readLogin, startSession } from './session'
import type { Run } from './spent'

export interface Attempt {
  app: AppWithClient
  state: string
  code: string
  /** Milliseconds since 1970. */
  endsAt: number
}

/** The login that this attempt makes or has made; the answer to this request carries its session. */
export async function finishAttempt (context: Context, request: FastifyRequest, reply: FastifyReply, attempt: Attempt): Promise<Login> {
  checkSession(request)
  const key = hashState(attempt.state)
  const earlier = context.spent.find(key)
  if (earlier === null) throw new InvalidStateError()
  if (earlier !== undefined) return join(context, request, attempt, await earlier, key)
  const made: { login?: Login } = {}
  const { sessionStore } = request
  const pointer = await context.spent.run(key, attempt.endsAt, run => runOnce(context, request, reply, attempt, key, run, made), () => { forgetMarker(sessionStore, key) })
  if (made.login === undefined) return join(context, request, attempt, pointer, key)
  const duration = context.now() - attempt.endsAt + context.settings.attempts.ttl
  tell('login.succeeded', { ...identifyAttempt(attempt.app, attempt.state), ...identifyLogin(made.login), duration }, request.log)
  return made.login
}

async function runOnce (context: Context, request: FastifyRequest, reply: FastifyReply, attempt: Attempt, key: string, run: Run, made: { login?: Login }): Promise<string> {
  const { settings } = context
  const { keys } = settings.attempts
  const elsewhere = await readMarker(request.sessionStore, attempt.state, key, keys)
  if (elsewhere !== null) return elsewhere
  const exchanged = await exchange(context, request, attempt, key, run)
  if (typeof exchanged === 'string') return exchanged
  const user = await completeLogin(settings, request, reply, attempt.app, exchanged)
  const { openid } = exchanged
  const { via, appid } = attempt.app
  const login: Login = {
    id: randomBytes(15).toString('base64url'),
    at: context.now(),
    via,
    appid,
    openid,
    callback: callbackPath(settings, via)!,
    attempt: key,
    user,
    ...(settings.keepTokens && { tokens: keepTokens(exchanged, context.now()) })
  }
  const pointer = await renew(context, request, login)
  made.login = login
  try {
    await writeMarker(request.sessionStore, pointer, attempt.state, key, keys, attempt.endsAt)
  } catch (error) {
    // The login itself stands; a repeated callback on another process will meet a used code.
    request.log.warn({ err: error }, 'fastify-wechat-login: the marker of a finished login could not be stored')
  }
  return pointer
}

/** The tokens, or what `joinSession` needs where another process has spent this code. */
async function exchange (context: Context, request: FastifyRequest, { app, state, code }: Attempt, key: string, run: Run): Promise<WechatTokens | string> {
  try {
    run.spent = true
    return await app.client.exchangeCode(code)
  } catch (error) {
    run.spent = !(error instanceof WechatError && error.sent === false)
    const pointer = error instanceof InvalidCodeError ? await waitForMarker(context, request, state, key, error.errcode === 40163) : null
    if (pointer === null) throw error
    return pointer
  }
}

// 40163 says that the code was used a moment ago: whoever used it may still be asking for the profile, or running onUser.
async function waitForMarker ({ settings }: Context, request: FastifyRequest, state: string, key: string, isUsed: boolean): Promise<string | null> {
  const read = (): Promise<string | null> => readMarker(request.sessionStore, state, key, settings.attempts.keys)
  let pointer = await read()
  for (let wait = 50; isUsed && pointer === null && wait < settings.timeout; wait *= 2) {
    await delay(wait)
    pointer = await read()
  }
  return pointer
}

/** A new session id. The host's keys go with it, unless they are another person's. */
async function renew (context: Context, request: FastifyRequest, login: Login): Promise<string> {
  const before = readLogin(request)
  const isOther = before !== null && (before.appid !== login.appid || before.openid !== login.openid)
  if (before !== null) endLogin(context, request, before)
  return startSession(request, login, isOther ? [] : context.settings.keepSessionKeys)
}

async function join (context: Context, request: FastifyRequest, { app, state }: Attempt, pointer: string, key: string): Promise<Login> {
  const login = await joinSession(request, pointer, key, login => stands(context, login))
  tell('callback.repeated', identifyAttempt(app, state), request.log)
  return login
}
