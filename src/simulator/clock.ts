// WeChat's life times are minutes to days. They are measured on this clock, which a test moves instead of waiting.

export interface Clock {
  /** Milliseconds since 1970. */
  now (): number
  advance (seconds: number): void
  reset (): void
}

export function createClock (base: () => number): Clock {
  let offset = 0
  return {
    now: () => base() + offset,
    advance (seconds) { offset += seconds * 1000 },
    reset () { offset = 0 }
  }
}
