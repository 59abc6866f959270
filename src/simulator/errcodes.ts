// WeChat's numbers and words on the /sns endpoints.

import type { World } from './world'
import type { Body } from './wire'

const MESSAGES: Readonly<Record<number, string>> = {
  [-1]: 'system error',
  40001: 'invalid credential, access_token is invalid or not latest',
  40002: 'invalid grant_type',
  40003: 'invalid openid',
  40013: 'invalid appid',
  40014: 'invalid access_token',
  40029: 'invalid code',
  40030: 'invalid refresh_token',
  40125: 'invalid appsecret',
  40163: 'code been used',
  40226: 'code blocked',
  40243: 'appsecret is frozen',
  41001: 'access_token missing',
  41002: 'appid missing',
  41003: 'refresh_token missing',
  41004: 'appsecret missing',
  41008: 'missing code',
  41009: 'missing openid',
  42001: 'access_token expired',
  42002: 'refresh_token timeout',
  42003: 'oauth_code timeout',
  42007: 'user changed password',
  45009: 'reach max api daily quota limit',
  45011: 'api minute-quota reach limit, must slower, retry next minute',
  48001: 'api unauthorized',
  48004: 'api banned',
  50001: 'user unauthorized',
  50002: 'user limited',
  61004: 'access clientip is not registered'
}

/** An error reply as WeChat has written it since 2020: the request id's first group is the time. */
export function refusalBody (world: World, errcode: number, errmsg: string = MESSAGES[errcode] ??
  'unknown error'): Body {
  const time = Math.floor(world.clock.now() / 1000).toString(16)
  return { errcode, errmsg: `${errmsg}, rid: ${time}-${world.mint.hex()}-${world.mint.hex()}` }
}
