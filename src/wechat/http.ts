// GETs over kept-alive connections: the only file that runs undici.

import { Agent, buildConnector, errors } from 'undici'
import type { Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import type { Deadline } from './deadline'
import { Reading } from './reading'
import type { WechatDispatcher } from './types'

/** A black hole leaves time for the next host within the whole call's 5 s. */
const CONNECT_TIMEOUT = 1500
/**
 * WeChat's own idle time-out is unknown. The shortest in common use is 5 s (Apache, Node): a connection that we close
 * first cannot be closed by WeChat just when a code is on its way. Where a `Keep-Alive: timeout=` says more, undici obeys.
 */
const KEEP_ALIVE_TIMEOUT = 4000

/** Calls that are under way at a close may end well for so long: a code of theirs is spent. */
const CLOSE_GRACE = 1000

const headers = { 'accept-encoding': 'identity' }

export interface Http {
  /** The body of a 200, or a `Failure`. `deadline` has not expired yet; `path` is already encoded. */
  get (origin: string, path: string, deadline: Deadline): Promise<Buffer>
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

/** GETs through an agent of its own, or through the host's `dispatcher`, which is never closed here. */
export function createHttp ({ connections, dispatcher: given }: { connections: number, dispatcher?: WechatDispatcher | undefined }): Http {
  const agent = new Agent({
    connections,
    connect: connectWithin(CONNECT_TIMEOUT),
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT,
    // The caller's signal ends the whole call; undici's two are a second coarse and let a body drip.
    headersTimeout: 0,
    bodyTimeout: 0
  })
  const dispatcher: WechatDispatcher = given ?? agent
  const readings = new Set<Reading>()

  function dispatch (origin: string, path: string, reading: Reading): void {
    try {
      dispatcher.dispatch({ origin, path, method: 'GET', headers }, reading)
    } catch (error) { // of an interceptor of the host's
      reading.onResponseError(undefined, error)
    }
  }

  // undici frees a connection one turn after its reply: without this wait the profile would open a second one.
  let freeing: Promise<void> | undefined
  function startFreeing (): void {
    freeing ??= turn().then(() => { freeing = undefined })
  }

  async function get (origin: string, path: string, deadline: Deadline): Promise<Buffer> {
    const reading = new Reading()
    readings.add(reading)
    if (freeing === undefined) dispatch(origin, path, reading)
    else void freeing.then(() => { dispatch(origin, path, reading) })
    deadline.watch(() => { reading.giveUp('TIMEOUT') })
    try {
      return await reading.body
    } finally {
      deadline.watch()
      startFreeing()
      readings.delete(reading)
    }
  }

  async function end (): Promise<void> {
    const timer = setTimeout(() => readings.forEach(reading => reading.giveUp('CLOSED')), CLOSE_GRACE)
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
