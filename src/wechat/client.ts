// WeChat's token API (`/sns/*`) for one app. Parameters go into the query in the order of WeChat's documentation, and so
// does the secret: every URL here is a secret itself.

import { toUSVString } from 'node:util'
import type { EventLog } from '../events'
import type { WechatClient, WechatClientOptions } from './types'
import { parseWechatClientOptions } from './client-options'
import { codeMissing, secretMissing } from './failure'
import type { Failure } from './failure'
import { observe } from './observe'
import { readCheck, readTokens, readUserInfo } from './replies'
import { createTransport } from './transport'
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
  if (typeof given !== 'string' || given === '') throw secretMissing(EXCHANGE)
  return given
}

/** A client over a transport that its owner closes: `close()` does nothing here. `app` is trusted to be well-formed. */
export function createClient ({ appid, secret }: App, transport: Transport, log?: EventLog): WechatClient {
  const get = observe(transport, appid, log)
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
      return get(REFRESH, refreshHead + encode(refreshToken), { retry: true, read: body => readTokens(body, [refreshToken]) })
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

/**
 * WeChat's API for one app, with a transport of its own; needs no Fastify. Its methods throw `WechatError` only.
 * @throws InvalidOptionsError
 */
export function createWechatClient (options: WechatClientOptions): WechatClient {
  const { appid, secret, transport: settings } = parseWechatClientOptions(options)
  const transport = createTransport(settings)
  return { ...createClient({ appid, secret }, transport), close: transport.close }
}
