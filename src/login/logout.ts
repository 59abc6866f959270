// The end of a login: in the session, in the memory of this process, and in the browser, which is told that its visitor has signed out.

import type { FastifyReply, FastifyRequest } from 'fastify'
import { tell } from '../events'
import type { Context } from './context'
import { identifyLogin } from './identify'
import type { Login } from './login'
import { endSession, type Place, placeOf, readLogin } from './session'
import { rememberSignedOut } from './signed-out'
import { destroyer } from './stored-login'

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
export function endLogin ({ ended, now }: Context, login: Login, place: Place): void {
  ended.add(login.attempt, now(), destroyer(place, login))
}
