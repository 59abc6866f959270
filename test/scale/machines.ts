// The machines of a growing host, all on loopback: a Redis, several processes of the host, and an nginx before them that ends TLS.

import { type ChildProcess, fork, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { freePort } from '../fixture/ports'

const tlsFolder = join(__dirname, '../fixtures/tls')

/** The first of these programs that is installed, or undefined. */
export function findProgram (...names: string[]): string | undefined {
  return names.find(name => spawnSync('sh', ['-c', `command -v ${name} || test -x /usr/sbin/${name}`]).status === 0)
}

export async function startRedis (program: string, folder: string): Promise<{ url: string, restart: () => Promise<void>, stop: () => Promise<void> }> {
  const port = await freePort()
  mkdirSync(folder, { recursive: true })
  // Every write is on disk before it is answered: a restart may lose time, not logins.
  const start = async (): Promise<ChildProcess> => {
    const child = spawn(program, ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'yes', '--appendfsync', 'always'], { stdio: 'ignore' })
    await reachable(port, child)
    return child
  }
  let child = await start()
  return {
    url: `redis://127.0.0.1:${port}`,
    async restart () {
      await kill(child, 'SIGKILL')
      child = await start()
    },
    stop: () => kill(child, 'SIGKILL')
  }
}

/** nginx, round robin over the ports, speaking https as app.example.com. */
export async function startProxy (folder: string, ports: number[]): Promise<{ address: string, stop: () => Promise<void> }> {
  const port = await freePort()
  mkdirSync(folder, { recursive: true })
  const config = join(folder, 'nginx.conf')
  writeFileSync(config, `
daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/error.log crit;
events { worker_connections 2048; }
http {
  access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  upstream hosts { ${ports.map(each => `server 127.0.0.1:${each} max_fails=0;`).join(' ')} keepalive 64; }
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${tlsFolder}/cert.pem; ssl_certificate_key ${tlsFolder}/key.pem;
    location / {
      proxy_pass http://hosts; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host $host; proxy_set_header X-Forwarded-Proto https; proxy_set_header X-Forwarded-For $remote_addr;
      proxy_connect_timeout 1s; proxy_next_upstream error timeout; proxy_next_upstream_tries 3;
    }
  }
}`)
  const child = spawn('nginx', ['-c', config, '-p', folder], { stdio: 'ignore', env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } })
  await reachable(port, child)
  return { address: `https://127.0.0.1:${port}`, stop: () => kill(child, 'SIGQUIT') }
}

export interface Machine {
  readonly port: number
  start: (changes?: object) => Promise<void>
  /** As a power cut does it. */
  kill: () => Promise<void>
  /** As a deployment does it: running requests are finished first. */
  stop: () => Promise<void>
}

export async function createMachine (settings: object): Promise<Machine> {
  const port = await freePort()
  let child: ChildProcess | undefined
  let current = settings
  return {
    port,
    async start (changes) {
      current = { ...current, ...changes }
      const env = { ...process.env, NODE_OPTIONS: '', _TAPJS_PROCESSINFO_COVERAGE_: '0' }
      // None of this process's own streams: tap waits for them to close, and a machine may outlive a test that was ended half-way.
      child = fork(join(__dirname, 'host.mjs'), [JSON.stringify({ ...current, port })], { execArgv: [], env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
      await ready(child)
    },
    kill: () => kill(child, 'SIGKILL'),
    stop: () => kill(child, 'SIGTERM')
  }
}

/** Resolves with its first message. Rejects with what it wrote to stderr should it end before. */
async function ready (child: ChildProcess): Promise<void> {
  let stderr = ''
  child.stderr!.setEncoding('utf8').on('data', text => { stderr += text })
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => { resolve() })
    child.once('close', () => { reject(new Error(`a machine ended before it listened: ${stderr}`)) })
  })
}

async function kill (child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill(signal)
  await gone
}

/** Resolves once something listens there; rejects should the program that is to do so end before. */
export async function reachable (port: number, child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${child.spawnfile} ended before it listened`)
    const socket = connect(port, '127.0.0.1')
    const isOpen = await new Promise<boolean>(resolve => socket.once('connect', () => { resolve(true) }).once('error', () => { resolve(false) }))
    socket.destroy()
    if (isOpen) return
    await new Promise(resolve => { setTimeout(resolve, 20) })
  }
}
