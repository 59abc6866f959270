// Which fault a request meets. What each one does is in fault-effects.ts and, for the pages, with the page.

import { SimulatorError } from './simulator-error'
import type {
  ApiFaultKind, PageFaultKind, SimulatorEndpoint, SimulatorFault, SimulatorFaultKind, TransportFaultKind
} from './fault-types'

const API: readonly SimulatorEndpoint[] = ['access_token', 'refresh_token', 'userinfo', 'auth']
const PAGES: readonly SimulatorEndpoint[] = ['authorize', 'qrconnect']
const ALL: readonly SimulatorEndpoint[] = [...API, ...PAGES, 'poll']
const TOKENS: readonly SimulatorEndpoint[] = ['access_token', 'refresh_token']

const TRANSPORT_KINDS: Record<TransportFaultKind, readonly SimulatorEndpoint[]> = {
  slow: ALL,
  reset: ALL,
  silence: ALL,
  'lost-reply': ALL,
  cut: ALL,
  drip: ALL,
  'html-502': ALL,
  'empty-502': ALL,
  'status-500': ALL,
  redirect: ALL,
  'html-200': ALL,
  'empty-200': ALL
}

const API_KINDS: Record<ApiFaultKind, readonly SimulatorEndpoint[]> = {
  busy: API,
  'busy-after': API,
  'rate-limit': API,
  quota: API,
  errcode: [...API, 'poll'],
  truncated: API,
  oversized: API,
  'wrong-types': API,
  'json-null': API,
  bom: API,
  pretty: API,
  hints: API,
  'errcode-zero': API,
  'no-openid': [...TOKENS, 'userinfo'],
  'no-scope': TOKENS,
  'no-unionid': ['access_token', 'userinfo'],
  'snapshot-flag': ['access_token', 'userinfo'],
  'other-openid': [...TOKENS, 'userinfo'],
  'other-unionid': ['access_token', 'userinfo'],
  'control-characters': ['userinfo'],
  'invalid-utf8': ['userinfo']
}

const PAGE_KINDS: Record<PageFaultKind, readonly SimulatorEndpoint[]> = {
  'page-error': PAGES,
  'altered-state': PAGES,
  'fragment-redirect': PAGES,
  snapshot: ['authorize'],
  'same-code': ['authorize'],
  'duplicate-same-code': ['authorize'],
  'duplicate-fresh-code': ['authorize']
}

const FAULTS: Readonly<Record<SimulatorFaultKind, readonly SimulatorEndpoint[]>> = {
  ...TRANSPORT_KINDS,
  ...API_KINDS,
  ...PAGE_KINDS
}

/** Every kind of fault there is. */
export const faultKinds = Object.freeze(Object.keys(FAULTS)) as readonly SimulatorFaultKind[]

export class FaultQueue {
  #faults: Array<{ fault: SimulatorFault, left: number }> = []

  add (fault: SimulatorFault): void {
    const { endpoint, kind, times = 1 } = fault
    if (!Object.hasOwn(FAULTS, kind)) {
      throw new SimulatorError(`there is no fault "${kind}", only ${faultKinds.join(', ')}`)
    }
    if (!FAULTS[kind].includes(endpoint)) {
      throw new SimulatorError(`the fault "${kind}" fits ${FAULTS[kind].join(', ')}, not "${endpoint}"`)
    }
    if (times !== 'always' && !(times >= 1)) throw new SimulatorError('times: a number from 1 on, or "always"')
    this.#faults.push({ fault: { ...fault }, left: times === 'always' ? Infinity : times })
  }

  /** A request meets one fault: the first in the queue for its endpoint, and when there is none the one that stays. */
  take (endpoint: SimulatorEndpoint): SimulatorFault | undefined {
    if (this.#faults.length === 0) return undefined
    const here = this.#faults.filter(entry => entry.fault.endpoint === endpoint)
    const entry = here.find(({ left }) => left !== Infinity) ?? here[0]
    if (entry !== undefined && --entry.left <= 0) this.#faults = this.#faults.filter(other => other !== entry)
    return entry?.fault
  }

  list (): SimulatorFault[] {
    return this.#faults.map(({ fault, left }) => ({ ...fault, times: left === Infinity ? 'always' : left }))
  }

  clear (endpoint?: SimulatorEndpoint): void {
    this.#faults = endpoint === undefined ? [] : this.#faults.filter(({ fault }) => fault.endpoint !== endpoint)
  }

  reset (): void {
    this.clear()
  }
}
