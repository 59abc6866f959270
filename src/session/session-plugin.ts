// The session that logins live in: the host's own, or one of ours where the host has none. @fastify/cookie and
// @fastify/session are peer dependencies, so that a host has one copy of each; they are loaded only here, and a missing
// one gets a clear boot error.

import type { FastifyInstance, FastifyPluginCallback } from 'fastify'
import { InvalidOptionsError } from '../errors'
import type { Settings } from '../options/parse-options'

const stateless =
  'the host uses @fastify/secure-session, whose sessions live in the cookie: a login that has ended could not be ' +
  'revoked. Register @fastify/session instead, or set option session'
const both =
  'option session is set, and the host has registered @fastify/session too; leave out one of them'
const none =
  'there is no session to keep a login in: set option session, e.g. session: { secret: process.env.SESSION_SECRET }, ' +
  'or register @fastify/cookie and @fastify/session before this plugin'

/**
 * Checks what the host has registered before us. One that registers @fastify/session after us, beside option session,
 * is stopped by Fastify itself (FST_ERR_DEC_ALREADY_PRESENT, of decryptSession).
 * @throws InvalidOptionsError unless there is exactly one session for the logins to live in, and one that can be ended
 */
export function checkHostSession (fastify: FastifyInstance, { session }: Settings): void {
  if (hasSecureSession(fastify)) throw new InvalidOptionsError(stateless)
  const hasSession = fastify.hasPlugin('@fastify/session')
  if (hasSession && session !== undefined) throw new InvalidOptionsError(both)
  if (!hasSession && session === undefined) throw new InvalidOptionsError(none)
}

function hasSecureSession (fastify: FastifyInstance): boolean {
  const decorator = 'createSecureSession'
  return fastify.hasPlugin('@fastify/secure-session') || fastify.hasRequestDecorator(decorator) ||
    fastify.hasDecorator(decorator)
}

/**
 * Registers whichever of the two plugins the host has not, where option session is set.
 * Rejects with an `InvalidOptionsError` that says what to install where one is missing.
 */
export async function registerSession (fastify: FastifyInstance, { session }: Settings): Promise<void> {
  if (session === undefined) return
  if (!fastify.hasPlugin('@fastify/cookie')) await fastify.register(loadPeer('@fastify/cookie', loadCookie))
  await fastify.register(loadPeer('@fastify/session', loadSession), session)
}

// A bundler sees what is written out, and takes it along.
const loadCookie = (): FastifyPluginCallback<object> => require('@fastify/cookie')
const loadSession = (): FastifyPluginCallback<object> => require('@fastify/session')

function loadPeer (name: string, load: () => FastifyPluginCallback<object>): FastifyPluginCallback<object> {
  try {
    return load()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error
    throw new InvalidOptionsError(`option session needs ${name}, which is not installed; run: npm install ${name}`)
  }
}
