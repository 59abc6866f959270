// The one place with the defaults: inside, nothing is optional.

import { createHash } from 'node:crypto'
import { hostnameOf } from './origin'
import { kinds, platforms } from './platforms'
import { show, SimulatorError } from './simulator-error'
import type {
  AutoConsent, SimulatedApp, SimulatedAppOptions, SimulatedUser, SimulatedUserOptions, WechatSimulatorOptions
} from './types'

export interface Settings {
  readonly apps: readonly SimulatedApp[]
  readonly users: readonly SimulatedUser[]
  readonly consent: AutoConsent
  readonly now: () => number
  readonly seed: string | undefined
  /** Undefined: as each kind of app has it. */
  readonly codeTtl: number | undefined
  readonly tokenTtl: number
  readonly refreshTtl: number
  readonly qrTtl: number
  readonly pollHold: number
  readonly refusal: 'none' | 'state-only' | 'authdeny'
  readonly strictOrder: boolean
  readonly uaGate: boolean
  readonly ports: 'never' | 'loopback' | 'any'
  readonly rememberConsent: boolean
  readonly phoneHost: string | undefined
  /** As a URL writes them. */
  readonly allowedHosts: ReadonlySet<string>
  readonly allowInProduction: boolean
  readonly quota: Readonly<Required<NonNullable<WechatSimulatorOptions['quota']>>>
  readonly indexAtRoot: boolean
}

const DAY = 24 * 60 * 60

// What real accounts have and code trips over: emoji, characters that HTML and JSON give a meaning to, a follower,
// nothing at all.
const DEFAULT_USERS: readonly SimulatedUserOptions[] = [
  { id: 'qinghe', nickname: '青禾🌱' },
  { id: 'sunny', nickname: 'Sunny Day ☀️' },
  { id: 'tricky', nickname: '“引号” <b>"&\'\\/</b> 👨‍👩‍👧' },
  { id: 'follower', nickname: '老朋友 Follower', follower: true },
  { id: 'blank', nickname: '', avatar: false }
]

export function parseOptions (given: WechatSimulatorOptions = {}): Settings {
  const users = completeUsers(given.users ?? DEFAULT_USERS)
  const apps = completeApps(given.apps ?? [], checkOrigin(given.callbackOrigin ?? 'http://localhost:3000'))
  return Object.freeze({
    apps,
    users,
    consent: given.consent ?? null,
    now: given.now ?? Date.now,
    seed: given.seed,
    codeTtl: given.codeTtl,
    tokenTtl: given.tokenTtl ?? 7200,
    refreshTtl: given.refreshTtl ?? 30 * DAY,
    qrTtl: given.qrTtl ?? 300,
    pollHold: given.pollHold ?? 25_000,
    refusal: given.refusal ?? 'none',
    strictOrder: given.strictOrder ?? true,
    uaGate: given.uaGate ?? true,
    ports: given.ports ?? 'loopback',
    rememberConsent: given.rememberConsent ?? false,
    phoneHost: given.phoneHost,
    allowedHosts: checkHosts(given, apps),
    allowInProduction: given.allowInProduction ?? false,
    quota: { perMinute: Infinity, perDay: Infinity, ...given.quota },
    indexAtRoot: given.indexAtRoot ?? false
  })
}

function checkOrigin (given: string): string {
  if (/^https?:\/\//.test(given) && URL.canParse(given)) return given
  throw new SimulatorError(`callbackOrigin: an origin such as http://localhost:3000, not ${show(given)}`)
}

function checkHosts (
  { allowedHosts = [], phoneHost }: WechatSimulatorOptions, apps: readonly SimulatedApp[]
): Set<string> {
  const told = phoneHost === undefined ? allowedHosts : [...allowedHosts, phoneHost]
  for (const name of told) {
    if (name === '' || hostnameOf(name) !== name.toLowerCase()) {
      throw new SimulatorError(`allowedHosts, phoneHost: a host name without scheme and port, not ${show(name)}`)
    }
  }
  return new Set([...told, ...apps.map(app => app.callbackDomain)].map(hostnameOf))
}

function completeUsers (given: readonly SimulatedUserOptions[]): SimulatedUser[] {
  const ids = new Set(given.map(user => user.id))
  if (ids.size === 0) throw new SimulatorError('users: WeChat has at least one user')
  if (ids.size < given.length) throw new SimulatorError('users: an id is there twice')
  if (ids.has('refuse') || ids.has('virtual')) {
    throw new SimulatorError('users: "refuse" and "virtual" have a meaning of their own')
  }
  return given.map(user => ({ nickname: user.id, avatar: true, follower: false, ...user }))
}

// Each kind is always there, so that `options` fits the plugin without a question mark.
function completeApps (given: readonly SimulatedAppOptions[], origin: string): SimulatedApp[] {
  const all = [...given]
  for (const kind of kinds) {
    if (!all.some(app => app.kind === kind)) all.push({ kind })
  }
  const apps = all.map((app, index) => completeApp(app, index, origin))
  for (const { appid } of apps) {
    if (!/^wx[0-9a-f]{16}$/.test(appid)) {
      throw new SimulatorError(`appid: wx and 16 hexadecimal digits, not ${show(appid)}`)
    }
    if (apps.filter(app => app.appid === appid).length > 1) throw new SimulatorError(`appid: ${appid} is there twice`)
  }
  return apps
}

function completeApp (app: SimulatedAppOptions, index: number, origin: string): SimulatedApp {
  const { name, callbackPath, scopes } = platforms[app.kind]
  const digest = createHash('sha256').update(`${app.kind} ${index}`).digest('hex')
  return {
    appid: `wx${digest.slice(0, 16)}`,
    secret: digest.slice(16, 48),
    name,
    callbackDomain: new URL(origin).hostname,
    callbackUrl: new URL(callbackPath, origin).href,
    scopes,
    platform: 'platform',
    ...app
  }
}
