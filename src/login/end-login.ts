// The end of a login: in the session, in the memory of this process, and in the browser, which is told that its visitor
// has signed out.

import type { FastifyReply, FastifyRequest } from 'fastify'
import { publish } from '../events'
import type { Context } from './context'
import { identifyLogin } from './event-identity'
import type { Login } from '../session/login-record'
import { endSession } from '../session/end-session'
import { readLogin, storeRefOf } from '../session/request-session'
import { forgetLogin, updateLogin } from '../session/update-login'
import type { StoreRef } from '../session/session-store'
import { rememberSignedOut } from './signed-out'
import { isStored, rememberEnd } from '../session/stored-login'
import { writeTombstone } from '../session/tombstone'

/** Ends the login and changes the session id; only `keepSessionKeys` survive. */
export async function logout (context: Context, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const login = readLogin(request)
  if (login !== null) await endLogin(context, request, login, storeRefOf(request))
  const { keepSessionKeys, timeout } = context.settings
  await endSession(request, reply, keepSessionKeys, timeout)
  reply.header('set-cookie', rememberSignedOut(context))
  if (login !== null) publish('login.ended', () => identifyLogin(login), request.log)
}

/**
 * From now on nothing brings this login back, even if a slow request saves its session once more: this process
 * remembers it, and the others find its tombstone, which is there before its session is destroyed. Never rejects: a
 * store that takes no tombstone is no reason to let the session live.
 */
export async function endLogin (
  context: Context, { log }: FastifyRequest, login: Login, storeRef: StoreRef
): Promise<void> {
  rememberEnd(context, login, storeRef)
  try {
    await writeTombstone(storeRef.store, login.id, context.settings.timeout)
  } catch (error) {
    log.warn({ err: error }, 'fastify-wechat-login: a login has ended, and other processes could not be told')
  }
}

/**
 * Ends the login and takes it out of its session; of a session that has ended meanwhile, nothing is saved. Never
 * rejects.
 */
export async function revokeLogin (
  context: Context, request: FastifyRequest, login: Login, storeRef: StoreRef
): Promise<void> {
  const { ended, settings: { timeout } } = context
  try {
    await writeTombstone(storeRef.store, login.id, timeout)
    // A logout may come while the store is asked.
    const isActive = await isStored(storeRef, login, timeout) && !ended.has(login.id)
    rememberEnd(context, login, storeRef)
    if (isActive) await updateLogin(request, undefined, timeout)
    else forgetLogin(request)
  } catch (error) {
    rememberEnd(context, login, storeRef)
    request.log.warn({ err: error }, 'fastify-wechat-login: a login has ended, and the session store could not be told')
  }
}
