// The start of a login: which way fits this browser, a new attempt, and WeChat's URL for it.

import type { FastifyReply, FastifyRequest } from 'fastify'
import { beginAttempt, hashState, mintState } from '../attempt/attempt-cookie'
import { InvalidRequestError } from '../errors'
import { publish } from '../events'
import type { CallbackApp } from '../options/app-options'
import { checkRedirectTarget, maxTargetLength, type RedirectTarget } from '../redirect-target'
import { browserKindOf } from '../request-kind'
import { canonicalHost } from '../request-origin'
import { checkScheme } from '../session/session-check'
import { callbackUrl, type CallbackParams, type StartedAttempt } from '../urls'
import type { Via } from '../via'
import type { Context } from './context'
import { identifyAttempt } from './event-identity'
import type { BrowserWay } from './login-way'
import { createWrongBrowserError } from './wrong-browser'

/** A way that can log this browser in, and its app for this request. */
export interface Choice {
  readonly way: BrowserWay
  readonly app: CallbackApp
}

/** Which login is wanted. */
export interface Wish {
  /** Undefined: whichever fits the browser. */
  via?: Via | undefined
  returnTo: RedirectTarget
  /** Does the visitor want this way, or is it the page that does? @default where `via` is set */
  isAsked?: boolean
}

/**
 * The way that fits this browser, or the one that was asked for.
 * @throws WrongBrowserError with what to do instead, or InvalidRequestError where no browser would do
 */
export async function chooseWay (
  context: Context, request: FastifyRequest, { via, returnTo, isAsked = via !== undefined }: Wish
): Promise<Choice> {
  const fitting = fittingWays(context, request, isAsked)
  const wanted = fitting.filter(way => via === undefined || way.via === via)
  const choice = await findFirst(context, request, wanted)
  if (choice !== undefined) return choice
  // Where no browser would do (a tenant that nobody knows), to send the visitor to another one would mislead.
  const elsewhere = await findFirst(context, request, context.browserWays.filter(way => !fitting.includes(way)))
  if (elsewhere === undefined) throw new InvalidRequestError()
  const here = await findFirst(context, request, fittingWays(context, request, true))
  throw createWrongBrowserError(context.settings, request, { elsewhere, here: here?.way, returnTo })
}

/** The way that fits this browser; undefined where there is none. */
export function findFittingWay (context: Context, request: FastifyRequest): Promise<Choice | undefined> {
  return findFirst(context, request, fittingWays(context, request, false))
}

function fittingWays ({ browserWays, settings }: Context, request: FastifyRequest, isAsked: boolean): BrowserWay[] {
  const kind = browserKindOf(settings, request)
  return browserWays.filter(({ browser }) => browser.fits(kind, isAsked))
}

async function findFirst (context: Context, request: FastifyRequest, ways: BrowserWay[]): Promise<Choice | undefined> {
  for (const way of ways) {
    const app = await context.apps.find(way, request)
    if (app !== undefined) return { way, app }
  }
  return undefined
}

/**
 * False where the attempt's cookie, which is set on the host of this request, would be missing on the callback URL's.
 * Behind a proxy that changes the Host header, the page's own address tells the truth.
 */
export function isOnCallbackHost ({ host, headers: { referer = '' } }: FastifyRequest, app: CallbackApp): boolean {
  const isCallbackHost = (each: string): boolean => canonicalHost(each) === canonicalHost(app.host)
  return isCallbackHost(host) || (URL.canParse(referer) && isCallbackHost(new URL(referer).host))
}

/** The checked target, or the default with a warning in the log. */
export function returnToOf (
  { settings: { redirect } }: Context, request: FastifyRequest, untrusted: unknown
): RedirectTarget {
  if (untrusted === undefined) return redirect.fallback
  const target = checkRedirectTarget(untrusted, redirect)
  if (target !== null) return target
  request.log.warn('fastify-wechat-login: a redirect target outside this site, on a route of the login or longer ' +
    `than ${maxTargetLength} characters was replaced by redirect.default`)
  return redirect.fallback
}

/** Begins an attempt: sets its cookie on the reply. */
export function startAttempt (
  context: Context, request: FastifyRequest, reply: FastifyReply, app: CallbackApp, params: CallbackParams
): StartedAttempt {
  const { attempts, redirect } = context.settings
  checkScheme(request)
  const state = mintState()
  for (const cookie of beginAttempt(state, app, request.headers.cookie, attempts, context.now())) {
    reply.header('set-cookie', cookie)
  }
  publish(
    params.restarted ? 'attempt.restarted' : 'attempt.started',
    () => identifyAttempt(app, hashState(state)),
    request.log
  )
  return { state, redirectUri: callbackUrl(app, params, redirect.fallback) }
}

/** Begins an attempt and returns WeChat's URL for it. */
export function startLogin (
  context: Context, request: FastifyRequest, reply: FastifyReply, { way, app }: Choice, params: CallbackParams
): string {
  return way.browser.authorizeUrl(app, startAttempt(context, request, reply, app, params), context.settings.openHost)
}
