// The connections to WeChat's API hosts, kept alive between calls, and the limits on making and keeping one. A code
// that is written to a dead connection is spent, as far as we can know: so none is written to one that may be dead.

// By its file: in Bun the bare name means a stand-in of Bun's own, which has no dispatchers.
import { buildConnector, Client, errors, Pool } from 'undici/index.js'
import type { Dispatcher } from 'undici'
import type { Socket } from 'node:net'

/**
 * Milliseconds of the wall clock. WeChat's own idle time-out is unknown. The shortest in common use is 5 s (Apache,
 * Node): a connection that we close first cannot be closed by WeChat just when a code is on its way.
 */
const IDLE_LIMIT = 4000

export interface ConnectionSettings {
  /** Origins of WeChat's API. */
  readonly apiHosts: readonly string[]
  /** At most, to one origin. */
  readonly connections: number
  /** Milliseconds from the look-up of the name to the end of the TLS handshake. */
  readonly connectTimeout: number
  /** Milliseconds since 1970, as the wall clock has them. */
  readonly wallClock: () => number
}

/** Kept-alive connections to a few origins, as undici's dispatchers are used. */
export interface Connections {
  dispatch (options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean
  /** Refuses new calls, and waits for those under way. */
  close (): Promise<void>
}

/**
 * A client, of one connection, that replaces a connection which has been idle for too long by the wall clock. undici's
 * own limit on idling is a timer, which does not run while the process is frozen (Lambda, SIGSTOP) or the computer
 * sleeps. A clock that went back cannot say how long it was.
 */
class FreshClient extends Client {
  readonly #now: () => number
  #socket: Socket | undefined
  #usedAt = 0

  constructor (origin: URL, { connect, ...options }: Pool.Options, now: () => number) {
    super(origin, {
      ...options,
      connect: (target, callback) => {
        (connect as buildConnector.connector)(target, (...result) => {
          this.#socket = result[1] ?? undefined
          this.#markUsed()
          callback(...result)
        })
      }
    })
    this.#now = now
    this.on('drain', () => { this.#markUsed() })
  }

  #markUsed (): void {
    this.#usedAt = this.#now()
  }

  override dispatch (options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const idle = this.#now() - this.#usedAt
    // No call is under way here: a pool gives a client one at a time. Destroyed without an error, which would be that
    // of the new call; undici connects again.
    if (idle < 0 || idle > IDLE_LIMIT) this.#socket?.destroy()
    return super.dispatch(options, handler)
  }
}

// undici's own connect time-out ticks in half seconds and would end after 2.0 s of 1.5; this one keeps its word.
function connectWithin (milliseconds: number): buildConnector.connector {
  const connect = buildConnector({
    timeout: 0,
    // Of a host with several addresses Node gives each but the last a quarter of a second, and never comes back to it:
    // too little where a round trip takes as long.
    autoSelectFamilyAttemptTimeout: Math.ceil(milliseconds / 3)
  } as buildConnector.BuildOptions) as (...parameters: Parameters<buildConnector.connector>) => Socket
  return (options, callback) => {
    const timer = setTimeout(() => socket.destroy(new errors.ConnectTimeoutError()), milliseconds)
    const socket = connect(options, (...result) => {
      clearTimeout(timer)
      callback(...result)
    })
  }
}

/** No connection is made before the first call. */
export function createConnections (
  { apiHosts, connections, connectTimeout, wallClock }: ConnectionSettings
): Connections {
  const connect = connectWithin(connectTimeout)
  const pools = new Map(apiHosts.map(origin => [origin, new Pool(origin, {
    connections,
    connect,
    factory: (origin, options) => new FreshClient(origin, options as Pool.Options, wallClock),
    keepAliveTimeout: IDLE_LIMIT,
    // A server's `Keep-Alive: timeout=` may say less, not more.
    keepAliveMaxTimeout: IDLE_LIMIT,
    // The caller's signal ends the whole call; undici's two are a second coarse and let a body drip.
    headersTimeout: 0,
    bodyTimeout: 0
  })]))

  return {
    dispatch: (options, handler) => pools.get(String(options.origin))!.dispatch(options, handler),
    close: async () => { await Promise.all([...pools.values()].map(pool => pool.close())) }
  }
}
