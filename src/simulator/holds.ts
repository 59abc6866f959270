// Everything that is kept waiting: held polls, slow and silent replies. Closing lets all of them go at once, and no timer of theirs
// keeps the process alive.

import type { Socket } from 'node:net'

export interface Pause {
  readonly done: Promise<void>
  /** Ends the pause now. Harmless when it has ended. */
  end (): void
}

export class Holds {
  readonly #ends = new Set<() => void>()

  pause (milliseconds: number): Pause {
    const { promise, resolve } = withResolver()
    const end = (): void => {
      clearTimeout(timer)
      this.#ends.delete(end)
      resolve()
    }
    const timer = setTimeout(end, milliseconds).unref()
    this.#ends.add(end)
    return { done: promise, end }
  }

  /** Keeps a connection that will not be answered properly; `stop` runs when either side ends it. */
  keep (socket: Socket, stop: () => void = () => {}): void {
    const end = (): void => { socket.destroy() }
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
    for (const end of this.#ends) end()
  }
}

function withResolver (): { promise: Promise<void>, resolve: () => void } {
  let resolve = (): void => {}
  const promise = new Promise<void>(_resolve => { resolve = _resolve })
  return { promise, resolve }
}
