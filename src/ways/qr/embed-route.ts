// GET embed: what a QR code inside the host's own page needs. The attempt begins here, so its state is ours and bound
// to this browser.

import { type Static, Type } from '@sinclair/typebox'
import type { FastifyRequest } from 'fastify'
import { InvalidRequestError, MisconfiguredError, WrongBrowserError } from '../../errors'
import type { Context } from '../../login/context'
import type { BrowserWay } from '../../login/login-way'
import { chooseWay, isOnCallbackHost, returnToOf, startAttempt } from '../../login/start-login'
import type { CallbackApp } from '../../options/app-options'
import { isLoopback } from '../../option-checks'
import { loggable, proxyAdvice } from '../../request-origin'
import { refuseAheadOfVisitor, routeOptions } from '../../routes/route-config'
import { cookies, oneOf, redirect, refusals, tags, withHeaders } from '../../routes/schemas'
import type { Scope } from '../../routes/scope'
import { embedUrl } from '../../wechat/authorize-url'

// In wxLogin.js' own words; what they mean is with EmbedParameters.
const look = Type.Object({
  style: Type.Optional(oneOf(['black', 'white'], 'The colour of the text')),
  href: Type.Optional(Type.String({
    maxLength: 8192,
    pattern: '^(https://|data:text/css;base64,)',
    description: 'A style sheet for the QR page'
  })),
  lang: Type.Optional(oneOf(['cn', 'en'], 'The language of the QR page')),
  stylelite: Type.Optional(oneOf(['1'], 'The newer, smaller page')),
  fast_login: Type.Optional(oneOf(['0'], 'No login by the WeChat client on the same computer')),
  color_scheme: Type.Optional(oneOf(['auto', 'dark', 'light'], 'The colours of the QR page'))
})

const schema = {
  tags,
  summary: 'A QR code for a page of your own',
  querystring: Type.Object({
    redirect,
    self_redirect: Type.Optional(oneOf(['true', 'false'], 'true: the callback opens inside the iframe')),
    ...look.properties
  }),
  response: {
    200: Type.Object({
      src: Type.String({ description: "The iframe's whole address" }),
      wxLogin: Type.Object(
        {},
        { additionalProperties: true, description: "For WeChat's own script: new WxLogin({ id, ...wxLogin })" }
      ),
      expiresIn: Type.Number({ description: 'Seconds until the attempt ends' }),
      redirect: Type.String({ description: 'Where the login ends, checked' })
    }, { description: 'An attempt has begun', ...withHeaders(cookies.attempt) }),
    ...refusals(InvalidRequestError, WrongBrowserError, MisconfiguredError)
  }
}

export function mountEmbed (scope: Scope, context: Context, { via }: BrowserWay): void {
  const path = context.settings.paths.embed
  if (path === undefined) return
  scope.get(path, { ...routeOptions, onRequest: refuseAheadOfVisitor, schema }, async (request, reply) => {
    const returnTo = returnToOf(context, request, request.query.redirect)
    // On a phone no visitor has asked for a code on the screen that would have to scan it.
    const { app } = await chooseWay(context, request, { via, returnTo, isAsked: false })
    const selfRedirect = request.query.self_redirect === 'true'
    checkPlace(request, app, selfRedirect)
    const { openHost, attempts } = context.settings
    const { state, redirectUri } = startAttempt(context, request, reply, app, { returnTo, embedded: selfRedirect })
    const { appid } = app
    const looks = lookOf(request.query)
    return {
      src: embedUrl({ openHost, appid, redirectUri, state, self_redirect: selfRedirect, ...looks }),
      // The script encodes nothing itself.
      wxLogin: {
        appid,
        scope: 'snsapi_login',
        redirect_uri: encodeURIComponent(redirectUri),
        state,
        self_redirect: selfRedirect,
        ...looks,
        ...(looks.href !== undefined && { href: encodeURIComponent(looks.href) })
      },
      expiresIn: attempts.ttl / 1000,
      redirect: returnTo
    }
  })
}

/** What was asked for of the looks; the script knows these two as numbers. */
function lookOf (
  { style, href, lang, stylelite, fast_login: fastLogin, color_scheme: colorScheme }: Static<typeof look>
) {
  return {
    ...(style && { style }),
    ...(href && { href }),
    ...(lang && { lang }),
    ...(stylelite && { stylelite: 1 as const }),
    ...(fastLogin && { fast_login: 0 as const }),
    ...(colorScheme && { color_scheme: colorScheme })
  }
}

/**
 * A script's call cannot change host as the login route does. Anybody can name any host, so this is no error of the
 * site's.
 */
function checkPlace (request: FastifyRequest, app: CallbackApp, selfRedirect: boolean): void {
  const { referer = '' } = request.headers
  const page = URL.canParse(referer) ? new URL(referer).origin : undefined
  const isHere = isOnCallbackHost(request, app)
  if (isHere && !(selfRedirect && page !== undefined && page !== app.origin)) return
  request.log.warn(
    { host: loggable(request.host), ...(page && { page: loggable(page) }), callbackHost: app.host },
    `fastify-wechat-login: a QR code was asked for on another ${isHere ? 'origin' : 'host'} than the callback URL's, ` +
      (isHere
        ? 'where the page would never hear of a login inside its frame'
        : 'where its login cannot be bound to the browser') +
      `. ${placeAdvice(request, app)}`
  )
  throw Object.assign(new InvalidRequestError(), {
    message: isHere
      ? "A QR code with self_redirect can only be embedded in pages on the callback URL's own origin"
      : "A QR code can only be embedded in pages on the callback URL's own host"
  })
}

/** On a developer's machine another port is another server, and no header of a proxy is missing. */
function placeAdvice (request: FastifyRequest, app: CallbackApp): string {
  return isLoopback(new URL(app.origin).hostname)
    ? 'Behind a development server, write the origin that the browser shows into callbackUrl ' +
      '(callbackOrigin of the simulator)'
    : `Serve the page there. ${proxyAdvice(request, 'X-Forwarded-Host')}`
}
