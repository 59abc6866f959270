// The end of an attempt: one exchange, one onUser and one session for it, however often and wherever its callback comes.

import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { InvalidCodeError, InvalidStateError, WechatError } from '../errors'
import { publish } from '../events'
import type { WechatTokens } from '../wechat/types'
import type { AppWithClient } from './apps'
import { findAttempt } from '../attempt/attempt-cookie'
import { resolveUser } from './resolve-user'
import { callbackPath, type Context } from './context'
import { currentLogin, isActive } from '../session/current-login'
import { identifyAttempt, identifyLogin } from './event-identity'
import { endLogin } from './end-login'
import { isShared, readSharedResult, writeSharedResult } from '../attempt/shared-result'
import { keepTokens, type Login, type SessionRef } from '../session/login-record'
import { joinSession, openSession, storeRefOf, sessionRefTo, readLogin, startSession } from '../session/request-session'
import { checkSession } from '../session/session-check'
import type { Outcome, Returned, Run } from '../attempt/spent-attempts'

export interface Attempt extends Returned {
  readonly app: AppWithClient
  /** `hashState` of its state. */
  readonly key: string
}

/** The login that this attempt makes or has made; the answer to this request carries its session. */
export async function completeLogin (context: Context, request: FastifyRequest, reply: FastifyReply, attempt: Attempt): Promise<Login> {
  checkSession(request)
  const { state, key, code, endsAt } = attempt
  const earlier = context.spent.find(key)
  if (earlier !== undefined) return join(context, request, attempt, await (earlier ?? findOnOtherProcess(context, request, attempt)))
  const { pointer, login } = await context.spent.run(key, { state, code, endsAt }, run => runOnce(context, request, reply, attempt, run))
  if (login === undefined) return join(context, request, attempt, pointer)
  const duration = context.now() - endsAt + context.settings.attempts.ttl
  publish('login.succeeded', () => ({ ...identifyAttempt(attempt.app, key), ...identifyLogin(login), duration }), request.log)
  return login
}

async function runOnce (context: Context, request: FastifyRequest, reply: FastifyReply, attempt: Attempt, run: Run): Promise<Outcome> {
  const { settings } = context
  const elsewhere = await readSharedResult(request.sessionStore, attempt.state, attempt.key, settings)
  if (elsewhere !== null) return { pointer: elsewhere }
  const tab = await findOtherTab(context, request, attempt)
  if (tab !== null) return { pointer: tab }
  const exchanged = await exchange(context, request, attempt, run)
  if ('session' in exchanged) return { pointer: exchanged }
  const user = await resolveUser(settings, request, reply, attempt.app, exchanged)
  const { openid } = exchanged
  const { via, appid } = attempt.app
  const login: Login = {
    at: context.now(),
    via,
    appid,
    openid,
    callback: callbackPath(settings, via)!,
    attempt: attempt.key,
    user,
    ...(settings.keepTokens && { tokens: keepTokens(exchanged, context.now()) })
  }
  const pointer = await renew(context, request, login)
  try {
    await writeSharedResult(request.sessionStore, pointer, attempt.state, attempt.key, settings, attempt.endsAt)
  } catch (error) {
    // The login itself stands; a repeated callback on another process will meet a used code.
    request.log.warn({ err: error }, 'fastify-wechat-login: the marker of a finished login could not be stored')
  }
  return { pointer, login }
}

/** The tokens, or what `joinSession` needs where another process has spent this code. */
async function exchange (context: Context, request: FastifyRequest, attempt: Attempt, run: Run): Promise<WechatTokens | SessionRef> {
  try {
    run.spent = true
    return await attempt.app.client.exchangeCode(attempt.code)
  } catch (error) {
    run.spent = !(error instanceof WechatError && error.sent === false)
    if (!(error instanceof InvalidCodeError)) throw error
    const isUsed = error.errcode === 40163
    const pointer = (isUsed && findLoginSince(context, request, attempt)) || await waitForSharedResult(context, request, attempt, isUsed)
    if (pointer === null) throw error
    return pointer
  }
}

/** WeChat's desktop browser gives one code to several tabs. Where another attempt of this browser came with it first, its login will do. */
async function findOtherTab (context: Context, request: FastifyRequest, { app, state, code }: Attempt): Promise<SessionRef | null> {
  const first = context.spent.findByCode(code)
  if (first === undefined || first.state === state) return null
  const { found } = findAttempt(first.state, app, request.headers.cookie, context.settings.attempts, context.now())
  return found === 'valid' ? first.outcome : null
}

/** The same, where that other tab has been answered already: this browser has logged in since the attempt began. */
function findLoginSince (context: Context, request: FastifyRequest, { app, endsAt }: Attempt): SessionRef | null {
  const login = currentLogin(context, request)
  const isSince = login !== null && login.appid === app.appid && login.at >= endsAt - context.settings.attempts.ttl
  return isSince ? sessionRefTo(request, login) : null
}

// 40163 says that the code was used a moment ago: whoever used it may still be asking for the profile, or running onUser.
async function waitForSharedResult ({ settings }: Context, request: FastifyRequest, { state, key }: Attempt, isUsed: boolean): Promise<SessionRef | null> {
  const read = (): Promise<SessionRef | null> => readSharedResult(request.sessionStore, state, key, settings)
  let pointer = await read()
  const mayCome = isUsed && isShared(request.sessionStore)
  let wait = 50
  let left = settings.timeout
  while (mayCome && pointer === null && (left -= wait) > 0) {
    await delay(wait)
    pointer = await read()
    wait = Math.min(2 * wait, 500)
  }
  return pointer
}

/** All callbacks of this attempt have failed here; on another process one may have come through since. */
async function findOnOtherProcess ({ settings }: Context, request: FastifyRequest, { state, key }: Attempt): Promise<SessionRef> {
  const pointer = await readSharedResult(request.sessionStore, state, key, settings)
  if (pointer === null) throw new InvalidStateError()
  return pointer
}

/** A new session id. The host's keys go with it, unless they are another person's. */
async function renew (context: Context, request: FastifyRequest, login: Login): Promise<SessionRef> {
  await openSession(request, context.settings.timeout)
  const before = readLogin(request)
  const place = storeRefOf(request)
  const isOther = before !== null && (before.appid !== login.appid || before.openid !== login.openid)
  const { keepSessionKeys, timeout } = context.settings
  const pointer = await startSession(request, login, isOther ? [] : keepSessionKeys, timeout)
  if (before !== null) endLogin(context, before, place)
  return pointer
}

async function join (context: Context, request: FastifyRequest, { app, key }: Attempt, pointer: SessionRef): Promise<Login> {
  const login = await joinSession(request, pointer, context.settings.timeout, login => isActive(context, login))
  publish('callback.repeated', () => identifyAttempt(app, key), request.log)
  return login
}
