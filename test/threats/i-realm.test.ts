// A login counts where it was made, whatever store, secret, appid and path two sites share.

import cookie from '@fastify/cookie'
import session from '@fastify/session'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { type Test, test } from 'tap'
import { createPlugin } from '../../src/plugin'
import { startWechatSimulator } from '../../src/simulator'
import type { Browser } from '../fixture/browser'
import { type Host, startHost } from '../fixture/host'
import { begin, exchanges, logIn } from '../fixture/login'
import { SessionStore } from '../fixture/session-store'
import { accounts, sameOrigin, sessionSecret, site } from '../fixture/settings'
import type { WechatLoginOptions } from '../../src/types'

const admin = 'admin.example.com'
type Realm = WechatLoginOptions['realm']

const routes = (app: FastifyInstance): void => {
  app.get('/verified', { onRequest: app.verifyWechatUser }, async request => ({ user: request.wechatUser?.nickname }))
  app.get('/by-hand', async request => ({ user: request.wechatUser, loaded: await request.loadWechatUser() }))
}

/** What a host under this name says of the browser: by me, both guards, and a handler that asks for itself. */
async function seenBy (browser: Browser, name: string): Promise<unknown[]> {
  const ask = (path: string) => browser.fetch(`https://${name}${path}`)
  const byHand = (await ask('/by-hand')).json()
  return [
    (await ask('/wechat/me')).status, (await ask('/account')).status, (await ask('/verified')).status,
    byHand.user?.nickname ?? null, byHand.loaded?.nickname ?? null
  ]
}

const known = [200, 200, 200, '青禾🌱', '青禾🌱']
const nobody = [401, 401, 401, null, null]

/** The session cookie of one name, brought to another: the two share whatever the host shares. */
function bring (browser: Browser, from: string, to: string, host: Host): void {
  browser.hosts[to] = host.address
  for (const [name, value] of browser.jar(from)) browser.jar(to).set(name, value)
}

interface Sites { www: Host, admin: Host, store: SessionStore }

/** Two sites with one store, one secret, one appid and one callback path. */
async function startSites (
  t: Test, realms: { www?: Realm, admin?: Realm }, adminUrl = `https://${admin}/wechat/qr`
): Promise<Sites> {
  const store = new SessionStore()
  const shared = { oneclick: undefined as never, session: { secret: sessionSecret, store } }
  const www =
    await startHost(t, { routes, options: { ...shared, ...(realms.www !== undefined && { realm: realms.www }) } })
  const second = await startHost(t, {
    routes,
    wechat: www.wechat,
    options: ({ options: { qr } }) => ({
      ...shared,
      qr: { ...qr, callbackUrl: adminUrl },
      onUser: () => null,
      ...(realms.admin !== undefined && { realm: realms.admin })
    })
  })
  return { www, admin: second, store }
}

test('T32: a login of one site is nobody at another with the same store, secret, appid and callback path', async t => {
  const { www, admin: second, store } = await startSites(t, {})
  const browser = www.browser()
  await logIn(www, browser)
  bring(browser, site, admin, second)
  t.strictSame(await seenBy(browser, admin), nobody)
  t.strictSame(await seenBy(browser, site), known, 'and where it was made it stands')
  t.equal(store.logins().length, 1)
})

for (const [title, realms, expected] of [
  ['two realms keep apart what has one callback URL', { www: 'www', admin: 'admin' }, nobody],
  ['a realm of one site alone keeps its logins there', { www: 'www' }, nobody],
  ['a realm is compared as it is written', { www: 'www', admin: 'WWW' }, nobody],
  ['a function says it by the request',
    { www: ({ host }: FastifyRequest) => host, admin: ({ host }: FastifyRequest) => host }, nobody]
] as const) {
  test(`T32: ${title}`, async t => {
    const { www, admin: second } = await startSites(t, realms, accounts.qr.callbackUrl)
    const browser = www.browser()
    await logIn(www, browser)
    bring(browser, site, admin, second)
    t.strictSame(await seenBy(browser, admin), expected)
    t.strictSame(await seenBy(browser, site), known)
  })
}

test('T32: sites that name one realm share their logins, also by text and function', async t => {
  const { www, admin: second } = await startSites(t, { www: 'ours', admin: () => 'ours' })
  const browser = www.browser()
  await logIn(www, browser)
  bring(browser, site, admin, second)
  t.strictSame(await seenBy(browser, admin), known)
  t.strictSame(await seenBy(browser, site), known)
})

for (const realm of [undefined, ({ hostname }: FastifyRequest) => hostname]) {
  test(`T32: with an app given as a function ${realm === undefined ? 'the host of the request' : 'a function of the host'} keeps two names of one process apart`, async t => {
    const host = await startHost(t, {
      routes,
      options: ({ options: { qr } }) => ({ qr: () => qr, ...(realm !== undefined && { realm }) })
    })
    const browser = host.browser()
    await logIn(host, browser)
    bring(browser, site, admin, host)
    t.strictSame(await seenBy(browser, admin), nobody)
    t.strictSame(await seenBy(browser, site), known)
  })
}

for (const realm of [undefined, 'ours']) {
  test(`T32: two registrations under host constraints in one process ${realm === undefined ? 'keep their logins apart' : 'share them where they name one realm'}`, async t => {
    const wechat = await startWechatSimulator({ callbackOrigin: `https://${site}`, consent: 'qinghe' })
    t.teardown(() => wechat.close())
    const { qr, client } = wechat.options
    const host = await startHost(t, {
      wechat,
      routes,
      options: { secret: sessionSecret, ...(realm !== undefined && { realm }) },
      prefix: '',
      before: async app => {
        await app.register(cookie)
        await app.register(session, { secret: sessionSecret, cookieName: '__Host-session' })
        await app.register(async scope => {
          scope.addHook('onRoute', route => { route.constraints = { host: admin } })
          await scope.register(fp(createPlugin(), { name: 'fastify-wechat-login' }), {
            qr: {
              ...qr,
              callbackUrl: `https://${admin}/wechat/qr`
            },
            client,
            secret: sessionSecret,
            onUser: () => null,
            ...(realm !== undefined && { realm })
          })
          scope.get(
            '/account',
            { preHandler: scope.requireWechatUser },
            async request => ({ user: request.wechatUser })
          )
          routes(scope)
        })
      }
    })
    const browser = host.browser()
    await logIn(host, browser)
    bring(browser, site, admin, host)
    t.strictSame(await seenBy(browser, admin), realm === undefined ? nobody : known)
    t.strictSame(await seenBy(browser, site), known)
  })
}

test('T32: a realm function that throws or says nothing lets nobody in, spends no code, ends no login, and the log says why', async t => {
  let realm: () => unknown = () => 'ours'
  const { www: host } = await startSites(t, { www: (() => realm()) as Realm })
  const browser = host.browser()
  await logIn(host, browser)
  const silent: Array<() => unknown> = [
    () => '',
    () => undefined,
    () => null,
    () => 42,
    () => ({}),
    async () => 'ours',
    () => { throw new Error('no tenant of that name') },
    () => { throw Object.assign(new Error('not here'), { statusCode: 404 }) }
  ]
  for (const say of silent) {
    realm = say
    const calls = exchanges(host)
    for (const path of ['/wechat/me', '/account', '/verified', '/by-hand']) {
      const answer = await browser.fetch(host.origin + path)
      t.strictSame(
        [answer.status, answer.json().code, answer.setCookies],
        [500, 'FST_WECHAT_MISCONFIGURED', []],
        `${path} ${String(say)}`
      )
      t.notMatch(answer.body, /no tenant|not here/)
    }
    t.equal((await browser.fetch(`${host.origin}/public`)).status, 200, 'where nobody asks, nothing fails')
    const { err } = host.logs.findLast(line => line.err !== undefined)!
    t.match(err.hint, { en: /^Option realm is a function that threw, or returned/, zh: /^选项 realm 的函数/ })
    const stranger = host.browser()
    const { callback, code, state } = await begin(host, stranger)
    for (const answer of [
      await stranger.fetch(callback),
      await stranger.post(`${host.origin}/wechat/qr`, { code, state }, sameOrigin)
    ]) {
      t.strictSame(
        [answer.status, answer.json().code, exchanges(host)],
        [500, 'FST_WECHAT_MISCONFIGURED', calls],
        String(say)
      )
    }
    realm = () => 'ours'
    t.equal((await stranger.get(callback)).status, 303, 'the code is still good')
    t.strictSame(await seenBy(browser, site), known, 'and so is the login of before')
  }
})

test('T75: a realm that is no text and no function of the request does not boot', async t => {
  const wrong: Array<[realm: unknown, found: string]> = [
    ['', '""'],
    [' ', '" "'],
    [42, '42'],
    [true, 'true'],
    [null, 'null'],
    [{}, 'a value of type object'],
    [['a'], 'an array'],
    [async () => 'a', 'an async function']
  ]
  for (const [realm, found] of wrong) {
    const app = Fastify()
    app.register(createPlugin(), { qr: accounts.qr, session: { secret: sessionSecret }, realm: realm as never })
    await t.rejects(async () => app.ready(), {
      code: 'FST_WECHAT_INVALID_OPTIONS',
      option: 'realm',
      message: `fastify-wechat-login: option realm is ${found}; write a text such as 'admin', ` +
        'or a function of the request that returns one at once, without a promise'
    })
  }
})
