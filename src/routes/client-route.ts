// GET client.js: the browser helper of fastify-wechat-login/browser for pages without a bundler. The same file, and one
// line that tells it the folder it came from: its content depends on nothing but the version, so it may be kept for
// ever under ?v=<version>.

import { createHash } from 'node:crypto'
import { Type } from '@sinclair/typebox'
import type { FastifyReply } from 'fastify'
import type { Context } from '../login/context'
import { keepSessionOut } from '../session/request-session'
import { helper, version } from './client-text'
import { routeOptions } from './route-config'
import { media, noBody, refusals, tags, text } from './schemas'
import type { Scope } from './scope'

const lastLine = "configure({ base: new URL('.', import.meta.url).pathname })\n"

const schema = {
  tags,
  summary: 'The browser helper, an ES module',
  querystring: Type.Object({ v: Type.Optional(text("The package's version: the answer may then be kept for ever")) }),
  response: { 200: media('text/javascript', 'The module'), 304: noBody('Not changed'), ...refusals() }
}

export function mountClient (scope: Scope, context: Context): void {
  const path = context.settings.paths.client
  if (path === undefined) return
  const body = helper + lastLine
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  scope.get(path, { ...routeOptions, schema, onSend: sendNoCookie }, async (request, reply) => {
    keepSessionOut(request)
    reply.headers({
      etag,
      'cache-control': request.query.v === version ? 'public, max-age=31536000, immutable' : 'public, no-cache'
    })
    // null would be written down as JSON.
    if (request.headers['if-none-match']?.includes(etag)) return reply.code(304).send(undefined as unknown as null)
    return reply.type('text/javascript; charset=utf-8').send(body)
  })
}

/** Whatever the host's hooks have set: what caches may keep, they would send to everybody. */
function sendNoCookie (_request: unknown, reply: FastifyReply, _payload: unknown, done: () => void): void {
  reply.removeHeader('set-cookie')
  done()
}
