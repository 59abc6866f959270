// Everything one simulator knows. Routes and the control API share it; nothing is global, so several run in one
// process.

import { CallLog } from './calls'
import { createClock } from './clock'
import { Directory } from './directory'
import { FaultQueue } from './faults'
import { Grants } from './grants'
import { Holds } from './holds'
import { createMint } from './mint'
import { parseOptions } from './settings'
import { Quota } from './quota'
import { Tickets } from './tickets'
import { Visitors } from './visitors'
import type { Clock } from './clock'
import type { Mint } from './mint'
import type { Settings } from './settings'
import type { WechatSimulatorOptions } from './types'

export interface World {
  readonly settings: Settings
  readonly clock: Clock
  readonly mint: Mint
  readonly directory: Directory
  readonly grants: Grants
  readonly tickets: Tickets
  readonly visitors: Visitors
  readonly faults: FaultQueue
  readonly calls: CallLog
  readonly quota: Quota
  readonly holds: Holds
}

export function createWorld (options?: WechatSimulatorOptions): World {
  const settings = parseOptions(options)
  const clock = createClock(settings.now)
  const mint = createMint(settings.seed)
  const directory = new Directory(settings.apps, settings.users)
  const grants = new Grants(settings, clock, mint, directory)
  const holds = new Holds()
  return {
    settings,
    clock,
    mint,
    directory,
    grants,
    tickets: new Tickets(settings, clock, mint, grants, holds),
    visitors: new Visitors(settings, clock, directory),
    faults: new FaultQueue(),
    calls: new CallLog(),
    quota: new Quota(settings, clock),
    holds
  }
}

export function resetWorld (world: World): void {
  for (const part of [
    world.clock, world.directory, world.grants, world.tickets, world.visitors, world.faults, world.calls, world.quota
  ]) {
    part.reset()
  }
}
