// The end of a login: in the session, in the memory of this process, and in the browser, which is told that its visitor has signed out.

import type { FastifyReply, FastifyRequest } from 'fastify'
import { tell } from '../events'
import type { Context } from './context'
import { identifyLogin } from './identify'
import type { Login } from './login'
import { endSession, forgetLogin, placeOf, readLogin, updateLogin } from './session'
import type { Place } from './session-store'
import { rememberSignedOut } from './signed-out'
import { destroyer, isStored } from './stored-login'

/** Ends the login and changes the session id; only `keepSessionKeys` survive. */
export async function logout (context: Context, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const login = readLogin(request)
  if (login !== null) endLogin(context, login, placeOf(request))
  const { keepSessionKeys, timeout } = context.settings
  await endSession(request, reply, keepSessionKeys, timeout)
  reply.header('set-cookie', rememberSignedOut(context))
  if (login !== null) tell('login.ended', () => identifyLogin(login), request.log)
}

/** From now on no session of this process brings this login back, even if a slow request saves it once more. */
export function endLogin ({ ended, now, settings }: Context, login: Login, place: Place): void {
  ended.add(login.attempt, now(), destroyer(place, login, settings.timeout))
}

/** Ends the login and takes it out of its session; of a session that has ended meanwhile, nothing is saved. Never rejects. */
export async function dropLogin (context: Context, request: FastifyRequest, login: Login, place: Place): Promise<void> {
  const { timeout } = context.settings
  try {
    const stands = await isStored(place, login, timeout) && !context.ended.has(login.attempt)
    endLogin(context, login, place)
    if (stands) await updateLogin(request, undefined, timeout)
    else forgetLogin(request)
  } catch (error) {
    endLogin(context, login, place)
    request.log.warn({ err: error }, 'fastify-wechat-login: a login has ended, and the session store could not be told')
  }
}
