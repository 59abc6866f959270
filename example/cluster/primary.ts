// The process that visitors never meet: it starts what the others share, and a new one in the place of one that died.

import cluster, { type Worker } from 'node:cluster'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { Config } from '../config'
import { greetingFor } from '../greeting'
import { startSimulator } from '../simulator'
import { realWechat } from '../wechat'
import { startRedis } from './redis'

export async function startPrimary (config: Config): Promise<void> {
  const redis = await startRedis(config.redisUrl)
  const simulator = config.apps === undefined ? await startSimulator(config) : undefined
  // What all processes must agree on: where the sessions are, and what signs their cookies.
  const shared = {
    REDIS_URL: redis.url,
    SESSION_SECRET: config.sessionSecret ?? randomBytes(32).toString('hex'),
    ...(simulator && { SIMULATOR: JSON.stringify(simulator.options) })
  }
  const workers = Array.from({ length: config.processes }, () => cluster.fork(shared))
  let stopping = false

  async function stop (code: number): Promise<void> {
    if (stopping) return
    stopping = true
    const alive = Object.values(cluster.workers ?? {}) as Worker[]
    await Promise.all(alive.map(worker => {
      const gone = once(worker, 'exit')
      worker.process.kill('SIGTERM')
      return gone
    }))
    await simulator?.close?.()
    redis.stop()
    process.exit(code)
  }

  const listening = new Set<number>()
  cluster.on('listening', worker => { listening.add(worker.id) })
  cluster.on('exit', worker => {
    if (stopping) return
    // One that never got as far as listening would not do so the next time either.
    if (listening.has(worker.id)) cluster.fork(shared)
    else stop(1).catch(console.error)
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => { stop(0).catch(console.error) })

  await Promise.all(workers.map(worker => once(worker, 'listening')))
  const wechat = simulator ?? realWechat(config.apps!)
  const store = config.redisUrl === undefined ? "this example's own" : 'REDIS_URL'
  console.log(`${greetingFor(config, wechat)}\n进程  Processes: ${config.processes}\nRedis: ${store}\n`)
}
