// Everything that is kept waiting: held polls, slow and silent replies. Closing lets all of them go at once, and no
// timer of theirs keeps the process alive.

import type { Socket } from 'node:net'

export interface Pause {
  readonly done: Promise<void>
  /** Ends the pause now. Harmless when it has ended. */
  end (): void
}

export class Holds {
  readonly #ends = new Set<() => void>()
  #released = false

  pause (milliseconds: number): Pause {
    let resolve!: () => void
    const done = new Promise<void>(_resolve => { resolve = _resolve })
    const end = (): void => {
      clearTimeout(timer)
      this.#ends.delete(end)
      resolve()
    }
    const timer = setTimeout(end, milliseconds).unref()
    this.#ends.add(end)
    if (this.#released) end()
    return { done, end }
  }

  /** Keeps a connection that will not be answered properly; `stop` runs when either side ends it. */
  keep (socket: Socket, stop: () => void = () => {}): void {
    const end = (): void => { socket.destroy() }
    if (socket.destroyed || this.#released) {
      end()
      stop()
      return
    }
    this.#ends.add(end)
    socket.once('close', () => {
      this.#ends.delete(end)
      stop()
    })
  }

  get size (): number {
    return this.#ends.size
  }

  release (): void {
    this.#released = true
    for (const end of this.#ends) end()
  }
}
