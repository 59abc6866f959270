// What kind of request this is: a page or a script, of which browser, sent ahead of its visitor, from this site or
// another.

import type { FastifyRequest } from 'fastify'
import type { Settings } from './options/parse-options'

/** `wechat`: WeChat's own browser, on any device. `computer`: every other one. */
export type BrowserKind = 'wechat' | 'computer'

/** True for a navigation that shows its answer to a person. */
export function wantsPage (request: FastifyRequest): boolean {
  return (request.method === 'GET' || request.method === 'HEAD') && isNavigation(request)
}

/** True where the browser will show the answer, a form's included. */
export function isNavigation ({ headers }: FastifyRequest): boolean {
  const mode = headers['sec-fetch-mode']
  return mode === undefined ? headers.accept?.includes('text/html') === true : mode === 'navigate'
}

/** True for a script that asks for JSON and would not show a page. */
export function wantsJson ({ headers: { accept } }: FastifyRequest): boolean {
  return accept !== undefined && accept.includes('application/json') && !accept.includes('text/html')
}

/** JSON is what no form of another site can send. */
export function isJson ({ headers }: FastifyRequest): boolean {
  return headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() === 'application/json'
}

/**
 * True for a page that the browser fetches before its visitor has opened it. Scripts of a page rendered ahead are not
 * meant.
 */
export function isAheadOfVisitor ({ headers }: FastifyRequest): boolean {
  const isAhead = /prefetch/.test(`${headers['sec-purpose']} ${headers.purpose}`)
  return isAhead && !['cors', 'same-origin'].includes(String(headers['sec-fetch-mode']))
}

/** True for a callback that opens inside an iframe of the host's own page: its mark came back with it. */
export function isEmbedded ({ query }: FastifyRequest): boolean {
  return (query as { embedded?: unknown }).embedded !== undefined
}

export function browserKindOf (settings: Pick<Settings, 'isWechatBrowser'>, request: FastifyRequest): BrowserKind {
  return isWechatBrowser(settings, request) ? 'wechat' : 'computer'
}

export function isWechatBrowser (settings: Pick<Settings, 'isWechatBrowser'>, request: FastifyRequest): boolean {
  return settings.isWechatBrowser?.(request) ?? isWechatUserAgent(request.headers['user-agent'])
}

/**
 * Is this WeChat's own browser, by its User-Agent? Web-views of Mini Programs are. WeCom (wxwork) also says
 * MicroMessenger, but cannot do an Official Account's login, and some proxies lower-case the header. Every other token
 * (WindowsWechat on a Mac, MQQBrowser) misleads.
 */
export function isWechatUserAgent (userAgent = ''): boolean {
  return /micromessenger/i.test(userAgent) && !/wxwork/i.test(userAgent)
}
