// GETs over kept-alive connections: the only file that runs undici.

import { Agent, buildConnector, errors } from 'undici'
import type { Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { WechatDispatcher } from './client-types'
import { ReplyReader } from './reply-reader'

/** Milliseconds. A black hole leaves time for the next host within the whole call's 5 s. */
const CONNECT_TIMEOUT = 1500
/**
 * Milliseconds. WeChat's own idle time-out is unknown. The shortest in common use is 5 s (Apache, Node): a connection
 * that we close first cannot be closed by WeChat just when a code is on its way. Where a `Keep-Alive: timeout=` says
 * more, undici obeys.
 */
const KEEP_ALIVE_TIMEOUT = 4000
/** Milliseconds. Calls that are under way at a close may end well for so long: a code of theirs is spent. */
const CLOSE_GRACE = 1000

const headers = { 'accept-encoding': 'identity' }

/** HTTP as far as WeChat's API needs it. */
export interface Http {
  /**
   * The body of a 200; rejects with a `Failure`, of reason `TIMEOUT` once the signal aborts. The signal has not aborted
   * yet; `path` is already encoded.
   */
  get (origin: string, path: string, signal: AbortSignal): Promise<Buffer>
  /** Closes the agent's connections, after calls under way have had a second. */
  close (): Promise<void>
}

// undici's own connect time-out ticks in half seconds and would end after 2.0 s; this one keeps its word.
function connectWithin (milliseconds: number): buildConnector.connector {
  const connect = buildConnector({ timeout: 0 }) as (...parameters: Parameters<buildConnector.connector>) => Socket
  return (options, callback) => {
    const timer = setTimeout(() => socket.destroy(new errors.ConnectTimeoutError()), milliseconds)
    const socket = connect(options, (...result) => {
      clearTimeout(timer)
      callback(...result)
    })
  }
}

function createAgent (connections: number): Agent {
  return new Agent({
    connections,
    connect: connectWithin(CONNECT_TIMEOUT),
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT,
    // The caller's signal ends the whole call; undici's two are a second coarse and let a body drip.
    headersTimeout: 0,
    bodyTimeout: 0
  })
}

interface HttpSettings {
  /** At most, to one origin. */
  connections: number
  dispatcher?: WechatDispatcher | undefined
}

/** GETs through an agent of its own, or through the host's `dispatcher`, which is never closed here. */
export function createHttp ({ connections, dispatcher: given }: HttpSettings): Http {
  const agent = createAgent(connections)
  const dispatcher: WechatDispatcher = given ?? agent
  const readers = new Set<ReplyReader>()

  function dispatch (origin: string, path: string, reader: ReplyReader): void {
    try {
      dispatcher.dispatch({ origin, path, method: 'GET', headers }, reader)
    } catch (error) { // of an interceptor of the host's
      reader.onResponseError(undefined, error)
    }
  }

  async function get (origin: string, path: string, signal: AbortSignal): Promise<Buffer> {
    const reader = new ReplyReader()
    const endInTime = (): void => { reader.fail('TIMEOUT') }
    readers.add(reader)
    signal.addEventListener('abort', endInTime)
    dispatch(origin, path, reader)
    try {
      return await reader.body
    } finally {
      signal.removeEventListener('abort', endInTime)
      readers.delete(reader)
      // undici frees a connection one turn after its reply. Whoever asks again at once, as a login does for the
      // profile, would open a second one, and so pay for a second TLS handshake.
      await nextTurn()
    }
  }

  async function end (): Promise<void> {
    const timer = setTimeout(() => readers.forEach(reader => reader.fail('CLOSED')), CLOSE_GRACE)
    await agent.close()
    clearTimeout(timer)
  }

  let ending: Promise<void> | undefined
  function close (): Promise<void> {
    ending ??= end()
    return ending
  }

  return { get, close }
}
