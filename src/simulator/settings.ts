// The one place with the defaults: inside, nothing is optional.

import { createHash } from 'node:crypto'
import { SimulatorError } from './simulator-error'
import type {
  AutoConsent, SimulatedApp, SimulatedAppKind, SimulatedAppOptions, SimulatedUser, SimulatedUserOptions,
  WechatSimulatorOptions
} from './types'

export interface Settings {
  readonly apps: readonly SimulatedApp[]
  readonly users: readonly SimulatedUser[]
  readonly consent: AutoConsent
  readonly now: () => number
  readonly seed: string | undefined
  readonly codeTtl: number
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
  return Object.freeze({
    apps: completeApps(given.apps ?? [], given.callbackOrigin ?? 'http://localhost:3000'),
    users,
    consent: given.consent ?? null,
    now: given.now ?? Date.now,
    seed: given.seed,
    codeTtl: given.codeTtl ?? 300,
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
    indexAtRoot: given.indexAtRoot ?? false
  })
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

// Both kinds are always there, so that `options` fits the plugin without a question mark.
function completeApps (given: readonly SimulatedAppOptions[], origin: string): SimulatedApp[] {
  const all = [...given]
  for (const kind of ['official', 'website'] as const) {
    if (!all.some(app => app.kind === kind)) all.push({ kind })
  }
  const apps = all.map((app, index) => completeApp(app, index, origin))
  for (const { appid } of apps) {
    if (!/^wx[0-9a-f]{16}$/.test(appid)) throw new SimulatorError(`appid: wx and 16 hexadecimal digits, not "${appid}"`)
    if (apps.filter(app => app.appid === appid).length > 1) throw new SimulatorError(`appid: ${appid} is there twice`)
  }
  return apps
}

const BY_KIND = {
  official: { name: '模拟公众号 Demo Account', path: '/wechat/oneclick', scopes: ['snsapi_base', 'snsapi_userinfo'] },
  website: { name: '模拟网站应用 Demo Website', path: '/wechat/qr', scopes: ['snsapi_login'] }
} satisfies Record<SimulatedAppKind, object>

function completeApp (app: SimulatedAppOptions, index: number, origin: string): SimulatedApp {
  const usual = BY_KIND[app.kind]
  const digest = createHash('sha256').update(`${app.kind} ${index}`).digest('hex')
  return {
    appid: `wx${digest.slice(0, 16)}`,
    secret: digest.slice(16, 48),
    name: usual.name,
    callbackDomain: new URL(origin).hostname,
    callbackUrl: new URL(usual.path, origin).href,
    scopes: usual.scopes,
    platform: 'platform',
    ...app
  }
}
