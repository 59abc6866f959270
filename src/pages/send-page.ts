// One refusal, told in the way that its reader understands: a page to a visitor, JSON to a script.

import { STATUS_CODES } from 'node:http'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { type BrowserChoices, type Hint, MisconfiguredError } from '../errors'
import type { Settings } from '../options/parse-options'
import { browserKindOf } from '../request-kind'
import type { WechatPage } from '../types'
import { copyCsp, qrCodeLabel } from './copy-address'
import { render } from './html'
import { outcomeCsp, outcomeOf } from './outcome'
import { headersFor, pageHeaders, renderPage } from './page'
import type { TextName } from './page-text'
import { drawQrCode } from './qr-code'
import { languageOf, textFor, textNameOf, wrongBrowserText } from './texts'

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
  reply.headers(privateHeaders).header('vary', 'accept-language')
  if (settings.renderPage) return sendHostsPage(settings.renderPage, page, request, reply)
  const headers = notice.embedded ? embeddedHeaders : page.address === undefined ? pageHeaders : addressHeaders
  return reply.code(page.statusCode).headers(headers).send(renderPage(page))
}

/** The page of a `renderPage`, which may also send it itself: `reply.view()` of @fastify/view returns the reply. */
async function sendHostsPage (
  render: Exclude<Settings['renderPage'], false | undefined>,
  page: WechatPage,
  request: FastifyRequest,
  reply: FastifyReply
): Promise<FastifyReply> {
  const before = reply.statusCode
  reply.code(page.statusCode)
  let body: unknown
  try {
    body = await render(page, request, reply)
  } catch (error) {
    reply.code(before) // Fastify gives an error its own status only where none is set
    throw error
  }
  if (reply.sent) return reply
  if (typeof body === 'string') return reply.type(pageHeaders['content-type']!).send(body)
  reply.code(before)
  request.log.error('fastify-wechat-login: option renderPage returned neither a text nor a reply that it has sent; ' +
    'return the HTML, or what reply.view() returns')
  throw new MisconfiguredError()
}

function pageFor (
  settings: Settings, request: FastifyRequest, refusal: Refusal, notice: Notice
): WechatPage {
  const { statusCode = 500, code = 'HOST_ERROR', choices } = refusal
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
