// One login an attempt, however often its callback comes: in this process all callbacks of an attempt share one run and its outcome.

/** What a run of an attempt found out. Unless it spent the attempt (the code left for WeChat), a failure leaves the attempt usable. */
export interface Run { spent: boolean }

interface Entry {
  until: number
  /** While the run goes on, and after a success: what `joinSession` needs. Null once it has failed. */
  outcome: Promise<string> | null
  forget: () => void
}

const afterlife = 60_000
const most = 100_000

export class SpentAttempts {
  readonly #entries = new Map<string, Entry>()

  get size (): number {
    return this.#entries.size
  }

  /** The outcome of an earlier or a running callback of this attempt; null where all ended in failure, undefined where there was none. */
  find (key: string): Promise<string> | null | undefined {
    return this.#entries.get(key)?.outcome
  }

  /** Runs the attempt. `forget` is called when the entry has outlived the attempt. */
  run (key: string, endsAt: number, work: (run: Run) => Promise<string>, forget: () => void): Promise<string> {
    const run = { spent: false }
    const entry: Entry = { until: endsAt + afterlife, outcome: null, forget }
    this.#entries.set(key, entry)
    entry.outcome = work(run).catch((error: unknown) => {
      entry.outcome = null
      if (!run.spent) this.#entries.delete(key)
      throw error
    })
    // An attempt's own end, signed into its cookie, keeps an evicted one from living on for long.
    if (this.#entries.size > most) this.#drop(this.#entries.entries().next().value!)
    return entry.outcome
  }

  sweep (now: number): void {
    for (const entry of this.#entries) {
      if (entry[1].until <= now) this.#drop(entry)
    }
  }

  #drop ([key, { forget }]: [string, Entry]): void {
    this.#entries.delete(key)
    forget()
  }
}
