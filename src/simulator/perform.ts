// One request from its arrival to its reply: take the fault, do WeChat's work, spoil it as the fault says, write it
// down, send it.

import { deliver } from './deliver'
import { effects } from './fault-effects'
import { readQuery, read } from './query'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Answer } from './answer'
import type { Effect } from './fault-effects'
import type { Query } from './query'
import type { SimulatorEndpoint, SimulatorFault } from './fault-types'
import type { World } from './world'

/** What WeChat did with a request. */
export interface Work {
  readonly answer: Answer
  readonly accepted: boolean
  readonly errcode?: number | undefined
}

export interface Visit {
  readonly request: FastifyRequest
  readonly query: Query
  readonly fault: SimulatorFault | undefined
}

export type Worker = (visit: Visit) => Work | Promise<Work>

const NOTHING_DONE: Work = { answer: { status: 200, type: 'text/plain', body: '' }, accepted: false }
const NO_EFFECT: Effect = { spends: true }

export async function perform (
  world: World, endpoint: SimulatorEndpoint, request: FastifyRequest, reply: FastifyReply, worker: Worker
): Promise<FastifyReply> {
  const query = readQuery(request.url)
  const fault = world.faults.take(endpoint)
  const effect = (fault && effects[fault.kind]) ?? NO_EFFECT
  if (fault !== undefined) await waitFirst(world, fault)
  const works = effect.spends === true || fault?.after === true
  const work = works ? await worker({ request, query, fault }) : NOTHING_DONE
  world.calls.add({
    endpoint,
    at: world.clock.now(),
    method: request.method,
    params: [...query.keys()],
    appid: read(query, 'appid') || undefined,
    accepted: work.accepted,
    errcode: work.errcode,
    fault: fault?.kind
  })
  const answer = fault === undefined ? work.answer : spoil(world, work.answer, effect, fault)
  return deliver(request, reply, world.holds, { answer, delivery: effect.delivery ?? 'whole', every: fault?.ms ?? 50 })
}

async function waitFirst (world: World, fault: SimulatorFault): Promise<void> {
  const { kind, ms = kind === 'slow' ? 1000 : 0 } = fault
  if (ms > 0 && kind !== 'drip') await world.holds.pause(ms).done
}

function spoil (world: World, answer: Answer, effect: Effect, fault: SimulatorFault): Answer {
  if (effect.answer !== undefined) return effect.answer(world, fault)
  if (effect.rewrite !== undefined) return { ...answer, body: effect.rewrite(String(answer.body), fault) }
  return answer
}
