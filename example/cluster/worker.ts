// One of several processes. All it shares with the others are Redis, the session secret, and the users' database.

import cluster from 'node:cluster'
import { once } from 'node:events'
import { RedisStore } from 'connect-redis'
import { createClient } from 'redis'
import { buildApp, type SessionStore } from '../app'
import type { Config } from '../config'
import { simulatedWechat } from '../simulator'
import { openUsers } from '../users'
import { realWechat } from '../wechat'

export async function startWorker (config: Config): Promise<void> {
  const redis = createClient({ url: config.redisUrl! })
  redis.on('error', error => { console.error(`Redis: ${error.message}`) }) // it connects again by itself
  await redis.connect()
  const store = new RedisStore({ client: redis as never, prefix: 'example:' }) as SessionStore

  const users = openUsers(config.database) // several machines would need a database with a server
  const wechat = config.apps === undefined
    ? simulatedWechat(config, JSON.parse(process.env.SIMULATOR!))
    : realWechat(config.apps)
  const app = await buildApp(config, wechat, users, store)
  // So that one sees who answered.
  app.addHook('onSend', async (_request, reply) => { reply.header('x-process', process.pid) })
  await app.listen({ host: config.host, port: config.port })

  async function stop (): Promise<void> {
    const left = once(process, 'disconnect')
    cluster.worker!.disconnect() // no new connections; process.exit alone would lose one that is on its way here
    await app.close() // running requests are finished first
    await left
    redis.destroy()
    users.close()
    process.exit(0)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { stop().catch(console.error) })
}
