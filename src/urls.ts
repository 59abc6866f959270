// Every address that a browser is told: where a login starts, where WeChat sends it back to, and how to try again.

import type { FastifyRequest } from 'fastify'
import type { CallbackApp } from './options/app-options'
import type { Settings } from './options/parse-options'
import { checkRedirectTarget, isInFolder, type RedirectTarget } from './redirect-target'
import { findOrigin } from './request-origin'
import type { Via } from './via'

/** What goes with redirect_uri in its own query, so that it survives a lost cookie. */
export interface CallbackParams {
  returnTo: RedirectTarget
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

/** Full path of a way's route; undefined where there is none. */
export function wayPath ({ prefix, paths }: Settings, via: Via): string | undefined {
  return paths[via] === undefined ? undefined : prefix + paths[via]
}

/**
 * Path and query that the visitor has opened, as the browser knows them: neither a proxy nor Fastify's `rewriteUrl` has
 * taken anything off.
 */
export function openedUrl ({ publicPrefix }: Settings, { url, originalUrl }: FastifyRequest): string {
  const isWhole = !originalUrl.startsWith('/') || (originalUrl !== url && isInFolder(originalUrl, publicPrefix))
  return isWhole ? originalUrl : publicPrefix + originalUrl
}

/** A path of this site that starts a login and comes back to the target. */
export function loginUrl ({ loginPath }: Settings, untrustedTarget?: string): string | undefined {
  if (loginPath === undefined || untrustedTarget === undefined) return loginPath
  return `${loginPath}?redirect=${encodeURIComponent(untrustedTarget)}`
}

/** Where a visitor whose login failed can try again: the login, with the target of the one that failed. */
export function retryUrl (settings: Settings, untrustedTarget: unknown): string | undefined {
  const { redirect } = settings
  const target = untrustedTarget === undefined ? null : checkRedirectTarget(untrustedTarget, redirect)
  return loginUrl(settings, target === null || target === redirect.fallback ? undefined : target)
}

/** Starts a login of one way, which the visitor asks for by name. */
export function loginUrlBy ({ loginPath, redirect }: Settings, via: Via, returnTo: RedirectTarget): string | undefined {
  const target = returnTo === redirect.fallback ? undefined : returnTo
  return loginPath && `${loginPath}?${new URLSearchParams({ ...(target && { redirect: target }), via })}`
}

/** Characters of an address that a phone can still scan and a person still check. */
const maxAddressLength = 300

/**
 * The page to open where the login works, as a visitor may copy it: its origin is the callback URL's, as anybody can
 * name any Host. What is behind "?" or "#" may be for this visitor's eyes alone, and gives way to the login's page.
 */
export function addressElsewhere (
  { loginPath = '/' }: Settings, { origin }: CallbackApp, returnTo: RedirectTarget
): string {
  const { href } = new URL(returnTo, origin)
  return /[?#]/.test(href) || href.length > maxAddressLength ? origin + loginPath : href
}

/**
 * The login route on the callback URL's host, which the browser is sent to once: a `__Host-` cookie does not cross
 * hosts.
 */
export function loginUrlOnCallbackHost (
  { loginPath, redirect }: Settings, request: FastifyRequest, app: CallbackApp, returnTo: RedirectTarget
): string {
  const here = returnTo.startsWith('/') ? findOrigin(redirect.origins, request) ?? '' : ''
  const query = new URLSearchParams({ redirect: here + returnTo, via: app.via, hop: '1' })
  return `${app.origin}${loginPath}?${query}`
}

/** The app's callback URL with its parameters. */
export function callbackUrl (
  app: CallbackApp, { returnTo, ...marks }: CallbackParams, fallback: RedirectTarget
): string {
  const query = [
    ...(returnTo === fallback ? [] : [`redirect=${encodeURIComponent(returnTo)}`]),
    ...Object.entries(marks).filter(([, isSet]) => isSet).map(([mark]) => `${mark}=1`)
  ].join('&')
  if (query === '') return app.callbackUrl
  return `${app.callbackUrl}${app.callbackUrl.includes('?') ? '&' : '?'}${query}`
}
