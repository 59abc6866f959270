// What all routes of ours have in common.

import type { FastifyReply, FastifyRequest, RouteShorthandOptions } from 'fastify'
import { isAheadOfVisitor } from '../request-kind'
import { loggable } from '../request-origin'

/** Spread into the options of every route. */
export const routeOptions = {
  exposeHeadRoute: false,
  // @fastify/response-validation would read what our schemas tell @fastify/swagger of headers as a check of the body.
  responseValidation: false,
  // Fastify's request log would show the query, and with it codes and states.
  logSerializers: {
    req: (request: FastifyRequest) => ({
      method: request.method,
      url: request.url.split(/[?;]/, 1)[0],
      host: loggable(request.host),
      remoteAddress: loggable(request.ip),
      remotePort: request.socket?.remotePort
    })
  }
} satisfies RouteShorthandOptions & { responseValidation: boolean }

/**
 * An onRequest hook: a page that is fetched ahead of its visitor must neither begin nor spend an attempt. Only after a
 * refusal do browsers ask again when the visitor opens the page: a 204 would be the page. Turbo does so after an answer
 * that is no HTML.
 */
export function refuseAheadOfVisitor (request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  if (isAheadOfVisitor(request)) reply.code(403).send()
  else done()
}
