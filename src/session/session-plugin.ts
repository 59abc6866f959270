// The session that logins live in: the host's own, or one of ours where the host has none. @fastify/cookie and
// @fastify/session are peer dependencies, so that a host has one copy of each; they are loaded only here, and a missing
// one gets a clear boot error.

import type { FastifyInstance, FastifyPluginCallback } from 'fastify'
import { InvalidOptionsError } from '../errors'
import type { Settings } from '../options/parse-options'

/** Throws unless there is exactly one session for the logins to live in, and one that can be ended. */
export function checkHostSession (fastify: FastifyInstance, { session }: Settings): void {
  if (
    fastify.hasPlugin('@fastify/secure-session') ||
    fastify.hasRequestDecorator('createSecureSession') ||
    fastify.hasDecorator('createSecureSession')
  ) {
    throw new InvalidOptionsError('the host uses @fastify/secure-session, whose sessions live in the cookie: ' +
      'a login that has ended could not be revoked. Register @fastify/session instead, or set option session')
  }
  const hasSession = fastify.hasPlugin('@fastify/session')
  if (hasSession && session !== undefined) {
    throw new InvalidOptionsError(
      'option session is set, and the host has registered @fastify/session too; leave out one of them'
    )
  }
  if (!hasSession && session === undefined) {
    throw new InvalidOptionsError('there is no session to keep a login in: set option session, e.g. session: ' +
      '{ secret: process.env.SESSION_SECRET }, or register @fastify/cookie and @fastify/session before this plugin')
  }
}

/** Registers whichever of the two plugins the host has not. */
export async function registerSession (fastify: FastifyInstance, { session }: Settings): Promise<void> {
  if (session === undefined) return
  if (!fastify.hasPlugin('@fastify/cookie')) await fastify.register(loadPeer('@fastify/cookie'))
  await fastify.register(loadPeer('@fastify/session'), session)
  refuseSecond(fastify)
}

// A second @fastify/session would end in Fastify's words about a decorator, which name neither this plugin nor what to
// do.
function refuseSecond (fastify: FastifyInstance): void {
  const { decorate } = fastify as { decorate: (...decoration: [name: string, ...unknown[]]) => unknown }
  fastify.decorate = function (this: unknown, ...decoration: [name: string, ...unknown[]]) {
    if (decoration[0] === 'decryptSession') {
      throw new InvalidOptionsError('option session is set, and the host registers @fastify/session afterwards; ' +
        'leave out one of them (without option session, register @fastify/session before this plugin)')
    }
    return decorate.apply(this, decoration)
  } as typeof fastify.decorate
}

function loadPeer (name: string): FastifyPluginCallback<object> {
  try {
    return require(name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error
    throw new InvalidOptionsError(`option session needs ${name}, which is not installed; run: npm install ${name}`)
  }
}
