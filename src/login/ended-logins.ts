// Logins that have ended. A slow request that began before a logout may save the ended session once more (with the host's rolling: true
// any request does); in this process the login stays ended all the same. When its time is up, the store is looked at: a session that
// came back is destroyed again and its login remembered for as long again, so that only a request of a quarter of an hour could outlive it.

/** Destroys the session wherever it came back; true if it had, or may have. Never rejects. */
export type EndAgain = () => Promise<boolean>

interface Entry { until: number, endAgain: EndAgain }

const memory = 15 * 60_000

export class EndedLogins {
  readonly #entries = new Map<string, Entry>()

  /** `most`: how many are remembered at once. */
  constructor (readonly most = 100_000) {}

  add (attempt: string, now: number, endAgain: EndAgain): void {
    // Anew, at the end: entries stand in the order of their times.
    this.#entries.delete(attempt)
    this.#entries.set(attempt, { until: now + memory, endAgain })
    if (this.#entries.size > this.most) this.#dropOldest()
  }

  has (attempt: string): boolean {
    return this.#entries.has(attempt)
  }

  get size (): number {
    return this.#entries.size
  }

  /** What is due stays until the store has answered. */
  async sweep (now: number): Promise<void> {
    const answers: Array<Promise<void>> = []
    for (const [attempt, { until, endAgain }] of this.#entries) {
      if (until > now) break
      this.add(attempt, now, endAgain)
      answers.push(endAgain().then(cameBack => { if (!cameBack) this.#entries.delete(attempt) }))
    }
    await Promise.all(answers)
  }

  #dropOldest (): void {
    const [attempt, { endAgain }] = this.#entries.entries().next().value!
    this.#entries.delete(attempt)
    void endAgain()
  }
}
