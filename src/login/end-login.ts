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
import { createRevokeAgain, isStored } from '../session/stored-login'

/** Ends the login and changes the session id; only `keepSessionKeys` survive. */
export async function logout (context: Context, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const login = readLogin(request)
  if (login !== null) endLogin(context, login, storeRefOf(request))
  const { keepSessionKeys, timeout } = context.settings
  await endSession(request, reply, keepSessionKeys, timeout)
  reply.header('set-cookie', rememberSignedOut(context))
  if (login !== null) publish('login.ended', () => identifyLogin(login), request.log)
}

/** From now on no session of this process brings this login back, even if a slow request saves it once more. */
export function endLogin ({ ended, now, settings }: Context, login: Login, place: StoreRef): void {
  ended.add(login.id, now(), createRevokeAgain(place, login, settings.timeout))
}

/**
 * Ends the login and takes it out of its session; of a session that has ended meanwhile, nothing is saved. Never
 * rejects.
 */
export async function revokeLogin (
  context: Context, request: FastifyRequest, login: Login, place: StoreRef
): Promise<void> {
  const { timeout } = context.settings
  try {
    const stands = await isStored(place, login, timeout) && !context.ended.has(login.id)
    endLogin(context, login, place)
    if (stands) await updateLogin(request, undefined, timeout)
    else forgetLogin(request)
  } catch (error) {
    endLogin(context, login, place)
    request.log.warn({ err: error }, 'fastify-wechat-login: a login has ended, and the session store could not be told')
  }
}
