// How often, where and how long a call is tried. What may be tried again, and when:
// - the request never left: always, at the next host at once and, when no host is left, after a pause
// - it left, but came to nothing: only where `retry` says that a repetition does no harm. A code is spent by then.

import { performance } from 'node:perf_hooks'
import type { TransportOptions } from './types'
import { Deadline } from './deadline'
import { isTransient } from './failure'
import type { Failure } from './failure'
import { createHosts } from './hosts'
import { createHttp } from './http'

/** Milliseconds: the first pause is a random part of it, the second one of its double. */
const BACKOFF = 200

export interface TransportSettings {
  /** Milliseconds. */
  readonly timeout: number
  readonly retries: number
  readonly connections: number
  readonly dispatcher: TransportOptions['dispatcher']
  /** Origins without a slash at the end. */
  readonly apiHosts: readonly [string, ...string[]]
}

export interface Call<T> {
  /** May the request be repeated once it has left? */
  retry: boolean
  /** Reads the body, or throws. */
  read: (body: Buffer) => T
}

/** Made once and shared: by all apps of a plugin, or owned by one client. */
export interface Transport {
  /** GETs `endpoint` with `query`, which is already encoded. Throws `WechatError` with `endpoint`, `sent` and `hint`. */
  get<T> (endpoint: string, query: string, call: Call<T>): Promise<T>
  /** Lets calls under way end for a second. A host's own dispatcher is left open. */
  close (): Promise<void>
}

/** For tests: milliseconds that never run backwards, and a number from 0 to 1. */
export interface Sources {
  now?: () => number
  random?: () => number
}

export function createTransport ({ timeout, retries, connections, dispatcher, apiHosts }: TransportSettings, { now = () => performance.now(), random = Math.random }: Sources = {}): Transport {
  const hosts = createHosts(apiHosts, now)
  const http = createHttp({ connections, dispatcher })

  /** One request that left, at the first host that can be reached. */
  async function getAnywhere (path: string, deadline: Deadline): Promise<Buffer> {
    let failure: unknown
    for (const host of hosts.inOrder()) {
      try {
        const body = await http.get(host.origin, path, deadline)
        hosts.markUp(host)
        return body
      } catch (error) {
        failure = error
        if (isTransient(error as Failure)) hosts.markDown(host)
        else hosts.markUp(host)
        if ((error as Failure).sent || deadline.expired) break
      }
    }
    throw failure
  }

  async function getAgain<T> (path: string, call: Call<T>, deadline: Deadline, repeated = 0): Promise<T> {
    try {
      return call.read(await getAnywhere(path, deadline))
    } catch (error) {
      const { sent } = error as Failure
      if (repeated === retries || !isTransient(error as Failure) || (sent && !call.retry)) throw error
      await deadline.pause(random() * BACKOFF * 2 ** repeated)
      if (deadline.expired) throw error
    }
    return getAgain(path, call, deadline, repeated + 1)
  }

  async function get<T> (endpoint: string, query: string, call: Call<T>): Promise<T> {
    const deadline = new Deadline(timeout)
    try {
      const value = await getAgain(`${endpoint}?${query}`, call, deadline)
      deadline.clear()
      return value
    } catch (error) {
      deadline.clear()
      throw Object.assign(error as Failure, { endpoint })
    }
  }

  return { get, close: http.close }
}
