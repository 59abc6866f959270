// The command line, the environment or a module of the host's -> the options that the doctor looks at. Nothing is
// judged here but the command line itself.

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs, parseEnv } from 'node:util'
import { parseOrigin } from '../wechat/client-options'
import { ways } from '../ways/index'
import { UsageError, variableOf } from './usage'

export type Env = Readonly<Record<string, string | undefined>>

/** As they were written, by whom it may be: nothing is known of a value. */
export type GivenOptions = Readonly<Record<string, unknown>>

export interface Setup {
  readonly help: boolean
  readonly json: boolean
  /** May WeChat's API be asked? */
  readonly ask: boolean
  readonly options: GivenOptions
  /** From variables, where an option that is left out may stand in the host's code. */
  readonly fromEnv: boolean
  readonly trustProxy: string | undefined
}

interface Values {
  ask?: boolean
  json?: boolean
  help?: boolean
  'env-file'?: string
  'api-host'?: string[]
}

/** Throws `UsageError`, or `InvalidOptionsError` for an API host. */
export async function readSetup (args: string[], environment: Env): Promise<Setup> {
  const { values, positionals: [file, ...more] } = parse(args)
  const env = { ...readEnvFile(values['env-file']), ...environment }
  const { ask = false, json = false, help = false } = values
  if (!help && more.length > 0) throw new UsageError('the doctor takes one module at most')
  const apiHosts = values['api-host']?.map(origin => parseOrigin('--api-host', origin))
  const options = help ? {} : file === undefined ? optionsOfEnv(env) : await optionsOfModule(file)
  return {
    help,
    json,
    ask,
    options: { ...options, client: apiHosts ? { ...options.client as object, apiHosts } : options.client },
    fromEnv: file === undefined,
    trustProxy: env.TRUST_PROXY || undefined
  }
}

function parse (args: string[]): { values: Values, positionals: string[] } {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        ask: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        'env-file': { type: 'string' },
        'api-host': { type: 'string', multiple: true }
      }
    })
  } catch { // Its message repeats what was typed, which may be a secret.
    throw new UsageError('there is an option that the doctor does not know, or one without its value')
  }
}

function readEnvFile (path: string | undefined): Env {
  if (path === undefined) return {}
  try {
    return parseEnv(readFileSync(path, 'utf8')) as Env
  } catch {
    throw new UsageError('the file of --env-file cannot be read')
  }
}

function optionsOfEnv (env: Env): GivenOptions {
  const options: Record<string, unknown> = {}
  for (const { via, defaultPath } of ways) {
    const name = variableOf(via)
    const {
      [`${name}_APPID`]: appid,
      [`${name}_SECRET`]: secret,
      [`${name}_CALLBACK_URL`]: callbackUrl,
      PUBLIC_URL: origin
    } = env
    if (!appid && !secret) continue
    options[via] =
      { appid, secret, callbackUrl: callbackUrl || (origin && `${origin.replace(/\/$/, '')}${defaultPath}`) }
  }
  if (Object.keys(options).length === 0) {
    const names = ways.map(({ via }) => `${variableOf(via)}_APPID`).join(' nor ')
    throw new UsageError(`neither ${names} is set, and no module is given`)
  }
  if (env.SESSION_SECRET) options.session = { secret: env.SESSION_SECRET }
  return options
}

async function optionsOfModule (file: string): Promise<GivenOptions> {
  const options = await load(file).catch((error: { code?: unknown } | undefined) => {
    // What it says may be a secret.
    throw new UsageError('the module cannot be loaded ' +
      `(${typeof error?.code === 'string' ? error.code : 'it threw an error'})`)
  })
  if (typeof options !== 'object' || options === null) {
    throw new UsageError(
      'the default export of the module must be the options of the plugin, or a function that returns them'
    )
  }
  return options as GivenOptions
}

async function load (file: string): Promise<unknown> {
  const module = await import(pathToFileURL(resolve(file)).href) as { default?: unknown }
  return typeof module.default === 'function' ? module.default() : module.default
}
