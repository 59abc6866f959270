// What @fastify/session gets where the session is ours: the option `session` over our defaults, and what a login could
// not live with.

import type { FastifySessionOptions } from '@fastify/session'
import type { Warn } from './app-options'
import { describe, refuseOption } from '../option-checks'
import type { WechatLoginOptions } from '../types'

/** `callbacks`: their full paths, and the hosts of those that are known. `secure`: are they all https? */
export function parseSession (
  given: WechatLoginOptions['session'], callbacks: { paths: string[], hosts: string[] }, secure: boolean, warn: Warn
): FastifySessionOptions | undefined {
  if (given === undefined) return undefined
  checkStore(given.store)
  const { path = '/', domain } = given.cookie ?? {}
  const outside = callbacks.paths.find(callback => !covers(path, callback))
  if (outside !== undefined) {
    refuseOption('session.cookie.path', describe(path), `the callback path ${outside} must lie under it; write '/'`)
  }
  const foreign = domain && callbacks.hosts.find(host => !isWithin(domain, host))
  if (foreign) {
    refuseOption(
      'session.cookie.domain',
      describe(domain),
      `a browser takes no such cookie from ${foreign}, the callback URL's host; leave it out`
    )
  }
  const plain = path === '/' && domain === undefined
  const options: FastifySessionOptions = {
    saveUninitialized: false,
    rolling: false,
    // A __Host- cookie cannot be planted by a sibling site; it must be Secure, with path / and no domain.
    cookieName: plain && (given.cookie?.secure ?? secure) === true ? '__Host-session' : 'session',
    ...given,
    cookie: { secure, sameSite: 'lax', path: '/', httpOnly: true, ...given.cookie }
  }
  checkSameSite(options.cookie!, warn)
  if (options.cookieName?.startsWith('__Host-') && (!plain || options.cookie?.secure !== true)) {
    refuseOption(
      'session.cookieName',
      JSON.stringify(options.cookieName),
      'a __Host- cookie must be Secure, with path / and without a domain; rename it or change session.cookie'
    )
  }
  return options
}

// @fastify/session would find out at the first visitor. A class in the place of what it makes is the usual mistake.
function checkStore (store: unknown): void {
  if (!store) return // as @fastify/session takes it
  const missing = ['get', 'set', 'destroy'].filter(name => typeof Object(store)[name] !== 'function')
  if (missing.length > 0) {
    refuseOption(
      'session.store',
      `${describe(store)} without ${missing.join(', ')}`,
      'write a session store, such as new RedisStore({ client })'
    )
  }
}

export const strictCookie = 'the session cookie is SameSite=Strict: the browser withholds it on the way back from ' +
  "WeChat, and a guarded page right after the login sees nobody. Set session.cookie.sameSite to 'lax'"

/** As the package that writes the cookie reads it. */
export function isStrict (sameSite: unknown): boolean {
  return sameSite === true || String(sameSite).toLowerCase() === 'strict'
}

function checkSameSite ({ sameSite, secure }: NonNullable<FastifySessionOptions['cookie']>, warn: Warn): void {
  if (isStrict(sameSite)) warn(strictCookie)
  if (String(sameSite).toLowerCase() === 'none' && secure === false) {
    refuseOption(
      'session.cookie.sameSite',
      describe(sameSite),
      "browsers take no such cookie without secure: true; write 'lax'"
    )
  }
}

function isWithin (domain: unknown, host: string): boolean {
  const site = String(domain).toLowerCase().replace(/^\./, '')
  return host === site || host.endsWith(`.${site}`)
}

function covers (cookiePath: unknown, path: string): boolean {
  if (typeof cookiePath !== 'string') return false
  return path === cookiePath || path.startsWith(cookiePath.endsWith('/') ? cookiePath : `${cookiePath}/`)
}
