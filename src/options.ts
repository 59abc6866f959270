// WechatLoginOptions in, Settings out: every default and every boot check of the plugin. Inside, nothing is optional that has a default.

import { hkdfSync } from 'node:crypto'
import { InvalidOptionsError } from './errors'
import { type App, checkApp, isLoopback, type Warn } from './app-options'
import { describe, describeSecret, oneOf, optionalFlag, optionalFunction, refuse, refuseUnknown, wholeNumber } from './option-checks'
import type { AttemptSettings } from './login/attempt'
import { checkRedirectTarget, comparablePath, type RedirectRules } from './login/redirect-target'
import type { Lang, StoredUser, TransportOptions, Via, WechatAppSource, WechatLoginOptions } from './types'

/** Paths as registered in the scope, without its prefix; undefined where there is no such route. */
export interface Paths {
  readonly login: string | undefined
  readonly me: string | undefined
  readonly logout: string | undefined
  readonly embed: string | undefined
  readonly client: string | undefined
  readonly oneclick: string | undefined
  readonly qr: string | undefined
}

export interface Settings {
  readonly apps: Readonly<Partial<Record<Via, App | Extract<WechatAppSource, (...args: never) => unknown>>>>
  readonly prefix: string
  readonly paths: Paths
  readonly attempts: AttemptSettings
  readonly redirect: RedirectRules
  readonly session: WechatLoginOptions['session']
  /** The scheme that the session cookie of ours follows. */
  readonly secure: boolean
  readonly onUser: NonNullable<WechatLoginOptions['onUser']>
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
  readonly transport: Omit<TransportOptions, 'openHost'>
  /** Milliseconds, of a whole call to WeChat, and of one to the session store. */
  readonly timeout: number
  readonly isWechatBrowser: WechatLoginOptions['isWechatBrowser']
}

const optionNames = ['oneclick', 'qr', 'onUser', 'loadUser', 'publicUser', 'routes', 'redirect', 'session', 'secret', 'keepSessionKeys', 'maxAge',
  'renderPage', 'keepTokens', 'snapshotUsers', 'lang', 'client', 'attemptTtl', 'isWechatBrowser']
const routeNames = ['login', 'me', 'logout', 'embed', 'client', 'oneclick', 'qr']
const transportNames = ['timeout', 'retries', 'connections', 'dispatcher', 'apiHosts', 'openHost']
const keptForUs = ['_csrf', 'wechatLogin', 'cookie', 'sessionId', 'encryptedSessionId', '__proto__', 'constructor', 'prototype']

/** Throws `FST_WECHAT_INVALID_OPTIONS` with the option's name, what was found and what to write instead. */
export function parseOptions (given: WechatLoginOptions, prefix: string, warn: Warn): Settings {
  if ('prefix' in given) throw new InvalidOptionsError('option prefix has no effect on a plugin that serves its whole scope; register the plugin inside a scope that has the prefix')
  refuseUnknown(given, optionNames, '')
  const apps = parseApps(given, warn)
  const paths = parsePaths(given, apps, prefix)
  const fixed = Object.values(apps).filter((app): app is App => typeof app !== 'function')
  return Object.freeze({
    apps,
    prefix,
    paths,
    attempts: { keys: parseKeys(given), ttl: 1000 * wholeNumber(given.attemptTtl, 'attemptTtl', 'seconds', 900) },
    redirect: parseRedirect(given.redirect, paths, prefix),
    session: given.session,
    secure: fixed.every(app => app.secure),
    onUser: optionalFunction(given.onUser, 'onUser') ?? (profile => profile as StoredUser),
    loadUser: optionalFunction(given.loadUser, 'loadUser'),
    publicUser: optionalFunction(given.publicUser, 'publicUser') ?? (user => user as object),
    keepSessionKeys: parseKeptKeys(given.keepSessionKeys),
    maxAge: 1000 * wholeNumber(given.maxAge, 'maxAge', 'seconds', Infinity),
    renderPage: given.renderPage === false ? false : optionalFunction(given.renderPage, 'renderPage'),
    keepTokens: optionalFlag(given.keepTokens, 'keepTokens'),
    snapshotUsers: oneOf(given.snapshotUsers, 'snapshotUsers', ['reject', 'allow']),
    lang: oneOf(given.lang, 'lang', ['zh_CN', 'zh_TW', 'en']),
    ...parseTransport(given.client),
    isWechatBrowser: optionalFunction(given.isWechatBrowser, 'isWechatBrowser')
  })
}

function parseApps (given: WechatLoginOptions, warn: Warn): Settings['apps'] {
  const apps: Partial<Record<Via, App | Extract<WechatAppSource, (...args: never) => unknown>>> = {}
  for (const via of ['oneclick', 'qr'] as const) {
    const source = given[via]
    if (source !== undefined) apps[via] = typeof source === 'function' ? source : checkApp(source, via, warn)
  }
  const { oneclick, qr } = apps
  if (oneclick === undefined && qr === undefined) {
    throw new InvalidOptionsError('neither option oneclick nor option qr is set; write at least one as { appid, secret, callbackUrl }')
  }
  if (typeof oneclick === 'object' && typeof qr === 'object' && oneclick.appid === qr.appid) {
    refuse('qr.appid', 'the same as oneclick.appid', 'an Official Account and a Website App are two apps of WeChat\'s, each with its own appid')
  }
  return apps
}

function parsePaths (given: WechatLoginOptions, apps: Settings['apps'], prefix: string): Paths {
  const routes = given.routes ?? {}
  refuseUnknown(routes, routeNames, 'routes.')
  const paths: Paths = {
    login: parsePath(routes.login, 'login', '/wechat/login'),
    me: parsePath(routes.me, 'me', '/wechat/me'),
    logout: parsePath(routes.logout, 'logout', '/wechat/logout'),
    embed: parsePath(routes.embed, 'embed', '/wechat/embed'),
    client: parsePath(routes.client, 'client', '/wechat/client.js'),
    oneclick: callbackPath('oneclick', routes.oneclick, apps, prefix),
    qr: callbackPath('qr', routes.qr, apps, prefix)
  }
  const taken = new Map<string, string>()
  for (const [name, path] of Object.entries(paths)) {
    if (path === undefined) continue
    const other = taken.get(comparablePath(path))
    if (other !== undefined) throw new InvalidOptionsError(`the routes ${other} and ${name} both have the path ${path}; give each a path of its own (routes.* or the callbackUrl)`)
    taken.set(comparablePath(path), name)
  }
  return paths
}

function parsePath (given: unknown, name: string, fallback: string): string | undefined {
  if (given === false) return undefined
  const path = given ?? fallback
  if (typeof path !== 'string' || !/^\/[\w\-.~%/]*$/.test(path)) refuse(`routes.${name}`, describe(path), `write a path such as ${fallback}`)
  return path
}

function callbackPath (via: Via, given: unknown, apps: Settings['apps'], prefix: string): string | undefined {
  const app = apps[via]
  if (app === undefined) {
    if (given !== undefined) refuse(`routes.${via}`, describe(given), `leave it out, or set option ${via} too`)
    return undefined
  }
  if (given !== undefined || typeof app === 'function') {
    return parsePath(given, via, `/wechat/${via}`) ?? refuse(`routes.${via}`, 'false', 'write the path of the callback route')
  }
  if (!app.path.startsWith(`${prefix}/`)) {
    refuse(`${via}.callbackUrl`, describe(app.callbackUrl), `its path must begin with ${prefix}/, the prefix of the scope; where a proxy changes the path, set routes.${via}`)
  }
  return app.path.slice(prefix.length)
}

function parseRedirect (given: WechatLoginOptions['redirect'] = {}, paths: Paths, prefix: string): RedirectRules {
  refuseUnknown(given, ['default', 'origins'], 'redirect.')
  if (given.origins !== undefined && !Array.isArray(given.origins)) refuse('redirect.origins', describe(given.origins), "write an array of origins such as ['https://shop.example.com']")
  const origins = new Set<string>()
  for (const origin of given.origins ?? []) {
    if (typeof origin !== 'string' || !URL.canParse(origin) || new URL(origin).origin !== origin || !/^https?:/.test(origin)) {
      refuse('redirect.origins', describe(origin), 'write an origin, without a path or a slash at its end, such as https://shop.example.com')
    }
    origins.add(origin)
  }
  const ownPaths = new Set(Object.values(paths).filter(path => path !== undefined).map(path => comparablePath(prefix + path)))
  const fallback = checkRedirectTarget(given.default ?? '/', { origins, ownPaths })
  if (fallback === null) refuse('redirect.default', describe(given.default ?? '/'), 'write a path of your site such as /account that is no route of the login, or a URL of one of redirect.origins')
  return { fallback, origins, ownPaths }
}

// A key of our own from each entry, so that no signature of ours can ever stand for one of the session's.
function parseKeys (given: WechatLoginOptions): Buffer[] {
  if (given.session !== undefined && Object(given.session) !== given.session) {
    refuse('session', describeSecret(given.session), 'write options of @fastify/session such as { secret: process.env.SESSION_SECRET }')
  }
  const [option, source] = given.secret !== undefined ? ['secret', given.secret] as const : ['session.secret', given.session?.secret] as const
  const entries: unknown[] = Array.isArray(source) ? source : [source]
  if (source === undefined || (typeof source === 'object' && !Array.isArray(source) && !Buffer.isBuffer(source))) {
    throw new InvalidOptionsError('option secret is missing; write a text of at least 32 bytes (it signs the cookie of a login under way). It comes from session.secret only where that is a text or a list of texts')
  }
  // @fastify/session takes a list with one letter in it.
  if (Array.isArray(given.session?.secret)) given.session.secret.forEach(entry => checkSecret('session.secret', entry))
  if (entries.length === 0) refuse(option, 'an empty array', 'write at least one secret of at least 32 bytes')
  return entries.map(entry => Buffer.from(hkdfSync('sha256', checkSecret(option, entry), '', 'fastify-wechat-login attempt', 32)))
}

function checkSecret (option: string, entry: unknown): string | Buffer {
  const isSecret = typeof entry === 'string' || Buffer.isBuffer(entry)
  if (isSecret && Buffer.byteLength(entry) >= 32) return entry
  const found = isSecret ? `only ${Buffer.byteLength(entry)} bytes long` : describeSecret(entry)
  return refuse(option, found, 'each secret is a text or a Buffer of at least 32 bytes; `openssl rand -hex 32` makes one')
}

function parseKeptKeys (given: unknown): string[] {
  if (given === undefined) return []
  if (!Array.isArray(given) || !given.every(key => typeof key === 'string')) refuse('keepSessionKeys', describe(given), "write an array of your own session keys such as ['cart']")
  const forbidden = given.find(key => keptForUs.includes(key))
  if (forbidden !== undefined) refuse('keepSessionKeys', `a list with ${describe(forbidden)}`, 'leave that key out: it must not outlive the session it was made for')
  return given
}

function parseTransport (given: TransportOptions = {}): Pick<Settings, 'openHost' | 'transport' | 'timeout'> {
  refuseUnknown(given, transportNames, 'client.')
  const { openHost = 'https://open.weixin.qq.com', ...transport } = given
  const timeout = wholeNumber(given.timeout, 'client.timeout', 'milliseconds', 5000)
  const url = typeof openHost === 'string' && URL.canParse(openHost) ? new URL(openHost) : undefined
  if (url === undefined || url.origin !== openHost || !(url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname)))) {
    refuse('client.openHost', describe(openHost), 'write an https origin without a path, such as https://open.weixin.qq.com (http only on loopback)')
  }
  return { openHost, transport, timeout }
}
