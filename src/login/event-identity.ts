// How attempts and logins are named in events: the same name for the same one, and nothing that helps anybody who reads
// it.

import { hash } from 'node:crypto'
import type { WechatLoginEvents } from '../events'
import type { Login } from '../session/login-record'

/** `key`: the attempt's `hashState`, of which sixteen characters are enough. */
export function attemptName (key: string): string {
  return key.slice(0, 16)
}

export function identifyAttempt (
  { via, appid }: Pick<Login, 'via' | 'appid'>, key: string
): WechatLoginEvents['attempt.started'] {
  return { via, appid, attempt: attemptName(key) }
}

export function identifyLogin ({ via, appid, openid }: Login): WechatLoginEvents['login.ended'] {
  return { via, appid, subject: hash('sha256', `${appid} ${openid}`, 'base64url').slice(0, 16) }
}
