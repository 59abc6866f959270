// Which of WeChat's API hosts to ask first. A host that gave no proper answer is asked last for a while, so that not
// every login pays for finding that out again. Nothing runs in between: the clock is read when a call comes.

/** Milliseconds for which a host that gave no proper answer is asked last. */
const REST = 30_000

interface Host {
  readonly origin: string
  /** By the clock's milliseconds; 0 for a host that works. */
  restsUntil: number
}

/** WeChat's API hosts, and how each has done lately. */
export interface Hosts {
  /** All hosts, in the order in which to try them now. */
  inOrder (): Host[]
  /** The host has answered. */
  markUp (host: Host): void
  /** The host has given no proper answer. */
  markDown (host: Host): void
}

/** `now`: milliseconds that never run backwards. */
export function createHosts (origins: readonly string[], now: () => number): Hosts {
  const hosts: Host[] = origins.map(origin => ({ origin, restsUntil: 0 }))

  function markDown (host: Host): void {
    host.restsUntil = now() + REST
  }

  function markUp (host: Host): void {
    host.restsUntil = 0
  }

  function inOrder (): Host[] {
    const time = now()
    const rested = hosts.filter(host => host.restsUntil <= time)
    const resting = hosts.filter(host => host.restsUntil > time)
    // Of many calls at once one looks whether a rested host is back; the others go on as before until it knows.
    for (const host of rested) if (host.restsUntil !== 0) markDown(host)
    return [...rested, ...resting]
  }

  return { inOrder, markUp, markDown }
}
