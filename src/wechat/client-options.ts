// The options of how WeChat is called, of the plugin and of a client of its own: every name, default and limit.

import { EventEmitter } from 'node:events'
import {
  checkAppid, describe, integerOption, isLoopback, refuseOption, refuseUnknown, secretOption
} from '../option-checks'
import type { TransportSettings } from './transport'
import type { ClientOptions, TransportOptions, WechatClientOptions } from './client-types'

const transportNames = ['timeout', 'connectTimeout', 'retries', 'connections', 'dispatcher', 'apiHosts']
const defaultApiHosts = ['https://api.weixin.qq.com', 'https://api2.weixin.qq.com']
/** Milliseconds. Beyond it Node's timers fire at once. */
const longestTimer = 2 ** 31 - 1

/** An origin as WHATWG writes it. @throws InvalidOptionsError unless it is https, or http on a loopback host */
export function parseOrigin (option: string, given: unknown): string {
  const url = typeof given === 'string' && URL.canParse(given) ? new URL(given) : undefined
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname))
  if (!url || !isSafe || url.href !== `${url.origin}/`) {
    const wanted = 'write an https origin without a path, such as https://api.weixin.qq.com'
    refuseOption(option, describe(given), `${wanted} (http only on a loopback host)`)
  }
  return url.origin
}

function parseApiHosts (given: unknown): readonly [string, ...string[]] {
  if (!Array.isArray(given) || given.length === 0) {
    refuseOption('client.apiHosts', describe(given), 'write an array of one origin or more')
  }
  return given.map((origin, index) => parseOrigin(`client.apiHosts[${index}]`, origin)) as [string, ...string[]]
}

/**
 * Nothing on a dispatcher says its version, and a request that is sent to find out would pass through the host's
 * interceptors. From undici 7 on `compose` gives a Proxy, which has the prototype of what it stands for; in undici 6 an
 * object of a class of its own; undici 5 has none. What is no EventEmitter is nobody's but the host's.
 */
function isOfOldUndici (dispatcher: unknown): boolean {
  if (!(dispatcher instanceof EventEmitter)) return false
  const { compose } = dispatcher as { compose?: () => object }
  const plain = { dispatch: isOfOldUndici }
  return compose === undefined || Object.getPrototypeOf(compose.call(plain)) !== Object.getPrototypeOf(plain)
}

function parseDispatcher (given: unknown): TransportOptions['dispatcher'] {
  if (given !== undefined && typeof (given as { dispatch?: unknown } | null)?.dispatch !== 'function') {
    refuseOption('client.dispatcher', describe(given), 'write an undici dispatcher')
  }
  if (isOfOldUndici(given)) {
    refuseOption(
      'client.dispatcher',
      'a dispatcher of undici 6 or earlier, which could send no request of ours',
      'make it with undici 7 or later: npm install undici@7'
    )
  }
  return given as TransportOptions['dispatcher']
}

function parseTransport (given: TransportOptions): TransportSettings {
  const { retries, connections, dispatcher, apiHosts = defaultApiHosts } = given
  const timeout =
    integerOption(given.timeout, 'client.timeout', { unit: 'milliseconds', fallback: 5000, most: longestTimer })
  return Object.freeze({
    timeout,
    // What is left is enough for the next host, and for a call there.
    connectTimeout: integerOption(given.connectTimeout, 'client.connectTimeout', {
      unit: 'milliseconds', fallback: Math.ceil(timeout * 0.3), most: timeout
    }),
    retries: integerOption(retries, 'client.retries', { fallback: 2, least: 0, most: 10 }),
    connections: integerOption(connections, 'client.connections', { fallback: 16, most: 1024 }),
    dispatcher: parseDispatcher(dispatcher),
    apiHosts: Object.freeze(parseApiHosts(apiHosts))
  })
}

interface ParsedClientOptions {
  openHost: string
  transport: TransportSettings
}

/** The plugin's option `client`. @throws InvalidOptionsError, also for a name that is no option */
export function parseClientOptions (given: ClientOptions = {}, warn?: (message: string) => void): ParsedClientOptions {
  refuseUnknown(given, [...transportNames, 'openHost'], 'client.')
  const { openHost = 'https://open.weixin.qq.com' } = given
  const parsed = { openHost: parseOrigin('client.openHost', openHost), transport: parseTransport(given) }
  if (process.env.NODE_ENV === 'production') warnOfLoopback(parsed, warn)
  return parsed
}

// A simulator lets anyone in as anyone, and its options are easily left in.
function warnOfLoopback ({ openHost, transport }: ParsedClientOptions, warn?: (message: string) => void): void {
  const hosts = Object.entries({ 'client.apiHosts': transport.apiHosts, 'client.openHost': [openHost] })
  for (const [option, origins] of hosts) {
    const found = origins.find(origin => isLoopback(new URL(origin).hostname))
    if (found === undefined) continue
    warn?.(`option ${option} has ${found}, a loopback host, and NODE_ENV is production: who answers there says who a ` +
      'visitor is, and a simulator lets anyone in as anyone; leave the option out, unless a relay of yours is there ' +
      `选项 ${option} 指向本机 ${found}，而 NODE_ENV 为 production：由它决定访客是谁，模拟器会让任何人登录；除非那里是您自己的中转，请去掉该选项`)
  }
}

/** What a client of its own is made of. */
export interface ClientSettings extends Pick<WechatClientOptions, 'appid' | 'secret'> {
  readonly transport: TransportSettings
}

/** The options of `createWechatClient`. @throws InvalidOptionsError, also for a name that is no option */
export function parseWechatClientOptions (given: WechatClientOptions): ClientSettings {
  refuseUnknown(given, ['appid', 'secret', ...transportNames], 'client.')
  const { secret } = given
  return {
    appid: checkAppid(given.appid, 'client.appid'),
    secret: typeof secret === 'function' ? secret : secretOption(secret, 'client.secret'),
    transport: parseTransport(given)
  }
}
