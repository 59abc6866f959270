// One GET over a kept-alive connection: the only file that knows undici. Its handler interface is used, not `request()`:
// `onRequestStart` comes just before the bytes are written, and so tells whether a code may have been spent.

import { Agent, buildConnector, errors } from 'undici'
import type { Dispatcher } from 'undici'
import type { Socket } from 'node:net'
import { badResponse, unreachable } from './failure'
import type { Failure } from './failure'

/** A black hole leaves time for the next host within the whole call's 5 s. */
const CONNECT_TIMEOUT = 1500
/** Bytes of a body; the largest reply of WeChat's is about 2 kB. */
const MAX_BODY = 65536
/**
 * WeChat's own idle time-out is unknown. The shortest in common use is 5 s (Apache, Node): a connection that we close
 * first cannot be closed by WeChat just when a code is on its way. Where a `Keep-Alive: timeout=` says more, undici obeys.
 */
const KEEP_ALIVE_TIMEOUT = 4000

/** Calls that are under way at a close may end well for so long: a code of theirs is spent. */
const CLOSE_GRACE = 1000

const headers = { 'accept-encoding': 'identity' }
const badAnswer = /^(?:HPE_|UND_ERR_(?:HEADERS_OVERFLOW|RES))/
const plainCode = /^[A-Z][A-Z0-9_]{1,63}$/

export interface Http {
  /** The body of a 200, or a `Failure`. `signal` ends it at once; `path` is already encoded. */
  get (origin: string, path: string, signal: AbortSignal): Promise<Buffer>
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

class Reading implements Dispatcher.DispatchHandler {
  readonly body: Promise<Buffer>
  #resolve!: (body: Buffer) => void
  #reject!: (error: Failure) => void
  #controller: Dispatcher.DispatchController | undefined
  #over = false
  #size = 0
  readonly #chunks: Buffer[] = []

  constructor () {
    this.body = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  get sent (): boolean {
    return this.#controller !== undefined
  }

  /** Ends this reading, also one that still waits for a connection. */
  fail (error: Failure): void {
    this.#over = true
    this.#reject(error)
    this.#controller?.abort(new errors.RequestAbortedError())
  }

  onRequestStart (controller: Dispatcher.DispatchController): void {
    // A second start is a host's dispatcher that repeats on its own, and could spend a code twice.
    if (this.sent) this.fail(unreachable(true, 'REPEATED'))
    this.#controller = controller
    if (this.#over) controller.abort(new errors.RequestAbortedError())
  }

  onResponseStart (_controller: Dispatcher.DispatchController, status: number, headers: Record<string, string | string[] | undefined>): void {
    if (status < 200) return // 103 Early Hints
    if (status !== 200) return this.fail(badResponse(`HTTP_${status}`))
    // Not asked for, and a way to make megabytes of memory from few bytes.
    if (!/^(?:identity)?$/i.test(String(headers['content-encoding'] ?? ''))) this.fail(badResponse('CONTENT_ENCODING'))
  }

  onResponseData (_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length
    if (this.#size > MAX_BODY) this.fail(badResponse('TOO_LARGE'))
    else this.#chunks.push(chunk)
  }

  onResponseEnd (): void {
    this.#resolve(Buffer.concat(this.#chunks, this.#size))
  }

  onResponseError (_controller: Dispatcher.DispatchController | undefined, error: NodeJS.ErrnoException): void {
    if (this.#over) return
    // The message is never used: it may quote the path.
    const reason = plainCode.test(String(error.code)) ? String(error.code) : undefined
    this.fail(badAnswer.test(reason ?? '') ? badResponse(reason) : unreachable(this.sent, reason))
  }
}

/** GETs through an agent of its own, or through the host's `dispatcher`, which is never closed here. */
export function createHttp ({ connections, dispatcher: given }: { connections: number, dispatcher?: Dispatcher | undefined }): Http {
  const agent = new Agent({
    connections,
    connect: connectWithin(CONNECT_TIMEOUT),
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT,
    // The caller's signal ends the whole call; undici's two are a second coarse and let a body drip.
    headersTimeout: 0,
    bodyTimeout: 0
  })
  const dispatcher = given ?? agent
  const readings = new Set<Reading>()

  function dispatch (origin: string, path: string, reading: Reading): void {
    try {
      dispatcher.dispatch({ origin, path, method: 'GET', headers }, reading)
    } catch (error) { // a host's interceptor
      reading.onResponseError(undefined, error as NodeJS.ErrnoException)
    }
  }

  async function get (origin: string, path: string, signal: AbortSignal): Promise<Buffer> {
    const reading = new Reading()
    const expire = () => reading.fail(unreachable(reading.sent, 'TIMEOUT'))
    readings.add(reading)
    signal.addEventListener('abort', expire)
    if (signal.aborted) expire()
    else dispatch(origin, path, reading)
    try {
      return await reading.body
    } finally {
      signal.removeEventListener('abort', expire)
      readings.delete(reading)
    }
  }

  async function close (): Promise<void> {
    const timer = setTimeout(() => {
      for (const reading of readings) reading.fail(unreachable(reading.sent, 'CLOSED'))
    }, CLOSE_GRACE)
    await agent.close()
    clearTimeout(timer)
  }

  return { get, close }
}
