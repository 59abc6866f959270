// What a test can do with a simulator and read from it.

import type { SimulatorEndpoint, SimulatorFault, SimulatorFaultKind } from './fault-types'
import type { AutoConsent, SimulatedApp, SimulatedUser, SimulatorPluginOptions } from './types'

/** One request to the simulator. Holds the names of its parameters, never their values. */
export interface SimulatorCall {
  readonly endpoint: SimulatorEndpoint
  /** Milliseconds since 1970 on the simulator's clock. */
  readonly at: number
  readonly method: string
  readonly params: readonly string[]
  /** The appid that the request named, known or not. */
  readonly appid: string | undefined
  /**
   * True where WeChat did what was asked (spent the code, gave the profile), whatever a fault then made of the reply.
   */
  readonly accepted: boolean
  /** WeChat's own number where it refused. A fault's number is not counted here. */
  readonly errcode: number | undefined
  readonly fault: SimulatorFaultKind | undefined
}

export interface SimulatorCallFilter {
  endpoint?: SimulatorEndpoint
  accepted?: boolean
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
  /** Polls that are being held just now: 1 while a page shows it. */
  readonly polls: number
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
   * Plays the whole visit to WeChat's page: checks an authorize URL of either kind as the pages do and returns the
   * callback URL that the browser would be sent to. Throws with WeChat's words where WeChat would show an error page.
   */
  approve (authorizeUrl: string, choice?: { user?: string, snapshot?: boolean }): string
  /**
   * A callback URL, and the second one that WeChat's browser sometimes asks for: same state, and the same or another
   * code.
   */
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

export interface WechatSimulator {
  /** Origin, without a slash at the end. */
  readonly url: string
  readonly options: SimulatorPluginOptions
  readonly control: SimulatorControl
  /** Resolves promptly, also with long polls and silent requests open. */
  close (): Promise<void>
}
