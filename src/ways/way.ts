// A way of logging in, whole: what its option may hold, how WeChat is asked, and its routes. One room of ways/ each.

import type { Context } from '../login/context'
import type { LoginWay } from '../login/login-way'
import type { Scope } from '../routes/scope'

export type Way = LoginWay & Mounted

export interface Mounted {
  /** Where to enter the callback URL's host at WeChat, in English and Chinese. */
  readonly consoles: readonly [en: string, zh: string]
  /** Adds the way's own routes. */
  mount (scope: Scope, context: Context): void
}
