// The simulator's public interfaces. Times are seconds unless the name says otherwise.

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
  /** The authorised domain (网页授权域名, 授权回调域): a host name without scheme, port or path. @default the callback origin's host name */
  callbackDomain?: string
  /** @default `snsapi_base` and `snsapi_userinfo`, or `snsapi_login` */
  scopes?: readonly string[]
  /** The Open Platform account that the app is bound to: apps that share one share unionids. `null`: not bound, no unionid. @default 'platform' */
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
  /** @default 300, WeChat's five minutes */
  codeTtl?: number
  /** @default 7200 */
  tokenTtl?: number
  /** @default 2592000, WeChat's 30 days */
  refreshTtl?: number
  /** @default 300; WeChat's own is unknown */
  qrTtl?: number
  /** Milliseconds of real time that an unchanged QR poll is held. @default 25000 */
  pollHold?: number
  /** What a refusal sends to the application. WeChat sends nothing; old documents and code know the other two. @default 'none' */
  refusal?: 'none' | 'state-only' | 'authdeny'
  /** Refuse parameters out of the documented order, and approve() URLs without `#wechat_redirect`. @default true */
  strictOrder?: boolean
  /** Refuse the oneclick page outside WeChat's browser. False lets a desktop browser follow `?via=oneclick`. @default true */
  uaGate?: boolean
  /** Where redirect_uri may name a port, which WeChat never accepts. @default 'loopback' */
  ports?: 'never' | 'loopback' | 'any'
  /** A user who consented in the last 30 days is not asked again (unless forcePopup=true). @default false */
  rememberConsent?: boolean
  /** The host name that QR codes carry, for a phone on the same network. @default the one that the page was asked at */
  phoneHost?: string
  /** Serve the index page at `/` too. @default false as a plugin, true for `startWechatSimulator` */
  indexAtRoot?: boolean
}

export interface WechatSimulatorServerOptions extends WechatSimulatorOptions {
  /** @default 0, any free port */
  port?: number
  /** `0.0.0.0` opens it to phones on the same network, and QR codes then carry this machine's address. @default '127.0.0.1' */
  host?: string
  https?: { key: string | Buffer, cert: string | Buffer }
}

/** What the plugin under test needs to talk to the simulator instead of WeChat. */
export interface SimulatorPluginOptions {
  oneclick: { appid: string, secret: string, callbackUrl: string }
  qr: { appid: string, secret: string, callbackUrl: string }
  client: { apiHosts: string[], openHost: string }
}

export interface WechatSimulator {
  /** Origin, without a slash at the end. */
  readonly url: string
  readonly options: SimulatorPluginOptions
  readonly control: SimulatorControl
  /** Resolves promptly, also with long polls and silent requests open. */
  close (): Promise<void>
}

export type SimulatorEndpoint = 'authorize' | 'qrconnect' | 'poll' | 'access_token' | 'refresh_token' | 'userinfo' | 'auth'

/** One request to the simulator. Holds the names of its parameters, never their values. */
export interface SimulatorCall {
  readonly endpoint: SimulatorEndpoint
  /** Milliseconds since 1970 on the simulator's clock. */
  readonly at: number
  readonly method: string
  readonly params: readonly string[]
  /** The appid that the request named, known or not. */
  readonly appid: string | undefined
  /** True where WeChat did what was asked (spent the code, gave the profile), whatever a fault then made of the reply. */
  readonly accepted: boolean
  /** WeChat's own number where it refused. A fault's number is not counted here. */
  readonly errcode: number | undefined
  readonly fault: SimulatorFaultKind | undefined
}

export interface SimulatorCallFilter {
  endpoint?: SimulatorEndpoint
  accepted?: boolean
}

/** Kinds that fit any endpoint: what a network and a proxy do. */
export type TransportFaultKind =
  | 'slow' | 'reset' | 'silence' | 'lost-reply' | 'cut' | 'drip'
  | 'html-502' | 'empty-502' | 'status-500' | 'redirect' | 'html-200' | 'empty-200'

/** Kinds that fit the four /sns endpoints. */
export type ApiFaultKind =
  | 'busy' | 'busy-after' | 'rate-limit' | 'quota' | 'errcode'
  | 'truncated' | 'oversized' | 'wrong-types' | 'json-null' | 'bom' | 'pretty' | 'hints' | 'errcode-zero'
  | 'no-openid' | 'no-scope' | 'no-unionid' | 'snapshot-flag' | 'other-openid' | 'other-unionid'
  | 'control-characters' | 'invalid-utf8'

/** Kinds that fit the two pages. */
export type PageFaultKind =
  | 'page-error' | 'altered-state' | 'fragment-redirect'
  | 'snapshot' | 'same-code' | 'duplicate-same-code' | 'duplicate-fresh-code'

export type SimulatorFaultKind = TransportFaultKind | ApiFaultKind | PageFaultKind

/** A fault for the next requests of one endpoint. A request meets one fault: the queued ones first, then the one that stays. */
export interface SimulatorFault {
  endpoint: SimulatorEndpoint
  kind: SimulatorFaultKind
  /** How many requests meet it; `'always'`: all, until cleared. @default 1 */
  times?: number | 'always'
  /** Milliseconds of real time to wait first; of `drip`, between two bytes. @default 1000 for `slow`, 50 for `drip`, else 0 */
  ms?: number
  /** Of `errcode` and `page-error`. @default -1 */
  errcode?: number
  /** @default WeChat's text for the number */
  errmsg?: string
  /** Of `redirect`. @default 302 */
  status?: number
  /** Of `redirect`. @default '/simulator/elsewhere' */
  location?: string
  /** Of `oversized`. @default 8 MiB */
  bytes?: number
  /** Do WeChat's work (spend the code) first and lose its reply, for kinds that otherwise answer before any work. @default false, true for `busy-after` */
  after?: boolean
}

export type SimulatedQrStatus = 'waiting' | 'scanned' | 'confirmed' | 'cancelled' | 'expired'

export interface SimulatedQr {
  readonly uuid: string
  readonly appid: string
  readonly status: SimulatedQrStatus
  readonly redirectUri: string
  readonly state: string
  /** The id of the user who scanned it. */
  readonly user: string | undefined
}

export interface SimulatorControl {
  autoConsent: AutoConsent
  readonly users: readonly SimulatedUser[]
  readonly apps: readonly SimulatedApp[]
  /** What the plugin needs, for a simulator that is reached at this origin. */
  pluginOptions (origin: string): SimulatorPluginOptions
  /** The openid that this user has with this app. */
  openid (appid: string, user: string): string
  /** The unionid, where the app is bound to an Open Platform account. */
  unionid (appid: string, user: string): string | undefined
  /**
   * Plays the whole visit to WeChat's page: checks an authorize URL of either kind as the pages do and returns the callback URL that
   * the browser would be sent to. Throws with WeChat's words where WeChat would show an error page.
   */
  approve (authorizeUrl: string, choice?: { user?: string, snapshot?: boolean }): string
  /** A callback URL, and the second one that WeChat's browser sometimes asks for: same state, and the same or another code. */
  duplicateCallbackUrls (callbackUrl: string, code?: 'same' | 'fresh'): [first: string, second: string]
  /** The QR codes on show, newest last. */
  qrs (): SimulatedQr[]
  scan (uuid: string, user?: string): SimulatedQr
  /** Confirms on the phone (scanning first where that was not done) and tells where the page goes. */
  confirm (uuid: string, user?: string): { code: string, callbackUrl: string }
  cancel (uuid: string): SimulatedQr
  expire (uuid: string): SimulatedQr
  /** The last 10,000 requests, oldest first. */
  calls (filter?: SimulatorCallFilter): SimulatorCall[]
  count (endpoint: SimulatorEndpoint, filter?: { accepted?: boolean }): number
  /** Milliseconds since 1970 on the simulator's clock. */
  now (): number
  /** Moves the clock: codes, tokens and QR codes age. */
  advance (seconds: number): void
  fault (fault: SimulatorFault): void
  faults (): SimulatorFault[]
  clearFaults (endpoint?: SimulatorEndpoint): void
  /** Binds an app to an Open Platform account, or frees it (`null`): the unionid appears, or disappears. */
  setPlatform (appid: string, platform: string | null): void
  /** The operator resets the AppSecret in WeChat's console. */
  setSecret (appid: string, secret: string): void
  /** Everything as it was at the start, the clock included. */
  reset (): void
}
