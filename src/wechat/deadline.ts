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

  /** Called when time is up. One piece of the call at a time; without an argument, nothing is under way. */
  watch (expire = nothing): void {
    this.#expire = expire
  }

  /** Waits, but not beyond the end. */
  async pause (milliseconds: number): Promise<void> {
    if (this.#expired) return
    let end = nothing
    const waiting = new Promise<void>(resolve => { end = resolve })
    const timer = setTimeout(end, milliseconds)
    this.watch(end)
    await waiting
    clearTimeout(timer)
    this.watch()
  }

  /** The call is over. */
  clear (): void {
    clearTimeout(this.#timer)
  }
}
