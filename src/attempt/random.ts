// Random bytes in bulk: asking the system for sixteen costs as much as asking for thousands. What was given out is wiped.

import { randomFillSync } from 'node:crypto'

const pool = Buffer.alloc(4096)
let used = pool.length

/** So many random bytes, at most 4096. */
export function randomPart (size: number): Buffer {
  if (used + size > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const part = Buffer.from(pool.subarray(used, used + size))
  pool.fill(0, used, used += size)
  return part
}
