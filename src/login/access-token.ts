// With keepTokens: an access token of WeChat's for later calls. It lives two hours and is refreshed with one that lives
// thirty days.

import type { FastifyRequest } from 'fastify'
import { type Hint, MisconfiguredError, TokenExpiredError, UnauthenticatedError } from '../errors'
import { publish } from '../events'
import type { Context } from './context'
import { currentLogin } from '../session/current-login'
import { identifyLogin } from './event-identity'
import { revokeLogin } from './end-login'
import { keepTokens, type KeptTokens, type Login } from '../session/login-record'
import { storeRefOf } from '../session/request-session'
import { updateLogin } from '../session/update-login'
import { isStored } from '../session/stored-login'

/** Refreshed this long before its end, so that it is still good when the host uses it. */
const margin = 5 * 60_000

const notKept: Hint = {
  en: 'request.wechatAccessToken() needs option keepTokens: true.',
  zh: 'request.wechatAccessToken() 需要选项 keepTokens: true。'
}

export type AccessToken = (request: FastifyRequest) => Promise<string>

/**
 * One refresh at a time for each login, in this process; two processes may both refresh, and WeChat gives both the same
 * token.
 */
export function createAccessToken (context: Context): AccessToken {
  const running = new Map<string, Promise<KeptTokens>>()

  return async function accessToken (request) {
    if (!context.settings.keepTokens) throw Object.assign(new MisconfiguredError(), { hint: notKept })
    const login = currentLogin(context, request)
    if (login === null) throw new UnauthenticatedError()
    if (login.tokens !== undefined && login.tokens.expiresAt - margin > context.now()) return login.tokens.access_token
    const other = running.get(login.id)
    const refreshing = other ?? refresh(context, request, login).finally(() => running.delete(login.id))
    running.set(login.id, refreshing)
    return (await refreshing).access_token
  }
}

async function refresh (context: Context, request: FastifyRequest, login: Login): Promise<KeptTokens> {
  const { timeout } = context.settings
  const place = storeRefOf(request)
  const app = await context.apps.findByVia(login.via, request)
  if (app?.appid !== login.appid) throw new MisconfiguredError()
  try {
    // A login made before the host set keepTokens has none.
    if (login.tokens?.refresh_token === undefined) throw new TokenExpiredError()
    const tokens = keepTokens(await app.client.refresh(login.tokens.refresh_token), context.now())
    if (context.ended.has(login.id) || !await isStored(place, login, timeout)) throw new UnauthenticatedError()
    await updateLogin(request, { ...login, tokens }, timeout)
    // A logout on another process, found while the session was saved.
    if (context.ended.has(login.id)) throw new UnauthenticatedError()
    publish('token.refreshed', () => identifyLogin(login), request.log)
    return tokens
  } catch (error) {
    // Nothing but a new login gives new tokens: end this one, so that the guard starts it.
    if (error instanceof TokenExpiredError) await revokeLogin(context, request, login, place)
    throw error
  }
}
