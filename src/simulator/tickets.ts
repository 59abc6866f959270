// QR codes: one ticket a page view. waiting -> scanned -> confirmed, or cancelled (and it can be scanned again), or
// expired.

import { BoundedMap } from './bounded-map'
import { SimulatorError } from './simulator-error'
import type { Clock } from './clock'
import type { Grants } from './grants'
import type { Holds } from './holds'
import type { Mint } from './mint'
import type { Settings } from './settings'
import type { SimulatedQrStatus } from './control-types'
import type { SimulatedApp, SimulatedUser } from './types'

export interface Ticket {
  readonly uuid: string
  readonly app: SimulatedApp
  readonly scope: string
  readonly redirectUri: string
  readonly state: string
  readonly expiresAt: number
  readonly waiters: Set<() => void>
  status: SimulatedQrStatus
  user: SimulatedUser | undefined
  code: string
}

export type TicketDetails = Pick<Ticket, 'app' | 'scope' | 'redirectUri' | 'state'>

/** What the QR page's poll is told. */
const POLL_CODES = { waiting: 408, scanned: 404, confirmed: 405, cancelled: 403, expired: 402 } as const

export interface PollReply {
  errcode: number
  code: string
}

export class Tickets {
  readonly #settings: Settings
  readonly #clock: Clock
  readonly #mint: Mint
  readonly #grants: Grants
  readonly #holds: Holds
  readonly #tickets = new BoundedMap<string, Ticket>(1_000)

  constructor (settings: Settings, clock: Clock, mint: Mint, grants: Grants, holds: Holds) {
    this.#settings = settings
    this.#clock = clock
    this.#mint = mint
    this.#grants = grants
    this.#holds = holds
  }

  open (details: TicketDetails): Ticket {
    const expiresAt = this.#clock.now() + this.#settings.qrTtl * 1000
    const ticket: Ticket = {
      ...details,
      uuid: this.#mint.uuid(),
      expiresAt,
      waiters: new Set(),
      status: 'waiting',
      user: undefined,
      code: ''
    }
    this.#tickets.set(ticket.uuid, ticket)
    return ticket
  }

  list (): Ticket[] {
    return [...this.#tickets.keys()].map(uuid => this.get(uuid))
  }

  find (uuid: string): Ticket | undefined {
    const ticket = this.#tickets.get(uuid)
    if (ticket !== undefined && ticket.status !== 'confirmed' && ticket.expiresAt <= this.#clock.now()) {
      ticket.status = 'expired'
    }
    return ticket
  }

  get (uuid: string): Ticket {
    const ticket = this.find(uuid)
    if (ticket === undefined) throw new SimulatorError(`there is no QR code "${uuid}"`)
    return ticket
  }

  scan (uuid: string, user: SimulatedUser): Ticket {
    return this.#move(uuid, ['waiting', 'scanned', 'cancelled'], 'scanned', user)
  }

  /** Only now is there a code. */
  confirm (uuid: string, user: SimulatedUser): Ticket {
    const { app, scope } = this.get(uuid)
    const ticket = this.#move(uuid, ['waiting', 'scanned', 'cancelled'], 'confirmed', user)
    ticket.code = this.#grants.issueCode({ appid: app.appid, scope, user, snapshot: false })
    return ticket
  }

  cancel (uuid: string): Ticket {
    return this.#move(uuid, ['waiting', 'scanned', 'cancelled'], 'cancelled')
  }

  expire (uuid: string): Ticket {
    return this.#move(uuid, ['waiting', 'scanned', 'cancelled', 'expired'], 'expired')
  }

  /**
   * Held while there is nothing new: `last` is what the page knows already. A hold that runs out answers 408, whatever
   * was known.
   */
  async poll (uuid: string, last: string): Promise<PollReply> {
    const ticket = this.find(uuid)
    if (ticket === undefined) return { errcode: POLL_CODES.expired, code: '' }
    const known = POLL_CODES[ticket.status]
    if (known === POLL_CODES.waiting || String(known) === last) await this.#change(ticket)
    const errcode = POLL_CODES[(this.find(uuid) ?? ticket).status]
    return { errcode: String(errcode) === last ? POLL_CODES.waiting : errcode, code: ticket.code }
  }

  /** Lets every held poll look again: the clock was moved. */
  wake (): void {
    for (const ticket of this.#tickets.values()) wakeUp(ticket)
  }

  reset (): void {
    for (const ticket of this.#tickets.values()) ticket.status = 'expired'
    this.wake()
    this.#tickets.clear()
  }

  #move (uuid: string, from: readonly SimulatedQrStatus[], to: SimulatedQrStatus, user?: SimulatedUser): Ticket {
    const ticket = this.get(uuid)
    if (!from.includes(ticket.status)) throw new SimulatorError(`the QR code is ${ticket.status} already`)
    ticket.status = to
    ticket.user = user ?? ticket.user
    wakeUp(ticket)
    return ticket
  }

  async #change (ticket: Ticket): Promise<void> {
    const pause = this.#holds.pause(this.#settings.pollHold)
    ticket.waiters.add(pause.end)
    await pause.done
    ticket.waiters.delete(pause.end)
  }
}

function wakeUp (ticket: Ticket): void {
  for (const end of ticket.waiters) end()
}
