// One login an attempt, however often its callback comes: in this process all callbacks of an attempt share one run
// and its outcome.

import { clockSkew } from '../session/clock-skew'
import type { Login, SessionRef } from '../session/login-record'
import { copyText } from '../text-copy'

/**
 * A run of an attempt, as it goes. It sets `spent` once the code has left for WeChat; a failure before that leaves the
 * attempt usable.
 */
export interface Run { spent: boolean }

/** What a run came to: where the login is, and the login itself where this very run has made it. */
export interface Outcome {
  readonly sessionRef: SessionRef
  readonly login?: Login
}

/** An attempt as its callback brings it. */
export interface Returned {
  readonly state: string
  readonly code: string
  /** Milliseconds since 1970. */
  readonly endsAt: number
}

interface Entry {
  readonly returned: Returned
  /** While the run goes on, and after a success: what `joinSession` needs. Null once it has failed. */
  outcome: Promise<SessionRef> | null
}

/** The attempts whose callbacks have come to this process, until a minute after their own ends. */
export class SpentAttempts {
  readonly #entries = new Map<string, Entry>()
  /** By code: the entry that came with it first. */
  readonly #codes = new Map<string, Entry>()

  /** `most`: so many attempts are remembered at once, of some hundred bytes each. */
  constructor (readonly most = 100_000) {}

  /** How many attempts are remembered. */
  get size (): number {
    return this.#entries.size
  }

  /**
   * The outcome of an earlier or a running callback of this attempt; null where all ended in failure, undefined where
   * there was none. `key` is the `hashState` of the attempt's state.
   */
  find (key: string): Promise<SessionRef> | null | undefined {
    return this.#entries.get(key)?.outcome
  }

  /** The attempt that came with this code first, and its outcome; undefined where there was none. */
  findByCode (code: string): { state: string, outcome: Promise<SessionRef> | null } | undefined {
    const entry = this.#codes.get(code)
    return entry && { state: entry.returned.state, outcome: entry.outcome }
  }

  /** Runs the attempt, and remembers it unless it fails unspent. Settles as `work` does. */
  run (key: string, returned: Returned, work: (run: Run) => Promise<Outcome>): Promise<Outcome> {
    const run = { spent: false }
    const entry: Entry = { returned: copyReturned(returned), outcome: null }
    this.#entries.set(key, entry)
    if (!this.#codes.has(entry.returned.code)) this.#codes.set(entry.returned.code, entry)
    const working = work(run).catch((error: unknown) => {
      entry.outcome = null
      if (!run.spent) this.#remove(key, entry)
      throw error
    })
    entry.outcome = working.then(({ sessionRef }) => copySessionRef(sessionRef, key))
    entry.outcome.catch(() => {}) // told to whoever asked for the run
    // An attempt's own end, signed into its cookie, keeps an evicted one from living on for long.
    if (this.#entries.size > this.most) this.#remove(...this.#entries.entries().next().value!)
    return working
  }

  /** Forgets the attempts that have ended. `now`: milliseconds since 1970. */
  sweep (now: number): void {
    for (const [key, entry] of this.#entries) {
      if (entry.returned.endsAt + clockSkew <= now) this.#remove(key, entry)
    }
  }

  #remove (key: string, entry: Entry): void {
    this.#entries.delete(key)
    if (this.#codes.get(entry.returned.code) === entry) this.#codes.delete(entry.returned.code)
  }
}

// Texts of the request: as they are, each would keep all of it.
function copyReturned ({ state, code, endsAt }: Returned): Returned {
  return { state: copyText(state), code: copyText(code), endsAt }
}

// Most logins are named by their attempt, whose key is there already.
function copySessionRef ({ session, loginId }: SessionRef, key: string): SessionRef {
  return { session: copyText(session), loginId: loginId === key ? key : copyText(loginId) }
}
