// The client of WeChat's API as its user sees it: the options, the methods, and WeChat's replies in WeChat's names.

/** WeChat's reply to a code, and to a refresh. WeChat's pages: api_snsaccesstoken, api_snsrefreshtoken. */
export interface WechatTokens {
  /** Good for `expires_in`, for `/sns/userinfo` and `/sns/auth` of this openid. */
  access_token: string
  /** Seconds, 7200. */
  expires_in: number
  /** Lives 30 days. */
  refresh_token?: string
  /** Unique for a person and an appid. */
  openid: string
  /** Unique for a person over all apps of one Open Platform account. */
  unionid?: string
  /** What was granted, comma separated. */
  scope?: string
  /** 1 for a snapshot page's virtual user, else absent. */
  is_snapshotuser?: 1
}

/**
 * WeChat's reply to `/sns/userinfo`, in its own field names; what has the wrong shape is left out.
 * WeChat's page: api_snsuserinfo.
 */
export interface WechatUserInfo {
  /** Unique for a person and an appid. */
  openid: string
  /** Unique for a person over all apps of one Open Platform account. May appear later. */
  unionid?: string
  nickname?: string
  /**
   * Untrusted: an http or https URL, https on WeChat's own hosts. Dies when the person changes the picture: copy it, do
   * not link to it for long.
   */
  headimgurl?: string
  /** Always 0 since 2021. */
  sex?: number
  province?: string
  city?: string
  country?: string
  language?: string
  privilege?: string[]
  /** 1 for a snapshot page's virtual user, else absent. */
  is_snapshotuser?: 1
}

/**
 * As much of an undici dispatcher as is used. Named here, so that a host's undici need not be the very one of this
 * package.
 */
export interface WechatDispatcher {
  dispatch (options: object, handler: object): boolean
}

/** How WeChat's API is called. */
export interface TransportOptions {
  /** Milliseconds for a whole call, retries included. @default 5000 */
  timeout?: number
  /**
   * Milliseconds for one connection: the host's name, TCP and TLS. Where it takes longer, the next host is asked. At
   * most `timeout`. @default three tenths of `timeout`
   */
  connectTimeout?: number
  /** How often a call that can do no harm is repeated. Never the code exchange. @default 2 */
  retries?: number
  /** Connections a host at most. @default 16 */
  connections?: number
  /** Your own undici dispatcher (a ProxyAgent, a MockAgent), of undici 7 or later. It is not closed by us. */
  dispatcher?: WechatDispatcher
  /** Origins of WeChat's API; the next one is used when one cannot be reached. Plain http on loopback only. */
  apiHosts?: string[]
}

/** What `createWechatClient` takes. A wrong option throws `FST_WECHAT_INVALID_OPTIONS`. */
export interface WechatClientOptions extends TransportOptions {
  /** `wx` and 16 hexadecimal digits. */
  appid: string
  /** The AppSecret, or a function that is asked for it at every exchange. */
  secret: string | (() => string | Promise<string>)
}

/** The plugin's option `client`. */
export interface ClientOptions extends TransportOptions {
  /** Origin of WeChat's pages. @default 'https://open.weixin.qq.com' */
  openHost?: string
}

/**
 * WeChat's API for one app. Needs no Fastify. Every failure is a `WechatError`: `FST_WECHAT_UNREACHABLE`,
 * `FST_WECHAT_BAD_RESPONSE` and `FST_WECHAT_RATE_LIMITED` at any call, and what stands with each.
 */
export interface WechatClient {
  readonly appid: string
  /**
   * Spends the code: never repeated once the request has left. `FST_WECHAT_INVALID_CODE`, `FST_WECHAT_MISCONFIGURED`
   * (appid, secret, rights).
   */
  exchangeCode (code: string): Promise<WechatTokens>
  /** A new access token; the refresh token stays good for its 30 days. `FST_WECHAT_TOKEN_EXPIRED`. */
  refresh (refreshToken: string): Promise<WechatTokens>
  /**
   * `lang` is the language of the places, 'zh_CN' unless given. `FST_WECHAT_TOKEN_EXPIRED`, `FST_WECHAT_MISCONFIGURED`
   * (48001: only the openid was granted).
   */
  getProfile (accessToken: string, openid: string, options?: { lang?: Lang }): Promise<WechatUserInfo>
  /** True while the token is good for this openid; false when WeChat says it is not. */
  checkToken (accessToken: string, openid: string): Promise<boolean>
  /**
   * Ends the connections, once calls under way are over or a second has passed. Of a client of the plugin's it does
   * nothing: the server closes them.
   */
  close (): Promise<void>
}

/** The languages that WeChat knows for places. */
export type Lang = 'zh_CN' | 'zh_TW' | 'en'

/** A call that has ended, its repetitions included. */
export interface CallReport {
  appid: string
  /** The path alone, e.g. `/sns/userinfo`. */
  endpoint: string
  /** Milliseconds. */
  duration: number
  /** Where the call failed, the code of the error. */
  code?: string
  /** WeChat's number, where it refused. */
  errcode?: number
  /** WeChat's request id, where it refused. */
  rid?: string
  /** The HTTP status, where it was not 200. */
  status?: number
  /** Why there was no proper reply, e.g. `TIMEOUT` or `ECONNREFUSED`. */
  reason?: string
}
