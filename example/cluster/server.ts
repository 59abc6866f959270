// The example on several processes of this machine, with one Redis for all of them: `npm run start:cluster`.
// A login may begin at one process, come back to another and be read by a third, and any of them may die in between.

import cluster from 'node:cluster'
import { existsSync } from 'node:fs'
import { ConfigError, readConfig } from '../config'
import { startPrimary } from './primary'
import { startWorker } from './worker'

async function start (): Promise<void> {
  if (existsSync('.env')) process.loadEnvFile()
  const config = readConfig(process.env)
  if (cluster.isPrimary) await startPrimary(config)
  else await startWorker(config)
}

start().catch((error: Error & { code?: string }) => {
  console.error(error instanceof ConfigError || error.code === 'FST_WECHAT_INVALID_OPTIONS' ? error.message : error)
  process.exit(1)
})
