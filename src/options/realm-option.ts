// Where a login counts, where the host says it itself.

import type { FastifyRequest } from 'fastify'
import { describe, refuseOption } from '../option-checks'

/** Undefined: each way's app says it. What a function returns is checked at each request, by login/realm.ts. */
export type RealmSetting = string | ((request: FastifyRequest) => unknown) | undefined

export function parseRealm (given: unknown): RealmSetting {
  const isText = typeof given === 'string' && given.trim() !== ''
  const isFunction = typeof given === 'function' && given.constructor.name !== 'AsyncFunction'
  if (given === undefined || isText || isFunction) return given as RealmSetting
  return refuseOption(
    'realm',
    typeof given === 'function' ? 'an async function' : describe(given),
    "write a text such as 'admin', or a function of the request that returns one at once, without a promise"
  )
}
