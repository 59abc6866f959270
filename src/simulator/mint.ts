// Makes what WeChat makes up: codes, tokens, uuids, request ids. Shapes as in recordings; a seed makes them repeat.

import { createHash, randomBytes } from 'node:crypto'

const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

export interface Mint {
  /** 32 letters and digits, as every recorded code. */
  code (): string
  /** A number, an underscore and base64url, as tokens since about 2018; 89 characters. */
  token (): string
  /** 16 letters and digits, as most recorded QR ids. */
  uuid (): string
  /** 8 hexadecimal digits. */
  hex (): string
}

export function createMint (seed?: string): Mint {
  const bytes = seed === undefined ? createRandomBytes() : createSeededBytes(seed)
  return {
    code: () => alphanumeric(bytes(32)),
    token: () => `92_${bytes(64).toString('base64url')}`,
    uuid: () => alphanumeric(bytes(16)),
    hex: () => bytes(4).toString('hex')
  }
}

// One call of the system's generator for many of ours: it is the slowest part of an exchange.
function createRandomBytes (): (size: number) => Buffer {
  let pool = Buffer.alloc(0)
  return size => {
    if (pool.length < size) pool = randomBytes(8192)
    const bytes = pool.subarray(0, size)
    pool = pool.subarray(size)
    return bytes
  }
}

function createSeededBytes (seed: string): (size: number) => Buffer {
  let count = 0
  return size => createHash('sha512').update(`${seed}\0${count++}`).digest().subarray(0, size)
}

// 256 is no multiple of 62: the slight bias is of no matter to a simulator.
function alphanumeric (bytes: Buffer): string {
  let text = ''
  for (const byte of bytes) text += ALPHANUMERIC.charAt(byte % ALPHANUMERIC.length)
  return text
}
