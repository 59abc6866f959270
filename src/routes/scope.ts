// The plain child scope in which our routes live, so that neither the host's parsers, compilers nor type provider reach them, and nothing
// of ours reaches the host. Every answer from here is private; every refusal is a page or JSON.

import { TypeCompiler } from '@sinclair/typebox/compiler'
import type { TSchema } from '@sinclair/typebox'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyBaseLogger, FastifyError, FastifyInstance, FastifyReply, FastifyRequest, RawReplyDefaultExpression, RawRequestDefaultExpression, RawServerDefault, RouteShorthandOptions } from 'fastify'
import { InvalidRequestError, RateLimitedError } from '../errors'
import { type Context, loginUrl } from '../login/context'
import { markOwnRoutes } from '../login/guard'
import { leaveSessionAlone } from '../session/request-session'
import { isWechatBrowser } from '../login/start-login'
import { errorBody, privateHeaders, type Refusal, sendPage, wantsPage } from '../pages/send-page'
import { checkRedirectTarget } from '../redirect-target'
import { reportFailure } from './report-failure'

export type Scope = FastifyInstance<RawServerDefault, RawRequestDefaultExpression, RawReplyDefaultExpression, FastifyBaseLogger, TypeBoxTypeProvider>
export type Route = (scope: Scope, context: Context) => void

/** A plugin that serves these routes in a child scope. */
export function scopeOf (routes: Route[], context: Context) {
  return async function wechatLoginRoutes (child: FastifyInstance): Promise<void> {
    const scope: Scope = child.withTypeProvider<TypeBoxTypeProvider>()
    scope.setValidatorCompiler(({ schema }) => compileCheck(schema as TSchema))
    scope.setSerializerCompiler(() => data => JSON.stringify(data instanceof Error ? errorBody(data) : data))
    markOwnRoutes(child)
    takeBodies(scope)
    scope.addHook('onRequest', (request, reply, done) => {
      leaveSessionAlone(request)
      reply.headers(privateHeaders)
      done()
    })
    // Again, for session hooks that come after ours: what a scope adds later its children get too.
    scope.addHook('preParsing', (request, _reply, _payload, done) => {
      leaveSessionAlone(request)
      done()
    })
    letServerClose(scope)
    // Of each route, not of the scope: scope.errorHandler stays the host's.
    const { errorHandler } = scope
    scope.addHook('onRoute', route => { route.errorHandler = (error, request, reply): unknown => refuse(context, error, request, reply, errorHandler) })
    for (const route of routes) route(scope, context)
  }
}

// A visitor whose login outlasts the server's last second would keep its connection, and with it the closing server, for a minute more.
function letServerClose (scope: Scope): void {
  let closing = false
  scope.addHook('preClose', done => {
    closing = true
    done()
  })
  scope.addHook('onSend', (request, reply, _payload, done) => {
    if (closing && request.raw.httpVersionMajor === 1) reply.header('connection', 'close')
    done()
  })
}

/** What a visitor's header says, as one line of a log may hold it: a terminal obeys control characters. With `trustProxy` the address is one too. */
export function loggable (untrusted: string | undefined): string | undefined {
  return untrusted?.replace(/[\p{Cc}\p{Cf}]/gu, '').slice(0, 260)
}

/**
 * A page that the browser fetches ahead of its visitor must neither begin nor spend an attempt. Only after a refusal does it ask again when the
 * visitor opens the page: a 204 would be the page. Scripts of a page that is rendered ahead are answered.
 */
export function refusePrefetch ({ headers }: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const isAhead = /prefetch/.test(`${headers['sec-purpose']} ${headers.purpose}`)
  if (isAhead && !['cors', 'same-origin'].includes(String(headers['sec-fetch-mode']))) reply.code(403).send()
  else done()
}

/** What all routes of ours have in common. */
export const routeOptions = {
  exposeHeadRoute: false,
  // @fastify/response-validation would read what our schemas tell @fastify/swagger of headers as a check of the body.
  responseValidation: false,
  // Fastify's request log would show the query, and with it codes and states.
  logSerializers: {
    req: (request: FastifyRequest) => ({ method: request.method, url: request.url.split(/[?;]/, 1)[0], host: loggable(request.host), remoteAddress: loggable(request.ip), remotePort: request.socket?.remotePort })
  }
} satisfies RouteShorthandOptions & { responseValidation: boolean }

function compileCheck (schema: TSchema) {
  const checker = TypeCompiler.Compile(schema)
  return (value: unknown) => checker.Check(value) ? { value } : { error: new InvalidRequestError() }
}

function takeBodies (scope: Scope): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('application/json', { parseAs: 'string', bodyLimit: 16_384 }, (_request, body, done) => {
    try {
      done(null, body === '' ? {} : JSON.parse(body as string))
    } catch {
      done(new InvalidRequestError())
    }
  })
  scope.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string', bodyLimit: 16_384 }, (_request, body, done) => {
    done(null, Object.fromEntries(new URLSearchParams(body as string)))
  })
  // Any other body says nothing to us.
  scope.addContentTypeParser('*', { parseAs: 'string', bodyLimit: 16_384 }, (_request, _body, done) => { done(null, {}) })
}

async function refuse (context: Context, error: unknown, request: FastifyRequest, reply: FastifyReply, known: Scope['errorHandler']): Promise<unknown> {
  const refusal = toRefusal(error)
  reply.headers(privateHeaders)
  if (error instanceof RateLimitedError) reply.header('retry-after', '60')
  const isPage = context.settings.renderPage !== false && wantsPage(request)
  reportFailure(context, request, error, refusal, !isPage)
  if (isPage) {
    try {
      return await sendPage(context.settings, request, reply, refusal, {
        kind: 'error',
        isWechat: isWechatBrowser(context, request),
        href: wayOn(context, request),
        embedded: isEmbedded(request)
      })
    } catch (failure) {
      throw toRefusal(failure)
    }
  }
  // What is thrown goes to the handler that the host had when we were registered. One that it has set since then is asked first.
  const { errorHandler } = request.server
  if (errorHandler !== known) return errorHandler(refusal as FastifyError, request, reply) as unknown ?? reply
  throw refusal
}

// The host's own 4xx, and the 503 of @fastify/under-pressure and of Fastify's handlerTimeout, are its answers to its visitors; anything unexpected may hold what nobody outside should read.
function toRefusal (error: unknown): Refusal {
  const { statusCode, code } = Object(error) as { statusCode?: number, code?: unknown }
  const isOurs = typeof code === 'string' && code.startsWith('FST_WECHAT_') // a database's errors have numbers there
  if (isOurs || code === 'FST_UNDER_PRESSURE' || code === 'FST_ERR_HANDLER_TIMEOUT' || (statusCode !== undefined && statusCode >= 400 && statusCode < 500)) return error as Refusal
  return Object.assign(new Error('The login could not be completed', { cause: error }), { statusCode: 500 })
}

/** True for a callback that opens inside an iframe of the host's own page: its mark rode with it. */
export function isEmbedded ({ query }: FastifyRequest): boolean {
  return (query as { embedded?: unknown }).embedded !== undefined
}

function wayOn (context: Context, request: FastifyRequest): string | undefined {
  const { redirect } = request.query as { redirect?: unknown }
  const { settings: { redirect: rules } } = context
  const target = redirect === undefined ? null : checkRedirectTarget(redirect, rules)
  return loginUrl(context, target === null || target === rules.fallback ? undefined : target)
}
