// A refused login, told to whoever listens: which route, which code, which attempt.

import type { FastifyRequest } from 'fastify'
import { WechatError } from '../errors'
import { publish, type WechatLoginEvents } from '../events'
import { hashState, isState } from '../attempt/attempt-cookie'
import type { Context } from '../login/context'
import { attemptName } from '../login/event-identity'
import type { Refusal } from '../pages/send-page'
import { untrustedStateOf } from './callback-params'

type Refused = WechatLoginEvents['login.refused']

/**
 * Tells it; on a route that no login takes, logs a failure only. `isLogged`: the error itself gets into the log by
 * another way.
 */
export function reportFailure (
  context: Context, request: FastifyRequest, error: unknown, refusal: Refusal, isLogged: boolean
): void {
  const { statusCode = 500 } = refusal
  const code: unknown = refusal.code
  const { settings: { paths, prefix }, ways } = context
  const loginRoutes = ['login', 'embed', ...ways.map(({ via }) => via)] as const
  const route = loginRoutes.find(name => paths[name] !== undefined && prefix + paths[name] === request.routeOptions.url)
  if (route === undefined) {
    if (!isLogged && statusCode >= 500) request.log.error({ err: error }, 'fastify-wechat-login: a request failed')
    return
  }
  const isOurs = typeof code === 'string' && code.startsWith('FST_WECHAT_')
  publish('login.refused', () => ({
    // Codes of others may be anything, a database's numbers, and there may be any number of them.
    code: typeof code === 'string' && /^FST_[A-Z_]{1,60}$/.test(code) ? code : 'HOST_ERROR',
    statusCode,
    route,
    ...attemptOf(request),
    ...answerOf(error)
  }), request.log, isLogged || (isOurs && statusCode < 500) ? undefined : error)
}

function attemptOf (request: FastifyRequest): { attempt?: string } {
  const state = untrustedStateOf(request)
  return typeof state === 'string' && isState(state) ? { attempt: attemptName(hashState(state)) } : {}
}

function answerOf (error: unknown): Pick<Refused, 'errcode' | 'rid'> {
  if (!(error instanceof WechatError)) return {}
  const { errcode, rid } = error
  return { ...(errcode !== undefined && { errcode }), ...(rid !== undefined && { rid }) }
}
