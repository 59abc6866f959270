// From WeChat's person to the host's user, through onUser. Knows nothing of sessions.

import type { FastifyReply, FastifyRequest } from 'fastify'
import { AccessDeniedError, InvalidUserError } from '../errors'
import type { Settings } from '../options/parse-options'
import type { StoredUser } from '../types'
import { callHost } from './host-error'
import type { Identity } from './login-way'

/** The user that the host made of this person, as JSON holds it. */
export async function resolveUser (
  settings: Settings, request: FastifyRequest, reply: FastifyReply, { profile, tokens }: Identity
): Promise<StoredUser> {
  // A profile came from JSON, and is never empty: it needs none of the checks.
  if (settings.onUser === undefined) return profile as StoredUser
  const { onUser } = settings
  return checkUser(await callHost(() => onUser(profile, { request, reply, via: profile.via, tokens })))
}

// What cannot be stored is found out now, not at the next request; what is falsy would pass for nobody.
function checkUser (user: unknown): StoredUser {
  if (user === null) throw new AccessDeniedError()
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
