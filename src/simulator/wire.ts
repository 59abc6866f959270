// How WeChat writes JSON: compact, raw UTF-8, every slash escaped, status 200 and text/plain even for errors.

import type { Answer } from './answer'

export type Body = Record<string, unknown>

export function stringifyLikeWechat (body: unknown): string {
  return JSON.stringify(body).replaceAll('/', '\\/')
}

export function apiAnswer (body: Body): Answer {
  return { status: 200, type: 'text/plain', body: stringifyLikeWechat(body) }
}
