// Logins that have ended. A slow request that began before a logout may save the ended session once more (with the host's rolling: true
// any request does); in this process the login stays ended all the same. When an entry goes, its session is destroyed a last time.

interface Entry { until: number, destroyAgain: () => void }

const memory = 15 * 60_000
const most = 100_000

export class EndedLogins {
  readonly #entries = new Map<string, Entry>()

  add (loginId: string, now: number, destroyAgain: () => void): void {
    this.#entries.set(loginId, { until: now + memory, destroyAgain })
    if (this.#entries.size > most) this.#drop(this.#entries.entries().next().value!)
  }

  has (loginId: string): boolean {
    return this.#entries.has(loginId)
  }

  get size (): number {
    return this.#entries.size
  }

  /** Entries stand in the order of their ends. */
  sweep (now: number): void {
    for (const entry of this.#entries) {
      if (entry[1].until > now) return
      this.#drop(entry)
    }
  }

  #drop ([loginId, { destroyAgain }]: [string, Entry]): void {
    this.#entries.delete(loginId)
    destroyAgain()
  }
}
