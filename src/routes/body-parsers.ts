// The bodies that our routes take: JSON, also empty, and forms. The host's own parsers neither help nor disturb.

import type { FastifyInstance } from 'fastify'
import { InvalidRequestError } from '../errors'
import { takeFromBody } from './callback-params'

/** Bytes: a code and a redirect target need a quarter of it. */
const bodyLimit = 16_384

export function addBodyParsers (
  scope: Pick<FastifyInstance, 'removeAllContentTypeParsers' | 'addContentTypeParser'>
): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('application/json', { parseAs: 'string', bodyLimit }, (request, body, done) => {
    const parsed = parseJson(body as string)
    takeFromBody(request, parsed)
    done(parsed === undefined ? new InvalidRequestError() : null, parsed)
  })
  scope.addContentTypeParser('application/x-www-form-urlencoded', {
    parseAs: 'string',
    bodyLimit
  }, (_request, body, done) => {
    done(null, Object.fromEntries(new URLSearchParams(body as string)))
  })
  // Any other body says nothing to us.
  scope.addContentTypeParser('*', { parseAs: 'string', bodyLimit }, (_request, _body, done) => { done(null, {}) })
}

/** Undefined for what is no JSON; an empty body is an empty object. */
function parseJson (body: string): unknown {
  try {
    return body === '' ? {} : JSON.parse(body)
  } catch {
    return undefined
  }
}
