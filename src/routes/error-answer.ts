// What a refused request of our routes is answered with: a page for a person, JSON for a script, and nothing that only
// we should read.

import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { RateLimitedError } from '../errors'
import type { Context } from '../login/context'
import { callHost, isUnexposed } from '../login/host-error'
import { privateHeaders, type Refusal, sendPage } from '../pages/send-page'
import { isEmbedded, wantsPage } from '../request-kind'
import { retryUrl } from '../urls'
import { reportFailure } from './report-failure'

/** `known`: the error handler that the host had when our routes were added. */
export async function answerError (
  context: Context, error: unknown, request: FastifyRequest, reply: FastifyReply, known: FastifyInstance['errorHandler']
): Promise<unknown> {
  const { settings } = context
  const refusal = toRefusal(error)
  reply.headers(privateHeaders)
  if (error instanceof RateLimitedError) reply.header('retry-after', '60')
  const isPage = settings.renderPage !== false && wantsPage(request)
  reportFailure(context, request, error, refusal, !isPage)
  if (isPage) {
    try {
      return await callHost(() => sendPage(settings, request, reply, refusal, {
        kind: 'error',
        href: retryUrl(settings, (request.query as { redirect?: unknown }).redirect),
        embedded: isEmbedded(request)
      }))
    } catch (failure) {
      throw toRefusal(failure)
    }
  }
  // What is thrown goes to the handler that the host had when we were registered. One that it has set since then is
  // asked first.
  const { errorHandler } = request.server
  if (errorHandler !== known) return errorHandler(refusal as FastifyError, request, reply) as unknown ?? reply
  throw refusal
}

/** Errors of others that are answers to the visitor: of @fastify/under-pressure, and of Fastify's handlerTimeout. */
const publicCodes: unknown[] = ['FST_UNDER_PRESSURE', 'FST_ERR_HANDLER_TIMEOUT']

// The host's own 4xx are its answers to its visitors; anything unexpected may hold what nobody outside should read.
function toRefusal (error: unknown): Refusal {
  const { statusCode = 500, code } = Object(error) as { statusCode?: number, code?: unknown }
  const isOurs = typeof code === 'string' && code.startsWith('FST_WECHAT_') // a database's errors have numbers there
  const isClientError = statusCode >= 400 && statusCode < 500
  if (isClientError && isUnexposed(error)) {
    return Object.assign(new Error('The login was refused', { cause: error }), { statusCode })
  }
  if (isOurs || publicCodes.includes(code) || isClientError) return error as Refusal
  return Object.assign(new Error('The login could not be completed', { cause: error }), { statusCode: 500 })
}
