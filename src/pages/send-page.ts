// One refusal, told in the way that its reader understands: a page to a visitor, JSON to a script.

import { STATUS_CODES } from 'node:http'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import type { Settings } from '../options/parse-options'
import type { WechatPage } from '../types'
import { outcomeCsp, outcomeOf } from './outcome'
import { headersFor, pageHeaders, renderPage } from './page'
import { languageOf, textFor } from './texts'

export interface Refusal extends Pick<FastifyError, 'message' | 'statusCode'> {
  code?: string
  /** Where a front end sends its visitor to log in. */
  loginUrl?: string
}

const embeddedHeaders = headersFor(outcomeCsp)

/** Set on every answer of ours: none may be kept, and none may tell the next page about a code or a state. */
export const privateHeaders = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff'
}

/** Fastify's own error body, with loginUrl where there is one. */
export function errorBody ({ statusCode = 500, code, message, loginUrl }: Refusal): object {
  return { statusCode, code, error: STATUS_CODES[statusCode], message, loginUrl }
}

export interface Notice {
  kind: WechatPage['kind']
  isWechat: boolean
  /** The way on. */
  href: string | undefined
  /** True inside the iframe of an embedded QR code, where the page around it waits to hear. */
  embedded?: boolean
}

/** Sends the page for a refusal. */
export async function sendPage (
  settings: Settings,
  request: FastifyRequest,
  reply: FastifyReply,
  refusal: Refusal,
  { kind, isWechat, href, embedded }: Notice
): Promise<FastifyReply> {
  const { statusCode = 500, code = 'HOST_ERROR' } = refusal
  const lang = languageOf(request.headers['accept-language'])
  const { title, message, action } = textFor(code, isWechat, lang)
  const page: WechatPage = {
    kind,
    statusCode,
    code,
    lang,
    title,
    message,
    ...(action && href && { action: { href, label: action } }),
    ...(embedded && { outcome: outcomeOf(code) })
  }
  const body = await (settings.renderPage || renderPage)(page, request, reply)
  const headers = embedded ? embeddedHeaders : pageHeaders
  return reply.code(statusCode)
    .headers(privateHeaders)
    .headers(settings.renderPage ? { 'content-type': headers['content-type'] } : headers)
    .header('vary', 'accept-language')
    .send(body)
}
