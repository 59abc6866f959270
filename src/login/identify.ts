// How attempts and logins are named in events: the same name for the same one, and nothing that helps anybody who reads it.

import { fingerprint, type WechatLoginEvents } from '../events'
import type { Login } from './login'

/** `key`: the attempt's `hashState`, of which sixteen characters are enough. */
export function identifyAttempt ({ via, appid }: Pick<Login, 'via' | 'appid'>, key: string): WechatLoginEvents['attempt.started'] {
  return { via, appid, attempt: key.slice(0, 16) }
}

export function identifyLogin ({ via, appid, openid }: Login): WechatLoginEvents['login.ended'] {
  return { via, appid, subject: fingerprint(`${appid} ${openid}`) }
}
