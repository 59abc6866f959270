// What the package tells about its logins: each event on its channel and as one line in the log, and no secret in
// either.

import { createHash } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { test, type Test } from 'tap'
import { createClient } from '../../src/wechat/client'
import { createWechatClient } from '../../src/wechat-client'
import { startWechatSimulator } from '../../src/simulator'
import { type EventName, publish } from '../../src/events'
import { agents, type Browser } from '../fixture/browser'
import { type Host, startHost } from '../fixture/host'
import { beginLogin, logIn, stateIn } from '../fixture/login'
import { sameOrigin } from '../fixture/settings'

const names: EventName[] = [
  'attempt.started', 'attempt.restarted', 'login.succeeded', 'login.refused', 'callback.repeated', 'login.ended',
  'token.refreshed', 'wechat.call'
]
const levels: Record<number, string> = { 20: 'debug', 30: 'info', 40: 'warn', 50: 'error' }

type Told = Record<string, any> & { event: string }

/** Collects what all channels tell during the test. */
function listen (t: Test): Told[] {
  const told: Told[] = []
  for (const event of names) {
    const collect = (message: unknown): void => { told.push({ event, ...message as object }) }
    subscribe(`fastify-wechat-login:${event}`, collect)
    t.teardown(() => unsubscribe(`fastify-wechat-login:${event}`, collect))
  }
  return told
}

/** The lines of the log that tell an event, with their level's name. */
function linesOf ({ logs }: Host): Told[] {
  return logs.filter(line => line.event !== undefined).map(({ level, time, pid, hostname, reqId, err, ...line }) => ({
    level: levels[level],
    ...line
  }) as unknown as Told)
}

function fingerprint (text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 16)
}

test('an event that nobody wants to know of is not even described', t => {
  const written = (): void => { t.fail('written') }
  const silent = { isLevelEnabled: () => false, debug: written, info: written, error: written }
  publish('attempt.started', () => t.fail('described') as never, silent)
  publish('attempt.started', () => t.fail('described') as never, undefined)
  t.end()
})

test('a login and a logout are told in order, on the channels and in the log, under names that tell nothing', async t => {
  const told = listen(t)
  const host = await startHost(t)
  const browser = host.browser()
  const begun = Date.now()
  const callback = await beginLogin(host, browser)
  await browser.get(callback)
  await browser.post(`${host.origin}/wechat/logout`, {}, sameOrigin)
  const passed = Date.now() - begun + 1
  const { appid } = host.wechat.options.qr
  const attempt = fingerprint(stateIn(callback))
  const subject = fingerprint(`${appid} ${host.wechat.control.openid(appid, 'qinghe')}`)
  const expected = [
    { event: 'attempt.started', via: 'qr', appid, attempt },
    { event: 'wechat.call', appid, endpoint: '/sns/oauth2/access_token', duration: Number },
    { event: 'wechat.call', appid, endpoint: '/sns/userinfo', duration: Number },
    { event: 'login.succeeded', via: 'qr', appid, attempt, subject, duration: Number },
    { event: 'login.ended', via: 'qr', appid, subject }
  ]
  t.match(told, expected)
  t.strictSame(
    told.filter(({ subject }) => subject !== undefined).map(event => event.subject),
    [subject, subject],
    'to the letter'
  )
  t.strictSame(told.map(event => Object.keys(event)), expected.map(event => Object.keys(event)), 'and nothing else')
  t.ok(
    told.every(event => event.duration === undefined || (event.duration >= 0 && event.duration <= passed)),
    'none lasted longer than all of it'
  )
  t.match(linesOf(host), expected)
  t.strictSame(linesOf(host).map(({ level, msg }) => `${level} ${msg}`), [
    'info fastify-wechat-login: a login was started',
    "debug fastify-wechat-login: a call to WeChat's API",
    "debug fastify-wechat-login: a call to WeChat's API",
    'info fastify-wechat-login: a visitor has logged in',
    'info fastify-wechat-login: a visitor has logged out'
  ])
})

test('a logout of nobody is no event', async t => {
  const told = listen(t)
  const host = await startHost(t)
  t.equal((await host.browser().post(`${host.origin}/wechat/logout`, {}, sameOrigin)).status, 204)
  t.strictSame(told, [])
})

interface Refusal { title: string, act: (host: Host, browser: Browser) => Promise<unknown>, told: Told, level: string }

const ofState = 'a'.repeat(32)
const refusals: Refusal[] = [
  {
    title: 'by the visitor',
    act: (host, browser) => browser.get(`${host.origin}/wechat/qr?state=${ofState}`),
    told: {
      event: 'login.refused',
      code: 'FST_WECHAT_ACCESS_DENIED',
      statusCode: 403,
      route: 'qr',
      attempt: fingerprint(ofState)
    },
    level: 'info'
  },
  {
    title: 'in another browser',
    act: (host, browser) => browser.fetch(`${host.origin}/wechat/qr?code=x&state=${ofState}`),
    told: {
      event: 'login.refused',
      code: 'FST_WECHAT_INVALID_STATE',
      statusCode: 403,
      route: 'qr',
      attempt: fingerprint(ofState)
    },
    level: 'info'
  },
  {
    title: 'with a state that is none of ours',
    act: (host, browser) => browser.get(`${host.origin}/wechat/oneclick?code=x&state=mine`),
    told: { event: 'login.refused', code: 'FST_WECHAT_INVALID_STATE', statusCode: 403, route: 'oneclick' },
    level: 'info'
  },
  {
    title: 'of a single-page app',
    act: (host, browser) => browser.post(`${host.origin}/wechat/qr`, { code: 'x', state: ofState }, sameOrigin),
    told: {
      event: 'login.refused',
      code: 'FST_WECHAT_INVALID_STATE',
      statusCode: 403,
      route: 'qr',
      attempt: fingerprint(ofState)
    },
    level: 'info'
  },
  {
    title: 'at its start',
    act: (host, browser) => browser.get(`${host.origin}/wechat/login?via=oneclick`),
    told: { event: 'login.refused', code: 'FST_WECHAT_WRONG_BROWSER', statusCode: 400, route: 'login' },
    level: 'info'
  },
  {
    title: 'for a body that Fastify refuses',
    act: (host, browser) => browser.fetch(`${host.origin}/wechat/qr`, {
      method: 'POST',
      body: 'x'.repeat(20_000),
      headers: { ...sameOrigin, 'content-type': 'application/json' }
    }),
    told: { event: 'login.refused', code: 'FST_ERR_CTP_BODY_TOO_LARGE', statusCode: 413, route: 'qr' },
    level: 'info'
  }
]

for (const { title, act, told: expected, level } of refusals) {
  test(`a login that is refused ${title} is told with its code`, async t => {
    const told = listen(t)
    const host = await startHost(t)
    await act(host, host.browser())
    t.strictSame(told, [expected])
    t.strictSame(linesOf(host), [{ level, ...expected, msg: 'fastify-wechat-login: a login was refused' }])
  })
}

for (const asPage of [true, false]) {
  const reader = asPage ? 'a visitor' : 'a script'

  test(`a refusal of WeChat's that ${reader} is told of carries its errcode and request id`, async t => {
    const told = listen(t)
    const host = await startHost(t)
    const browser = host.browser()
    const callback = await beginLogin(host, browser)
    host.wechat.control.fault({
      endpoint: 'access_token',
      kind: 'errcode',
      errcode: 40125,
      errmsg: 'invalid appsecret, rid: 63eb339a-57c1b83a-3acf9bf5'
    })
    await (asPage ? browser.get(callback) : browser.fetch(callback))
    const [, call, refused] = told
    t.match(call, {
      event: 'wechat.call',
      endpoint: '/sns/oauth2/access_token',
      code: 'FST_WECHAT_MISCONFIGURED',
      errcode: 40125,
      rid: '63eb339a-57c1b83a-3acf9bf5'
    })
    t.notOk('reason' in call! || 'status' in call!)
    t.match(refused, {
      event: 'login.refused',
      code: 'FST_WECHAT_MISCONFIGURED',
      statusCode: 500,
      route: 'qr',
      attempt: fingerprint(stateIn(callback)),
      errcode: 40125,
      rid: '63eb339a-57c1b83a-3acf9bf5'
    })
    t.strictSame(host.logs.filter(({ level }) => level === 50).map(({ event, err }) => [event, err?.code]), asPage
      ? [['login.refused', 'FST_WECHAT_MISCONFIGURED']]
      : [['login.refused', undefined], [undefined, 'FST_WECHAT_MISCONFIGURED']], 'and the error itself is logged once')
  })

  test(`an error of the host's own that ${reader} meets is told without its words, and logged once`, async t => {
    const told = listen(t)
    const host = await startHost(t, {
      options: {
        onUser: () => {
          throw Object.assign(new Error('the database is down'), {
            code: 'E\u202eVIL\n'.repeat(200),
            errcode: 1,
            rid: 'x'.repeat(1000)
          })
        }
      }
    })
    const browser = host.browser()
    const callback = await beginLogin(host, browser)
    await (asPage ? browser.get(callback) : browser.fetch(callback))
    t.strictSame(told.at(-1), {
      event: 'login.refused',
      code: 'HOST_ERROR',
      statusCode: 500,
      route: 'qr',
      attempt: fingerprint(stateIn(callback))
    })
    t.equal(host.logs.filter(({ err }) => err !== undefined).length, 1)
    t.match(host.rawLog(), 'the database is down')
    t.notOk(host.logs.some(({ msg }) => String(msg).includes('database')))
  })
}

test("a refusal by the host's own code keeps its status, and its error in the log", async t => {
  const told = listen(t)
  const host = await startHost(t, {
    options: { onUser: () => { throw Object.assign(new Error('banned'), { statusCode: 403, code: 'BANNED' }) } }
  })
  await logIn(host, host.browser())
  t.match(told.at(-1), { event: 'login.refused', code: 'HOST_ERROR', statusCode: 403 })
  t.match(host.logs.find(({ event }) => event === 'login.refused'), { level: 30, err: { message: 'banned' } })
})

test('a route that no login takes refuses nobody\'s login; a failure there is logged all the same', async t => {
  const told = listen(t)
  const host = await startHost(t, { options: { loadUser: () => { throw new Error('the database is down') } } })
  const browser = host.browser()
  await browser.get(`${host.origin}/wechat/me`)
  await browser.post(`${host.origin}/wechat/logout`, {}, { 'sec-fetch-site': 'cross-site' })
  t.strictSame(told, [])
  await logIn(host, browser)
  told.length = 0
  t.equal((await browser.get(`${host.origin}/wechat/me`)).status, 500)
  t.strictSame(told, [])
  t.match(
    host.logs.filter(({ level }) => level === 50),
    [{ msg: 'fastify-wechat-login: a request failed', err: { message: 'the database is down' } }]
  )
})

test('a callback that comes again is told, at once, later, and after its attempt is gone', async t => {
  const told = listen(t)
  const host = await startHost(t)
  const browser = host.browser()
  const callback = await beginLogin(host, browser)
  await Promise.all([browser.get(callback), browser.get(callback)])
  await browser.get(callback)
  const after = told.filter(({ event }) => !['attempt.started', 'wechat.call'].includes(event))
  t.strictSame(after.map(({ event }) => event).sort(), ['callback.repeated', 'callback.repeated', 'login.succeeded'])
  const { appid } = host.wechat.options.qr
  t.strictSame(
    after.find(({ event }) => event === 'callback.repeated'),
    { event: 'callback.repeated', via: 'qr', appid, attempt: fingerprint(stateIn(callback)) }
  )
  t.equal(linesOf(host).filter(({ event }) => event === 'callback.repeated').length, 2)
})

test('an attempt whose cookie is lost is told as one that was started again', async t => {
  const told = listen(t)
  const host = await startHost(t)
  const callback = await beginLogin(host, host.browser(agents.wechat))
  const bare = host.browser(agents.wechat)
  const again = await bare.get(callback)
  t.equal(again.status, 302)
  const { appid } = host.wechat.options.oneclick
  const expected = [callback, again.location].map((url, index) => ({
    event: index === 0 ? 'attempt.started' : 'attempt.restarted',
    via: 'oneclick',
    appid,
    attempt: fingerprint(stateIn(url))
  }))
  t.strictSame(told, expected)
  t.match(linesOf(host)[1], {
    level: 'info',
    event: 'attempt.restarted',
    msg: 'fastify-wechat-login: a login was started again, the browser had lost its cookie'
  })
})

test('a token that is refreshed is told', async t => {
  const told = listen(t)
  let now = Date.now()
  const host = await startHost(t, {
    now: () => now,
    options: { keepTokens: true },
    routes: app => { app.get('/token', async request => ({ length: (await request.wechatAccessToken()).length })) }
  })
  const browser = host.browser()
  await logIn(host, browser)
  now += 7_000_000
  t.equal((await browser.fetch(`${host.origin}/token`)).status, 200)
  const { appid } = host.wechat.options.qr
  const subject = fingerprint(`${appid} ${host.wechat.control.openid(appid, 'qinghe')}`)
  t.match(told.slice(-2), [
    { event: 'wechat.call', endpoint: '/sns/oauth2/refresh_token' },
    { event: 'token.refreshed', via: 'qr', appid, subject }
  ])
  t.match(linesOf(host).at(-1), { level: 'info', event: 'token.refreshed', subject })
})

test('a call that WeChat answers badly, or not at all, is told with its status or the reason', async t => {
  const wechat = await startWechatSimulator()
  t.teardown(() => wechat.close())
  const { appid, secret } = wechat.options.qr
  const client = createWechatClient({ appid, secret, apiHosts: wechat.options.client.apiHosts, retries: 0 })
  t.teardown(() => client.close())
  const told = listen(t)
  wechat.control.fault({ endpoint: 'userinfo', kind: 'html-502' })
  wechat.control.fault({ endpoint: 'userinfo', kind: 'html-200' })
  for (const fault of ['html-502', 'html-200']) await t.rejects(client.getProfile('token', 'openid'), fault)
  const dead = createWechatClient({ appid, secret, apiHosts: ['http://127.0.0.1:9'], retries: 0 })
  t.teardown(() => dead.close())
  await t.rejects(dead.getProfile('token', 'openid'))
  const common = { event: 'wechat.call', appid, endpoint: '/sns/userinfo' }
  t.strictSame(told.map(({ duration, ...event }) => event), [
    { ...common, code: 'FST_WECHAT_BAD_RESPONSE', status: 502 },
    { ...common, code: 'FST_WECHAT_BAD_RESPONSE', reason: 'NOT_JSON' },
    { ...common, code: 'FST_WECHAT_UNREACHABLE', reason: 'ECONNREFUSED' }
  ])
})

test('nobody pays for what nobody hears: without a listener no call is described', async t => {
  const described: unknown[] = []
  const transport = { get: async () => undefined as never, close: async () => {} }
  const app = { appid: 'wx0123456789abcdef', secret: 'x' }
  const client = createClient(app, transport, report => {
    publish('wechat.call', () => {
      described.push(report())
      return report()
    }, undefined)
  })
  await client.getProfile('token', 'openid')
  t.strictSame(described, [])
  const told = listen(t)
  await client.getProfile('token', 'openid')
  t.match(described, [{ appid: app.appid, endpoint: '/sns/userinfo' }])
  t.match(told, [{ event: 'wechat.call' }])
})

test('T59: no event holds what only its owner may know, nor anything long or of more than one line', async t => {
  const told = listen(t)
  const evil = `\n{"level":60}\r\u001b[2J\u202e\u2028${'x'.repeat(300)}`
  const host = await startHost(t, {
    options: { keepTokens: true, onUser: profile => ({ ...profile, nickname: evil }) },
    simulator: { users: [{ id: 'qinghe', nickname: evil }] },
    // The nickname comes as a code and a state too.
    mayLeak: ['code', 'state']
  })
  const browser = host.browser(`${agents.desktop} ${encodeURIComponent(evil)}`)
  const callback = await beginLogin(host, browser, { redirect: `/${evil}` })
  await browser.get(`${callback}&more=${encodeURIComponent(evil)}`)
  await browser.get(callback)
  await browser.get(`${host.origin}/wechat/qr?code=${encodeURIComponent(evil)}&state=${encodeURIComponent(evil)}`)
  await browser.get(`${host.origin}/wechat/login?via=${encodeURIComponent(evil)}`)
  await browser.post(`${host.origin}/wechat/logout`, {}, sameOrigin)
  t.strictSame(
    [...new Set(told.map(({ event }) => event))].sort(),
    ['attempt.started', 'callback.repeated', 'login.ended', 'login.refused', 'login.succeeded', 'wechat.call']
  )
  const secrets = [
    ...browser.secrets,
    ...host.wechat.control.apps.flatMap(({ appid, secret }) =>
      [secret, host.wechat.control.openid(appid, 'qinghe'), host.wechat.control.unionid(appid, 'qinghe')!])
  ]
  const lines = host.rawLog().split('\n').filter(line => line.includes('"event"'))
  for (const text of [...told.map(event => JSON.stringify(event)), ...lines]) {
    t.strictSame(secrets.filter(secret => text.includes(secret)), [], text.slice(0, 300))
  }
  t.strictSame(
    [...told, ...linesOf(host)].flatMap(Object.values).filter(value =>
      typeof value !== 'number' && !/^[\x20-\x7e]{1,256}$/.test(value)),
    []
  )
})
