// The Redis that all processes share: yours at REDIS_URL, else one that is started here and forgets everything when the
// example ends.

import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { ConfigError } from '../config'

export interface Redis { url: string, stop: () => void }

export async function startRedis (url: string | undefined): Promise<Redis> {
  if (url !== undefined) return { url, stop () {} }
  for (const program of ['redis-server', 'valkey-server']) {
    const server = await run(program)
    if (server !== undefined) return server
  }
  throw new ConfigError('REDIS_URL: missing, and there is no redis-server or valkey-server to start. ' +
    'Install one (apt-get install redis-server, brew install redis), or set REDIS_URL. See .env.example.')
}

/**
 * Undefined where there is no such program. It is in no process group of ours: Ctrl+C is for the processes that still
 * need it.
 */
async function run (program: string): Promise<Redis | undefined> {
  const port = randomInt(10_000, 32_000) // the system hands out higher ones by itself
  const child = spawn(
    program,
    ['--port', String(port), '--bind', '127.0.0.1', '--save', ''],
    { stdio: ['ignore', 'pipe', 'ignore'], detached: true }
  )
  try {
    await once(child, 'spawn')
  } catch {
    return undefined
  }
  process.once('exit', () => { child.kill() })
  const fault = await untilReady(child)
  child.stdout.resume() // whatever else it writes must not fill the pipe
  if (fault === undefined) return { url: `redis://127.0.0.1:${port}`, stop: () => { child.kill() } }
  if (/address already in use/i.test(fault)) return run(program)
  throw new ConfigError(`REDIS_URL: missing, and the ${program} that was started instead ended at ` +
    `once: ${fault.trim()}`)
}

/** Undefined once it accepts connections, or what it wrote before it ended. */
async function untilReady (child: ChildProcess): Promise<string | undefined> {
  let written = ''
  for await (const line of createInterface({ input: child.stdout! })) {
    if (/ready to accept connections/i.test(line)) return undefined
    written += `${line}\n`
  }
  return written
}
