// Whether a login could stick in the session of this request: what is wrong with it is found out before a code is
// spent.

import type { FastifyRequest } from 'fastify'
import { MisconfiguredError } from '../errors'
import { describe } from '../option-checks'
import { isStrict, strictCookie } from '../options/session-options'
import { proxyAdvice } from '../request-origin'
import { cookieNameOf, hasSession } from './request-session'

const outsideThePath =
  'the callback path lies outside the path of the session cookie; set session.cookie.path to /'
const notSecure = 'the session cookie is Secure, but this request came over http, so the login could not be kept.'

/**
 * Logs an error of the host's setup that keeps or may keep a login from its session, once a server.
 * @throws MisconfiguredError where a login could not stick, because the session plugin would drop it without a word
 */
export function checkSession (request: FastifyRequest): void {
  const { session } = request
  if (!hasSession(request)) {
    logOnce(request, outsideThePath)
    throw new MisconfiguredError()
  }
  if (!checkScheme(request)) throw new MisconfiguredError()
  if (isStrict(session.cookie.sameSite)) logOnce(request, strictCookie)
}

/**
 * Warns where a sibling subdomain could plant the session cookie. Its name cannot be read at boot: a request with a
 * session tells it. A cookie with a domain is the host's choice.
 */
export function checkCookieName (request: FastifyRequest): void {
  const { session, protocol, log } = request
  const name = cookieNameOf(request, session)
  if (protocol !== 'https' || session.cookie.domain || name === undefined || name.startsWith('__Host-')) return
  log.warn(
    `fastify-wechat-login: the session cookie's name is ${describe(name)}: a page of a sibling subdomain could plant ` +
      "a session of its choice in a visitor's browser. Give @fastify/session cookieName: '__Host-session' and " +
      "cookie: { secure: true, path: '/' }; everybody has to log in once more"
  )
}

/**
 * False where the session plugin would drop the cookie; says so in the log. When a login begins this is a hint alone:
 * its callback may come another way.
 */
export function checkScheme (request: FastifyRequest): boolean {
  if (!hasSession(request) || request.session.cookie.secure !== true || request.protocol === 'https') return true
  const advice = proxyAdvice(request, 'X-Forwarded-Proto')
  logOnce(request, `${notSecure} ${advice}; without TLS, set session.cookie.secure to false`)
  return false
}

const logged = new WeakMap<object, Set<string>>()

// It is true of every login until the host mends it.
function logOnce ({ server, log }: FastifyRequest, text: string): void {
  const texts = logged.get(server) ?? new Set()
  logged.set(server, texts)
  if (texts.has(text)) return
  texts.add(text)
  log.error(`fastify-wechat-login: ${text}`)
}
