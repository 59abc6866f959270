// From WeChat's person to the host's user, through onUser. Knows nothing of sessions.

import type { FastifyReply, FastifyRequest } from 'fastify'
import { AccessDeniedError, InvalidUserError } from '../errors'
import type { Settings } from '../options/parse-options'
import type { StoredUser } from '../types'
import type { Identity } from './login-way'

/** The user that the host made of this person, as JSON holds it. */
export async function resolveUser (
  settings: Settings, request: FastifyRequest, reply: FastifyReply, { profile, tokens }: Identity
): Promise<StoredUser> {
  // A profile came from JSON, and is never empty: it needs none of the checks.
  if (settings.onUser === undefined) return profile as StoredUser
  return checkUser(await settings.onUser(profile, { request, reply, via: profile.via, tokens }))
}

// `return user.active && user` is how a refusal is written too: whatever is falsy refuses, but a function that forgot to
// return has made a mistake. What cannot be stored is found out now, not at the next request.
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
