// Fastify's own error body has four fields. What a guard throws has a fifth, `loginUrl`: an error handler of the host's
// finds it in the error, and where there is none it is added to what Fastify makes of the error.

import type { FastifyInstance } from 'fastify'
import { UnauthenticatedError } from '../errors'
import type { Settings } from '../options/parse-options'
import { errorBody } from '../pages/send-page'

/** Adds `loginUrl` to the answers of this scope that refuse a script. Whatever else is sent stays as it is. */
export function addLoginUrl (fastify: FastifyInstance, { loginPath: loginUrl }: Settings): void {
  if (loginUrl === undefined) return
  const { statusCode, code, message } = new UnauthenticatedError()
  const known = JSON.stringify(errorBody({ statusCode, code, message }))
  const whole = JSON.stringify(errorBody({ statusCode, code, message, loginUrl }))
  fastify.addHook('onSend', (_request, reply, payload, done) => {
    if (payload !== known) {
      done(null, payload)
      return
    }
    reply.header('content-length', Buffer.byteLength(whole))
    done(null, whole)
  })
}
