// The time that a whole call may take. An AbortSignal with its listeners costs more than the rest of a call's bookkeeping.

function nothing (): void {}

export class Deadline {
  #expired = false
  #expire = nothing
  readonly #timer: NodeJS.Timeout

  constructor (milliseconds: number) {
    this.#timer = setTimeout(() => {
      this.#expired = true
      this.#expire()
    }, milliseconds)
  }

  get expired (): boolean {
    return this.#expired
  }

  /** One piece of the call at a time; `expire` is called when time is up before it has settled, and must settle it. */
  async during<T> (work: Promise<T>, expire: () => void): Promise<T> {
    this.#expire = expire
    try {
      return await work
    } finally {
      this.#expire = nothing
    }
  }

  /** Waits, but not beyond the end. */
  pause (milliseconds: number): Promise<void> {
    let end: () => void
    const waiting = new Promise<void>(resolve => { end = resolve })
    const timer = setTimeout(() => { end() }, milliseconds)
    return this.during(waiting, () => {
      clearTimeout(timer)
      end()
    })
  }

  /** The call is over. */
  clear (): void {
    clearTimeout(this.#timer)
  }
}
