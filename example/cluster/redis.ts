// The Redis that all processes share: yours at REDIS_URL, else one that is started here and forgets everything when the example ends.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { ConfigError } from '../config'

export interface Redis { url: string, stop: () => void }

export async function startRedis (url: string | undefined): Promise<Redis> {
  if (url !== undefined) return { url, stop () {} }
  const port = await freePort()
  for (const program of ['redis-server', 'valkey-server']) {
    const server = await run(program, ['--port', String(port), '--bind', '127.0.0.1', '--save', ''])
    if (server !== undefined) return { url: `redis://127.0.0.1:${port}`, stop: () => { server.kill() } }
  }
  throw new ConfigError('REDIS_URL: missing, and there is no redis-server or valkey-server to start. Install one (apt-get install redis-server, brew install redis), or set REDIS_URL. See .env.example.')
}

/** Undefined where there is no such program. It is in no process group of ours: Ctrl+C is for the processes that still need it. */
async function run (program: string, args: string[]): Promise<ChildProcess | undefined> {
  const child = spawn(program, args, { stdio: 'ignore', detached: true })
  try {
    await once(child, 'spawn')
  } catch {
    return undefined
  }
  process.once('exit', () => { child.kill() })
  return child
}

async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
