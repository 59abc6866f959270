// WeChat's token API (`/sns/*`) for one app. Parameters go into the query in the order of WeChat's documentation, and
// so does the secret: every URL here is a secret itself.

import { toUSVString } from 'node:util'
import { isQuoted } from '../option-checks'
import { type OnCall, reportCalls } from './call-report'
import type { WechatClient, WechatClientOptions } from './client-types'
import { codeMissing, type Failure, secretMissing } from './failure'
import { readCheck, readTokens, readUserInfo } from './replies'
import type { Transport } from './transport'

type App = Pick<WechatClientOptions, 'appid' | 'secret'>

const EXCHANGE = '/sns/oauth2/access_token'
const REFRESH = '/sns/oauth2/refresh_token'
const PROFILE = '/sns/userinfo'
const CHECK = '/sns/auth'

/** What `/sns/auth` says of a token that is not good, or not for this openid. */
const badToken = new Set([40001, 40003, 40014, 42001])

// encodeURIComponent alone throws on half a surrogate pair.
function encode (value: string): string {
  return encodeURIComponent(toUSVString(value))
}

// The cause is dropped: what a vault's error says is not ours to pass on.
async function askSecret (secret: () => string | Promise<string>): Promise<string> {
  const given: unknown = await new Promise(resolve => resolve(secret())).catch(() => undefined)
  const text = typeof given === 'string' ? given.trim() : ''
  if (text === '' || isQuoted(text)) throw secretMissing(EXCHANGE)
  return text
}

/**
 * A client over a transport that its owner closes: `close()` does nothing here. `app` is trusted to be well-formed.
 * `onCall` is told of each call once it has ended, whether it succeeded or failed.
 */
export function createClient ({ appid, secret }: App, transport: Transport, onCall?: OnCall): WechatClient {
  const get = onCall === undefined ? transport.get : reportCalls(transport, appid, onCall)
  // All of it stays in this closure, where neither util.inspect nor a serializer looks.
  const exchangeHead = `appid=${appid}&secret=`
  const refreshHead = `appid=${appid}&grant_type=refresh_token&refresh_token=`

  return {
    appid,

    async exchangeCode (code) {
      if (typeof code !== 'string' || code === '') throw codeMissing(EXCHANGE)
      const secretNow = typeof secret === 'string' ? secret : await askSecret(secret)
      const query = `${exchangeHead}${encode(secretNow)}&code=${encode(code)}&grant_type=authorization_code`
      return get(EXCHANGE, query, { retry: false, read: body => readTokens(body, [secretNow, code]) })
    },

    async refresh (refreshToken) {
      const query = refreshHead + encode(refreshToken)
      return get(REFRESH, query, { retry: true, read: body => readTokens(body, [refreshToken]) })
    },

    async getProfile (accessToken, openid, { lang = 'zh_CN' } = {}) {
      const query = `access_token=${encode(accessToken)}&openid=${encode(openid)}&lang=${encode(lang)}`
      return get(PROFILE, query, { retry: true, read: body => readUserInfo(body, [accessToken]) })
    },

    async checkToken (accessToken, openid) {
      const query = `access_token=${encode(accessToken)}&openid=${encode(openid)}`
      try {
        return await get(CHECK, query, { retry: true, read: body => readCheck(body, [accessToken]) })
      } catch (error) {
        if (badToken.has((error as Failure).errcode ?? 0)) return false
        throw error
      }
    },

    async close () {}
  }
}
