// Whether a login could stick in the session of this request: what is wrong with it is found out before a code is
// spent.

import type { FastifyRequest } from 'fastify'
import { MisconfiguredError } from '../errors'
import { isStrict, strictCookie } from '../options/session-options'
import { proxyAdvice } from '../request-origin'
import { hasSession } from './request-session'

/** Throws where a login could not stick, as the session plugin would drop it without a word; tells where it may not. */
export function checkSession (request: FastifyRequest): void {
  const { session } = request
  if (!hasSession(request)) {
    tellOnce(request, 'the callback path lies outside the path of the session cookie; set session.cookie.path to /')
    throw new MisconfiguredError()
  }
  if (session.cookie.secure === true && request.protocol !== 'https') {
    tellOnce(
      request,
      'the session cookie is Secure, but this request came over http, so the login could not be kept. ' +
        `${proxyAdvice(request, 'X-Forwarded-Proto')}; without TLS, set session.cookie.secure to false`
    )
    throw new MisconfiguredError()
  }
  if (isStrict(session.cookie.sameSite)) tellOnce(request, strictCookie)
}

const told = new WeakMap<object, Set<string>>()

// It is true of every login until the host mends it.
function tellOnce ({ server, log }: FastifyRequest, text: string): void {
  const texts = told.get(server) ?? new Set()
  told.set(server, texts)
  if (texts.has(text)) return
  texts.add(text)
  log.error(`fastify-wechat-login: ${text}`)
}
