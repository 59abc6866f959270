// The servers that test files share for one run: one browser, one Redis, one nginx. test/services knows them; a file
// that is run without this starts its own.

import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { root } from './root.mjs'

const require = createRequire(import.meta.url)

/**
 * `files`: those that will run. Resolves with the addresses, as environment variables for them, with what is missing on
 * this machine, a sentence each, and with the way to stop the servers.
 */
export async function startServices (files) {
  const path = `${root}test/services/index.ts`
  if (!existsSync(path)) return { env: {}, skipped: [], stop: async () => {} }
  require('./register.cjs')
  return require(path).startServices(files)
}
