// The messages on the channels of node:diagnostics_channel.

import type { Via, WechatLoginEvents } from 'fastify-wechat-login'
import { expect, test } from 'tstyche'

interface Attempt { via: Via, appid: string, attempt: string }
interface Login { via: Via, appid: string, subject: string }

test('each event has its own message', () => {
  expect<keyof WechatLoginEvents>().type.toBe<
    'attempt.started'
      | 'attempt.restarted'
      | 'login.succeeded'
      | 'login.refused'
      | 'callback.repeated'
      | 'login.ended'
      | 'token.refreshed'
      | 'wechat.call'
  >()
  expect<WechatLoginEvents['attempt.started' | 'attempt.restarted' | 'callback.repeated']>().type.toBe<Attempt>()
  expect<WechatLoginEvents['login.ended' | 'token.refreshed']>().type.toBe<Login>()
  expect<WechatLoginEvents['login.succeeded']>().type.toBe<Attempt & Login & { duration: number }>()
  expect<WechatLoginEvents['login.refused']['route']>().type.toBe<'login' | 'embed' | Via>()
  expect<WechatLoginEvents['wechat.call']['errcode']>().type.toBe<number | undefined>()
})
