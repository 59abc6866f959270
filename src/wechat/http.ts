// GETs over kept-alive connections of our own, or through a dispatcher of the host's.

import { setImmediate as nextTurn } from 'node:timers/promises'
import type { WechatDispatcher } from './client-types'
import { type ConnectionSettings, createConnections } from './connections'
import { ReplyReader } from './reply-reader'

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
  /** Closes the connections, after calls under way have had a second. */
  close (): Promise<void>
}

interface HttpSettings extends ConnectionSettings {
  readonly dispatcher: WechatDispatcher | undefined
}

/** GETs over connections of its own, or through the host's `dispatcher`, which is never closed here. */
export function createHttp (settings: HttpSettings): Http {
  const connections = createConnections(settings)
  const dispatcher = settings.dispatcher ?? connections
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
    await connections.close()
    clearTimeout(timer)
  }

  let ending: Promise<void> | undefined
  function close (): Promise<void> {
    ending ??= end()
    return ending
  }

  return { get, close }
}
