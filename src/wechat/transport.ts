// How often, where and how long a call is tried. What may be tried again, and when:
// - the request never left: always, at the next host at once and, when no host is left, after a pause
// - it left, but came to nothing: only where `retry` says that a repetition does no harm. A code is spent by then.

import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { createHosts } from './api-hosts'
import type { TransportOptions } from './client-types'
import { type Failure, isTransient } from './failure'
import { createHttp } from './http'

/** Milliseconds: the first pause is a random part of it, the second one of its double. */
const BACKOFF = 200

/** The options of how WeChat is called, checked and complete. */
export interface TransportSettings {
  /** Milliseconds. */
  readonly timeout: number
  /** Milliseconds. */
  readonly connectTimeout: number
  readonly retries: number
  readonly connections: number
  readonly dispatcher: TransportOptions['dispatcher']
  /** Origins without a slash at the end. */
  readonly apiHosts: readonly [string, ...string[]]
}

/** What a call does with a reply. */
export interface Call<T> {
  /** May the request be repeated once it has left? */
  retry: boolean
  /** Reads the body, or throws. */
  read: (body: Buffer) => T
}

/** Made once and shared: by all apps of a plugin, or owned by one client. */
export interface Transport {
  /**
   * GETs `endpoint` with `query`, which is already encoded. Throws `WechatError` with `endpoint`, `sent` and `hint`.
   */
  get<T> (endpoint: string, query: string, call: Call<T>): Promise<T>
  /** Lets calls under way end for a second. A host's own dispatcher is left open. */
  close (): Promise<void>
}

/** For tests. */
export interface Sources {
  /** Milliseconds that never run backwards. */
  now?: () => number
  /** Milliseconds since 1970, which run on while the process is frozen. */
  wallClock?: () => number
  /** A number from 0 to 1. */
  random?: () => number
}

/** Calls WeChat's API at the first of its hosts that can be reached, over connections that are kept. */
export function createTransport (settings: TransportSettings, sources: Sources = {}): Transport {
  const { timeout, retries } = settings
  const { now = () => performance.now(), wallClock = Date.now, random = Math.random } = sources
  const hosts = createHosts(settings.apiHosts, now)
  const http = createHttp({ ...settings, wallClock })

  /** One request that left, at the first host that can be reached. */
  async function getFromAnyHost (path: string, signal: AbortSignal): Promise<Buffer> {
    let failure: unknown
    for (const host of hosts.inOrder()) {
      try {
        const body = await http.get(host.origin, path, signal)
        hosts.markUp(host)
        return body
      } catch (error) {
        failure = error
        if (isTransient(error as Failure)) hosts.markDown(host)
        else hosts.markUp(host)
        if ((error as Failure).sent || signal.aborted) break
      }
    }
    throw failure
  }

  async function getWithRetries<T> (path: string, call: Call<T>, signal: AbortSignal, repeated = 0): Promise<T> {
    try {
      return call.read(await getFromAnyHost(path, signal))
    } catch (error) {
      const { sent } = error as Failure
      if (repeated === retries || !isTransient(error as Failure) || (sent && !call.retry)) throw error
      await pause(random() * BACKOFF * 2 ** repeated, signal)
      if (signal.aborted) throw error
    }
    return getWithRetries(path, call, signal, repeated + 1)
  }

  async function get<T> (endpoint: string, query: string, call: Call<T>): Promise<T> {
    const deadline = new AbortController()
    const timer = setTimeout(() => { deadline.abort() }, timeout)
    try {
      const value = await getWithRetries(`${endpoint}?${query}`, call, deadline.signal)
      clearTimeout(timer)
      return value
    } catch (error) {
      clearTimeout(timer)
      throw Object.assign(error as Failure, { endpoint })
    }
  }

  return { get, close: http.close }
}

/** Waits so many milliseconds, or until the signal aborts. */
async function pause (milliseconds: number, signal: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal }).catch(() => {})
}
