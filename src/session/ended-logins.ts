// Logins that have ended. A slow request that began before a logout may save the ended session once more (with the
// host's rolling: true any request does); in this process the login stays ended all the same. When its time is up, the
// store is looked at: a session that came back is destroyed again and its login remembered for as long again, so that
// only a request of a quarter of an hour could outlive it.

import { copyText } from '../text-copy'

/** Destroys the session wherever it came back; true if it had, or may have. Never rejects. */
export type RevokeAgain = () => Promise<boolean>

interface Entry {
  /** Milliseconds since 1970. */
  until: number
  revokeAgain: RevokeAgain
}

/** Milliseconds for which a login is remembered. */
const memory = 15 * 60_000

/** The logins that have ended in this process during the last quarter of an hour. */
export class EndedLogins {
  readonly #entries = new Map<string, Entry>()

  /** `most`: so many logins are remembered at once, of some hundred bytes each. */
  constructor (readonly most = 100_000) {}

  /** Remembers a login that ends now. `now`: milliseconds since 1970. */
  add (loginId: string, now: number, revokeAgain: RevokeAgain): void {
    // Anew, at the end: entries stand in the order of their times.
    this.#entries.delete(loginId)
    this.#entries.set(copyText(loginId), { until: now + memory, revokeAgain })
    if (this.#entries.size > this.most) this.#dropOldest()
  }

  /** True for a login that has ended here. */
  has (loginId: string): boolean {
    return this.#entries.has(loginId)
  }

  /** How many logins are remembered. */
  get size (): number {
    return this.#entries.size
  }

  /**
   * Forgets the logins whose time is up, once the store has said that they did not come back; those that did are
   * revoked again and stay. Never rejects.
   */
  async sweep (now: number): Promise<void> {
    const answers: Array<Promise<void>> = []
    for (const [loginId, { until, revokeAgain }] of this.#entries) {
      if (until > now) break
      this.add(loginId, now, revokeAgain)
      answers.push(revokeAgain().then(cameBack => { if (!cameBack) this.#entries.delete(loginId) }))
    }
    await Promise.all(answers)
  }

  #dropOldest (): void {
    const [loginId, { revokeAgain }] = this.#entries.entries().next().value!
    this.#entries.delete(loginId)
    void revokeAgain()
  }
}
