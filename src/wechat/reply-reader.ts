// What may come as a reply, and how much of it. The limits are kept here, not by undici's agent, so that they hold for
// a host's own dispatcher too.

import type { Dispatcher } from 'undici'
import { badResponse, type Failure, unreachable } from './failure'

type Controller = Dispatcher.DispatchController
type Headers = Record<string, string | string[] | undefined>

/** Bytes of a body; the largest reply of WeChat's is about 2 kB. */
const MAX_BODY = 65536

const badAnswer = /^(?:HTTP_PARSER|UND_ERR_(?:HEADERS_OVERFLOW|RES).*)$/

// The message of an error is never used: it may quote the path or the body. A host's interceptor may throw anything.
function codeOf (error: unknown): string {
  const { name, code } = Object(error)
  if (name === 'HTTPParserError') return 'HTTP_PARSER' // undici gives it no code
  return /^[A-Z][A-Z0-9_]{1,63}$/.test(String(code)) ? String(code) : 'UNKNOWN'
}

/**
 * Reads one reply into `body`, or rejects it with a `Failure`. undici's handler interface is used, not `request()`:
 * `onRequestStart` comes just before the bytes are written, and so tells whether a code may have been spent.
 */
export class ReplyReader implements Dispatcher.DispatchHandler {
  readonly body: Promise<Buffer>
  #resolve!: (body: Buffer) => void
  #reject!: (error: Failure) => void
  #controller: Controller | undefined
  #over = false
  #size = 0
  readonly #chunks: Buffer[] = []

  constructor () {
    this.body = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  /** May the request have left? */
  get sent (): boolean {
    return this.#controller !== undefined
  }

  #rejectWith (error: Failure): void {
    this.#over = true
    this.#reject(error)
    this.#controller?.abort(new Error(error.code))
  }

  /** Rejects with `FST_WECHAT_UNREACHABLE` for this reason, also where the request still waits for a connection. */
  fail (reason: string): void {
    this.#rejectWith(unreachable(this.sent, reason))
  }

  onRequestStart (controller: Controller): void {
    // A second start is a host's dispatcher that repeats on its own, and could spend a code twice.
    if (this.sent) this.fail('REPEATED')
    this.#controller = controller
    if (this.#over) controller.abort(new Error('UNWANTED'))
  }

  onResponseStart (_controller: Controller, status: number, headers: Headers): void {
    if (status < 200) return // 103 Early Hints
    if (status !== 200) return this.#rejectWith(badResponse(`HTTP_${status}`))
    // Not asked for, and a way to make megabytes of memory from few bytes.
    const isPlain = /^(?:identity)?$/i.test(String(headers['content-encoding'] ?? ''))
    if (!isPlain) this.#rejectWith(badResponse('CONTENT_ENCODING'))
  }

  onResponseData (_controller: Controller, chunk: Buffer): void {
    this.#size += chunk.length
    if (this.#size > MAX_BODY) this.#rejectWith(badResponse('TOO_LARGE'))
    else this.#chunks.push(chunk)
  }

  onResponseEnd (): void {
    this.#resolve(Buffer.concat(this.#chunks, this.#size))
  }

  onResponseError (_controller: Controller | undefined, error: unknown): void {
    if (this.#over) return
    const reason = codeOf(error)
    this.#rejectWith(badAnswer.test(reason) ? badResponse(reason) : unreachable(this.sent, reason))
  }
}
