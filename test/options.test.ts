// Every boot check, through app.register, as a host meets it: the message names the option, what was found and what to
// write instead.

import { hkdfSync } from 'node:crypto'
import Module from 'node:module'
import cookie from '@fastify/cookie'
import session, { MemoryStore } from '@fastify/session'
import Fastify, { type FastifyInstance, type FastifyPluginCallback, type FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { test, type Test } from 'tap'
import plugin from '../src/index'
import { parseOptions } from '../src/options/parse-options'
import { ways } from '../src/ways/index'
import type { WechatApp, WechatLoginOptions } from '../src/types'
import { agents } from './fixture/browser'
import { recordLog } from './fixture/host'
import { accounts, sessionSecret, site } from './fixture/settings'

const { oneclick, qr } = accounts
const secrets = [oneclick.secret, qr.secret, sessionSecret, 'hunter2', '86753090']
const good = { ...accounts, session: { secret: sessionSecret } }

interface Boot {
  /** What the host does before it registers the plugin. */
  before?: (app: FastifyInstance) => unknown
  /** What it does afterwards, in the same scope. */
  after?: (scope: FastifyInstance) => unknown
  /** Of that scope. */
  prefix?: string
}

async function boot (t: Test, options: object, { before, after, prefix }: Boot = {}) {
  const { logger, logs } = recordLog()
  const app = Fastify({ logger, trustProxy: true }) as unknown as FastifyInstance
  t.teardown(() => app.close())
  await before?.(app)
  const register = async (scope: FastifyInstance): Promise<void> => {
    await scope.register(plugin, options as WechatLoginOptions)
    await after?.(scope)
  }
  await (prefix === undefined ? register(app) : app.register(register, { prefix }))
  await app.ready()
  const warnings = (): string[] => logs.filter(line => line.level === 40).map(line => line.msg)
  return { app, logs, warnings }
}

/** The message with which the boot is refused. */
async function refusal (t: Test, options: object, how: Boot = {}): Promise<string> {
  try {
    await boot(t, options, how)
  } catch (error) {
    const { code, message } = error as Error & { code: string }
    t.equal(code, 'FST_WECHAT_INVALID_OPTIONS', message)
    for (const secret of secrets) t.notMatch(message, secret, 'no secret is shown')
    t.match(message, /^fastify-wechat-login: /)
    return message
  }
  t.fail('the boot was not refused', { options })
  return ''
}

type Row = [option: string, value: unknown, found: string, wanted: string]

/** `a.b` -> the good options with b of a changed. */
function change (option: string, value: unknown): object {
  const [name, inner] = option.split(/\.(.*)/) as [keyof typeof good, string?]
  return { ...good, [name]: inner === undefined ? value : { ...good[name], [inner]: value } }
}

function table (title: string, rows: Row[]): void {
  test(title, async t => {
    for (const [option, value, found, wanted] of rows) {
      const message = await refusal(t, change(option, value))
      t.match(message, option, 'names the option')
      t.match(message, found, 'says what was found')
      t.match(message, wanted, 'says what to write')
    }
  })
}

const appidWanted = 'an appid is wx and 16 hexadecimal digits'
const pathWanted = 'write a path of letters, digits and -._~/'
const urlWanted = 'write an absolute URL such as https://app.example.com/wechat/qr'

table('an app is { appid, secret, callbackUrl }, or a function', [
  ['oneclick', 'wx0000000000000001', 'is "wx0000000000000001"', 'write { appid, secret, callbackUrl }, or a function'],
  ['oneclick', null, 'is null', 'write { appid, secret, callbackUrl }'],
  ['qr', true, 'is true', 'write { appid, secret, callbackUrl }'],
  ['qr', [qr], 'is an array', 'appid, secret, callbackUrl']
])

table('an appid is wx and 16 hexadecimal digits', [
  ['oneclick.appid', undefined, 'is undefined',
    `${appidWanted}, as WeChat's console shows it; set the variable that it comes from, or leave out option oneclick`],
  ['oneclick.appid', '', 'is ""', appidWanted],
  ['oneclick.appid', 'wx000000000000000', 'is "wx000000000000000"', appidWanted],
  ['qr.appid', 'wx00000000000000011', 'is "wx00000000000000011"', appidWanted],
  ['qr.appid', 'WX0000000000000002', 'is "WX0000000000000002"', appidWanted],
  ['qr.appid', ' wx0000000000000002', 'is " wx0000000000000002"', appidWanted],
  ['qr.appid', 'gh_000000000000', 'is "gh_000000000000"', appidWanted],
  ['qr.appid', 1, 'is 1', appidWanted],
  ['qr.appid', 'x'.repeat(101), 'is a text of 101 characters', appidWanted],
  ['qr.appid', qr.secret, 'is an AppSecret by its shape', appidWanted]
])

table('an AppSecret is a text, or a function that returns one', [
  ['oneclick.secret', undefined, 'is undefined',
    'write the AppSecret of the app, or a function that returns it; set the variable that it comes from, ' +
      'or leave out option oneclick'],
  ['oneclick.secret', '', 'is empty', 'write the AppSecret of the app, or a function that returns it'],
  ['qr.secret', 86753090, 'is a value of type number', 'write the AppSecret of the app'],
  ['qr.secret', null, 'is null', 'write the AppSecret of the app'],
  ['qr.secret', qr.appid, 'is the appid', 'write the AppSecret of the app']
])

table('a callback URL is absolute, without fragment, user name or the parameters that are ours', [
  ['oneclick.callbackUrl', undefined, 'is undefined', urlWanted],
  ['oneclick.callbackUrl', '/wechat/oneclick', 'is "/wechat/oneclick"', urlWanted],
  ['oneclick.callbackUrl', 'app.example.com/wechat/qr', 'is "app.example.com/wechat/qr"', urlWanted],
  ['qr.callbackUrl', '//app.example.com/wechat/qr', 'is "//app.example.com/wechat/qr"', urlWanted],
  ['qr.callbackUrl', 'https:app.example.com/wechat/qr', 'is "https:app.example.com/wechat/qr"', urlWanted],
  ['qr.callbackUrl', 'ftp://app.example.com/wechat/qr', 'is "ftp://app.example.com/wechat/qr"', urlWanted],
  ['qr.callbackUrl', 'https://', 'is "https://"', urlWanted],
  ['qr.callbackUrl', 'https://[/x', 'is "https://[/x"', urlWanted],
  ['qr.callbackUrl', new URL(qr.callbackUrl), 'is a value of type object', urlWanted],
  ['qr.callbackUrl', 'https://app.example.com/wechat/qr#top', 'is "https://app.example.com/wechat/qr#…"',
    'leave out the fragment'],
  ['qr.callbackUrl', 'https://app.example.com/wechat/qr#', 'is "https://app.example.com/wechat/qr#…"',
    'leave out the fragment'],
  ['oneclick.callbackUrl', 'https://app.example.com./wechat/oneclick', 'is "https://app.example.com./wechat/oneclick"',
    'leave out the dot at the end of the host'],
  ['qr.callbackUrl', 'https://app.example.com\u3002:443/wechat/qr', 'is "https://app.example.com\u3002:443/wechat/qr"',
    'leave out the dot at the end of the host'],
  ['qr.callbackUrl', 'http://localhost.:3000/wechat/qr', 'is "http://localhost.:3000/wechat/qr"',
    'leave out the dot at the end of the host'],
  ['qr.callbackUrl', 'https://me:hunter2@app.example.com/wechat/qr', 'is a URL with a user name or password',
    urlWanted],
  ['qr.callbackUrl', 'https://me:hunter2@app.example.com:80/wechat/qr#x', 'is a URL with a user name or password',
    urlWanted],
  ...['code', 'state', 'redirect', 'restarted', 'embedded', 'bounced'].map((name): Row =>
    [
      'qr.callbackUrl', `https://app.example.com/wechat/qr?tenant=1&${name}=2`,
      'is "https://app.example.com/wechat/qr?…"', `leave out the query parameter ${name}`
    ])
])

table('a switch is true or false, a choice one of its words, a handler a function', [
  ['oneclick.scope', 'snsapi_login', 'is "snsapi_login"', "write 'snsapi_userinfo' or 'snsapi_base'"],
  ['oneclick.forcePopup', 'true', 'is "true"', 'write true or false'],
  ['oneclick.forceSnapShot', 1, 'is 1', 'write true or false'],
  ['oneclick.connectRedirect', null, 'is null', 'write true or false'],
  ['keepTokens', 'yes', 'is "yes"', 'write true or false'],
  ['snapshotUsers', 'accept', 'is "accept"', "write 'reject' or 'allow'"],
  ['snapshotUsers', true, 'is true', "write 'reject' or 'allow'"],
  ['lang', 'zh', 'is "zh"', "write 'zh_CN' or 'zh_TW' or 'en'"],
  ['onUser', 'upsert', 'is "upsert"', 'write a function'],
  ['onUser', null, 'is null', 'write a function'],
  ['loadUser', {}, 'is a value of type object', 'write a function'],
  ['publicUser', ['openid'], 'is an array', 'write a function'],
  ['isWechatBrowser', true, 'is true', 'write a function'],
  ['renderPage', true, 'is true', 'write a function'],
  ['renderPage', 'page.html', 'is "page.html"', 'write a function']
])

table('a length of time is a whole number in its own unit', [
  ...(['10 minuten', '900', NaN, Infinity, -1, 0, 0.5, 1e300, null, [900], true] as unknown[]).map((value): Row =>
    [
      'attemptTtl',
      value,
      typeof value === 'string' ? `is "${value}"` : Array.isArray(value) ? 'is an array' : `is ${value}`,
      'write a whole number of seconds, from 1 to 86400'
    ]),
  ['attemptTtl', 900_000, 'is 900000', 'write a whole number of seconds, from 1 to 86400'],
  ['maxAge', '1 day', 'is "1 day"', 'write a whole number of seconds, from 1 to 63072000'],
  ['maxAge', 24 * 3600 * 1000, 'is 86400000', 'write a whole number of seconds, from 1 to 63072000'],
  ['maxAge', 0, 'is 0', 'write a whole number of seconds, from 1 to 63072000'],
  ['client.timeout', '5s', 'is "5s"', 'write a whole number of milliseconds, from 1 to 2147483647'],
  ['client.timeout', 0, 'is 0', 'write a whole number of milliseconds, from 1 to 2147483647'],
  ['client.timeout', 2 ** 31, 'is 2147483648', 'write a whole number of milliseconds, from 1 to 2147483647']
])

table('the transport takes what it can use', [
  ['client', null, 'is null', 'write an object'],
  ['client', 'https://api.weixin.qq.com', 'is "https://api.weixin.qq.com"', 'write an object'],
  ['client.retries', -1, 'is -1', 'a whole number'],
  ['client.connections', 'many', 'is "many"', 'a whole number'],
  ['client.dispatcher', {}, 'is a value of type object', 'undici dispatcher'],
  ['client.apiHosts', [], 'is an array', 'an array of one origin or more'],
  ['client.apiHosts', ['http://api.weixin.qq.com'], 'is "http://api.weixin.qq.com"',
    'write an https origin without a path'],
  ['client.openHost', 'http://open.weixin.qq.com', 'is "http://open.weixin.qq.com"',
    'write an https origin without a path'],
  ['client.openHost', 'https://open.weixin.qq.com/x', 'is "https://open.weixin.qq.com/x"',
    'write an https origin without a path'],
  ['client.openHost', 'https://', 'is "https://"', 'write an https origin without a path'],
  ['client.openHost', 1, 'is 1', 'write an https origin without a path']
])

table('a route is a path or false, and a callback route is never false', [
  ['routes', '/login', 'is "/login"', 'write an object'],
  ['routes.login', 'wechat/login', 'is "wechat/login"', `${pathWanted}, such as /wechat/login`],
  ['routes.login', '', 'is ""', `${pathWanted}, such as /wechat/login`],
  ['routes.me', true, 'is true', `${pathWanted}, such as /wechat/me`],
  ['routes.me', '/a%20b', 'is "/a%20b"', `${pathWanted}, such as /wechat/me`],
  ['routes.logout', '/out?x', 'is "/out?…"', `${pathWanted}, such as /wechat/logout`],
  ['routes.embed', '/:id', 'is "/:id"', `${pathWanted}, such as /wechat/embed`],
  ['routes.client', '/*', 'is "/*"', `${pathWanted}, such as /wechat/client.js`],
  ['routes.oneclick', false, 'is false', 'write the path of the callback route'],
  ['routes.qr', 7, 'is 7', `${pathWanted}, such as /wechat/qr`],
  ['routes.qr', '/qr:1', 'is "/qr:1"', `${pathWanted}, such as /wechat/qr`]
])

table(
  'a callback URL has a path that the router finds as it is written',
  [
    ['登录/qr', '%E7%99%BB%E5%BD%95/qr'],
    ['wechat/a%20b', 'wechat/a%20b'],
    ['wechat/%71r', 'wechat/%71r'],
    ['wechat/qr:1', 'wechat/qr:1'],
    ['wechat/*', 'wechat/*']
  ].map(([path, found]): Row => [
    'qr.callbackUrl',
    `https://app.example.com/${path}`,
    `is "https://app.example.com/${found}"`,
    `${pathWanted} behind its host; where a proxy changes the path, set routes.qr`
  ])
)

table(
  'what a proxy takes off is a folder',
  [
    7, null, 'shop', '/', '//evil.example', '/shop/', '/a//b', '/shop?x', '/shop#x', '/a;b', '/a\\b', '/a\tb',
    'https://app.example.com/shop'
  ].map((given): Row =>
    [
      'publicPrefix',
      given,
      `is ${JSON.stringify(given)?.replace(/[?#]x/, sign => `${sign[0]}…`)}`,
      "write the folder that the proxy takes off, such as /shop, without a slash at its end, or '' for none"
    ])
)

table('a redirect ends on this site or on a listed origin', [
  ['redirect', '/account', 'is "/account"', 'write an object'],
  ['redirect', null, 'is null', 'write an object'],
  ['redirect.default', 'account', 'is "account"', 'write a path of your site such as /account'],
  ['redirect.default', '//evil.example', 'is "//evil.example"', 'write a path of your site'],
  ['redirect.default', 'https://shop.example.com/', 'is "https://shop.example.com/"',
    'a URL of one of redirect.origins'],
  ['redirect.default', '/wechat/login', 'is "/wechat/login"', 'write a path of your site'],
  ['redirect.default', 7, 'is 7', 'write a path of your site'],
  ['redirect.origins', 'https://shop.example.com', 'is "https://shop.example.com"',
    "write an array of origins such as ['https://shop.example.com']"],
  ['redirect.origins', ['https://shop.example.com/'], 'is "https://shop.example.com/"',
    'write an origin, without a path or a slash at its end'],
  ['redirect.origins', ['shop.example.com'], 'is "shop.example.com"', 'write an origin'],
  ['redirect.origins', ['*'], 'is "*"', 'write an origin'],
  ['redirect.origins', ['https://*.example.com/'], 'is "https://*.example.com/"', 'write an origin'],
  ['redirect.origins', ['ftp://shop.example.com'], 'is "ftp://shop.example.com"', 'write an origin'],
  ['redirect.origins', [/example/], 'is a value of type object', 'write an origin']
])

table("kept session keys are the host's own", [
  ['keepSessionKeys', 'cart', 'is "cart"', "write an array of your own session keys such as ['cart']"],
  ['keepSessionKeys', [1], 'is an array', "write an array of your own session keys such as ['cart']"],
  ...[
    '_csrf', '__proto__', 'constructor', 'prototype', 'wechatLogin', 'cookie', 'sessionId', 'encryptedSessionId'
  ].map((key): Row =>
    ['keepSessionKeys', ['cart', key], `is a list with "${key}"`, 'leave that key out'])
])

test('at least one app is needed', async t => {
  const message = await refusal(t, { session: good.session })
  t.match(message, 'neither option oneclick nor option qr is set')
  t.match(message, 'write at least one as { appid, secret, callbackUrl }')
  await boot(t, { oneclick, session: good.session })
  await boot(t, { qr, session: good.session })
})

test('one appid cannot be both an Official Account and a Website App', async t => {
  const message = await refusal(t, { ...good, qr: { ...qr, appid: oneclick.appid } })
  t.match(message, 'option qr.appid is the same as oneclick.appid')
  t.match(message, 'each with its own appid')
})

test('every option may be given', async t => {
  const full = {
    oneclick: {
      ...oneclick,
      secret: () => oneclick.secret,
      scope: 'snsapi_base',
      forcePopup: true,
      forceSnapShot: false,
      connectRedirect: true
    },
    qr: { ...qr, secret: async () => qr.secret },
    onUser: () => null,
    loadUser: () => null,
    publicUser: () => ({}),
    routes: { login: '/in', me: '/me', logout: '/out', embed: false, client: '/c.js', oneclick: '/a', qr: '/b' },
    redirect: { default: '/home', origins: ['https://shop.example.com', 'http://localhost:3000'] },
    session: good.session,
    secret: ['x'.repeat(32), Buffer.alloc(32)],
    keepSessionKeys: ['cart'],
    maxAge: 86_400,
    renderPage: () => 'page',
    keepTokens: true,
    snapshotUsers: 'allow',
    lang: 'en',
    client: {
      timeout: 1000,
      retries: 0,
      connections: 1,
      apiHosts: ['http://127.0.0.1:1'],
      openHost: 'http://localhost:1/'
    },
    attemptTtl: 60,
    isWechatBrowser: () => true,
    publicPrefix: ''
  }
  t.strictSame((await boot(t, full)).warnings(), [])
  await boot(t, {
    ...full,
    oneclick: { ...oneclick, scope: 'snsapi_userinfo' },
    renderPage: false,
    keepTokens: false,
    snapshotUsers: 'reject',
    redirect: {},
    routes: {}
  })
})

test('a peer dependency that is not installed is named, with the command that installs it', async t => {
  for (const name of ['@fastify/cookie', '@fastify/session']) {
    const hidden = hide(t, name, 'MODULE_NOT_FOUND')
    t.match(await refusal(t, good), `option session needs ${name}, which is not installed; run: npm install ${name}`)
    hidden.restore()
  }
  hide(t, '@fastify/session', 'ERR_OTHER')
  await t.rejects(boot(t, good), { code: 'ERR_OTHER' }, 'any other failure to load it is told as it is')
})

/** Makes `require(name)` fail in this process, until the test ends. */
function hide (t: Test, name: string, code: string): { restore: () => void } {
  const loader = Module as unknown as { _load: (request: string, ...rest: unknown[]) => unknown }
  const { _load: load } = loader
  loader._load = (request, ...rest) => {
    if (request === name) throw Object.assign(new Error(name), { code })
    return load(request, ...rest)
  }
  const restore = (): void => { loader._load = load }
  t.teardown(restore)
  return { restore }
}

test('unknown names are refused on every level, with the name that was probably meant', async t => {
  const cases: Array<[options: object, message: string]> = [
    [{ ...good, onuser: () => ({}) }, 'unknown option onuser; did you mean onUser?'],
    [{ ...good, KeepTokens: true }, 'unknown option KeepTokens; did you mean keepTokens?'],
    [{ ...good, appid: 'wx0000000000000001' }, 'unknown option appid; known here are oneclick, qr, onUser,'],
    [change('oneclick.callbackURL', 'x'), 'unknown option oneclick.callbackURL; did you mean oneclick.callbackUrl?'],
    [change('qr.scope', 'snsapi_login'), 'unknown option qr.scope; known here are appid, secret, callbackUrl'],
    [change('routes.signin', '/x'),
      'unknown option routes.signin; known here are login, me, logout, embed, client, oneclick, qr'],
    [change('redirect.Default', '/x'), 'unknown option redirect.Default; did you mean redirect.default?'],
    [change('client.timeOut', 1), 'unknown option client.timeOut; did you mean client.timeout?']
  ]
  for (const [options, message] of cases) t.match(await refusal(t, options), message)
})

test('a prefix on register would do nothing, so it is refused', async t => {
  const message = await refusal(t, { ...good, prefix: '/api' })
  t.match(message, 'option prefix has no effect')
  t.match(message, 'register the plugin inside a scope that has the prefix')
})

test("in a prefixed scope the callback URL's path begins with the prefix, or the route is named", async t => {
  const message = await refusal(t, { qr, session: good.session }, { prefix: '/api' })
  t.match(message, 'option qr.callbackUrl is "https://app.example.com/wechat/qr"')
  t.match(message, 'its path must begin with /api/')
  t.match(message, 'set routes.qr')
  t.match(
    await refusal(
      t,
      { qr: { ...qr, callbackUrl: 'https://app.example.com/apixx/qr' }, session: good.session },
      { prefix: '/api' }
    ),
    'its path must begin with /api/'
  )
  const inside = await boot(
    t,
    { qr: { ...qr, callbackUrl: 'https://app.example.com/api/back' }, session: good.session },
    { prefix: '/api' }
  )
  t.ok(inside.app.hasRoute({ method: 'GET', url: '/api/back' }))
  const behindProxy = await boot(t, { qr, routes: { qr: '/back' }, session: good.session }, { prefix: '/api' })
  t.ok(behindProxy.app.hasRoute({ method: 'GET', url: '/api/back' }))
  const named = await boot(t, {
    qr: { ...qr, callbackUrl: 'https://app.example.com/登录' },
    routes: { qr: '/back' },
    session: good.session
  })
  t.ok(named.app.hasRoute({ method: 'GET', url: '/back' }), 'then the path of the URL is for the proxy to know')
})

/** The login's own path, as browsers are told. */
async function loginUrl (t: Test, options: object, how: Boot = {}): Promise<string> {
  const { app } = await boot(t, { session: good.session, ...options }, how)
  return (await app.inject({ url: `${how.prefix ?? ''}/wechat/me` })).json().loginUrl
}

const at = (app: WechatApp, path: string): WechatApp => ({ ...app, callbackUrl: `https://app.example.com${path}` })

test('what a proxy takes off is read from the callback URLs, or named', async t => {
  const routes = { qr: '/wechat/qr', oneclick: '/wechat/oneclick' }
  const cases: Array<[options: object, prefix: string | undefined, loginUrl: string]> = [
    [{ oneclick, qr }, undefined, '/wechat/login'],
    [{ oneclick, qr, routes }, undefined, '/wechat/login'],
    [{ qr: at(qr, '/shop/wechat/qr'), routes: { qr: '/wechat/qr' } }, undefined, '/shop/wechat/login'],
    [{
      qr: at(qr, '/a/b/wechat/qr'),
      oneclick: { ...at(oneclick, '/a/b/wechat/oneclick'), callbackUrl: 'https://m.example.com/a/b/wechat/oneclick' },
      routes
    }, undefined, '/a/b/wechat/login'],
    [{ qr: at(qr, '/shop/api/back'), routes: { qr: '/back' } }, '/api', '/shop/api/wechat/login'],
    [{ qr: at(qr, '/shop/api/back'), publicPrefix: '/shop' }, '/api', '/shop/api/wechat/login'],
    [{ qr: at(qr, '/店/wechat/qr'), publicPrefix: '/店' }, undefined, '/%E5%BA%97/wechat/login'],
    [{ qr: at(qr, '/shop/wechat/qr'), oneclick: () => oneclick, routes: { qr: '/wechat/qr' } }, undefined,
      '/shop/wechat/login'],
    [{ qr: () => qr, publicPrefix: '/prod' }, undefined, '/prod/wechat/login'],
    [{ qr: at(qr, '/login-done'), routes: { qr: '/wechat/qr' } }, undefined, '/wechat/login'],
    [{ qr: at(qr, '/login-done'), oneclick: at(oneclick, '/shop/wechat/oneclick'), routes, publicPrefix: '/shop' },
      undefined, '/shop/wechat/login'],
    [{ qr: at(qr, '/shop/wechat/qr'), routes: { qr: '/wechat/qr' }, publicPrefix: '' }, undefined, '/wechat/login']
  ]
  for (const [options, prefix, expected] of cases) {
    t.equal(await loginUrl(t, options, prefix === undefined ? {} : { prefix }), expected, JSON.stringify(options))
  }
})

test('callback URLs that disagree of it ask for the option, and one outside it for its route', async t => {
  const refused = (options: object, prefix?: string) =>
    refusal(t, { session: good.session, ...options }, prefix === undefined ? {} : { prefix })
  const half = { qr: at(qr, '/shop/wechat/qr'), oneclick, routes: { qr: '/wechat/qr' } }
  const wanted = "write the folder that the proxy takes off, such as /shop, without a slash at its end, or '' for none"
  t.match(
    await refused(half),
    'option publicPrefix is missing: nothing (oneclick.callbackUrl) and /shop (qr.callbackUrl) ' +
      `stand in front of the paths that reach Fastify; ${wanted}`
  )
  t.match(
    await refused({
      ...half,
      oneclick: at(oneclick, '/store/wechat/oneclick'),
      routes: { qr: '/wechat/qr', oneclick: '/wechat/oneclick' }
    }),
    '/store (oneclick.callbackUrl) and /shop (qr.callbackUrl)'
  )
  t.match(
    await refused({ qr: at(qr, '//wechat/qr'), routes: { qr: '/wechat/qr' } }),
    `option publicPrefix is "/"; ${wanted}`
  )
  t.match(
    await refused({ qr, publicPrefix: '/shop' }),
    'option qr.callbackUrl is "https://app.example.com/wechat/qr"; its path must begin with /shop/, ' +
      'option publicPrefix and the prefix of the scope; where a proxy changes the path, set routes.qr'
  )
  t.match(
    await refused({ qr: at(qr, '/shop/wechat/qr'), publicPrefix: '/shop' }, '/api'),
    'its path must begin with /shop/api/'
  )
  t.match(
    await refused({ ...half, oneclick: undefined, session: { secret: sessionSecret, cookie: { path: '/wechat' } } }),
    'the callback path /shop/wechat/qr must lie under it'
  )
  t.match(
    await refused({ ...half, oneclick: undefined, redirect: { default: '/shop/wechat/me' } }),
    'option redirect.default is "/shop/wechat/me"'
  )
})

test('an origin may be written as URLs may be: capital letters, the default port', async t => {
  for (const listed of ['https://shop.example.com', 'HTTPS://Shop.Example.com', 'https://shop.example.com:443']) {
    const { app } =
      await boot(t, { ...good, redirect: { origins: [listed], default: 'https://shop.example.com/home' } })
    t.equal(
      (await app.inject({ url: '/wechat/embed', headers: { host: site } })).json().redirect,
      'https://shop.example.com/home',
      listed
    )
  }
})

test('no two routes have one path, in any case, with or without a slash at the end', async t => {
  const cases: Array<[options: object, message: string]> = [
    [change('qr.callbackUrl', oneclick.callbackUrl), 'the routes oneclick and qr both have the path /wechat/oneclick'],
    [change('qr.callbackUrl', 'https://other.example.com/wechat/oneclick'),
      'the routes oneclick and qr both have the path /wechat/oneclick'],
    [change('qr.callbackUrl', 'https://app.example.com/WeChat/OneClick/'),
      'the routes oneclick and qr both have the path /WeChat/OneClick/'],
    [change('qr.callbackUrl', 'https://app.example.com/wechat/login'),
      'the routes login and qr both have the path /wechat/login'],
    [change('routes.me', '/wechat/login/'), 'the routes login and me both have the path /wechat/login/'],
    [change('routes.logout', '/WECHAT/ME'), 'the routes me and logout both have the path /WECHAT/ME']
  ]
  for (const [options, message] of cases) {
    const refused = await refusal(t, options)
    t.match(refused, message)
    t.match(refused, 'give each a path of its own (routes.* or the callbackUrl)')
  }
})

test('a callback on / leaves / to be no place for a login to end', async t => {
  const atRoot = change('qr.callbackUrl', 'https://app.example.com/')
  t.match(
    await refusal(t, atRoot),
    'option redirect.default is not set, and its default "/" is a route of the login here; ' +
      'write a path of your site such as /account that is no route of the login'
  )
  await boot(t, { ...atRoot, redirect: { default: '/account' } })
})

test('the path of a callback without an app is refused', async t => {
  const message = await refusal(t, { oneclick, session: good.session, routes: { qr: '/back' } })
  t.match(message, 'option routes.qr is "/back"')
  t.match(message, 'leave it out, or set option qr too')
})

test('a route that is false is not there, and the others keep their paths', async t => {
  const { app } = await boot(t, { ...good, routes: { login: false, logout: '/out' } })
  t.notOk(app.hasRoute({ method: 'GET', url: '/wechat/login' }))
  t.ok(app.hasRoute({ method: 'POST', url: '/out' }))
  t.ok(app.hasRoute({ method: 'GET', url: '/wechat/me' }))
  const rest = await boot(t, { ...good, routes: { me: false, logout: false } })
  t.notOk(rest.app.hasRoute({ method: 'GET', url: '/wechat/me' }))
  t.notOk(rest.app.hasRoute({ method: 'POST', url: '/wechat/logout' }))
  t.ok(rest.app.hasRoute({ method: 'GET', url: '/wechat/qr' }))
  t.ok(rest.app.hasRoute({ method: 'POST', url: '/wechat/oneclick' }))
})

test('a signing secret has at least 32 bytes, every one of a list', async t => {
  const wanted = 'each secret is a text or a Buffer of at least 32 bytes; `openssl rand -hex 32` makes one'
  const cases: Array<[secret: unknown, found: string]> = [
    ['', 'option secret is only 0 bytes long'],
    ['hunter2!', 'option secret is only 8 bytes long'],
    ['x'.repeat(31), 'option secret is only 31 bytes long'],
    ['密'.repeat(10), 'option secret is only 30 bytes long'],
    [Buffer.alloc(31), 'option secret is only 31 bytes long'],
    [['x'.repeat(32), 'hunter2'], 'option secret is only 7 bytes long'],
    [['x'.repeat(32), undefined], 'option secret is undefined'],
    [[86753090], 'option secret is a value of type number'],
    [86753090, 'option secret is a value of type number'],
    [null, 'option secret is'],
    [true, 'option secret is a value of type boolean']
  ]
  for (const [secret, found] of cases) {
    const message = await refusal(t, { ...good, secret })
    t.match(message, found)
    if (secret !== null) t.match(message, wanted)
  }
  t.match(
    await refusal(t, { ...good, secret: [] }),
    'option secret is an empty array; write at least one secret of at least 32 bytes'
  )
  for (const secret of ['x'.repeat(32), '密'.repeat(11), Buffer.alloc(32), ['x'.repeat(32), Buffer.alloc(40)]]) {
    await boot(t, { ...good, secret })
  }
})

test('without option secret the session secret counts, and is held to the same length', async t => {
  t.match(await refusal(t, { ...good, session: { secret: 'hunter2!' } }), 'option session.secret is only 8 bytes long')
  t.match(
    await refusal(t, { ...good, session: { secret: [sessionSecret, 'hunter2'] } }),
    'option session.secret is only 7 bytes long'
  )
  t.match(await refusal(t, { ...good, session: { secret: [] } }), 'option session.secret is an empty array')
  await boot(t, { ...good, session: { secret: [sessionSecret, 'x'.repeat(32)] } })
})

test('a signer, or a session of the host, leaves nothing to derive the signing secret from', async t => {
  const signer = { sign: (value: string) => value, unsign: (value: string) => ({ valid: true, renew: false, value }) }
  t.match(
    await refusal(t, { ...good, session: { secret: signer } }),
    'option secret is missing, and none can be derived from session.secret'
  )
  t.match(
    await refusal(t, { ...good, session: {} }),
    'option session.secret is undefined; write a text of at least 32 bytes, or set the variable'
  )
  const message = await refusal(t, { oneclick, qr })
  t.match(message, 'option session is missing; write session: { secret: process.env.SESSION_SECRET }')
  t.match(message, 'Where the host registers @fastify/session before this plugin, set option secret instead')
  const beside = await refusal(t, { oneclick, qr }, { before: withSession })
  t.match(
    beside,
    'option secret is missing; write secret: process.env.WECHAT_LOGIN_SECRET, a text of at least 32 bytes'
  )
  t.notMatch(beside, 'option session is missing', 'the host has one')
  await boot(t, { ...good, session: { secret: signer }, secret: 'x'.repeat(32) })
  await boot(t, { oneclick, qr, secret: 'x'.repeat(32) }, { before: withSession })
})

test('the signing keys are derived with a label of ours, so that the secrets themselves sign nothing', t => {
  const derive = (secret: string): Buffer =>
    Buffer.from(hkdfSync('sha256', secret, '', 'fastify-wechat-login attempt', 32))
  const keysOf = (options: object): readonly Buffer[] =>
    parseOptions(options as WechatLoginOptions, ways, { prefix: '', hasSession: false }, () => {}).attempts.keys
  t.strictSame(keysOf(good), [derive(sessionSecret)])
  t.strictSame(
    keysOf({ ...good, secret: ['x'.repeat(32), 'y'.repeat(32)] }),
    [derive('x'.repeat(32)), derive('y'.repeat(32))],
    'in the order given'
  )
  t.end()
})

async function withSession (app: FastifyInstance): Promise<void> {
  await app.register(cookie)
  await app.register(session, { secret: sessionSecret })
}

test('the login lives in one session: ours or the host\'s, not in none and not in both', async t => {
  const none = await refusal(t, { oneclick, qr, secret: 'x'.repeat(32) })
  t.match(none, 'there is no session to keep a login in')
  t.match(none, 'set option session, e.g. session: { secret: process.env.SESSION_SECRET }')
  t.match(none, 'register @fastify/cookie and @fastify/session before this plugin')
  const both = await refusal(t, good, { before: withSession })
  t.match(both, 'option session is set, and the host has registered @fastify/session too')
  t.match(both, 'leave out one of them')
  for (const value of ['a session secret', true, null]) {
    t.match(
      await refusal(t, { ...good, session: value }),
      /option session is (?:null|a value of type \w+); write options of @fastify\/session/
    )
  }
})

test('beside a session of ours, one that the host registers afterwards ends the boot, in the same scope and below', async t => {
  // Called by an async plugin: what @fastify/session itself throws is caught by nobody.
  const second = async (scope: FastifyInstance): Promise<void> => {
    (session as unknown as FastifyPluginCallback<object>)(scope, { secret: sessionSecret }, () => {})
  }
  for (const late of [second, fp(second)]) {
    const app = Fastify()
    t.teardown(() => app.close())
    app.register(plugin, good)
    app.register(late)
    await t.rejects(async () => {
      await app.ready()
    }, { code: 'FST_ERR_DEC_ALREADY_PRESENT', message: /decryptSession/ })
  }
})

test('a session plugin that the host registers after ours comes too late, and is told so', async t => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.register(plugin, { oneclick, qr, secret: 'x'.repeat(32) })
  app.register(cookie)
  app.register(session, { secret: sessionSecret })
  await t.rejects(async () => { await app.ready() }, {
    code: 'FST_WECHAT_INVALID_OPTIONS',
    message: /register @fastify\/cookie and @fastify\/session before this plugin/
  })
})

test('@fastify/secure-session is refused: its sessions cannot be ended', async t => {
  const named = fp(async () => {}, { name: '@fastify/secure-session' })
  const decorated = fp(async app => { app.decorate('createSecureSession', () => {}) })
  const onRequests = fp(async app => { app.decorateRequest('createSecureSession', null) })
  for (const secure of [named, decorated, onRequests]) {
    const message = await refusal(t, good, { before: app => app.register(secure) })
    t.match(message, '@fastify/secure-session')
    t.match(message, 'could not be revoked')
    t.match(message, 'Register @fastify/session instead, or set option session')
  }
})

test('a session store can be asked, told and emptied', async t => {
  const cases: Array<[store: unknown, found: string]> = [
    [{}, 'a value of type object without get, set, destroy'],
    [MemoryStore, 'a value of type function without get, set, destroy'],
    [{ get () {}, set () {}, del () {} }, 'a value of type object without destroy']
  ]
  for (const [store, found] of cases) {
    t.match(
      await refusal(t, { qr, session: { secret: sessionSecret, store: store as never } }),
      `option session.store is ${found}; write a session store, such as new RedisStore({ client })`
    )
  }
  for (const store of [new MemoryStore(), undefined, null, false]) {
    await boot(t, { qr, session: { secret: sessionSecret, store: store as never } })
  }
})

test("the session cookie's path covers the callbacks", async t => {
  t.match(
    await refusal(t, { qr, session: { secret: sessionSecret, cookie: { path: 7 } } }),
    "option session.cookie.path is 7; the callback path /wechat/qr must lie under it; write '/'"
  )
  for (const path of ['/account', '/wechat/q', '/wechat/qr/', '/Wechat']) {
    const message = await refusal(t, { qr, session: { secret: sessionSecret, cookie: { path } } })
    t.match(
      message,
      `option session.cookie.path is "${path}"; the callback path /wechat/qr must lie under it; write '/'`
    )
  }
  t.match(
    await refusal(
      t,
      { qr, routes: { qr: '/back' }, session: { secret: sessionSecret, cookie: { path: '/wechat' } } },
      { prefix: '/api' }
    ),
    'the callback path /api/back must lie under it'
  )
  for (const path of ['/', '/wechat', '/wechat/', '/wechat/qr']) {
    await boot(t, { qr, session: { secret: sessionSecret, cookie: { path } } })
  }
})

test('a session cookie that no browser would keep is refused; one that it withholds on the way back from WeChat is told', async t => {
  const cases: Array<[cookie: object, message: string]> = [
    [{ sameSite: 'none', secure: false },
      "option session.cookie.sameSite is \"none\"; browsers take no such cookie without secure: true; write 'lax'"],
    [{ sameSite: 'None', secure: false }, 'option session.cookie.sameSite is "None"'],
    [{ domain: 'example.org' },
      'option session.cookie.domain is "example.org"; a browser takes no such cookie from app.example.com, ' +
        "the callback URL's host; leave it out"],
    [{ domain: 'xample.com' }, 'option session.cookie.domain is "xample.com"'],
    [{ domain: 'www.app.example.com' }, 'option session.cookie.domain is "www.app.example.com"'],
    [{ domain: 7 }, 'option session.cookie.domain is 7']
  ]
  for (const [cookie, message] of cases) {
    t.match(await refusal(t, { ...good, session: { secret: sessionSecret, cookie } }), message)
  }
  t.match(
    await refusal(t, {
      oneclick,
      qr: { ...qr, callbackUrl: 'https://app.example.org/qr' },
      session: { secret: sessionSecret, cookie: { domain: 'example.com' } }
    }),
    'takes no such cookie from app.example.org',
    'of two hosts each counts'
  )
  const strict = 'fastify-wechat-login: the session cookie is SameSite=Strict: the browser withholds it on the way ' +
    "back from WeChat, and a guarded page right after the login sees nobody. Set session.cookie.sameSite to 'lax'"
  for (const sameSite of ['strict', 'Strict', true]) {
    t.strictSame(
      (await boot(t, { ...good, session: { secret: sessionSecret, cookie: { sameSite } } })).warnings(),
      [strict]
    )
  }
  for (const cookie of [
    { sameSite: 'none' },
    { sameSite: 'none', secure: 'auto' },
    { sameSite: 'lax', secure: false },
    { sameSite: false },
    { domain: '.Example.com' },
    { domain: 'app.example.com' },
    { domain: '' }
  ]) {
    t.strictSame((await boot(t, { ...good, session: { secret: sessionSecret, cookie } })).warnings(), [])
  }
  await boot(t, { qr: () => qr, session: { secret: sessionSecret, cookie: { domain: 'example.org' } } })
})

test('a __Host- session cookie is Secure, with path / and without a domain', async t => {
  for (const cookie of [{ domain: 'example.com' }, { path: '/wechat' }, { secure: false }, { secure: 'auto' }]) {
    const message = await refusal(t, { ...good, session: { secret: sessionSecret, cookieName: '__Host-sid', cookie } })
    t.match(message, 'option session.cookieName is "__Host-sid"')
    t.match(message, 'must be Secure, with path / and without a domain')
  }
  t.match(
    await refusal(t, {
      oneclick: { ...oneclick, callbackUrl: 'http://localhost:3000/back' },
      session: { secret: sessionSecret, cookieName: '__Host-sid' }
    }),
    'option session.cookieName'
  )
  await boot(t, {
    ...good,
    session: { secret: sessionSecret, cookieName: '__Host-sid', cookie: { path: '/', secure: true } }
  })
})

test('the session cookie is a __Host- cookie wherever it can be one', async t => {
  const cases: Array<[app: object, cookie: object | undefined, name: string, attributes: RegExp]> = [
    [qr, undefined, '__Host-session', /; Path=\/; HttpOnly; Secure; SameSite=Lax$/],
    [qr, { path: '/' }, '__Host-session', /; Path=\/; HttpOnly; Secure; SameSite=Lax$/],
    [qr, { secure: true }, '__Host-session', /; Secure/],
    [qr, { path: '/wechat' }, 'session', /; Path=\/wechat; HttpOnly; Secure; SameSite=Lax$/],
    [qr, { domain: 'example.com' }, 'session', /; Domain=example.com; Path=\/; HttpOnly; Secure; SameSite=Lax$/],
    [qr, { secure: 'auto' }, 'session', /; Path=\/; HttpOnly;/],
    [qr, { secure: false }, 'session', /; Path=\/; HttpOnly; SameSite=Lax$/],
    [{ ...qr, callbackUrl: 'http://localhost:3000/wechat/qr' }, undefined, 'session',
      /; Path=\/; HttpOnly; SameSite=Lax$/]
  ]
  for (const [app, sessionCookie, name, attributes] of cases) {
    const { app: host } = await boot(
      t,
      { qr: app, session: { secret: sessionSecret, ...(sessionCookie && { cookie: sessionCookie }) } },
      { after: writeSession }
    )
    const { headers } = await host.inject({ url: '/wechat/write', headers: { 'x-forwarded-proto': 'https' } })
    const line = String(headers['set-cookie'])
    t.equal(line.split('=', 1)[0], name, JSON.stringify(sessionCookie))
    t.match(line, attributes)
  }
})

test('the session of ours writes nothing for anonymous visitors, unless the host says so', async t => {
  const visit = async (change: object): Promise<unknown> => {
    const { app } = await boot(
      t,
      { ...good, session: { secret: sessionSecret, ...change } },
      { after: scope => { scope.get('/', async () => 'hello') } }
    )
    return (await app.inject({ url: '/', headers: { 'x-forwarded-proto': 'https' } })).headers['set-cookie']
  }
  t.equal(await visit({}), undefined)
  t.match(await visit({ saveUninitialized: true, cookieName: 'sid' }), /^sid=/)
})

function writeSession (app: FastifyInstance): void {
  app.get('/wechat/write', async request => {
    Object.assign(request.session, { cart: 1 })
    return 'written'
  })
}

test('an AppSecret of another shape is only warned of, without showing it', async t => {
  const { warnings } = await boot(t, change('oneclick.secret', 'hunter2'))
  t.strictSame(warnings(), [
    "fastify-wechat-login: option oneclick.secret is not 32 hexadecimal digits, as WeChat's AppSecrets are; " +
      "copy it again from WeChat's console"
  ])
})

test('http is warned of, but not on loopback', async t => {
  const { warnings } = await boot(t, change('qr.callbackUrl', 'http://app.example.com/wechat/qr'))
  t.strictSame(warnings(), [
    'fastify-wechat-login: option qr.callbackUrl is not https: codes and cookies travel in clear text; ' +
      'serve the site over https and write https://'
  ])
  for (const host of ['localhost:3000', 'app.localhost', '127.0.0.1:3000', '127.1.2.3', '[::1]:3000']) {
    t.strictSame(
      (await boot(t, { qr: { ...qr, callbackUrl: `http://${host}/wechat/qr` }, session: good.session })).warnings(),
      [],
      host
    )
  }
  t.strictSame((await boot(t, good)).warnings(), [], 'all as WeChat wants it')
})

test('a port is warned of in development and refused in production, but not on loopback', async t => {
  const urls = [
    'https://app.example.com:8443/wechat/qr', 'https://app.example.com:443/wechat/qr',
    'https://app.example.com:/wechat/qr', 'https://app.example.com:8443/x'
  ]
  const { NODE_ENV } = process.env
  t.teardown(() => {
    if (NODE_ENV === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = NODE_ENV
  })
  delete process.env.NODE_ENV
  for (const url of urls) {
    const { warnings } = await boot(t, { qr: { ...qr, callbackUrl: url }, session: good.session })
    t.strictSame(
      warnings(),
      [
        'fastify-wechat-login: option qr.callbackUrl has a port, for which WeChat shows error 10003; leave it out, ' +
          'it is refused in production'
      ],
      url
    )
  }
  process.env.NODE_ENV = 'production'
  for (const url of urls) {
    const message = await refusal(t, { qr: { ...qr, callbackUrl: url }, session: good.session })
    t.match(message, `option qr.callbackUrl is "${url.replace(/\?y/, '?…')}"`)
    t.match(message, 'leave out the port: WeChat answers 10003 to a redirect_uri with one')
  }
  await boot(t, { qr: { ...qr, callbackUrl: 'http://localhost:3000/wechat/qr' }, session: good.session })
  await boot(t, { qr: { ...qr, callbackUrl: 'https://[2001:db8::1]/wechat/qr' }, session: good.session })
})

test('registering twice in one scope, or below one that has it, is refused', async t => {
  const again = 'the plugin is registered already in this scope or one above it; register it once, or in sibling scopes'
  t.match(await refusal(t, good, { before: app => app.register(plugin, good) }), again)
  t.match(await refusal(t, good, { before: app => app.register(plugin, good), prefix: '/x' }), again)
})

test('sibling scopes may each have their own accounts, and the scope above has none', async t => {
  const app = Fastify()
  t.teardown(() => app.close())
  for (const [prefix, digit] of [['/a', '3'], ['/b', '4']] as const) {
    await app.register(async scope => {
      await scope.register(plugin, {
        qr: {
          appid: `wx000000000000000${digit}`,
          secret: qr.secret,
          callbackUrl: `https://app.example.com${prefix}/wechat/qr`
        },
        session: { secret: sessionSecret }
      })
    }, { prefix })
  }
  const locationOf = async (prefix: string): Promise<string> =>
    String((await app.inject({
      url: `${prefix}/wechat/login`,
      headers: { host: site, 'user-agent': agents.desktop }
    })).headers.location)
  t.match(
    await locationOf('/a'),
    'appid=wx0000000000000003&redirect_uri=https%3A%2F%2Fapp.example.com%2Fa%2Fwechat%2Fqr&'
  )
  t.match(
    await locationOf('/b'),
    'appid=wx0000000000000004&redirect_uri=https%3A%2F%2Fapp.example.com%2Fb%2Fwechat%2Fqr&'
  )
  t.notOk(app.hasDecorator('wechatLogin'))
})

test('an app given as a function needs no appid at boot, and has its callback on /wechat/<way>', async t => {
  const { app } = await boot(t, { oneclick: () => undefined, qr: async () => undefined, session: good.session })
  t.ok(app.hasRoute({ method: 'GET', url: '/wechat/oneclick' }))
  t.ok(app.hasRoute({ method: 'GET', url: '/wechat/qr' }))
  t.equal(app.wechatLogin.qr, undefined, 'nor a client of its own')
  const { app: named } = await boot(t, { qr: () => qr, routes: { qr: '/back' }, session: good.session })
  t.ok(named.hasRoute({ method: 'GET', url: '/back' }))
})

const atLogin = { url: '/wechat/login', headers: { host: site, 'user-agent': agents.desktop } }

test('what a function returns is checked when it is asked for; the visitor gets a fixed text and the log the reason', async t => {
  const results: Array<[result: unknown, reason: string]> = [
    [{ ...qr, appid: 'wx1' }, 'option qr.appid is "wx1"; an appid is wx and 16 hexadecimal digits'],
    [{ ...qr, appid: qr.secret }, 'option qr.appid is an AppSecret by its shape'],
    [{ ...qr, secret: '' }, 'option qr.secret is empty'],
    [{ ...qr, callbackUrl: '/wechat/qr' }, 'option qr.callbackUrl is "/wechat/qr"'],
    [{ ...qr, scope: 'snsapi_login' }, 'unknown option qr.scope'],
    ['wx0000000000000002', 'option qr is "wx0000000000000002"'],
    [false, 'option qr is false'],
    [[], 'option qr is an array']
  ]
  for (const [result, reason] of results) {
    const { app, logs } = await boot(t, { qr: async () => result, session: good.session })
    const { statusCode, body } = await app.inject(atLogin)
    t.equal(statusCode, 500)
    t.strictSame(JSON.parse(body), {
      statusCode: 500,
      code: 'FST_WECHAT_MISCONFIGURED',
      error: 'Internal Server Error',
      message: 'The WeChat login of this site is not set up correctly'
    })
    const logged = logs.filter(line => line.msg === 'fastify-wechat-login: option qr returned what is no app')
    t.equal(logged.length, 1)
    t.match(logged[0]?.err.message, reason)
    t.notMatch(JSON.stringify(logs), qr.secret)
  }
})

test('a function may know no app for a visitor, or fail: neither is a mistake in the set-up', async t => {
  for (const none of [undefined, null]) {
    const { app } = await boot(t, { qr: () => none, session: good.session })
    t.equal((await app.inject(atLogin)).json().code, 'FST_WECHAT_INVALID_REQUEST', 'no browser would do')
    const { app: inWechat } = await boot(t, { qr: () => none, oneclick: () => oneclick, session: good.session })
    t.equal((await inWechat.inject(atLogin)).json().code, 'FST_WECHAT_WRONG_BROWSER', "WeChat's would")
  }
  const { app, logs } =
    await boot(t, { qr: () => { throw new Error('hunter2 refused the connection') }, session: good.session })
  const { statusCode, body } = await app.inject(atLogin)
  t.equal(statusCode, 500)
  t.notMatch(body, 'hunter2', 'its text is for the log')
  t.match(JSON.stringify(logs), 'refused the connection')
})

test('what a function returns is checked once for each appid, and again when it has changed', async t => {
  let result: WechatApp = { ...qr, secret: 'odd' }
  const asked: unknown[] = []
  const ask = (request: FastifyRequest): WechatApp => {
    asked.push(request.headers.host)
    return { ...result }
  }
  const { app, warnings } = await boot(t, { qr: ask, session: good.session })
  const visit = async (next: WechatApp): Promise<number> => {
    result = next
    t.equal((await app.inject(atLogin)).statusCode, 302)
    return warnings().length
  }
  const [first, second] = [result, { ...result, appid: 'wx0000000000000009' }]
  t.equal(await visit(first), 1)
  t.equal(await visit(first), 1, 'the same again')
  t.equal(await visit(second), 2, 'another appid')
  t.equal(await visit(first), 2, 'both are remembered')
  t.equal(await visit({ ...first, secret: 'odder' }), 3, 'a new secret')
  t.equal(
    await visit({ ...first, secret: 'odder', callbackUrl: 'https://app.example.com/wechat/qr?x' }),
    4,
    'a new callback URL'
  )
  t.equal(await visit({ ...first, secret: qr.secret }), 4, 'mended')
  t.strictSame(asked, Array(7).fill(site), 'the function is asked every time')
})

test('of the apps that functions return, a thousand are remembered', async t => {
  let count = 0
  const { app, warnings } = await boot(t, {
    qr: () => ({ ...qr, secret: 'odd', appid: `wx${String(count % 1001).padStart(16, '0')}` }),
    session: good.session
  })
  for (; count <= 1001; count++) await app.inject(atLogin)
  t.equal(warnings().length, 1002, 'the first of 1,001 has been forgotten')
})
