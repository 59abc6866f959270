// A call to WeChat's API as it ended: what a callback is told of it, without what is secret in its URL.

import { performance } from 'node:perf_hooks'
import type { CallReport } from './client-types'
import type { Failure } from './failure'
import type { Call, Transport } from './transport'

/** Called when a call has ended. The report is made only for who asks for it, during this callback. */
export type OnCall = (report: () => CallReport) => void

/** The transport's `get` for one app, which reports every call. */
export function reportCalls (transport: Transport, appid: string, onCall: OnCall): Transport['get'] {
  return async function get<T> (endpoint: string, query: string, call: Call<T>): Promise<T> {
    const began = performance.now()
    const report = (failure?: Failure): void => {
      onCall(() => ({ appid, endpoint, duration: performance.now() - began, ...(failure && describeFailure(failure)) }))
    }
    try {
      const result = await transport.get(endpoint, query, call)
      report()
      return result
    } catch (error) {
      report(error as Failure)
      throw error
    }
  }
}

function describeFailure ({ code, errcode, rid, reason }: Failure): Partial<CallReport> {
  const status = /^HTTP_(\d{3})$/.exec(reason ?? '')?.[1]
  return {
    code,
    ...(errcode !== undefined && { errcode }),
    ...(rid !== undefined && { rid }),
    ...(status !== undefined && { status: Number(status) }),
    ...(reason !== undefined && status === undefined && { reason })
  }
}
