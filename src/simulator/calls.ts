// The record of requests: enough to count exchanges and to see what was sent, without a secret, code or token in it.

import type { SimulatorCall, SimulatorCallFilter } from './control-types'

const LIMIT = 10_000

/** A ring: adding is constant time at any length, since a benchmark records every request. */
export class CallLog {
  #calls: SimulatorCall[] = []
  #oldest = 0

  add (call: SimulatorCall): void {
    if (this.#calls.length < LIMIT) {
      this.#calls.push(call)
      return
    }
    this.#calls[this.#oldest] = call
    this.#oldest = (this.#oldest + 1) % LIMIT
  }

  list ({ endpoint, accepted }: SimulatorCallFilter = {}): SimulatorCall[] {
    const inOrder = [...this.#calls.slice(this.#oldest), ...this.#calls.slice(0, this.#oldest)]
    return inOrder.filter(call =>
      (endpoint === undefined || call.endpoint === endpoint) && (accepted === undefined || call.accepted === accepted))
  }

  reset (): void {
    this.#calls = []
    this.#oldest = 0
  }
}
