// One refusal, told in the way that its reader understands: a page to a visitor, JSON to a script.

import { STATUS_CODES } from 'node:http'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import type { BrowserChoices, Hint } from '../errors'
import type { Settings } from '../options/parse-options'
import { browserKindOf } from '../request-kind'
import type { WechatPage } from '../types'
import { copyCsp, qrCodeLabel } from './copy-address'
import { render } from './html'
import { outcomeCsp, outcomeOf } from './outcome'
import { headersFor, pageHeaders, renderPage } from './page'
import { drawQrCode } from './qr-code'
import { languageOf, textFor, type TextName, textNameOf, wrongBrowserText } from './texts'

export interface Refusal extends Pick<FastifyError, 'message' | 'statusCode'> {
  code?: string
  /** Where a front end sends its visitor to log in. */
  loginUrl?: string
  /** What the visitor can do; operators' hints of other errors are told to nobody. */
  hint?: Hint
  /** Where this browser cannot do the login. */
  choices?: BrowserChoices
}

const embeddedHeaders = headersFor(outcomeCsp)
const addressHeaders = headersFor(copyCsp)

/** Set on every answer of ours: none may be kept, and none may tell the next page about a code or a state. */
export const privateHeaders = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff'
}

/** Fastify's own error body, with loginUrl and the choices where there are some. */
export function errorBody ({ statusCode = 500, code, message, loginUrl, hint, choices }: Refusal): object {
  return { statusCode, code, error: STATUS_CODES[statusCode], message, loginUrl, ...(choices && { hint, choices }) }
}

export interface Notice {
  kind: WechatPage['kind']
  /** What it says; the text of the refusal's code unless set. */
  text?: TextName
  /** The way on. */
  href: string | undefined
  /** True inside the iframe of an embedded QR code, where the page around it waits to hear. */
  embedded?: boolean
}

/** Sends the page for a refusal. */
export async function sendPage (
  settings: Settings, request: FastifyRequest, reply: FastifyReply, refusal: Refusal, notice: Notice
): Promise<FastifyReply> {
  const page = pageFor(settings, request, refusal, notice)
  const body = await (settings.renderPage || renderPage)(page, request, reply)
  const headers = notice.embedded ? embeddedHeaders : page.address === undefined ? pageHeaders : addressHeaders
  return reply.code(page.statusCode)
    .headers(privateHeaders)
    .headers(settings.renderPage ? { 'content-type': headers['content-type'] } : headers)
    .header('vary', 'accept-language')
    .send(body)
}

function pageFor (
  settings: Settings, request: FastifyRequest, { statusCode = 500, code = 'HOST_ERROR', choices }: Refusal, notice: Notice
): WechatPage {
  const lang = languageOf(request.headers['accept-language'])
  const browser = browserKindOf(settings, request)
  const name = choices ? wrongBrowserText(browser, choices.openIn) : notice.text ?? textNameOf(code)
  const { title, message, action } = textFor(name, lang)
  const href = choices ? choices.loginUrl : notice.href
  return {
    kind: notice.kind,
    statusCode,
    code,
    lang,
    title,
    message,
    ...(action && href && { action: { href, label: action } }),
    ...(choices && { address: choices.address }),
    ...(name === 'scanInWechat' && choices && { qrCode: render(drawQrCode(choices.address, qrCodeLabel(lang))) }),
    ...(notice.embedded && { outcome: outcomeOf(code) })
  }
}
