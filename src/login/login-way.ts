// What the flow of a login needs to know of a way of logging in. The ways themselves are in ways/.

import type { App, CallbackApp, WayOption } from '../options/app-options'
import type { Settings } from '../options/parse-options'
import type { BrowserKind } from '../request-kind'
import type { WechatProfile } from '../types'
import type { StartedAttempt } from '../urls'
import type { WechatTokens } from '../wechat/client-types'
import type { ReadyApp } from './ready-app'

/** Who logs in, as WeChat says. */
export interface Identity {
  readonly profile: WechatProfile
  readonly tokens: WechatTokens
}

/** `Redeemed`: what WeChat gives for a code. */
export interface LoginWay<Checked extends App = App, Redeemed = unknown> extends WayOption<Checked> {
  /** Of ways that begin in a browser; the others begin with a code. */
  readonly browser?: BrowserStart<Checked>
  /** Spends the code. Rejects with a `WechatError` whose `sent` is false where the code is still good. */
  redeem (app: ReadyApp<Checked>, code: string): Promise<Redeemed>
  /** Asks WeChat for the rest. Rejects with a `WechatError`, or `FST_WECHAT_SNAPSHOT_USER`. */
  identify (app: ReadyApp<Checked>, redeemed: Redeemed, settings: Settings): Promise<Identity>
}

export interface BrowserStart<Checked extends App> {
  /** For the documents of the routes: which browsers, in a few words. */
  readonly summary: string
  /** Can it work there? `isAsked`: the visitor wants this way, and may have another device at hand. */
  fits (browser: BrowserKind, isAsked: boolean): boolean
  /** WeChat's page for an attempt. */
  authorizeUrl (app: Checked, attempt: StartedAttempt, openHost: string): string
  /** True where WeChat's browser is known to lose the attempt's cookie, and a second try costs the visitor nothing. */
  readonly restartsLostAttempt: boolean
}

/** A way that begins in a browser and ends at a callback URL. */
export interface BrowserWay<Checked extends CallbackApp = CallbackApp, Redeemed = unknown>
  extends LoginWay<Checked, Redeemed> {
  readonly browser: BrowserStart<Checked>
}

export function isBrowserWay (way: LoginWay): way is BrowserWay {
  return way.browser !== undefined
}
