// One WeChat app, checked against WeChat's rules: what the ways share of it. Used at boot for fixed apps and at run
// time for those that a function returns. The rules are those of WeChat's consoles:
// https://developers.weixin.qq.com/doc/oplatform/developers/troubleshooting/auth.html

import { checkAppid, describe, isLoopback, refuseOption, refuseUnknown, secretOption } from '../option-checks'
import type { WechatApp, WechatAppSource } from '../types'
import type { Via } from '../via'

/** A checked app: complete and frozen. */
export interface App {
  readonly via: Via
  readonly appid: string
  readonly secret: WechatApp['secret']
  /** Where a login of this app counts, unless option `realm` says otherwise. */
  readonly realm: string
}

/** An app whose logins end at a callback URL. */
export interface CallbackApp extends App {
  /** The callback URL as it was given. */
  readonly callbackUrl: string
  /** `host[:port]` of the callback URL, as a browser sends it. */
  readonly host: string
  readonly origin: string
  /** Path of the callback URL. */
  readonly path: string
  /** True for https: cookies then carry Secure and the `__Host-` prefix. */
  readonly secure: boolean
}

/** The apps of a host: checked already, or asked for at each request. */
export type Apps = Readonly<Partial<Record<Via, App | AppFunction>>>
export type AppFunction = Extract<WechatAppSource, (...args: never) => unknown>

/**
 * False for apps that a function returns, whose callback URLs are not known before a request, and for ways without one.
 */
export function hasCallback (app: App | AppFunction): app is CallbackApp {
  return 'callbackUrl' in app
}

export type Warn = (message: string) => void

/** What the options need to know of a way of logging in. `Given`: what a host writes for its app. */
export interface WayOption<Checked extends App = App> {
  readonly via: Via
  /** Where its route is, unless the app's callback URL or option `routes` says otherwise. */
  readonly defaultPath: string
  /** What WeChat calls such an app, in its own languages. */
  readonly account: { readonly en: string, readonly zh: string }
  /** Throws `FST_WECHAT_INVALID_OPTIONS` with the option's name, what was found and what to write instead. */
  check (given: unknown, warn: Warn, isProduction?: boolean): Checked
}

const secretShape = /^[0-9a-f]{32}$/

/** The names that every app with a callback has. */
export const callbackAppNames = ['appid', 'secret', 'callbackUrl']

/** Appid, secret and callback URL of one app; `names`: the options that it may have. */
export function checkCallbackApp (
  given: unknown, via: Via, names: string[], warn: Warn, isProduction = process.env.NODE_ENV === 'production'
): CallbackApp {
  if (typeof given !== 'object' || given === null) {
    refuseOption(via, describe(given), 'write { appid, secret, callbackUrl }, or a function that returns that')
  }
  refuseUnknown(given, names, `${via}.`)
  const { appid, secret, callbackUrl } = given as Partial<WechatApp>
  const checkedAppid = checkAppid(appid, `${via}.appid`, unset(appid, via))
  const checkedSecret = checkSecret(secret, checkedAppid, via, warn)
  const url = checkCallbackUrl(callbackUrl, `${via}.callbackUrl`, warn, isProduction)
  return {
    via,
    appid: checkedAppid,
    secret: checkedSecret,
    realm: url.href,
    callbackUrl: url.href,
    host: url.host,
    origin: url.origin,
    path: url.pathname,
    secure: url.protocol === 'https:'
  }
}

/** What is undefined came, most often, from a variable that nobody has set. */
function unset (value: unknown, via: Via): string {
  return value === undefined ? `; set the variable that it comes from, or leave out option ${via}` : ''
}

function checkSecret (given: unknown, appid: string, via: Via, warn: Warn): WechatApp['secret'] {
  if (typeof given === 'function') return given as () => string
  const secret = secretOption(given, `${via}.secret`, unset(given, via))
  if (secret === appid) refuseOption(`${via}.secret`, 'the appid', 'write the AppSecret of the app')
  if (!secretShape.test(secret)) {
    warn(`option ${via}.secret is not 32 hexadecimal digits, as WeChat's AppSecrets are; ` +
      'copy it again from WeChat\'s console')
  }
  return secret
}

/** Names in redirect_uri's own query that are WeChat's or ours. */
const ownParameters = ['code', 'state', 'redirect', 'restarted', 'embedded', 'bounced']

function checkCallbackUrl (given: unknown, option: string, warn: Warn, isProduction: boolean): URL {
  const example = 'write an absolute URL such as https://app.example.com/wechat/qr'
  if (typeof given !== 'string' || !/^https?:\/\/[^/?#]/i.test(given) || !URL.canParse(given)) {
    refuseOption(option, describe(given), example)
  }
  const url = new URL(given)
  if (url.username !== '' || url.password !== '') refuseOption(option, 'a URL with a user name or password', example)
  if (url.hostname.endsWith('.')) {
    refuseOption(
      option,
      describe(given),
      'leave out the dot at the end of the host: to browsers it is another host, whose cookies the site does not get'
    )
  }
  if (given.includes('#')) {
    refuseOption(
      option,
      describe(given),
      'leave out the fragment (#…): WeChat puts the code behind it, where no server sees it'
    )
  }
  for (const name of ownParameters) {
    if (url.searchParams.has(name)) {
      refuseOption(option, describe(given), `leave out the query parameter ${name}: it is used on the way back`)
    }
  }
  if (isLoopback(url.hostname)) return url
  if (/^https?:\/\/[^/?#]*:\d*(?:[/?#]|$)/i.test(given)) {
    if (isProduction) {
      refuseOption(option, describe(given), 'leave out the port: WeChat answers 10003 to a redirect_uri with one')
    }
    warn(`option ${option} has a port, for which WeChat shows error 10003; leave it out, it is refused in production`)
  }
  if (url.protocol !== 'https:') {
    warn(`option ${option} is not https: codes and cookies travel in clear text; ` +
      'serve the site over https and write https://')
  }
  return url
}
