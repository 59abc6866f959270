// The plugin's options. Follows the package's README; WeChat's fields keep WeChat's names.

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FastifySessionOptions } from '@fastify/session'
import type {
  LoginInfo, Nobody, OnLoginContext, OnUserContext, StoredUser, UserOfWechatLoginTypes, WechatProfile, WechatUser
} from './user-types'
import type { ClientOptions, Lang } from './wechat/client-types'

export type {
  LoginInfo, OnLoginContext, OnUserContext, StoredUser, UserOfWechatLoginTypes, WechatProfile, WechatUser
} from './user-types'

/** One account of WeChat's, an Official Account or a Website App. */
export interface WechatApp {
  /** `wx` and 16 hexadecimal digits. */
  appid: string
  /**
   * The AppSecret, 32 hexadecimal digits, or a function that returns it (a vault, rotation). Asked at every exchange.
   */
  secret: string | (() => string | Promise<string>)
  /** The callback route's absolute URL, without a port. Its host must be the one entered in WeChat's console. */
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

/** A page of ours, as `renderPage` gets it. */
export interface WechatPage {
  /**
   * `error` after a failed login; `signed-out` where the guard asks before it logs in: a visitor who just logged out,
   * or with `askFirst` one who comes from outside.
   */
  kind: 'error' | 'signed-out'
  statusCode: number
  /** The error's code, e.g. `FST_WECHAT_INVALID_STATE`; `HOST_ERROR` for an error of your own without one. */
  code: string
  /** `zh-Hant`: Chinese in traditional characters, for Taiwan, Hong Kong and Macao. */
  lang: 'zh' | 'zh-Hant' | 'en'
  title: string
  message: string
  /** The one way on, a path of this site, and its label. */
  action?: { href: string, label: string }
  /** What to copy where the login has to be opened elsewhere: the address of a page of this site. */
  address?: string
  /** The same to scan, as SVG; on a computer, where the phone's WeChat is what has to open it. */
  qrCode?: string
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
   * that; `null` or anything falsy but `undefined`, which is taken for a forgotten return, refuses. Must be an upsert.
   */
  onUser?: (profile: WechatProfile, context: OnUserContext) =>
    UserOfWechatLoginTypes | Promise<UserOfWechatLoginTypes>
  /**
   * Once a login, when the session is the new one: what it writes into `request.session` is stored with the login.
   * Where it throws, the login is taken back, and the answer is the error's, as with `onUser`. It must not `regenerate`
   * or `destroy` the session, which fails the login.
   */
  onLogin?: (user: StoredUser, context: OnLoginContext) => unknown
  /** From what the session holds to `request.wechatUser`, once a request; `null` or anything falsy ends the login. */
  loadUser?: (
    stored: StoredUser, request: FastifyRequest, login: LoginInfo
  ) => WechatUser | Nobody | undefined | Promise<WechatUser | Nobody | undefined>
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
   * Where a login may end. `default`: a path, `/` unless set; it gets `publicPrefix` in front, unless it has it.
   * `origins`: other sites, e.g. `https://shop.example.com`.
   */
  redirect?: { default?: string, origins?: string[] }
  /**
   * The folder that a proxy takes off before Fastify sees a request, such as `/shop`; `''` for none. Browsers are told
   * every path with it.
   * @default what every fixed `callbackUrl` has in front of the path of its route
   */
  publicPrefix?: string
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
  renderPage?: ((
    page: WechatPage, request: FastifyRequest, reply: FastifyReply
  ) => string | FastifyReply | Promise<string | FastifyReply>) | false
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
  /**
   * Where a login counts: one of another realm is nobody, whatever store, secret and cookie are shared. A text, or a
   * function of the request that returns one at once; where it throws or returns anything else, nobody is logged in and
   * the request fails with `FST_WECHAT_MISCONFIGURED`.
   * @default for each way its app's whole `callbackUrl`; for apps given as functions the callback's path and the
   * request's host
   */
  realm?: string | ((request: FastifyRequest) => string)
  /** Override of the browser test: true for WeChat's own browser. @default by the User-Agent */
  isWechatBrowser?: (request: FastifyRequest) => boolean
  /**
   * Inside WeChat, a guarded page that is opened from outside this site (a chat, a menu, a scan) shows a login button
   * first: WeChat answers a consent that nobody asked for with its snapshot page. @default false
   */
  askFirst?: boolean
  /**
   * Override of the phone test: true for a phone's browser outside WeChat, which cannot scan its own screen. Tablets
   * count as computers. @default by Sec-CH-UA-Mobile and the User-Agent
   */
  isPhoneBrowser?: (request: FastifyRequest) => boolean
}
