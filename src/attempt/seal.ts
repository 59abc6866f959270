// Whoever reads the session store must not be able to take over a session by what it holds about a spent attempt. That
// is sealed with our key and the state, which only the browser that began the attempt knows.

import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'

const cipher = 'aes-256-gcm'

/**
 * The text as nobody can read it without the state and the first of the keys: base64url, about 40 characters longer.
 */
export function seal (plain: string, state: string, keys: readonly Buffer[]): string {
  const iv = randomBytes(12)
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
      const opening = createDecipheriv(cipher, keyFor(state, key), bytes.subarray(0, 12))
      opening.setAuthTag(bytes.subarray(12, 28))
      return Buffer.concat([opening.update(bytes.subarray(28)), opening.final()]).toString()
    } catch {
      // Sealed with another key.
    }
  }
  return null
}

// The word is part of what processes of earlier versions have sealed, and go on sealing during an update.
function keyFor (state: string, key: Buffer): Buffer {
  return createHmac('sha256', key).update(`marker\n${state}`).digest()
}
