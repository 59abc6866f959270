/// <reference lib="dom" />
// What the helper's functions take and give.

/** Where the plugin's routes are, as paths of this site. */
export interface Paths {
  /** The folder of the routes. @default '/wechat', or the folder that `client.js` came from */
  base?: string
  /** Single routes that the plugin's option `routes` has moved. */
  login?: string
  me?: string
  logout?: string
  embed?: string
}

/** A user as the option `publicUser` shows it; WeChat's profile without one. */
export type User = Record<string, unknown>

/** A `WechatLoginError`, as its type alone. */
export interface LoginError extends Error {
  /** The server's `FST_WECHAT_*`, `NETWORK`, `BAD_ANSWER` or `LOGIN_FAILED`. */
  readonly code: string
  readonly statusCode?: number | undefined
}

export interface QrOptions<Shown = User> {
  /** Where the login ends: a path of this site. @default this page, its query and fragment included */
  redirect?: string
  /**
   * True: the login ends inside the iframe, and this page stays. False: the whole page goes to the callback. @default
   * false
   */
  self_redirect?: boolean
  /** Text for a light page (`black`) or a dark one. */
  style?: 'black' | 'white'
  /** A style sheet for WeChat's page: an https or a `data:text/css;base64,` URL. */
  href?: string
  lang?: 'cn' | 'en'
  /** 1: WeChat's newer, smaller page. */
  stylelite?: 1
  /** 0: no login by the WeChat client on the same computer. */
  fast_login?: 0
  color_scheme?: 'auto' | 'dark' | 'light'
  /** The iframe's name for screen readers. */
  title?: string
  /** WeChat shows a code; again after each renewal. That it was scanned is told to nobody but WeChat's own page. */
  onReady?: () => void
  /**
   * With `self_redirect`, the visitor (where WeChat reports it) or the server's `onUser` said no. The iframe says so.
   */
  onRefused?: () => void
  /** The code on show was too old: the computer slept, or was offline. A new one is on its way. */
  onExpired?: () => void
  /** With `self_redirect`, the visitor is logged in. @default goes to `redirect` */
  onDone?: (user: Shown) => void
  /**
   * No code could be fetched, or with `self_redirect` a login failed. An old code is replaced as soon as that works
   * again.
   */
  onError?: (error: LoginError) => void
}

export interface Qr {
  /** Shows a new code. */
  renew (): Promise<void>
  remove (): void
}
