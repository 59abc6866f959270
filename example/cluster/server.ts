// The example on several processes of this machine, with one Redis for all of them: `npm run start:cluster`.
// A login may begin at one process, come back to another and be read by a third, and any of them may die in between.

import cluster from 'node:cluster'
import { existsSync } from 'node:fs'
import { readConfig } from '../config'
import { explain } from '../explain'
import { startPrimary } from './primary'
import { startWorker } from './worker'

async function start (): Promise<void> {
  if (existsSync('.env')) process.loadEnvFile()
  const config = readConfig(process.env)
  if (cluster.isPrimary) await startPrimary(config)
  else await startWorker(config)
}

start().catch(error => {
  console.error(explain(error))
  process.exit(1)
})
