// What a simulator is started with and what it is. Times are seconds unless the name says otherwise.

/** `official`: an Official Account, for WeChat's own browser. `website`: a Website App, for the QR code. */
export type SimulatedAppKind = 'official' | 'website'

/** An account at WeChat. What is left out gets a sensible default. */
export interface SimulatedAppOptions {
  kind: SimulatedAppKind
  /** `wx` and 16 hexadecimal digits. */
  appid?: string
  /** 32 hexadecimal digits. */
  secret?: string
  /** Shown on the consent pages. */
  name?: string
  /**
   * The authorised domain (网页授权域名, 授权回调域): a host name without scheme, port or path. @default the callback origin's
   * host name
   */
  callbackDomain?: string
  /** @default `snsapi_base` and `snsapi_userinfo`, or `snsapi_login` */
  scopes?: readonly string[]
  /**
   * The Open Platform account that the app is bound to: apps that share one share unionids. `null`: not bound, no
   * unionid. @default 'platform'
   */
  platform?: string | null
}

export interface SimulatedApp {
  readonly kind: SimulatedAppKind
  readonly appid: string
  readonly secret: string
  readonly name: string
  readonly callbackDomain: string
  /** What the plugin under test shall be given as `callbackUrl`. */
  readonly callbackUrl: string
  readonly scopes: readonly string[]
  readonly platform: string | null
}

export interface SimulatedUserOptions {
  /** Your own name for the user in tests; WeChat's ids are made from it. */
  id: string
  /** May be empty, as WeChat's may. @default the id */
  nickname?: string
  /** False: WeChat sends an empty `headimgurl`. @default true */
  avatar?: boolean
  /** Follows the Official Accounts, so that WeChat asks nothing. @default false */
  follower?: boolean
}

export type SimulatedUser = Readonly<Required<SimulatedUserOptions>>

/** A user id: that user consents at once. `'refuse'`: every question is refused. `null`: the pages ask. */
export type AutoConsent = string | null

export interface WechatSimulatorOptions {
  /** The first app of each kind takes the place of the default one; the others are further accounts. */
  apps?: readonly SimulatedAppOptions[]
  /** The first user is the one whose WeChat a browser holds until another is chosen. */
  users?: readonly SimulatedUserOptions[]
  /** The application under test. @default 'http://localhost:3000' */
  callbackOrigin?: string
  /** Initial value of `control.autoConsent`. @default null */
  consent?: AutoConsent
  /** Milliseconds since 1970. @default Date.now */
  now?: () => number
  /** Makes codes, tokens and uuids repeat from run to run. @default random */
  seed?: string
  /** @default 300 for an Official Account, 600 for a Website App: WeChat's five and ten minutes */
  codeTtl?: number
  /** @default 7200 */
  tokenTtl?: number
  /** @default 2592000, WeChat's 30 days */
  refreshTtl?: number
  /** @default 300; WeChat's own is unknown */
  qrTtl?: number
  /** Milliseconds of real time that an unchanged QR poll is held. @default 25000 */
  pollHold?: number
  /**
   * What a refusal sends to the application. WeChat sends nothing; old documents and code know the other two. @default
   * 'none'
   */
  refusal?: 'none' | 'state-only' | 'authdeny'
  /** Refuse parameters out of the documented order, and approve() URLs without `#wechat_redirect`. @default true */
  strictOrder?: boolean
  /**
   * Refuse the oneclick page outside WeChat's browser. False lets a desktop browser follow `?via=oneclick`. @default
   * true
   */
  uaGate?: boolean
  /** Where redirect_uri may name a port, which WeChat never accepts. @default 'loopback' */
  ports?: 'never' | 'loopback' | 'any'
  /** A user who consented in the last 30 days is not asked again (unless forcePopup=true). @default false */
  rememberConsent?: boolean
  /**
   * The host name that QR codes and links for a phone carry. @default the one that the page was asked at, or this
   * machine's address on its network where that was a loopback name and the server listens on all addresses
   */
  phoneHost?: string
  /**
   * Host names that it answers to, besides loopback names, its own addresses, `phoneHost` and the domains of its apps.
   * Others get 403, so that no page elsewhere reads it under a name of its own. @default []
   */
  allowedHosts?: readonly string[]
  /**
   * Calls that one app may make to each /sns endpoint: beyond them WeChat answers 45011 until the next minute, 45009
   * until the next day. WeChat's own limit is 50,000 a minute. @default none
   */
  quota?: { perMinute?: number, perDay?: number }
  /** Start under NODE_ENV=production, where it lets anyone in as anyone. @default false */
  allowInProduction?: boolean
  /** Serve the index page at `/` too. @default false as a plugin, true for `startWechatSimulator` */
  indexAtRoot?: boolean
}

export interface WechatSimulatorServerOptions extends WechatSimulatorOptions {
  /** @default 0, any free port */
  port?: number
  /** `0.0.0.0` opens it to phones on the same network. @default '127.0.0.1' */
  host?: string
  https?: { key: string | Buffer, cert: string | Buffer }
}

/** What the plugin under test needs to talk to the simulator instead of WeChat. */
export interface SimulatorPluginOptions {
  oneclick: { appid: string, secret: string, callbackUrl: string }
  qr: { appid: string, secret: string, callbackUrl: string }
  client: { apiHosts: string[], openHost: string }
}
