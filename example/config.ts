// The environment -> Config. Every variable is described in .env.example; a wrong one is named, and no secret is ever
// repeated.

import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { FastifyServerOptions } from 'fastify'
import type { WechatApp } from 'fastify-wechat-login'

export interface Config {
  /** The accounts at WeChat; undefined for the simulator. */
  readonly apps: { oneclick?: WechatApp, qr?: WechatApp } | undefined
  readonly host: string
  readonly port: number
  readonly simulatorPort: number
  /** The origin that visitors open. */
  readonly publicUrl: string
  readonly sessionSecret: string | undefined
  /** Path of the SQLite file. */
  readonly database: string
  readonly trustProxy: NonNullable<FastifyServerOptions['trustProxy']>
  readonly logLevel: string
  /** Of the cluster alone: where its sessions are, and how many processes it has. */
  readonly redisUrl: string | undefined
  readonly processes: number
}

/** The message is for the person who starts the program. */
export class ConfigError extends Error {}

type Env = Readonly<Record<string, string | undefined>>

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']

export function readConfig (env: Env): Config {
  const real =
    Boolean(env.WECHAT_ONECLICK_APPID || env.WECHAT_ONECLICK_SECRET || env.WECHAT_QR_APPID || env.WECHAT_QR_SECRET)
  if (!real && env.NODE_ENV === 'production') {
    fail(
      'WECHAT_ONECLICK_APPID and WECHAT_QR_APPID',
      'neither is set, and NODE_ENV is production; the simulator lets anyone in as anyone'
    )
  }
  const host = env.HOST || 'localhost'
  const port = readPort(env, 'PORT', 3000)
  const publicUrl = readPublicUrl(env, real, host, port)
  return {
    apps: real ? readApps(env, publicUrl) : undefined,
    host,
    port,
    simulatorPort: readPort(env, 'SIMULATOR_PORT', port + 1),
    publicUrl,
    sessionSecret: readSessionSecret(env, real),
    database: env.DATABASE || 'example.db',
    trustProxy: readTrustProxy(env, publicUrl),
    logLevel: readLogLevel(env),
    redisUrl: env.REDIS_URL || undefined,
    processes: readProcesses(env)
  }
}

function fail (name: string, problem: string): never {
  throw new ConfigError(`${name}: ${problem}. See .env.example.`)
}

function readApps (env: Env, publicUrl: string): NonNullable<Config['apps']> {
  const oneclick = readApp(env, 'WECHAT_ONECLICK', `${publicUrl}/wechat/oneclick`)
  const qr = readApp(env, 'WECHAT_QR', `${publicUrl}/wechat/qr`)
  return { ...(oneclick && { oneclick }), ...(qr && { qr }) }
}

function readApp (env: Env, prefix: string, callbackUrl: string): WechatApp | undefined {
  const { [`${prefix}_APPID`]: appid, [`${prefix}_SECRET`]: secret } = env
  if (!appid && !secret) return undefined
  if (!appid) fail(`${prefix}_APPID`, `missing, though ${prefix}_SECRET is set`)
  if (!secret) fail(`${prefix}_SECRET`, `missing, though ${prefix}_APPID is set`)
  if (!/^wx[0-9a-f]{16}$/.test(appid)) {
    fail(`${prefix}_APPID`, 'an appid is wx and 16 hexadecimal digits, as WeChat\'s console shows it')
  }
  return { appid, secret, callbackUrl }
}

function readPort (env: Env, name: string, fallback: number): number {
  const port = env[name] ? Number(env[name]) : fallback
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    fail(name, `a whole number from 1 to 65535, not "${env[name] || fallback}"`)
  }
  return port
}

function readProcesses (env: Env): number {
  const processes = Number(env.PROCESSES || 3)
  if (!Number.isInteger(processes) || processes < 1 || processes > 64) {
    fail('PROCESSES', `a whole number from 1 to 64, not "${env.PROCESSES}"`)
  }
  return processes
}

function readPublicUrl (env: Env, real: boolean, host: string, port: number): string {
  const given = env.PUBLIC_URL
  if (!given) {
    if (real) fail('PUBLIC_URL', 'missing; write the address that your visitors open, such as https://app.example.com')
    return `http://${nameOf(host)}:${port}`
  }
  const url = URL.canParse(given) ? new URL(given) : undefined
  if (!/^https?:\/\//.test(given) || url === undefined || !['/', ''].includes(given.slice(url.origin.length))) {
    fail('PUBLIC_URL', `an address without a path, such as https://app.example.com, not "${given}"`)
  }
  if (real && url.port !== '') {
    fail('PUBLIC_URL', `WeChat takes no address with a port (error 10003), so not "${given}"`)
  }
  return url.origin
}

/** How a browser reaches what listens at `host`. */
function nameOf (host: string): string {
  if (host !== '0.0.0.0' && host !== '::') return isIP(host) === 6 ? `[${host}]` : host
  const addresses = Object.values(networkInterfaces()).flat()
  return addresses.find(address => address?.family === 'IPv4' && !address.internal)?.address ?? 'localhost'
}

function readSessionSecret (env: Env, real: boolean): string | undefined {
  const secret = env.SESSION_SECRET || undefined
  if (secret === undefined && real) fail('SESSION_SECRET', 'missing; `openssl rand -hex 32` makes one')
  if (secret !== undefined && Buffer.byteLength(secret) < 32) {
    fail('SESSION_SECRET', 'at least 32 bytes; `openssl rand -hex 32` makes one')
  }
  return secret
}

// This program speaks http: under an https address there is a proxy in front of it, by default one on this machine.
function readTrustProxy (env: Env, publicUrl: string): Config['trustProxy'] {
  const given = env.TRUST_PROXY
  if (!given) return publicUrl.startsWith('https:') ? 'loopback' : false
  if (given === 'true' || given === 'false') return given === 'true'
  const wrong =
    given.split(',').find(entry => !/^(?:loopback|linklocal|uniquelocal)$/.test(entry.trim()) && !isRange(entry.trim()))
  if (wrong !== undefined) {
    fail('TRUST_PROXY', `true, false, or the proxies' addresses such as 10.0.0.0/8,loopback, not "${wrong.trim()}"`)
  }
  return given
}

function isRange (text: string): boolean {
  const [address = '', bits = '1', ...more] = text.split('/')
  return isIP(address) !== 0 &&
    /^\d{1,3}$/.test(bits) &&
    Number(bits) <= (isIP(address) === 4 ? 32 : 128) &&
    more.length === 0
}

function readLogLevel (env: Env): string {
  const level = env.LOG_LEVEL || 'info'
  if (!logLevels.includes(level)) fail('LOG_LEVEL', `one of ${logLevels.join(', ')}, not "${level}"`)
  return level
}
