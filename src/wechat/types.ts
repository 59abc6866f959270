// WeChat's replies in WeChat's names, and the client that asks for them. Knows no Fastify.

/** WeChat's reply to a code, and to a refresh. */
export interface WechatTokens {
  access_token: string
  /** Seconds, 7200. */
  expires_in: number
  /** Lives 30 days. */
  refresh_token?: string
  openid: string
  unionid?: string
  scope?: string
  /** 1 for a snapshot page's virtual user, else absent. */
  is_snapshotuser?: 1
}

/** WeChat's reply to `/sns/userinfo`. */
export interface WechatUserInfo {
  openid: string
  unionid?: string
  nickname?: string
  headimgurl?: string
  sex?: number
  province?: string
  city?: string
  country?: string
  language?: string
  privilege?: string[]
  is_snapshotuser?: 1
}

/** As much of an undici dispatcher as is used. Named here, so that a host's undici need not be the very one of this package. */
export interface WechatDispatcher {
  dispatch (options: object, handler: object): boolean
}

export interface ClientOptions {
  /** Milliseconds for a whole call, retries included. @default 5000 */
  timeout?: number
  /** How often a call that can do no harm is repeated. Never the code exchange. @default 2 */
  retries?: number
  /** Connections a host at most. @default 16 */
  connections?: number
  /** Your own undici dispatcher (a ProxyAgent, a MockAgent), of undici 7 or later. It is not closed by us. */
  dispatcher?: WechatDispatcher
  /** Origins of WeChat's API; the next one is used when one cannot be reached. Plain http on loopback only. */
  apiHosts?: string[]
}

export interface WechatClientOptions extends ClientOptions {
  appid: string
  secret: string | (() => string | Promise<string>)
}

export interface TransportOptions extends ClientOptions {
  /** Origin of WeChat's pages. @default 'https://open.weixin.qq.com' */
  openHost?: string
}

/** WeChat's API for one app. Needs no Fastify. Every failure is a `WechatError`. */
export interface WechatClient {
  readonly appid: string
  /** Spends the code: never repeated once the request has left. */
  exchangeCode (code: string): Promise<WechatTokens>
  refresh (refreshToken: string): Promise<WechatTokens>
  getProfile (accessToken: string, openid: string, options?: { lang?: Lang }): Promise<WechatUserInfo>
  /** True while the token is good for this openid; false when WeChat says it is not. */
  checkToken (accessToken: string, openid: string): Promise<boolean>
  close (): Promise<void>
}

export type Lang = 'zh_CN' | 'zh_TW' | 'en'
