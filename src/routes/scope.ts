// The plain child scope in which our routes live, so that neither the host's parsers, compilers nor type provider reach
// them, and nothing of ours reaches the host. Every answer from here is private; every refusal is a page or JSON.

import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type {
  FastifyBaseLogger, FastifyInstance, RawReplyDefaultExpression, RawRequestDefaultExpression, RawServerDefault
} from 'fastify'
import type { Context } from '../login/context'
import { markOwnRoutes } from '../login/guard'
import { errorBody, privateHeaders } from '../pages/send-page'
import { leaveSessionAlone } from '../session/request-session'
import { addBodyParsers } from './body-parsers'
import { takeFromQuery } from './callback-params'
import { answerError } from './error-answer'
import { compileValidator } from './schemas'

export type Scope = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>
export type MountRoute = (scope: Scope, context: Context) => void

/** A plugin that serves these routes in a child scope. */
export function createScope (routes: MountRoute[], context: Context) {
  return async function wechatLoginRoutes (child: FastifyInstance): Promise<void> {
    const scope: Scope = child.withTypeProvider<TypeBoxTypeProvider>()
    scope.setValidatorCompiler(({ schema }) => compileValidator(schema))
    scope.setSerializerCompiler(() => data => JSON.stringify(data instanceof Error ? errorBody(data) : data))
    markOwnRoutes(child)
    addBodyParsers(scope)
    scope.addHook('onRequest', (request, reply, done) => {
      leaveSessionAlone(request)
      takeFromQuery(request)
      reply.headers(privateHeaders)
      done()
    })
    // Again, for session hooks that come after ours: what a scope adds later its children get too.
    scope.addHook('preParsing', (request, _reply, _payload, done) => {
      leaveSessionAlone(request)
      done()
    })
    closeConnectionsAtEnd(scope)
    // Of each route, not of the scope: scope.errorHandler stays the host's.
    const { errorHandler } = scope
    scope.addHook('onRoute', route => {
      route.errorHandler = (error, request, reply): unknown => answerError(context, error, request, reply, errorHandler)
    })
    for (const mountRoute of routes) mountRoute(scope, context)
  }
}

// A visitor whose login outlasts the server's last second would keep its connection, and with it the closing server,
// for a minute more.
function closeConnectionsAtEnd (scope: Scope): void {
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
