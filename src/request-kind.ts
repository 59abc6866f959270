// What kind of request this is: a page or a script, of which browser, sent ahead of its visitor, from this site or
// another.

import type { FastifyRequest } from 'fastify'
import type { Settings } from './options/parse-options'

/**
 * `wechat`: WeChat's own browser, on any device. `phone`: any other one on the screen that would have to scan.
 * `computer`: every other one, on tablets too, which a phone can scan.
 */
export type BrowserKind = 'wechat' | 'phone' | 'computer'

/** True for a navigation that shows its answer to a person. */
export function wantsPage (request: FastifyRequest): boolean {
  return (request.method === 'GET' || request.method === 'HEAD') && isNavigation(request)
}

/** True where the browser will show the answer, a form's included. */
export function isNavigation ({ headers }: FastifyRequest): boolean {
  const mode = headers['sec-fetch-mode']
  if (mode !== undefined) return mode === 'navigate'
  // Older browsers, and all over plain http, send no Sec-Fetch-Mode. Android's web-views name their app in
  // X-Requested-With: WeChat's is a browser.
  const isScript =
    headers['hx-request'] !== undefined || /^xmlhttprequest$/i.test(String(headers['x-requested-with']))
  return !isScript && headers.accept?.includes('text/html') === true
}

/** True for a script that asks for JSON and would not show a page. */
export function wantsJson ({ headers: { accept } }: FastifyRequest): boolean {
  return accept !== undefined && accept.includes('application/json') && !accept.includes('text/html')
}

/** JSON is what no form of another site can send. */
export function isJson ({ headers }: FastifyRequest): boolean {
  return headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() === 'application/json'
}

// Browsers: Sec-Purpose, before it Purpose (Chromium's <link rel=prefetch> still), X-Purpose (Safari) and X-Moz
// (Firefox); Turbo, for a link that the mouse is over: X-Sec-Purpose.
const purposes = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz', 'x-sec-purpose']
// Next.js (its two routers), and htmx's preload. There, whatever is said, it is said of a page fetched ahead.
const aheadMarks = ['next-router-prefetch', 'x-middleware-prefetch', 'hx-preloaded']

/**
 * True for a page that a browser or a framework fetches before its visitor has opened it. Scripts that ask for JSON by
 * themselves are not meant: browsers say the same of those in a page rendered ahead.
 */
export function isAheadOfVisitor (request: FastifyRequest): boolean {
  const { headers } = request
  const isAhead =
    purposes.some(name => headers[name] !== undefined && /prefetch|preview|prerender/i.test(String(headers[name]))) ||
    aheadMarks.some(name => headers[name] !== undefined)
  return isAhead && !wantsJson(request)
}

/** True for a callback that opens inside an iframe of the host's own page: its mark came back with it. */
export function isEmbedded ({ query }: FastifyRequest): boolean {
  return (query as { embedded?: unknown }).embedded !== undefined
}

type Tests = Pick<Settings, 'isWechatBrowser' | 'isPhoneBrowser'>

export function browserKindOf (settings: Tests, request: FastifyRequest): BrowserKind {
  if (isWechatBrowser(settings, request)) return 'wechat'
  return settings.isPhoneBrowser?.(request) ?? isPhone(request) ? 'phone' : 'computer'
}

// Android's browsers leave "Mobile" out on a tablet, HarmonyOS does not.
const phoneShape = /iPhone|iPod|Android.*Mobile|\(Phone;.*OpenHarmony|OpenHarmony.*(?:Phone|Mobile)/i
const tabletShape = /\bTablet\b|iPad/i

/** Chromium says it in a header of its own; the others' User-Agent tells. */
function isPhone ({ headers }: FastifyRequest): boolean {
  const { 'sec-ch-ua-mobile': isMobile, 'user-agent': userAgent = '' } = headers
  return isMobile === '?1' || (phoneShape.test(userAgent) && !tabletShape.test(userAgent))
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
