// Threats H: running it.

import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import * as errors from '../../src/errors'
import { askingApi, startFakeApi } from '../fixture/fake-api'
import { startHost } from '../fixture/host'
import { begin, exchanges, isLoggedIn, logIn } from '../fixture/login'
import { accounts, sameOrigin } from '../fixture/settings'

const root = join(__dirname, '../..')

test('T70: a rate limit of the host holds on our routes, and its 429 is private', async t => {
  let visits = 0
  const host = await startHost(t, {
    before: app => {
      app.addHook('onRoute', route => {
        if (route.url === '/wechat/login') {
          route.onRequest =
            [async () => { if (++visits > 3) throw Object.assign(new Error('Slow down'), { statusCode: 429 }) }]
        }
      })
    }
  })
  const statuses = []
  for (let count = 0; count < 5; count++) statuses.push(await host.browser().get(`${host.origin}/wechat/login`))
  t.strictSame(statuses.map(({ status }) => status), [302, 302, 302, 429, 429])
  t.strictSame([statuses[4]!.headers['cache-control'], statuses[4]!.setCookies], ['no-store', []])
})

test('T71: a secret that is rotated in the middle of a login is asked for anew at the exchange', async t => {
  let current = ''
  const host = await startHost(t, {
    options: wechat => ({ qr: { ...wechat.options.qr, secret: async () => current } })
  })
  const { appid, secret } = host.wechat.options.qr
  current = secret
  const browser = host.browser()
  const { callback } = await begin(host, browser)
  current = 'f'.repeat(32)
  host.wechat.control.setSecret(appid, current)
  t.equal((await browser.get(callback)).status, 303)
  t.ok(await isLoggedIn(host, browser))
  const late = host.browser()
  const stale = await begin(host, late)
  host.wechat.control.setSecret(appid, 'e'.repeat(32))
  t.equal((await late.get(stale.callback)).status, 500, 'one that is wrong is told to the operator')
  t.ok(host.logs.some(({ err }) => err?.errcode === 40125))
  for (const broken of [async () => { throw new Error('the vault says hvs.TOKEN') }, () => '', () => undefined]) {
    const failing = await startHost(t, {
      wechat: host.wechat,
      options: wechat => ({ qr: { ...wechat.options.qr, secret: broken as () => string } })
    })
    const before = exchanges(failing)
    const visitor = failing.browser()
    const begun = await begin(failing, visitor)
    t.equal((await visitor.get(begun.callback)).status, 500)
    t.equal(exchanges(failing), before, 'and the code is not spent')
    t.notMatch(failing.rawLog(), 'hvs.TOKEN')
  }
})

test('T72: an audit has one line and one event for each login, refusal and logout, however often its callback comes', async t => {
  const told: Array<Record<string, any>> = []
  for (const name of ['login.succeeded', 'login.refused', 'login.ended']) {
    const hear = (message: unknown): void => { told.push({ event: name, ...message as object }) }
    subscribe(`fastify-wechat-login:${name}`, hear)
    t.teardown(() => unsubscribe(`fastify-wechat-login:${name}`, hear))
  }
  const host = await startHost(t)
  const browser = host.browser()
  const { callback } = await begin(host, browser)
  await Promise.all(Array.from({ length: 20 }, () => browser.get(callback)))
  await browser.get(callback)
  await host.browser().get(callback)
  await browser.post(`${host.origin}/wechat/logout`, {}, sameOrigin)
  await browser.post(`${host.origin}/wechat/logout`, {}, sameOrigin)
  host.wechat.control.fault({ endpoint: 'access_token', kind: 'errcode', errcode: 40029 })
  await logIn(host, browser)
  const expected = [
    { event: 'login.succeeded', via: 'qr', attempt: /^[\w-]{16}$/, subject: /^[\w-]{16}$/ },
    { event: 'login.refused', code: 'FST_WECHAT_INVALID_STATE', statusCode: 403, route: 'qr', attempt: /^[\w-]{16}$/ },
    { event: 'login.ended', subject: /^[\w-]{16}$/ },
    { event: 'login.refused', code: 'FST_WECHAT_INVALID_CODE', statusCode: 400, errcode: 40029 }
  ]
  t.match(told, expected)
  t.equal(told.length, expected.length)
  t.match(host.logs.filter(({ event }) => /^login\./.test(event)), expected)
  t.equal(told[0]!.subject, told[2]!.subject, 'who logged in is who logged out')
  t.equal(told[0]!.attempt, told[1]!.attempt, 'and the attempt that came back elsewhere is known again')
})

test('T73: the floors of the dependencies are those without known holes', t => {
  const { peerDependencies, dependencies, engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const floors = { ...dependencies, ...peerDependencies, node: engines.node }
  const least: Record<string, number[]> = {
    fastify: [5, 8, 3],
    '@fastify/session': [11, 1, 3],
    '@fastify/cookie': [11, 0, 0],
    undici: [7, 18, 0],
    node: [20, 19]
  }
  for (const [name, wanted] of Object.entries(least)) {
    const given: number[] = /\d+(?:\.\d+)*/.exec(floors[name])![0].split('.').map(Number)
    const differs = wanted.findIndex((part, index) => part !== (given[index] ?? 0))
    t.ok(differs === -1 || (given[differs] ?? 0) > wanted[differs]!, `${name} ${floors[name]}`)
  }
  t.end()
})

test('T74: errors have fixed codes, statuses and words; nothing that WeChat or the host said is among them', async t => {
  for (const [name, Refusal] of Object.entries(errors)) {
    if (name === 'WechatError') continue
    const error = new (Refusal as new (...parameters: string[]) => Error & { code: string, statusCode: number })('x')
    t.match(error.code, /^FST_WECHAT_[A-Z_]+$/, name)
    t.ok([400, 401, 403, 500, 502, 503, 504].includes(error.statusCode))
  }
  const api = await startFakeApi(t)
  const host = await startHost(t, { options: askingApi(api) })
  const cases: Array<[errcode: number, status: number, code: string]> = [
    [40029, 400, 'INVALID_CODE'],
    [40163, 400, 'INVALID_CODE'],
    [40125, 500, 'MISCONFIGURED'],
    [40013, 500, 'MISCONFIGURED'],
    [45011, 503, 'RATE_LIMITED'],
    [40001, 401, 'TOKEN_EXPIRED'],
    [-1, 502, 'API_ERROR'],
    [99999, 502, 'API_ERROR']
  ]
  for (const [errcode, status, code] of cases) {
    api.token = JSON.stringify({ errcode, errmsg: 'the words of WeChat, rid: 63eb339a-57c1b83a-3acf9bf5' })
    const browser = host.browser()
    const { callback } = await begin(host, browser)
    const answer = await browser.fetch(callback)
    t.strictSame([answer.status, answer.json().code], [status, `FST_WECHAT_${code}`])
    t.notMatch(answer.body, /words|rid|63eb/)
    t.strictSame(Object.keys(answer.json()).sort(), ['code', 'error', 'message', 'statusCode'])
    const page = await logIn(host, host.browser())
    t.notMatch(page.body, /words|63eb|FST_/)
  }
})

test('T75: what cannot work, or would be unsafe, does not start', async t => {
  const app = accounts.qr
  const bad: Array<[options: object, message: RegExp]> = [
    [{ QR: app }, /unknown option QR/],
    [{ qr: { ...app, Secret: 'x' } }, /unknown option qr\.Secret/],
    [{ qr: { ...app, secret: app.appid } }, /qr\.secret/],
    [{ qr: { ...app, secret: '' } }, /qr\.secret/],
    [{ qr: { ...app, secret: undefined } }, /qr\.secret/],
    [{ qr: { ...app, appid: 'x' } }, /qr\.appid/],
    [{ qr: { ...app, scope: 'snsapi_base' } }, /qr\.scope/],
    [{ qr: app, oneclick: app }, /appid|path/],
    [{ qr: undefined, oneclick: undefined }, /neither/],
    [{ qr: null }, /qr/],
    [{ onUser: 'x' }, /onUser/],
    [{ loadUser: {} }, /loadUser/],
    [{ keepTokens: 'yes' }, /keepTokens/],
    [{ snapshotUsers: true }, /snapshotUsers/],
    [{ maxAge: 0 }, /maxAge/],
    [{ lang: 'fr' }, /lang/],
    [{ prefix: '/x' }, /prefix/],
    [{ redirect: { default: 'https://evil.example' } }, /redirect\.default/],
    [{ redirect: { origins: ['*'] } }, /redirect\.origins/],
    [{ redirect: { origins: ['https://a.example/'] } }, /redirect\.origins/],
    [{ redirect: { origins: ['https://*.example.com'] } }, /redirect\.origins/],
    [{ redirect: '/x' }, /redirect/],
    [{ routes: { login: '/wechat/qr' } }, /path/],
    [{ routes: { me: 'me' } }, /routes\.me/],
    [{ routes: { login: '/:x' } }, /routes\.login/],
    [{ routes: { logout: '/*' } }, /routes\.logout/],
    [{ isWechatBrowser: /x/ }, /isWechatBrowser/],
    [{ renderPage: true }, /renderPage/]
  ]
  for (const [options, message] of bad) {
    await t.rejects(
      startHost(t, { options: options as object }),
      { code: 'FST_WECHAT_INVALID_OPTIONS', message },
      JSON.stringify(options)
    )
  }
})
