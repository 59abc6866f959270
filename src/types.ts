// The plugin's options and what a host gets from it. Follows the package's README; WeChat's fields keep WeChat's names.

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FastifySessionOptions } from '@fastify/session'
import type { HostTypes } from './host-types'
import type { Via } from './via'
import type { ClientOptions, Lang, WechatTokens, WechatUserInfo } from './wechat/client-types'

/** One account of WeChat's, an Official Account or a Website App. */
export interface WechatApp {
  /** `wx` and 16 hexadecimal digits. */
  appid: string
  /**
   * The AppSecret, 32 hexadecimal digits, or a function that returns it (a vault, rotation). Asked at every exchange.
   */
  secret: string | (() => string | Promise<string>)
  /**
   * The absolute URL of the callback route. WeChat takes no port, and its host must be the one entered in WeChat's
   * console.
   */
  callbackUrl: string
  /** Oneclick only. `snsapi_base` is silent and gives the openid alone. @default 'snsapi_userinfo' */
  scope?: 'snsapi_userinfo' | 'snsapi_base'
  /** Oneclick only: always show WeChat's consent. @default false */
  forcePopup?: boolean
  /** Oneclick only: always show WeChat's snapshot page first. @default false */
  forceSnapShot?: boolean
  /**
   * Oneclick only: adds the undocumented `connect_redirect=1`, said to stop repeated callbacks on phones.
   * @default false
   */
  connectRedirect?: boolean
}

/** A Website App: it knows one scope, and none of the switches of an Official Account. */
export type WechatQrApp = Pick<WechatApp, 'appid' | 'secret' | 'callbackUrl'>

/** An app, or a function that picks one for a request (several tenants in one process). */
export type WechatAppSource<App = WechatApp> =
  App | ((request: FastifyRequest) => App | undefined | Promise<App | undefined>)

/** Who logged in, in WeChat's own field names. What WeChat left out is left out. */
export interface WechatProfile extends Omit<WechatUserInfo, 'is_snapshotuser'> {
  /** The app that the openid belongs to: `(appid, openid)` is the identity. */
  appid: string
  via: Via
  /** What WeChat granted, comma separated. */
  scope?: string
  /** True for a virtual user of WeChat's snapshot page (only with `snapshotUsers: 'allow'`). */
  snapshot: boolean
}

/** `request.wechatUser`: the host's own type where it named one, else the profile. */
export type WechatUser = HostTypes extends { types: { user: infer User } } ? User : WechatProfile

/** What the session holds: what `onUser` returns and `loadUser` gets. */
export type StoredUser = HostTypes extends { types: { stored: infer Stored } } ? Stored : WechatUser

/**
 * What `onUser` may return: the profile, or the type that the host has named in `WechatLoginTypes`; null refuses the
 * login. The compiler shows the name to who returns a type of his own without having named it.
 */
export type UserOfWechatLoginTypes = StoredUser | null

/** What `onUser` gets beside the profile. */
export interface OnUserContext {
  /** Still has the visitor's earlier session, for account linking. */
  request: FastifyRequest
  /** For headers and cookies of the host's own. The answer itself is the login's. */
  reply: FastifyReply
  via: Via
  /** WeChat's, for calls of the host's own. They are gone after this call, unless `keepTokens` is set. */
  tokens: WechatTokens
}

/** A page of ours, as `renderPage` gets it. */
export interface WechatPage {
  /** `error` after a failed login, `signed-out` where the guard meets a visitor who just logged out. */
  kind: 'error' | 'signed-out'
  statusCode: number
  /** The error's code, e.g. `FST_WECHAT_INVALID_STATE`; `HOST_ERROR` for an error of your own without one. */
  code: string
  lang: 'zh' | 'en'
  title: string
  message: string
  /** The one way on, a path of this site, and its label. */
  action?: { href: string, label: string }
  /**
   * Set where the page opens inside the iframe of an embedded QR code. A page of your own tells the browser helper
   * around it with `parent.postMessage({ wechatLogin: outcome }, location.origin)`, and gives its link
   * `target="_top"`.
   */
  outcome?: 'refused' | 'expired' | 'error'
}

/** One of the two must be there; what comes from a setting that may be missing may be undefined. */
type WechatApps = {
  /** The Official Account, for WeChat's own browser. */
  oneclick: WechatAppSource | undefined
  /** The Website App, for any other browser. */
  qr?: WechatAppSource<WechatQrApp> | undefined
} | {
  oneclick?: WechatAppSource | undefined
  qr: WechatAppSource<WechatQrApp> | undefined
}

/** The plugin's options. A wrong one rejects the registration with `FST_WECHAT_INVALID_OPTIONS`. */
export type WechatLoginOptions = WechatApps & WechatLoginSettings

/** All options but the apps. */
export interface WechatLoginSettings {
  /**
   * Persist the user and return what the session keeps of it, which is `request.wechatUser` unless `loadUser` makes
   * that; `null` refuses. Must be an upsert.
   */
  onUser?: (profile: WechatProfile, context: OnUserContext) =>
    UserOfWechatLoginTypes | Promise<UserOfWechatLoginTypes>
  /** From what the session holds to `request.wechatUser`, once a request; `null` ends the login. */
  loadUser?: (stored: StoredUser, request: FastifyRequest) => WechatUser | null | Promise<WechatUser | null>
  /** What `me` and the POST callback show to the page. @default the user as it is */
  publicUser?: (user: WechatUser, request: FastifyRequest) => object | Promise<object>
  /** Paths below the scope's prefix; `false` leaves a route out. The callbacks live at the paths of their URLs. */
  routes?: {
    /** @default '/wechat/login' */
    login?: string | false
    /** @default '/wechat/me' */
    me?: string | false
    /** @default '/wechat/logout' */
    logout?: string | false
    /** @default '/wechat/embed' */
    embed?: string | false
    /** The browser helper. @default '/wechat/client.js' */
    client?: string | false
    /** Only where a proxy changes the path of the callback URL. */
    oneclick?: string
    /** Only where a proxy changes the path of the callback URL. */
    qr?: string
  }
  /**
   * Where a login may end. `default`: a path, `/` unless set. `origins`: other sites, e.g. `https://shop.example.com`.
   */
  redirect?: { default?: string, origins?: string[] }
  /** Options of @fastify/session, where the host has not registered it. */
  session?: FastifySessionOptions
  /** Signs the attempt cookie; newest first, each at least 32 bytes. @default derived from `session.secret` */
  secret?: string | Buffer | Array<string | Buffer>
  /** Your own session keys that survive a login and a logout. */
  keepSessionKeys?: string[]
  /** Seconds after which a login ends, whatever the session does; at most two years. @default as long as its session */
  maxAge?: number
  /**
   * The HTML of errors and notices; `false` sends them to the host's error handler.
   * @default plain pages in Chinese and English
   */
  renderPage?: ((page: WechatPage, request: FastifyRequest, reply: FastifyReply) => string | Promise<string>) | false
  /** Keep WeChat's tokens in the session, for `request.wechatAccessToken()`. @default false */
  keepTokens?: boolean
  /** What to do with WeChat's virtual snapshot-page users. @default 'reject' */
  snapshotUsers?: 'reject' | 'allow'
  /** Of the places in the profile. @default 'zh_CN' */
  lang?: Lang
  /** How WeChat is called, for both apps. */
  client?: ClientOptions
  /** Seconds that an attempt stays valid, at most a day. @default 900 */
  attemptTtl?: number
  /** Override of the browser test: true for WeChat's own browser. @default by the User-Agent */
  isWechatBrowser?: (request: FastifyRequest) => boolean
}
