// What test files share for one run. A file that is told of no server starts its own.

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { startChromium } from './chromium'

export interface Services {
  /** Addresses, for the environment of each test file. */
  env: Record<string, string>
  /** What is missing on this machine, a sentence each. */
  skipped: string[]
  stop: () => Promise<void>
}

const root = resolve(__dirname, '../..')

/**
 * Starts what these files need, paths from the repository's root.
 *
 * That is a browser: the Redis and the nginx of the few files that need one are started in a hundredth of a second, and
 * some of them are killed.
 */
export async function startServices (files: string[]): Promise<Services> {
  const needsBrowser =
    files.some(file => /fixture\/(?:chromium|sites|helped)'/.test(readFileSync(resolve(root, file), 'utf8')))
  if (!needsBrowser) return { env: {}, skipped: [], stop: async () => {} }
  const chromium = await startChromium()
  if (chromium === null) return { env: {}, skipped: ['no Chromium was found: set CHROMIUM_PATH'], stop: async () => {} }
  return { env: { CHROMIUM_ENDPOINT: chromium.wsEndpoint() }, skipped: [], stop: () => chromium.close() }
}
