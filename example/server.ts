// Reads the environment, starts everything, and ends it when asked to.

import { existsSync } from 'node:fs'
import { buildApp } from './app'
import { ConfigError, readConfig } from './config'
import { explain } from './explain'
import { greetingFor } from './greeting'
import { startSimulator } from './simulator'
import { openUsers } from './users'
import { realWechat } from './wechat'

async function start (): Promise<void> {
  if (existsSync('.env')) process.loadEnvFile()
  const config = readConfig(process.env)
  const users = openDatabase(config.database)
  const wechat = config.apps === undefined ? await startSimulator(config) : realWechat(config.apps)
  const app = await buildApp(config, wechat, users)
  app.addHook('onClose', async () => {
    await wechat.close?.()
    users.close()
  })
  await app.listen({ host: config.host, port: config.port })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { app.close().catch(console.error) })
  console.log(greetingFor(config, wechat))
}

function openDatabase (file: string) {
  try {
    return openUsers(file)
  } catch (error) {
    throw new ConfigError(`DATABASE: "${file}" cannot be opened as a SQLite file (${(error as Error).message}). ` +
      'See .env.example.')
  }
}

start().catch(error => {
  console.error(explain(error))
  process.exit(1)
})
