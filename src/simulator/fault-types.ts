// What can be made to go wrong, and where. What each kind does is in fault-effects.ts.

export type SimulatorEndpoint =
  | 'authorize'
  | 'qrconnect'
  | 'poll'
  | 'access_token'
  | 'refresh_token'
  | 'userinfo'
  | 'auth'

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

/**
 * A fault for the next requests of one endpoint. A request meets one fault: the queued ones first, then the one that
 * stays.
 */
export interface SimulatorFault {
  endpoint: SimulatorEndpoint
  kind: SimulatorFaultKind
  /** How many requests meet it; `'always'`: all, until cleared. @default 1 */
  times?: number | 'always'
  /**
   * Milliseconds of real time to wait first; of `drip`, between two bytes. @default 1000 for `slow`, 50 for `drip`,
   * else 0
   */
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
  /**
   * Do WeChat's work (spend the code) first and lose its reply, for kinds that otherwise answer before any work.
   * @default false, true for `busy-after`
   */
  after?: boolean
}
