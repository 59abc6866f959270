// The start of a login: which way fits this browser, a new attempt, and WeChat's URL for it.

import type { FastifyReply, FastifyRequest } from 'fastify'
import { InvalidRequestError, WrongBrowserError } from '../errors'
import { publish } from '../events'
import { checkRedirectTarget, type RedirectTarget } from '../redirect-target'
import type { Via } from '../types'
import { oneclickUrl, qrUrl } from '../wechat/authorize-url'
import { isWechatUserAgent } from '../wechat/browser'
import type { AppWithClient } from './apps'
import { beginAttempt, hashState, mintState } from '../attempt/attempt-cookie'
import type { Context } from './context'
import { identifyAttempt } from './event-identity'

/** What rides in redirect_uri's own query, so that it survives a lost cookie. */
export interface CallbackParams {
  target: RedirectTarget
  /** This attempt replaces one whose cookie was lost; it is not replaced again. */
  restarted?: boolean
  /** The callback opens inside an iframe of the host's own page. */
  embedded?: boolean
  /** Our own page has sent this callback on; it is not sent on again. */
  bounced?: boolean
}

/** An attempt as the browser takes it to WeChat. */
export interface StartedAttempt {
  state: string
  /** Not yet encoded. */
  redirectUri: string
}

export function isWechatBrowser ({ settings }: Context, request: FastifyRequest): boolean {
  return settings.isWechatBrowser?.(request) ?? isWechatUserAgent(request.headers['user-agent'])
}

/** The app that can log this browser in. Throws where there is none. */
export async function chooseApp (context: Context, request: FastifyRequest, asked?: Via): Promise<AppWithClient> {
  const fitting: Via = isWechatBrowser(context, request) ? 'oneclick' : 'qr'
  if (asked !== undefined && asked !== fitting) throw context.apps.has(asked) ? new WrongBrowserError() : new InvalidRequestError()
  const app = await context.apps.find(fitting, request)
  if (app !== undefined) return app
  // Where no browser would do (a tenant that nobody knows), to send the visitor to another one would mislead.
  const other = await context.apps.find(fitting === 'qr' ? 'oneclick' : 'qr', request)
  throw other === undefined ? new InvalidRequestError() : new WrongBrowserError()
}

/**
 * False where the attempt's cookie, which is set on the host of this request, would be missing on the callback URL's. Behind a proxy that
 * changes the Host header, the page's own address tells the truth.
 */
export function isOnCallbackHost ({ host, headers: { referer = '' } }: FastifyRequest, app: AppWithClient): boolean {
  return host === app.host || (URL.canParse(referer) && new URL(referer).host === app.host)
}

/** The checked target, or the default with a warning in the log. */
export function returnToOf ({ settings: { redirect } }: Context, request: FastifyRequest, untrusted: unknown): RedirectTarget {
  if (untrusted === undefined) return redirect.fallback
  const target = checkRedirectTarget(untrusted, redirect)
  if (target !== null) return target
  request.log.warn('fastify-wechat-login: a redirect target outside this site or on a route of the login was replaced by redirect.default')
  return redirect.fallback
}

/** Begins an attempt: sets its cookie on the reply. */
export function beginLogin (context: Context, request: FastifyRequest, reply: FastifyReply, app: AppWithClient, ride: CallbackParams): StartedAttempt {
  const { attempts, redirect } = context.settings
  const state = mintState()
  for (const cookie of beginAttempt(state, app, request.headers.cookie, attempts, context.now())) reply.header('set-cookie', cookie)
  publish(ride.restarted ? 'attempt.restarted' : 'attempt.started', () => identifyAttempt(app, hashState(state)), request.log)
  return { state, redirectUri: callbackUrl(app, ride, redirect.fallback) }
}

/** Begins an attempt and returns WeChat's URL for it. */
export function startAttempt (context: Context, request: FastifyRequest, reply: FastifyReply, app: AppWithClient, ride: CallbackParams): string {
  const { openHost } = context.settings
  const { state, redirectUri } = beginLogin(context, request, reply, app, ride)
  const { appid, scope, forcePopup, forceSnapShot, connectRedirect } = app
  return scope === 'snsapi_login'
    ? qrUrl({ openHost, appid, redirectUri, state })
    : oneclickUrl({ openHost, appid, redirectUri, scope, state, forcePopup, forceSnapShot, connectRedirect })
}

/** The app's callback URL with what rides in its query. */
export function callbackUrl (app: AppWithClient, { target, ...marks }: CallbackParams, fallback: RedirectTarget): string {
  const query = [
    ...(target === fallback ? [] : [`redirect=${encodeURIComponent(target)}`]),
    ...Object.entries(marks).filter(([, isSet]) => isSet).map(([mark]) => `${mark}=1`)
  ].join('&')
  if (query === '') return app.callbackUrl
  return `${app.callbackUrl}${app.callbackUrl.includes('?') ? '&' : '?'}${query}`
}
