// `npx fastify-wechat-login simulator`: starts it alone, for a front end, another language or an end-to-end test.

import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { describeStart } from './command-output'
import { usage } from './command-usage'
import { SimulatorError } from './simulator-error'
import { startWechatSimulator } from './start'
import type { WechatSimulator } from './control-types'
import type { SimulatedUserOptions, WechatSimulatorServerOptions } from './types'

/**
 * Resolves to the exit code when it has ended: 0 after SIGINT or SIGTERM, 2 where it was called wrongly or could not
 * start.
 */
export async function runSimulator (
  args: string[], _env: NodeJS.ProcessEnv, write: (text: string) => void
): Promise<number> {
  try {
    const { help, json, options } = readArguments(args)
    if (help) {
      write(usage)
      return 0
    }
    const simulator = await startWechatSimulator(options)
    write(json ? `${JSON.stringify(simulator.options)}\n` : describeStart(simulator))
    await untilStopped(simulator)
    return 0
  } catch (error) {
    write(`fastify-wechat-login: ${(error as Error).message}\n`)
    return 2
  }
}

async function untilStopped (simulator: WechatSimulator): Promise<void> {
  await new Promise<void>(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { resolve() })
  })
  await simulator.close()
}

interface Arguments {
  readonly help: boolean
  readonly json: boolean
  readonly options: WechatSimulatorServerOptions
}

function readArguments (args: string[]): Arguments {
  const { help = false, json = false, ...given } = parse(args)
  const { host, consent, seed } = given
  return {
    help,
    json,
    options: {
      port: readPort(given.port ?? '4000'),
      ...(host && { host }),
      ...(consent && { consent }),
      ...(seed && { seed }),
      ...(given['phone-host'] && { phoneHost: given['phone-host'] }),
      ...(given['callback-origin'] && { callbackOrigin: given['callback-origin'] }),
      ...(given.user && { users: given.user.map(readUser) }),
      ...readHttps(given['https-key'], given['https-cert']),
      allowedHosts: given['allowed-host'] ?? [],
      uaGate: !given['any-browser'],
      ports: given['any-port'] ? 'any' : 'loopback',
      allowInProduction: given['allow-in-production'] ?? false
    }
  }
}

const text = { type: 'string' } as const
const texts = { type: 'string', multiple: true } as const
const flag = { type: 'boolean' } as const

// Its errors name the option that is wrong; there is no secret among them.
function parse (args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        port: text,
        host: text,
        'callback-origin': text,
        user: texts,
        consent: text,
        'phone-host': text,
        'allowed-host': texts,
        'https-key': text,
        'https-cert': text,
        seed: text,
        'any-browser': flag,
        'any-port': flag,
        'allow-in-production': flag,
        json: flag,
        help: { type: 'boolean', short: 'h' }
      }
    }).values
  } catch (error) {
    throw new SimulatorError(`${(error as Error).message}\n\n${usage}`)
  }
}

function readPort (given: string): number {
  const port = Number(given)
  if (/^\d+$/.test(given) && port <= 65_535) return port
  throw new SimulatorError(`--port: a whole number from 0 to 65535, not "${given}" --port 应为 0 到 65535 的整数`)
}

/** `anna`, or `anna=安娜`: the id, and the nickname. */
function readUser (given: string): SimulatedUserOptions {
  const [id = '', ...nickname] = given.split('=')
  return nickname.length === 0 ? { id } : { id, nickname: nickname.join('=') }
}

function readHttps (key: string | undefined, cert: string | undefined): Pick<WechatSimulatorServerOptions, 'https'> {
  if (key === undefined && cert === undefined) return {}
  if (key === undefined || cert === undefined) {
    throw new SimulatorError('--https-key and --https-cert belong together --https-key 与 --https-cert 须同时给出')
  }
  return { https: { key: readPem('--https-key', key), cert: readPem('--https-cert', cert) } }
}

function readPem (option: string, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch {
    throw new SimulatorError(`${option}: the file "${path}" cannot be read 无法读取该文件`)
  }
}
