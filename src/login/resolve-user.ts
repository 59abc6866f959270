// From WeChat's person to the host's user, through onUser.

import type { FastifyReply, FastifyRequest } from 'fastify'
import { AccessDeniedError, InvalidUserError } from '../errors'
import type { Settings } from '../options/parse-options'
import { watchWrites } from '../session/session-writes'
import type { StoredUser } from '../types'
import { callHost } from './host-error'
import type { Identity } from './login-way'

/** The user that the host made of this person, as JSON holds it. */
export async function resolveUser (
  settings: Settings, request: FastifyRequest, reply: FastifyReply, { profile, tokens }: Identity
): Promise<StoredUser> {
  // A profile came from JSON, and is never empty: it needs none of the checks.
  if (settings.onUser === undefined) return profile as StoredUser
  const writes = told.has(settings) ? undefined : watchWrites(request)
  const { onUser } = settings
  const user = checkUser(await callHost(() => onUser(profile, { request, reply, via: profile.via, tokens })))
  if (writes !== undefined) tellOfWrites(settings, request, writes())
  return user
}

const told = new WeakSet<Settings>()

// It looks right for the first person in a browser, and gives the second one nobody's session, or the first one's.
function tellOfWrites (settings: Settings, { log }: FastifyRequest, keys: string[]): void {
  if (keys.length === 0) return
  told.add(settings)
  log.warn(
    { keys },
    'fastify-wechat-login: onUser has written to the session, which is still the one of before the login. ' +
      'Write to it in option onLogin, which has the new one'
  )
}

// `return user.active && user` is how a refusal is written too: whatever is falsy refuses, but a function that forgot
// to return has made a mistake. What cannot be stored is found out now, not at the next request.
function checkUser (user: unknown): StoredUser {
  if (user !== undefined && !user) throw new AccessDeniedError()
  const stored = toJson(user)
  if (!stored) throw new InvalidUserError()
  return stored as StoredUser
}

function toJson (value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value))
  } catch {
    return undefined
  }
}
