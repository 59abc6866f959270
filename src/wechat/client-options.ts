// The client's options -> a complete set of settings. What a message shows of a wrong value is short and never a secret.

import { InvalidOptionsError } from '../errors'
import { describe, isLoopback } from '../option-checks'
import type { ClientOptions, WechatClientOptions } from './types'

export interface ClientSettings {
  /** Milliseconds. */
  readonly timeout: number
  readonly retries: number
  readonly connections: number
  readonly dispatcher: ClientOptions['dispatcher']
  /** Origins without a slash at the end; at least one. */
  readonly apiHosts: readonly string[]
}

const transportNames = ['timeout', 'retries', 'connections', 'dispatcher', 'apiHosts']
const longestTimer = 2 ** 31 - 1

function refuse (name: string, found: unknown, wanted: string): never {
  throw new InvalidOptionsError(`${name} is ${describe(found)}, but must be ${wanted}`)
}

function parseObject (name: string, options: unknown, known: string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) refuse(name, options, 'an object')
  const unknown = Object.keys(options).find(option => !known.includes(option))
  if (unknown !== undefined) throw new InvalidOptionsError(`${name} has no option ${describe(unknown)}, but ${known.join(', ')}`)
}

function parseInteger (name: string, value: unknown, least: number, most: number): number {
  const inRange = Number.isInteger(value) && (value as number) >= least && (value as number) <= most
  return inRange ? value as number : refuse(name, value, `a whole number from ${least} to ${most}`)
}

/** An origin as WHATWG writes it. @throws InvalidOptionsError unless it is https, or http on a loopback host */
export function parseOrigin (name: string, value: unknown): string {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname))
  if (!url || !isSafe || url.href !== `${url.origin}/`) refuse(name, value, 'an origin like https://api.weixin.qq.com (http only on a loopback host)')
  return url.origin
}

function parseApiHosts (name: string, value: unknown): string[] {
  if (!Array.isArray(value) || value.length === 0) refuse(name, value, 'an array of one origin or more')
  return value.map((origin, index) => parseOrigin(`${name}[${index}]`, origin))
}

function parseDispatcher (name: string, value: unknown): ClientOptions['dispatcher'] {
  const fits = value === undefined || typeof (value as { dispatch?: unknown } | null)?.dispatch === 'function'
  return fits ? value as ClientOptions['dispatcher'] : refuse(name, value, 'an undici dispatcher')
}

/**
 * Every default and check of the transport. `name`: what the messages call the options.
 * @throws InvalidOptionsError, also for a name that is no option
 */
export function parseClientOptions (options: ClientOptions, name = 'client'): ClientSettings {
  parseObject(name, options, transportNames)
  const {
    timeout = 5000,
    retries = 2,
    connections = 16,
    apiHosts = ['https://api.weixin.qq.com', 'https://api2.weixin.qq.com'],
    dispatcher
  } = options
  return Object.freeze({
    timeout: parseInteger(`${name}.timeout`, timeout, 1, longestTimer),
    retries: parseInteger(`${name}.retries`, retries, 0, 10),
    connections: parseInteger(`${name}.connections`, connections, 1, 1024),
    dispatcher: parseDispatcher(`${name}.dispatcher`, dispatcher),
    apiHosts: Object.freeze(parseApiHosts(`${name}.apiHosts`, apiHosts))
  })
}

/** What a client of its own needs: the app, and the rest for its transport. @throws InvalidOptionsError */
export function parseWechatClientOptions (options: WechatClientOptions): { appid: string, secret: WechatClientOptions['secret'], transport: ClientOptions } {
  parseObject('client', options, ['appid', 'secret', ...transportNames])
  const { appid, secret, ...transport } = options
  if (typeof appid !== 'string' || !/^wx[0-9a-f]{16}$/i.test(appid)) {
    // Not shown: where the two were mixed up, it is the secret.
    throw new InvalidOptionsError('client.appid must be "wx" and 16 hexadecimal digits')
  }
  if (typeof secret !== 'function' && (typeof secret !== 'string' || secret === '')) {
    throw new InvalidOptionsError('client.secret must be the AppSecret, or a function that returns it')
  }
  return { appid, secret, transport }
}
