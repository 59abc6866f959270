// WeChat's limits: so many calls of one app to one endpoint in a minute, and in a day. Both windows begin at whole ones
// of the simulator's clock; WeChat's day is China's.

import { BoundedMap } from './bounded-map'
import type { Clock } from './clock'
import type { Settings } from './settings'

const MINUTE = 60_000
const DAY = 1440 * MINUTE
const CHINA = 8 * 60 * MINUTE

interface Count {
  readonly window: number
  calls: number
}

export class Quota {
  readonly #settings: Settings
  readonly #clock: Clock
  readonly #counts = new BoundedMap<string, Count>(10_000)

  constructor (settings: Settings, clock: Clock) {
    this.#settings = settings
    this.#clock = clock
  }

  /** Counts a call. Returns WeChat's errcode where it is one too many: 45011 of the minute, 45009 of the day. */
  take (endpoint: string, appid: string): 45009 | 45011 | undefined {
    const { perMinute, perDay } = this.#settings.quota
    const now = this.#clock.now()
    const key = `${endpoint} ${appid}`
    if (this.#count(`minute ${key}`, Math.floor(now / MINUTE)) > perMinute) return 45011
    return this.#count(`day ${key}`, Math.floor((now + CHINA) / DAY)) > perDay ? 45009 : undefined
  }

  reset (): void {
    this.#counts.clear()
  }

  #count (key: string, window: number): number {
    const last = this.#counts.get(key)
    const count = last?.window === window ? last : { window, calls: 0 }
    this.#counts.set(key, count)
    return ++count.calls
  }
}
