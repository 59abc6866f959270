// Calls to WeChat's API, timed and told to whoever listens.

import { performance } from 'node:perf_hooks'
import { type EventLog, isWanted, publish, type WechatLoginEvents } from '../events'
import type { Failure } from './failure'
import type { Call, Transport } from './transport'

type Event = WechatLoginEvents['wechat.call']

/** The transport's `get` for one app. Where nobody wants to know of calls it is the transport's own. */
export function observe (transport: Transport, appid: string, log: EventLog | undefined): Transport['get'] {
  async function getTimed<T> (endpoint: string, query: string, call: Call<T>): Promise<T> {
    const began = performance.now()
    const told = (failure?: Partial<Event>): void => { publish('wechat.call', () => ({ appid, endpoint, duration: performance.now() - began, ...failure }), log) }
    try {
      const result = await transport.get(endpoint, query, call)
      told()
      return result
    } catch (error) {
      told(describeFailure(error as Failure))
      throw error
    }
  }

  return (...call) => isWanted('wechat.call', log) ? getTimed(...call) : transport.get(...call)
}

function describeFailure ({ code, errcode, rid, reason }: Failure): Partial<Event> {
  const status = /^HTTP_(\d{3})$/.exec(reason ?? '')?.[1]
  return {
    code,
    ...(errcode !== undefined && { errcode }),
    ...(rid !== undefined && { rid }),
    ...(status !== undefined && { status: Number(status) }),
    ...(reason !== undefined && status === undefined && { reason })
  }
}
