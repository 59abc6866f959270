// WechatLoginOptions in, Settings out: every default and every boot check of the plugin. Inside, nothing is optional
// that has a default.

import { hkdfSync } from 'node:crypto'
import { InvalidOptionsError } from '../errors'
import { type Apps, hasCallback, type Warn, type WayOption } from './app-options'
import {
  describe, describeSecret, wordOption, flagOption, functionOption, refuseOption, failOption, refuseUnknown,
  integerOption
} from '../option-checks'
import type { RedirectRules } from '../redirect-target'
import { parsePaths, parseRedirect, type Paths } from './path-options'
import { checkPublicPrefix, derivePublicPrefix } from './public-prefix'
import { parseSession } from './session-options'
import type { WechatLoginOptions } from '../types'
import { parseClientOptions } from '../wechat/client-options'
import type { TransportSettings } from '../wechat/transport'
import type { Lang } from '../wechat/client-types'

export interface AttemptSettings {
  /** Newest first; the first one signs. */
  readonly keys: readonly Buffer[]
  /** Milliseconds. */
  readonly ttl: number
}

export interface Settings {
  readonly apps: Apps
  /** Of the scope. */
  readonly prefix: string
  /** The folder that a proxy takes off before Fastify sees a request; '' where none does. */
  readonly publicPrefix: string
  readonly paths: Paths
  /** Path of the login route, as browsers know it; undefined where there is none. */
  readonly loginPath: string | undefined
  readonly attempts: AttemptSettings
  readonly redirect: RedirectRules
  /** Are the callbacks of all fixed apps https? */
  readonly secure: boolean
  /** Of the session of ours; undefined where the host has one. */
  readonly session: ReturnType<typeof parseSession>
  readonly onUser: WechatLoginOptions['onUser']
  readonly loadUser: WechatLoginOptions['loadUser']
  readonly publicUser: NonNullable<WechatLoginOptions['publicUser']>
  readonly keepSessionKeys: readonly string[]
  /** Milliseconds. */
  readonly maxAge: number
  readonly renderPage: WechatLoginOptions['renderPage']
  readonly keepTokens: boolean
  readonly snapshotUsers: 'reject' | 'allow'
  readonly lang: Lang
  readonly openHost: string
  readonly transport: TransportSettings
  /** Milliseconds, of a whole call to WeChat, and of one to the session store. */
  readonly timeout: number
  readonly isWechatBrowser: WechatLoginOptions['isWechatBrowser']
  readonly askFirst: boolean
  readonly isPhoneBrowser: WechatLoginOptions['isPhoneBrowser']
}

const day = 86_400

const optionNames = [
  'onUser', 'loadUser', 'publicUser', 'routes', 'redirect', 'session', 'secret', 'keepSessionKeys', 'maxAge',
  'renderPage', 'keepTokens', 'snapshotUsers', 'lang', 'client', 'attemptTtl', 'isWechatBrowser', 'isPhoneBrowser',
  'publicPrefix', 'askFirst'
]
const keptForUs = [
  '_csrf', 'wechatLogin', 'cookie', 'sessionId', 'encryptedSessionId', '__proto__', 'constructor', 'prototype'
]

/** Throws `FST_WECHAT_INVALID_OPTIONS` with the option's name, what was found and what to write instead. */
export function parseOptions (
  given: WechatLoginOptions, ways: readonly WayOption[], prefix: string, warn: Warn
): Settings {
  if ('prefix' in given) {
    failOption(
      'prefix',
      'option prefix has no effect on a plugin that serves its whole scope; ' +
        'register the plugin inside a scope that has the prefix'
    )
  }
  refuseUnknown(given, [...ways.map(({ via }) => via), ...optionNames], '')
  const apps = parseApps(given, ways, warn)
  const callbackApps = Object.values(apps).filter(hasCallback)
  const givenPrefix = checkPublicPrefix(given.publicPrefix)
  const paths = parsePaths(given, ways, apps, { prefix, publicPrefix: givenPrefix })
  const publicPrefix = givenPrefix ?? derivePublicPrefix(ways, apps, paths, prefix)
  const { openHost, transport } = parseClientOptions(given.client)
  const secure = callbackApps.every(app => app.secure)
  return Object.freeze({
    apps,
    prefix,
    publicPrefix,
    paths,
    loginPath: paths.login === undefined ? undefined : publicPrefix + prefix + paths.login,
    // A longer time than anybody means was written in milliseconds: hence the most of each.
    attempts: {
      keys: parseKeys(given),
      ttl: 1000 * integerOption(given.attemptTtl, 'attemptTtl', { unit: 'seconds', fallback: 900, most: day })
    },
    redirect: parseRedirect(given.redirect, paths, { prefix, publicPrefix }),
    session: parseSession(given.session, {
      // As Fastify knows them, which looks at the cookie's path too, and as the browser does.
      paths: ways.map(({ via }) => paths[via]).filter(path => path !== undefined).flatMap(path =>
        [prefix + path, publicPrefix + prefix + path]),
      hosts: callbackApps.map(({ origin }) => new URL(origin).hostname)
    }, secure, warn),
    secure,
    onUser: functionOption(given.onUser, 'onUser'),
    loadUser: functionOption(given.loadUser, 'loadUser'),
    publicUser: functionOption(given.publicUser, 'publicUser') ?? (user => user as object),
    keepSessionKeys: parseKeptKeys(given.keepSessionKeys),
    maxAge: 1000 * integerOption(given.maxAge, 'maxAge', { unit: 'seconds', fallback: Infinity, most: 730 * day }),
    renderPage: given.renderPage === false ? false : functionOption(given.renderPage, 'renderPage'),
    keepTokens: flagOption(given.keepTokens, 'keepTokens'),
    snapshotUsers: wordOption(given.snapshotUsers, 'snapshotUsers', ['reject', 'allow']),
    lang: wordOption(given.lang, 'lang', ['zh_CN', 'zh_TW', 'en']),
    openHost,
    transport,
    timeout: transport.timeout,
    isWechatBrowser: functionOption(given.isWechatBrowser, 'isWechatBrowser'),
    askFirst: flagOption(given.askFirst, 'askFirst'),
    isPhoneBrowser: functionOption(given.isPhoneBrowser, 'isPhoneBrowser')
  })
}

function parseApps (given: WechatLoginOptions, ways: readonly WayOption[], warn: Warn): Apps {
  const apps: { -readonly [Key in keyof Apps]: Apps[Key] } = {}
  for (const way of ways) {
    const source = given[way.via]
    if (source === undefined) continue
    apps[way.via] = typeof source === 'function' ? source : way.check(source, warn)
    refuseSameAppid(way, ways, apps)
  }
  if (Object.keys(apps).length === 0) {
    const names = ways.map(({ via }) => `option ${via}`).join(' nor ')
    throw new InvalidOptionsError(`neither ${names} is set; write at least one as { appid, secret, callbackUrl }`)
  }
  return apps
}

/** Each kind of account has an appid of its own at WeChat. */
function refuseSameAppid (way: WayOption, ways: readonly WayOption[], apps: Apps): void {
  const appidOf = ({ via }: WayOption): string | undefined => {
    const app = apps[via]
    return typeof app === 'object' ? app.appid : undefined
  }
  const twin = ways.find(other => other !== way && appidOf(other) !== undefined && appidOf(other) === appidOf(way))
  if (twin === undefined) return
  const en = `${twin.account.en} and ${way.account.en} are two apps of WeChat's, each with its own appid`
  refuseOption(`${way.via}.appid`, `the same as ${twin.via}.appid`, en)
}

// A key of our own from each entry, so that no signature of ours can ever stand for one of the session's.
function parseKeys (given: WechatLoginOptions): Buffer[] {
  if (given.session !== undefined && Object(given.session) !== given.session) {
    refuseOption(
      'session',
      describeSecret(given.session),
      'write options of @fastify/session such as { secret: process.env.SESSION_SECRET }'
    )
  }
  const [option, source] = given.secret !== undefined
    ? ['secret', given.secret] as const
    : ['session.secret', given.session?.secret] as const
  const entries: unknown[] = Array.isArray(source) ? source : [source]
  if (source === undefined && given.session !== undefined) {
    refuseOption(
      option,
      'undefined',
      'write a text of at least 32 bytes, or set the variable that it comes from; `openssl rand -hex 32` makes one'
    )
  }
  if (source === undefined) {
    failOption(
      'session',
      'option session is missing; write session: { secret: process.env.SESSION_SECRET }, ' +
        'a text of at least 32 bytes. Where the host registers @fastify/session before this plugin, ' +
        'set option secret instead: it signs the cookie of a login under way'
    )
  }
  if (typeof source === 'object' && !Array.isArray(source) && !Buffer.isBuffer(source)) {
    failOption(
      'secret',
      'option secret is missing, and none can be derived from session.secret, which is no text or list of texts; ' +
        'write a text of at least 32 bytes (it signs the cookie of a login under way)'
    )
  }
  // @fastify/session takes a list with one letter in it.
  if (Array.isArray(given.session?.secret)) given.session.secret.forEach(entry => checkSecret('session.secret', entry))
  if (entries.length === 0) refuseOption(option, 'an empty array', 'write at least one secret of at least 32 bytes')
  return entries.map(entry =>
    Buffer.from(hkdfSync('sha256', checkSecret(option, entry), '', 'fastify-wechat-login attempt', 32)))
}

function checkSecret (option: string, entry: unknown): string | Buffer {
  const isSecret = typeof entry === 'string' || Buffer.isBuffer(entry)
  if (isSecret && Buffer.byteLength(entry) >= 32) return entry
  const found = isSecret ? `only ${Buffer.byteLength(entry)} bytes long` : describeSecret(entry)
  return refuseOption(
    option,
    found,
    'each secret is a text or a Buffer of at least 32 bytes; `openssl rand -hex 32` makes one'
  )
}

function parseKeptKeys (given: unknown): string[] {
  if (given === undefined) return []
  if (!Array.isArray(given) || !given.every(key => typeof key === 'string')) {
    refuseOption('keepSessionKeys', describe(given), "write an array of your own session keys such as ['cart']")
  }
  const forbidden = given.find(key => keptForUs.includes(key))
  if (forbidden !== undefined) {
    refuseOption(
      'keepSessionKeys',
      `a list with ${describe(forbidden)}`,
      'leave that key out: it must not outlive the session it was made for'
    )
  }
  return given
}
