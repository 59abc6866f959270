// What the session store holds about a spent attempt must not let its reader take over the session: it is sealed with our key and the state,
// and the state is known only to the browser that began the attempt.

import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'
import { randomPart } from './random'

const cipher = 'aes-256-gcm'

/** Text of base64url, about 40 characters longer than the plain one. */
export function seal (plain: string, state: string, keys: readonly Buffer[]): string {
  const iv = randomPart(12)
  const sealing = createCipheriv(cipher, keyFor(state, keys[0]!), iv)
  const body = Buffer.concat([sealing.update(plain), sealing.final()])
  return Buffer.concat([iv, sealing.getAuthTag(), body]).toString('base64url')
}

/** The plain text, or null for anything that `seal` did not make for this state with one of these keys. */
export function open (untrusted: unknown, state: string, keys: readonly Buffer[]): string | null {
  if (typeof untrusted !== 'string') return null
  const bytes = Buffer.from(untrusted, 'base64url')
  if (bytes.length < 28) return null
  for (const key of keys) {
    try {
      const opening = createDecipheriv(cipher, keyFor(state, key), bytes.subarray(0, 12)).setAuthTag(bytes.subarray(12, 28))
      return Buffer.concat([opening.update(bytes.subarray(28)), opening.final()]).toString()
    } catch {
      // Sealed with another key.
    }
  }
  return null
}

function keyFor (state: string, key: Buffer): Buffer {
  return createHmac('sha256', key).update(`marker\n${state}`).digest()
}
