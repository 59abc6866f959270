// WeChat's code and our state. Whoever holds both may finish a login, and a host's hooks and error handlers log what a
// request brings: so they are taken out of it as soon as it is read, and known to the callback routes alone.

import { unescape } from 'node:querystring'
import type { FastifyRequest } from 'fastify'
import { InvalidRequestError } from '../errors'

interface Untrusted { code?: unknown, state?: unknown }

const taken = new WeakMap<FastifyRequest, Untrusted>()

/** WeChat's codes have 32 characters, our states too; the limits leave room and keep junk out. */
const longest = { code: 512, state: 128 }

/** Takes them out of the query and of every form of the URL, also of the one that Fastify keeps for earlier hooks. */
export function takeFromQuery (request: FastifyRequest): void {
  take(request, request.query as Untrusted)
  const raw = request.raw as FastifyRequest['raw'] & { originalUrl?: string }
  raw.url = redact(raw.url!)
  if (raw.originalUrl !== undefined) raw.originalUrl = redact(raw.originalUrl)
  Object.defineProperty(request, 'originalUrl', { value: raw.originalUrl ?? raw.url, configurable: true })
}

/** For the parser of a body, before any hook sees it. */
export function takeFromBody (request: FastifyRequest, body: unknown): void {
  if (typeof body === 'object' && body !== null) take(request, body)
}

function take (request: FastifyRequest, from: Untrusted): void {
  const { code, state } = from
  taken.set(request, { code, state })
  delete from.code
  delete from.state
}

function redact (url: string): string {
  return url.replaceAll(/([?;&])([^?=&;#]+)=[^&;#]*/g, (pair, mark: string, name: string) =>
    /^(?:code|state)$/i.test(unescape(name)) ? `${mark}${name}=` : pair)
}

/**
 * The code and the state that this request has brought. @throws InvalidRequestError where one is no text, or too long
 */
export function callbackParamsOf (request: FastifyRequest): { code?: string, state?: string } {
  const { code, state } = taken.get(request)!
  return { ...(isGiven(code, longest.code) && { code }), ...(isGiven(state, longest.state) && { state }) }
}

function isGiven (untrusted: unknown, longest: number): untrusted is string {
  if (untrusted === undefined) return false
  if (typeof untrusted !== 'string' || untrusted.length > longest) throw new InvalidRequestError()
  return true
}

/** The state alone, whatever it is, to name an attempt by in an event. */
export function untrustedStateOf (request: FastifyRequest): unknown {
  return taken.get(request)?.state
}
