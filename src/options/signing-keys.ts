// The keys that sign what is ours, derived from option secret or session.secret.

import { hkdfSync } from 'node:crypto'
import { describeSecret, failOption, refuseOption } from '../option-checks'
import type { WechatLoginOptions } from '../types'

// A key of our own from each entry, so that no signature of ours can ever stand for one of the session's.
export function parseKeys (given: WechatLoginOptions, hasSession: boolean): Buffer[] {
  if (given.session !== undefined && Object(given.session) !== given.session) {
    refuseOption(
      'session',
      describeSecret(given.session),
      'write options of @fastify/session such as { secret: process.env.SESSION_SECRET }'
    )
  }
  const [option, source] = given.secret !== undefined
    ? ['secret', given.secret] as const
    : ['session.secret', given.session?.secret] as const
  const entries: unknown[] = Array.isArray(source) ? source : [source]
  if (source === undefined && given.session !== undefined) {
    refuseOption(
      option,
      'undefined',
      'write a text of at least 32 bytes, or set the variable that it comes from; `openssl rand -hex 32` makes one'
    )
  }
  if (source === undefined && hasSession) {
    failOption(
      'secret',
      'option secret is missing; write secret: process.env.WECHAT_LOGIN_SECRET, a text of at least 32 bytes, made by ' +
        "`openssl rand -hex 32`: it signs the cookie of a login under way. The session is the host's own"
    )
  }
  if (source === undefined) {
    failOption(
      'session',
      'option session is missing; write session: { secret: process.env.SESSION_SECRET }, ' +
        'a text of at least 32 bytes. Where the host registers @fastify/session before this plugin, ' +
        'set option secret instead: it signs the cookie of a login under way'
    )
  }
  if (typeof source === 'object' && !Array.isArray(source) && !Buffer.isBuffer(source)) {
    failOption(
      'secret',
      'option secret is missing, and none can be derived from session.secret, which is no text or list of texts; ' +
        'write a text of at least 32 bytes (it signs the cookie of a login under way)'
    )
  }
  // @fastify/session takes a list with one letter in it.
  if (Array.isArray(given.session?.secret)) given.session.secret.forEach(entry => checkSecret('session.secret', entry))
  if (entries.length === 0) refuseOption(option, 'an empty array', 'write at least one secret of at least 32 bytes')
  return entries.map(entry =>
    Buffer.from(hkdfSync('sha256', checkSecret(option, entry), '', 'fastify-wechat-login attempt', 32)))
}

function checkSecret (option: string, entry: unknown): string | Buffer {
  const isSecret = typeof entry === 'string' || Buffer.isBuffer(entry)
  if (isSecret && Buffer.byteLength(entry) >= 32) return entry
  const found = isSecret ? `only ${Buffer.byteLength(entry)} bytes long` : describeSecret(entry)
  return refuseOption(
    option,
    found,
    'each secret is a text or a Buffer of at least 32 bytes; `openssl rand -hex 32` makes one'
  )
}
