// The end of an attempt: one exchange, one onUser and one session for it, however often and wherever its callback
// comes.

import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { findAttempt } from '../attempt/attempt-cookie'
import { readSharedResult, writeSharedResult } from '../attempt/shared-result'
import type { Outcome, Returned, Run } from '../attempt/spent-attempts'
import { InvalidCodeError, InvalidStateError, WechatError } from '../errors'
import { publish } from '../events'
import type { CallbackApp } from '../options/app-options'
import { currentLogin, isActive } from '../session/current-login'
import { keepTokens, type Login, type SessionRef } from '../session/login-record'
import { joinSession } from '../session/join-session'
import { holdSessionWhile, sessionRefTo } from '../session/request-session'
import { checkSession } from '../session/session-check'
import { isShared } from '../session/stored-note'
import { announceLogin } from './announce-login'
import type { Context } from './context'
import { identifyAttempt, identifyLogin } from './event-identity'
import type { BrowserWay, Identity } from './login-way'
import type { ReadyApp } from './ready-app'
import { realmOf } from './realm'
import { renewSession } from './renew-session'
import { resolveUser } from './resolve-user'

export interface Attempt extends Returned {
  readonly way: BrowserWay
  readonly app: ReadyApp<CallbackApp>
  /** `hashState` of its state. */
  readonly key: string
}

/** The login that this attempt makes or has made; the answer to this request carries its session. */
export async function completeLogin (
  context: Context, request: FastifyRequest, reply: FastifyReply, attempt: Attempt
): Promise<Login> {
  checkSession(request)
  const { state, key, code, endsAt } = attempt
  const earlier = context.spent.find(key)
  if (earlier !== undefined) {
    return join(context, request, attempt, await (earlier ?? findOnOtherProcess(context, request, attempt)))
  }
  const { sessionRef, login } =
    await context.spent.run(key, { state, code, endsAt }, run => runOnce(context, request, reply, attempt, run))
  if (login === undefined) return join(context, request, attempt, sessionRef)
  const duration = context.now() - endsAt + context.settings.attempts.ttl
  publish(
    'login.succeeded',
    () => ({ ...identifyAttempt(attempt.app, key), ...identifyLogin(login), duration }),
    request.log
  )
  return login
}

async function runOnce (
  context: Context, request: FastifyRequest, reply: FastifyReply, attempt: Attempt, run: Run
): Promise<Outcome> {
  const { settings } = context
  const elsewhere = await readSharedResult(request.sessionStore, attempt.state, attempt.key, settings)
  if (elsewhere !== null) return { sessionRef: elsewhere }
  const tab = await findOtherTab(context, request, attempt)
  if (tab !== null) return { sessionRef: tab }
  // Asked first: where the host cannot say it, no code shall be spent.
  const realm = realmOf(settings, context.apps, attempt.app.via, request)
  const redeemed = await redeem(context, request, attempt, run)
  if (redeemed.sessionRef !== undefined) return { sessionRef: redeemed.sessionRef }
  const identity = await attempt.way.identify(attempt.app, redeemed.answer, settings)
  const user = await holdSessionWhile(request, () => resolveUser(settings, request, reply, identity))
  const login = { ...loginOf(context, attempt.key, realm, identity), user }
  const announce = (): Promise<void> => announceLogin(settings, request, reply, login, identity.profile)
  const sessionRef = await renewSession(context, request, login, announce)
  try {
    await writeSharedResult(request.sessionStore, sessionRef, attempt.state, attempt.key, settings, attempt.endsAt)
  } catch (error) {
    // The login itself is done; a repeated callback on another process will meet a used code.
    request.log.warn({ err: error }, 'fastify-wechat-login: the shared result of a finished login could not be stored')
  }
  return { sessionRef, login }
}

function loginOf (
  { settings, now }: Context, id: string, realm: string, { profile, tokens }: Identity
): Omit<Login, 'user'> {
  const { via, appid, openid } = profile
  return { id, at: now(), via, appid, openid, realm, ...(settings.keepTokens && { tokens: keepTokens(tokens, now()) }) }
}

type Redeemed = { answer: unknown, sessionRef?: undefined } | { sessionRef: SessionRef }

/** WeChat's answer to the code, or the session where another process has spent this code. */
async function redeem (context: Context, request: FastifyRequest, attempt: Attempt, run: Run): Promise<Redeemed> {
  try {
    run.spent = true
    return { answer: await attempt.way.redeem(attempt.app, attempt.code) }
  } catch (error) {
    run.spent = !(error instanceof WechatError && error.sent === false)
    if (!(error instanceof InvalidCodeError)) throw error
    const isUsed = error.errcode === 40163
    const sessionRef = (isUsed && findLoginSince(context, request, attempt)) ||
      await waitForSharedResult(context, request, attempt, isUsed)
    if (sessionRef === null) throw error
    return { sessionRef }
  }
}

/**
 * WeChat's desktop browser gives one code to several tabs. Where another attempt of this browser came with it first,
 * its login will do.
 */
async function findOtherTab (
  context: Context, request: FastifyRequest, { app, state, code }: Attempt
): Promise<SessionRef | null> {
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

// 40163 says that the code was used a moment ago: whoever used it may still be asking for the profile, or running
// onUser.
async function waitForSharedResult (
  { settings }: Context, request: FastifyRequest, { state, key }: Attempt, isUsed: boolean
): Promise<SessionRef | null> {
  const read = (): Promise<SessionRef | null> => readSharedResult(request.sessionStore, state, key, settings)
  let sessionRef = await read()
  const mayCome = isUsed && isShared(request.sessionStore)
  let wait = 50
  let left = settings.timeout
  while (mayCome && sessionRef === null && (left -= wait) > 0) {
    await delay(wait)
    sessionRef = await read()
    wait = Math.min(2 * wait, 500)
  }
  return sessionRef
}

/** All callbacks of this attempt have failed here; on another process one may have come through since. */
async function findOnOtherProcess (
  { settings }: Context, request: FastifyRequest, { state, key }: Attempt
): Promise<SessionRef> {
  const sessionRef = await readSharedResult(request.sessionStore, state, key, settings)
  if (sessionRef === null) throw new InvalidStateError()
  return sessionRef
}

async function join (
  context: Context, request: FastifyRequest, { app, key }: Attempt, sessionRef: SessionRef
): Promise<Login> {
  const login =
    await joinSession(request, sessionRef, context.settings.timeout, login => isActive(context, login, request))
  publish('callback.repeated', () => identifyAttempt(app, key), request.log)
  return login
}
