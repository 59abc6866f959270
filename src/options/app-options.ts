// One WeChat app, checked against WeChat's rules. Used at boot for fixed apps and at run time for apps given as functions.

import { checkAppid, describe, describeSecret, isLoopback, flagOption, refuseOption, refuseUnknown } from '../option-checks'
import type { Via, WechatApp, WechatAppSource } from '../types'

/** A checked app: complete, frozen, with what the rest needs of its callback URL. */
export interface App {
  readonly via: Via
  readonly appid: string
  readonly secret: WechatApp['secret']
  readonly callbackUrl: string
  /** `host[:port]` of the callback URL, as a browser sends it. */
  readonly host: string
  readonly origin: string
  /** Path of the callback URL. */
  readonly path: string
  /** True for https: cookies then carry Secure and the `__Host-` prefix. */
  readonly secure: boolean
  readonly scope: 'snsapi_userinfo' | 'snsapi_base' | 'snsapi_login'
  readonly forcePopup: boolean
  readonly forceSnapShot: boolean
  readonly connectRedirect: boolean
}

/** The apps of a host: checked already, or asked for at each request. */
export type Apps = Readonly<Partial<Record<Via, App | Extract<WechatAppSource, (...args: never) => unknown>>>>

export type Warn = (message: string) => void

const commonNames = ['appid', 'secret', 'callbackUrl']
const knownNames: Record<Via, string[]> = {
  oneclick: [...commonNames, 'scope', 'forcePopup', 'forceSnapShot', 'connectRedirect'],
  qr: commonNames
}

const secretShape = /^[0-9a-f]{32}$/

/**
 * Checks one app; `name` is how the option is called in messages, e.g. `qr`.
 * The rules are those of WeChat's consoles: https://developers.weixin.qq.com/doc/oplatform/developers/troubleshooting/auth.html
 */
export function checkApp (given: WechatApp, via: Via, warn: Warn, isProduction = process.env.NODE_ENV === 'production'): App {
  if (typeof given !== 'object' || given === null) refuseOption(via, describe(given), 'write { appid, secret, callbackUrl }, or a function that returns that')
  refuseUnknown(given, knownNames[via], `${via}.`)
  const appid = checkAppid(given.appid, `${via}.appid`, unset(given.appid, via))
  checkSecret(given, via, warn)
  const url = checkCallbackUrl(given.callbackUrl, `${via}.callbackUrl`, warn, isProduction)
  return Object.freeze({
    via,
    appid,
    secret: given.secret,
    callbackUrl: url.href,
    host: url.host,
    origin: url.origin,
    path: url.pathname,
    secure: url.protocol === 'https:',
    scope: via === 'qr' ? 'snsapi_login' : checkScope(given.scope),
    forcePopup: flagOption(given.forcePopup, `${via}.forcePopup`),
    forceSnapShot: flagOption(given.forceSnapShot, `${via}.forceSnapShot`),
    connectRedirect: flagOption(given.connectRedirect, `${via}.connectRedirect`)
  })
}

/** What is undefined came, most often, from a variable that nobody has set. */
function unset (value: unknown, via: Via): string {
  return value === undefined ? `; set the variable that it comes from, or leave out option ${via}` : ''
}

function checkSecret (given: WechatApp, via: Via, warn: Warn): void {
  const { secret } = given
  if (typeof secret === 'function') return
  if (typeof secret !== 'string' || secret === '') {
    refuseOption(`${via}.secret`, secret === '' ? 'empty' : describeSecret(secret), `write the AppSecret of the app, or a function that returns it${unset(secret, via)}`)
  }
  if (secret === given.appid) refuseOption(`${via}.secret`, 'the appid', 'write the AppSecret of the app')
  if (!secretShape.test(secret)) warn(`option ${via}.secret is not 32 hexadecimal digits, as WeChat's AppSecrets are; copy it again from WeChat's console`)
}

function checkScope (scope: unknown): 'snsapi_userinfo' | 'snsapi_base' {
  if (scope === undefined || scope === 'snsapi_userinfo') return 'snsapi_userinfo'
  if (scope === 'snsapi_base') return scope
  return refuseOption('oneclick.scope', describe(scope), "write 'snsapi_userinfo' or 'snsapi_base'")
}

function checkCallbackUrl (given: unknown, option: string, warn: Warn, isProduction: boolean): URL {
  const example = 'write an absolute URL such as https://app.example.com/wechat/qr'
  if (typeof given !== 'string' || !/^https?:\/\/[^/?#]/i.test(given) || !URL.canParse(given)) refuseOption(option, describe(given), example)
  const url = new URL(given)
  if (url.username !== '' || url.password !== '') refuseOption(option, 'a URL with a user name or password', example)
  if (url.hostname.endsWith('.')) refuseOption(option, describe(given), 'leave out the dot at the end of the host: to browsers it is another host, whose cookies the site does not get')
  if (given.includes('#')) refuseOption(option, describe(given), 'leave out the fragment (#…): WeChat puts the code behind it, where no server sees it')
  for (const name of ['code', 'state', 'redirect', 'restarted', 'embedded', 'bounced']) {
    if (url.searchParams.has(name)) refuseOption(option, describe(given), `leave out the query parameter ${name}: it is used on the way back`)
  }
  if (isLoopback(url.hostname)) return url
  if (/^https?:\/\/[^/?#]*:\d*(?:[/?#]|$)/i.test(given)) {
    if (isProduction) refuseOption(option, describe(given), 'leave out the port: WeChat answers 10003 to a redirect_uri with one')
    warn(`option ${option} has a port, for which WeChat shows error 10003; leave it out, it is refused in production`)
  }
  if (url.protocol !== 'https:') warn(`option ${option} is not https: codes and cookies travel in clear text; serve the site over https and write https://`)
  return url
}
