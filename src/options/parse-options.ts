// WechatLoginOptions in, Settings out: every default and every boot check of the plugin. Inside, nothing is optional
// that has a default.

import { type Apps, hasCallback, type Warn, type WayOption } from './app-options'
import {
  describe, wordOption, flagOption, functionOption, refuseOption, failOption, refuseUnknown,
  integerOption
} from '../option-checks'
import type { RedirectRules } from '../redirect-target'
import { parseApps } from './parse-apps'
import { parsePaths, parseRedirect, type Paths } from './path-options'
import { checkPublicPrefix, derivePublicPrefix } from './public-prefix'
import { parseRealm, type RealmSetting } from './realm-option'
import { parseSession } from './session-options'
import { parseKeys } from './signing-keys'
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
  readonly onLogin: WechatLoginOptions['onLogin']
  readonly loadUser: WechatLoginOptions['loadUser']
  readonly publicUser: NonNullable<WechatLoginOptions['publicUser']>
  readonly keepSessionKeys: readonly string[]
  readonly realm: RealmSetting
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
  'onUser', 'onLogin', 'loadUser', 'publicUser', 'routes', 'redirect', 'session', 'secret', 'keepSessionKeys', 'maxAge',
  'renderPage', 'keepTokens', 'snapshotUsers', 'lang', 'client', 'attemptTtl', 'realm', 'isWechatBrowser',
  'isPhoneBrowser', 'publicPrefix', 'askFirst'
]
const keptForUs = [
  '_csrf', 'wechatLogin', 'cookie', 'sessionId', 'encryptedSessionId', '__proto__', 'constructor', 'prototype'
]

/** Where the plugin is registered. */
export interface Place {
  /** Of the scope. */
  prefix: string
  /** Has the host registered a session plugin? */
  hasSession: boolean
}

/** Throws `FST_WECHAT_INVALID_OPTIONS` with the option's name, what was found and what to write instead. */
export function parseOptions (
  given: WechatLoginOptions, ways: readonly WayOption[], { prefix, hasSession }: Place, warn: Warn
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
  const { openHost, transport } = parseClientOptions(given.client, warn)
  const secure = callbackApps.every(app => app.secure)
  return Object.freeze({
    apps,
    prefix,
    publicPrefix,
    paths,
    loginPath: paths.login === undefined ? undefined : publicPrefix + prefix + paths.login,
    // A longer time than anybody means was written in milliseconds: hence the most of each.
    attempts: {
      keys: parseKeys(given, hasSession),
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
    onLogin: functionOption(given.onLogin, 'onLogin'),
    loadUser: functionOption(given.loadUser, 'loadUser'),
    publicUser: functionOption(given.publicUser, 'publicUser') ?? (user => user as object),
    keepSessionKeys: parseKeptKeys(given.keepSessionKeys),
    realm: parseRealm(given.realm),
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
