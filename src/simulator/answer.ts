// Handlers make values; this is the only file that writes ordinary ones to a reply.

import type { FastifyReply } from 'fastify'

export interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
}

export function pageAnswer (html: { toString (): string }, headers: Record<string, string> = {}): Answer {
  return {
    status: 200,
    type: 'text/html; charset=utf-8',
    body: html.toString(),
    headers: { 'cache-control': 'no-store', ...headers }
  }
}

/** A header takes no raw UTF-8, spaces or line breaks, and a redirect_uri may hold any of them. */
export function redirectAnswer (location: string, headers: Record<string, string> = {}): Answer {
  const safe = location.replace(/[^\x21-\x7e]+/g, encodeURIComponent)
  return {
    status: 302,
    type: 'text/html; charset=utf-8',
    body: '',
    headers: { 'cache-control': 'no-store', location: safe, ...headers }
  }
}

export function sendAnswer (reply: FastifyReply, answer: Answer): FastifyReply {
  reply.code(answer.status).header('content-type', answer.type)
  if (answer.headers !== undefined) reply.headers(answer.headers)
  return reply.send(answer.body)
}
