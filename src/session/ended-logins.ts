// Logins that have ended. A slow request that began before a logout may save the ended session once more (with the
// host's rolling: true any request does); in this process the login stays ended all the same. When its time is up, the
// store is looked at: a session that came back is destroyed again and its login remembered for as long again, so that
// only a request of a quarter of an hour could outlive it.

/** Destroys the session wherever it came back; true if it had, or may have. Never rejects. */
export type RevokeAgain = () => Promise<boolean>

interface Entry { until: number, endAgain: RevokeAgain }

const memory = 15 * 60_000
const most = 100_000

export class EndedLogins {
  readonly #entries = new Map<string, Entry>()

  add (loginId: string, now: number, endAgain: RevokeAgain): void {
    // Anew, at the end: entries stand in the order of their times.
    this.#entries.delete(loginId)
    this.#entries.set(loginId, { until: now + memory, endAgain })
    if (this.#entries.size > most) this.#dropOldest()
  }

  has (loginId: string): boolean {
    return this.#entries.has(loginId)
  }

  get size (): number {
    return this.#entries.size
  }

  /** What is due stays until the store has answered. */
  async sweep (now: number): Promise<void> {
    const answers: Array<Promise<void>> = []
    for (const [loginId, { until, endAgain }] of this.#entries) {
      if (until > now) break
      this.add(loginId, now, endAgain)
      answers.push(endAgain().then(cameBack => { if (!cameBack) this.#entries.delete(loginId) }))
    }
    await Promise.all(answers)
  }

  #dropOldest (): void {
    const [loginId, { endAgain }] = this.#entries.entries().next().value!
    this.#entries.delete(loginId)
    void endAgain()
  }
}
