// Threats F, the leaks: T50 and T51. Every host of these tests is searched when its test ends (see
// ../fixture/leak-watch.ts); here the searcher itself is tried, on leaks of every kind and form, and led through
// everything that may end badly.

import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel'
import { inspect } from 'node:util'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { test } from 'tap'
import * as errors from '../../src/errors'
import type { ApiFaultKind, TransportFaultKind } from '../../src/simulator/fault-types'
import type { WechatApp, WechatLoginOptions, WechatProfile } from '../../src/types'
import { agents, type Browser } from '../fixture/browser'
import { askingApi, person, startFakeApi, tokens } from '../fixture/fake-api'
import { gate } from '../fixture/gate'
import { type Host, type HostOptions, startHost } from '../fixture/host'
import { begin, logIn } from '../fixture/login'
import { getRaw, sendRaw } from '../fixture/raw'
import { SessionStore } from '../fixture/session-store'
import { accounts, sameOrigin, sessionSecret, site } from '../fixture/settings'
import { freePort } from '../fixture/ports'
import { LeakWatch } from '../fixture/leak-watch'
import { type Evidence, findLeaks, formsOf, type Kind } from '../fixture/leaks'
import { textsOf } from '../fixture/texts'

const every: Kind[] = ['secret', 'code', 'state', 'token', 'cookie', 'person']

test('T50: the search finds a secret in every form, inside any text, and nothing where there is none', t => {
  const secret = 'a "secret"/with+odd&signs=密码🌱 and spaces'
  const others = ['0123456789abcdef0123456789abcdef', 'CODE-of-WeChat-0001', 'short']
  const secrets = [secret, ...others].map(text => ({ kind: 'secret' as const, text }))
  const search = (text: string): number => findLeaks(secrets, [{ where: 'here', text }]).length
  for (const [name, form] of Object.entries(formsOf(secret))) {
    for (const text of [form, `x${form}`, `${form}y`, `${'z'.repeat(1000)}${form}${'z'.repeat(1000)}`]) {
      t.equal(search(text), 1, name)
    }
    t.equal(search(form.slice(0, -1)), 0, `${name}, cut off`)
  }
  for (const before of ['', 'a', 'ab', 'abc']) {
    for (const encoding of ['base64', 'base64url', 'hex'] as const) {
      t.equal(
        search(`x${Buffer.from(`${before}${secret}:${before}`).toString(encoding)}`),
        1,
        `${encoding} of a longer text`
      )
    }
  }
  t.equal(search(JSON.stringify({ a: JSON.stringify({ b: secret }) })), 1)
  t.equal(search(new URLSearchParams({ secret }).toString()), 1)
  t.equal(search(inspect(Buffer.from(others[0]!, 'hex'))), 0, 'bytes that a text names are not the text')
  t.equal(
    findLeaks(
      [{ kind: 'secret', text: Buffer.from(others[0]!, 'hex') }],
      [{ where: 'here', text: inspect({ key: Buffer.from(others[0]!, 'hex') }) }]
    ).length,
    1,
    'but the bytes of a key are'
  )
  t.equal(search(`${others[0]} ${others[1]} short`), 2, 'two of them; a short one is not looked for')
  t.strictSame(
    findLeaks([{ kind: 'state', text: others[0]! }], [{ where: 'here', text: others[0]!, allowed: ['state'] }]),
    [],
    'what may be there may be there'
  )
  t.end()
})

test('T50: the search enters what hangs on an error, however it hangs there', t => {
  const secret = '0123456789abcdef0123456789abcdef'
  class Odd extends Error {
    get told (): string { return secret }
  }
  const hidden = Object.defineProperty(new Error('x'), 'request', {
    value: { deep: [{ deeper: new Map([['key', new Set([{ text: secret }])]]) }] }
  })
  const loop: Record<string, unknown> = { text: secret }
  loop.loop = loop
  const errorsOf: Record<string, unknown> = {
    message: new Error(`at ${secret}`),
    stack: Object.assign(new Error('x'), { stack: secret }),
    cause: new Error('x', { cause: new Error('y', { cause: secret }) }),
    'one of several': new AggregateError([new Error('x'), new Error('y', { cause: new Error(secret) })]),
    'a hidden property': hidden,
    'a getter of its class': new Odd('x'),
    'a getter of its own': Object.defineProperty(new Error('x'), 'y', { get: () => ({ z: secret }) }),
    'the name of a property': Object.assign(new Error('x'), { [secret]: 1 }),
    'a symbol': Object.assign(new Error('x'), { [Symbol('x')]: [secret], [Symbol(secret)]: 1 }),
    bytes: Object.assign(new Error('x'), { body: Buffer.from(`secret=${secret}`) }),
    'the key of a map': Object.assign(new Error('x'), { sent: new Map([[secret, 1]]) }),
    'a function': Object.assign(new Error('x'), { f: Object.assign(() => {}, { secret }) }),
    'a loop': Object.assign(new Error('x'), loop),
    'no error at all': secret
  }
  const search = (error: unknown): number =>
    findLeaks([{ kind: 'secret', text: secret }], textsOf(error, 'error')).length
  for (const [name, error] of Object.entries(errorsOf)) t.ok(search(error) > 0, name)
  t.equal(search(new Error('x', { cause: { request: 'y' } })), 0)
  t.end()
})

interface Plant { given?: HostOptions, act?: (host: Host, browser: Browser) => Promise<unknown>, found: RegExp }

const appSecret = ({ wechat }: Host): string => wechat.options.qr.secret
const planted: { host?: Host, query?: { code?: string, state?: string }, url?: string } = {}
/** Hooks that come before the plugin's see what its routes have not taken out of the request yet. */
const see = (app: FastifyInstance): void => {
  app.addHook('onRequest', async request => {
    Object.assign(planted, { query: { ...request.query as object }, url: request.url })
  })
}
const withHook = (plant: (host: Host, body: string) => string | undefined, url = '/wechat/me'): HostOptions => ({
  before: app => {
    app.addHook('onSend', async (request, _reply, payload) =>
      request.url.startsWith(url) ? plant(planted.host!, String(payload)) ?? payload : payload)
  }
})
const keepSessionKeys = ['note']
const wasTold: WechatLoginOptions['onUser'] = (profile, { tokens, request }) => {
  Object.assign(request.session, { note: `Bearer ${tokens.access_token}` })
  return profile
}

const plants: Record<string, Plant> = {
  'a secret in the log': {
    act: async host => { host.app.log.debug({ url: `/x?secret=${encodeURIComponent(sessionSecret)}` }) },
    found: /^a secret \(percent-encoded\) in the log/
  },
  'a code in the log': {
    act: async (host, browser) => { await browser.get(`${host.origin}/nowhere?code=CODE-of-WeChat-0001`) },
    found: /^a code \(plain\) in the log/
  },
  'a signing key in the log': {
    act: async host => { host.app.log.error(host.watch.keys[0]!.toString('base64url')) },
    found: /^a secret \(base64(?:url)?, byte 0\) in the log/
  },
  'a person in the log': {
    act: async host => { host.app.log.info(host.wechat.control.openid(host.wechat.options.qr.appid, 'qinghe')) },
    found: /^a person \(plain\) in the log/
  },
  'a secret in a body': {
    given: withHook((host, body) => body.replace('{', `{"debug":${JSON.stringify(`${appSecret(host)}`)},`)),
    found: /^a secret \(plain\) in the body of \/wechat\/me/
  },
  'a token in a body': {
    given: { options: { onUser: (profile, { tokens }) => ({ ...profile, tokens }) } },
    found: /^a token \(plain\) in the body of \/wechat\/me/
  },
  'a person on a page': {
    given: {
      options: {
        renderPage: () => `<p>${planted.host!.wechat.control.openid(planted.host!.wechat.options.qr.appid, 'qinghe')}`
      }
    },
    act: (host, browser) => browser.get(`${host.origin}/wechat/qr`),
    found: /^a person \(plain\) in the body of \/wechat\/qr/
  },
  'a secret in an answer that was read from the wire': {
    given: withHook((host, body) => body.replace('{', `{"debug":"${appSecret(host)}",`), '/wechat/embed'),
    act: host => getRaw(host.address, '/wechat/embed', [`Host: ${site}`]),
    found: /^a secret \(plain\) in the body of \/wechat\/embed/
  },
  'a secret in an answer to bytes': {
    given: {
      before: app => {
        app.addHook('onSend', async (request, reply) => {
          if (request.method === 'PUT') reply.header('x-key', sessionSecret)
        })
      }
    },
    act: host =>
      sendRaw(host.address, `PUT https://${site}/wechat/qr HTTP/1.1\r\nHost: ${site}\r\nConnection: close\r\n\r\n`),
    found: /^a secret \(plain\) in the header x-key of \/wechat\/qr/
  },
  'a secret in an answer that was injected': {
    given: withHook((host, body) => body.replace('{', `{"debug":"${appSecret(host)}",`), '/wechat/embed'),
    act: host => host.app.inject({ url: '/wechat/embed?redirect=/x', headers: { host: site } }),
    found: /^a secret \(plain\) in the body of \/wechat\/embed/
  },
  'a state that was injected, in the log': {
    act: async host => {
      host.app.log.info(new URL(
        String((await host.app.inject({ url: '/wechat/login', headers: { host: site } })).headers.location)
      ).searchParams.get('state'))
    },
    found: /^a state \(plain\) in the log/
  },
  'a cookie that was read from the wire, in the log': {
    act: async host => {
      host.app.log.info((await getRaw(host.address, '/wechat/login', [`Host: ${site}`])).header('set-cookie'))
    },
    found: /^a cookie \(plain\) in the log/
  },
  'a state in a body': {
    given: withHook(host => `{"last":"${[...host.browsers[0]!.kinds].find(([, kind]) => kind === 'state')![0]}"}`),
    found: /^a state \(plain\) in the body of \/wechat\/me/
  },
  'a code in a header': {
    given: {
      before: app => {
        see(app)
        app.addHook('onSend', async (_request, reply) => {
          reply.header('x-trace', Buffer.from(String(planted.query?.code)).toString('base64'))
        })
      }
    },
    found: /^a code \(base64, byte \d\) in the header x-trace/
  },
  'a state in a Location that is not WeChat\'s': {
    given: {
      before: app => {
        see(app)
        app.addHook('onSend', async (_request, reply) => {
          if (reply.statusCode === 303) reply.header('location', `/done?state=${planted.query?.state}`)
        })
      }
    },
    found: /^a state \(plain\) in the header location/
  },
  'a state in a cookie': {
    given: {
      before: app => {
        see(app)
        app.addHook('onSend', async (_request, reply) => {
          reply.header('set-cookie', `last=${planted.query?.state ?? ''}; Path=/`)
        })
      }
    },
    found: /^a state \(plain\) in the header set-cookie/
  },
  'a session in a header of another name': {
    given: {
      before: app => {
        app.addHook('onSend', async (request, reply) => { reply.header('x-session', request.headers.cookie ?? '') })
      }
    },
    found: /^a cookie \(plain\) in the header x-session/
  },
  'a secret deep in an error': {
    given: {
      options: wechat => ({
        onUser: () => {
          throw new AggregateError([new Error('x', {
            cause: Object.defineProperty(new Error('y'), 'sql', { get: () => ({ values: [wechat.options.qr.secret] }) })
          })])
        }
      })
    },
    found: /^a secret \(plain\) in an error of the host\.errors/
  },
  'a token in the session': {
    given: { options: { keepSessionKeys, onUser: wasTold } },
    found: /^a token \(plain\) in a session record/
  },
  'a token in the session, beside those that are kept': {
    given: { options: { keepTokens: true, keepSessionKeys, onUser: wasTold } },
    found: /^a token \(plain\) in a session record: …[^…]*Bearer/
  },
  'a state in the session': {
    given: {
      before: see,
      options: {
        keepSessionKeys,
        onUser: (profile, { request }) => { Object.assign(request.session, { note: planted.url }); return profile }
      }
    },
    found: /^a state \(plain\) in a session record/
  },
  'a secret in a session that JSON cannot hold': {
    given: {
      options: {
        keepSessionKeys,
        onUser: (profile, { request }) => {
          Object.assign(request.session, { note: { big: 1n, key: sessionSecret } })
          return profile
        }
      }
    },
    found: /^a secret \(plain\) in a session record/
  },
  'a secret in a route': {
    given: {
      options: wechat => ({
        isWechatBrowser: () => false,
        publicUser: user => {
          planted.host!.wechat.control.setSecret(wechat.options.qr.appid, 'SecretInARoute01')
          return user as object
        }
      }),
      routes: app => { app.get('/hooks/SecretInARoute01', async () => '') }
    },
    found: /^a secret \(plain\) in app\.printRoutes\(\)/
  },
  'a secret on the instance': {
    given: {
      before: app => {
        app.decorate('settings', {
          one: [{ two: new Map([['three', { four: { five: { six: { seven: Buffer.from(sessionSecret) } } } }]]) }]
        })
      }
    },
    found: /^a secret \((plain|bytes)\) in app\..*seven/
  },
  'a secret that only util.inspect brings out': {
    given: { before: app => { app.decorate('vault', { [inspect.custom]: () => `Vault { ${sessionSecret} }` }) } },
    found: /^a secret \(plain\) in util\.inspect\(app\)/
  },
  'a code in an event': {
    act: async host => {
      channel('fastify-wechat-login:login.refused').publish({ attempt: { code: [...host.browsers[0]!.secrets][0] } })
    },
    found: /in the event fastify-wechat-login:login\.refused\.attempt\.code/
  }
}

for (const [what, { given, act, found }] of Object.entries(plants)) {
  test(`T50: the search finds ${what} that is planted there`, async t => {
    const host = await startHost(t, { ...given, mayLeak: every })
    planted.host = host
    const browser = host.browser()
    await logIn(host, browser)
    await browser.fetch(`${host.origin}/wechat/me`)
    await act?.(host, browser)
    t.match(host.watch.leaks(host).filter(line => found.test(line))[0], found)
  })
}

test('T50: the search finds a secret that the error of a boot shows', t => {
  const watch = new LeakWatch()
  watch.know({ secret: ['x'.repeat(32), sessionSecret], qr: { secret: 'SecretOfTheApp01' } })
  for (const text of ['x'.repeat(32), sessionSecret, 'SecretOfTheApp01']) {
    watch.error(new Error('no', { cause: { given: text } }), 'the error of a boot')
  }
  t.equal(watch.leaks().length, 3)
  t.end()
})

/** Walks through every answer that a login may get, with pages and with scripts. */
async function walk (host: Host): Promise<void> {
  for (const userAgent of [agents.desktop, agents.wechat]) {
    const browser = host.browser(userAgent)
    const { callback } = await begin(host, browser, { redirect: '/account?a=b' })
    for (let again = 0; again < 2; again++) await browser.get(callback)
    await browser.get(`${host.origin}/account`)
    await browser.fetch(`${host.origin}/wechat/me`)
    const { code, state } = await begin(host, browser)
    await browser.post(`${host.origin}${new URL(callback).pathname}`, { code, state }, sameOrigin)
    await browser.post(`${host.origin}/wechat/logout`, {}, sameOrigin)
    await browser.get(`${host.origin}/account`)
    await browser.get(callback)
    await browser.fetch(callback)
    const lost = host.browser(userAgent)
    await lost.get(callback)
    for (const method of ['HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'] as const) {
      await browser.visit(callback, { method })
    }
    await browser.get(callback, { 'sec-purpose': 'prefetch' })
  }
}

test('T50, T51: a login that succeeds, either way, shown as a page or to a script, embedded, repeated and ended, leaks nothing', async t => {
  for (const keepTokens of [false, true]) {
    const host = await startHost(t, {
      options: { keepTokens },
      routes: app => { app.get('/token', async request => ({ length: (await request.wechatAccessToken()).length })) }
    })
    await walk(host)
    const browser = host.browser()
    for (const self of ['true', 'false']) {
      const { src } = (await browser.fetch(`${host.origin}/wechat/embed?self_redirect=${self}`)).json()
      const callback = host.wechat.control.approve(src)
      t.equal((await host.browser().get(callback)).status, self === 'true' ? 200 : 403, 'a bounce')
      t.equal((await browser.get(callback)).status, self === 'true' ? 200 : 303)
    }
    t.equal((await browser.fetch(`${host.origin}/token`)).status, keepTokens ? 200 : 500)
    t.strictSame(host.watch.leaks(host), [])
  }
})

test('T51: tokens are in the session with keepTokens alone, and never in what a page or request.wechatUser shows', async t => {
  for (const keepTokens of [false, true]) {
    const host = await startHost(t, {
      options: { keepTokens },
      routes: app => {
        app.get('/shown', async request => ({
          shown: inspect(request.wechatUser, { depth: 9, showHidden: true }),
          whole: request.session
        }))
      }
    })
    const browser = host.browser()
    await logIn(host, browser)
    const { shown, whole } = (await browser.fetch(`${host.origin}/shown`)).json()
    t.notMatch(shown, /token/)
    t.strictSame(Object.keys(whole.wechatLogin).filter(name => /token/.test(name)), keepTokens ? ['tokens'] : [])
  }
})

const both = ['access_token', 'userinfo'] as const
const faults: Record<TransportFaultKind | ApiFaultKind, ReadonlyArray<typeof both[number]>> = {
  slow: both,
  reset: both,
  silence: both,
  'lost-reply': both,
  cut: both,
  drip: both,
  'html-502': both,
  'empty-502': both,
  'status-500': both,
  redirect: both,
  'html-200': both,
  'empty-200': both,
  busy: both,
  'busy-after': both,
  'rate-limit': both,
  quota: both,
  errcode: both,
  truncated: both,
  oversized: both,
  'wrong-types': both,
  'json-null': both,
  bom: both,
  pretty: both,
  hints: both,
  'errcode-zero': both,
  'no-openid': both,
  'no-scope': ['access_token'],
  'no-unionid': both,
  'snapshot-flag': both,
  'other-openid': both,
  'other-unionid': both,
  'control-characters': ['userinfo'],
  'invalid-utf8': ['userinfo']
}

test('T50: nothing that WeChat or the network does on either call makes a login leak', async t => {
  const host = await startHost(t, { options: { client: { timeout: 400, retries: 1 } } })
  for (const kind of Object.keys(faults) as Array<keyof typeof faults>) {
    for (const endpoint of faults[kind]) {
      host.wechat.control.fault({ endpoint, kind, times: 2 })
      const browser = host.browser()
      const { callback } = await begin(host, browser)
      await browser[endpoint === 'userinfo' ? 'get' : 'fetch'](callback)
      host.wechat.control.clearFaults()
    }
  }
  const refusals = host.logs.filter(({ event }) => event === 'login.refused').map(({ code }) => String(code))
  t.strictSame([...new Set(refusals)].sort(), [
    'FST_WECHAT_API_ERROR', 'FST_WECHAT_BAD_RESPONSE', 'FST_WECHAT_RATE_LIMITED', 'FST_WECHAT_SNAPSHOT_USER',
    'FST_WECHAT_UNREACHABLE'
  ])
  t.strictSame(host.watch.leaks(host), [])
})

test('T50: neither does a WeChat that cannot be found, reached or trusted, or that repeats what it was sent', async t => {
  const port = await freePort()
  for (const apiHosts of [['https://nowhere.invalid'], [`http://127.0.0.1:${port}`], undefined]) {
    const host = await startHost(t, {
      options: { client: { timeout: 2000, retries: 0, dispatcher: undefined as never, ...(apiHosts && { apiHosts }) } }
    })
    for (const kind of ['get', 'fetch'] as const) {
      const browser = host.browser()
      t.equal(
        (await browser[kind]((await begin(host, browser)).callback)).status,
        504,
        apiHosts?.[0] ?? 'a certificate that nobody signed'
      )
    }
    t.strictSame(host.watch.leaks(host), [])
  }
  const api = await startFakeApi(t)
  const host = await startHost(t, { options: askingApi(api) })
  for (const body of [
    (url: string) => url,
    (url: string) => `{"access_token":"${url}"`,
    (url: string) => JSON.stringify({ errcode: 40029, errmsg: `invalid ${url}` }),
    (url: string) =>
      JSON.stringify({ errcode: 40125, errmsg: `${decodeURIComponent(url)} rid: 12345678-12345678-12345678` })
  ]) {
    for (const call of ['token', 'userinfo'] as const) {
      Object.assign(api, {
        token: JSON.stringify(tokens),
        userinfo: JSON.stringify({ ...person }),
        [call]: (request: { url: string }, response: { end: (text: string) => void }) => {
          response.end(body(request.url))
        }
      })
      for (const kind of ['get', 'fetch'] as const) {
        const browser = host.browser()
        t.ok((await browser[kind]((await begin(host, browser)).callback)).status >= 400)
      }
    }
  }
  t.strictSame(host.watch.leaks(host), [])
})

test('T50: every refusal, as a page and to a script, is made without a leak', async t => {
  let outcome: () => unknown = () => null
  const tenant: { app?: WechatApp } = {}
  const host = await startHost(t, {
    options: wechat => ({
      oneclick: undefined as never,
      qr: () => tenant.app ?? wechat.options.qr,
      onUser: () => outcome() as never
    }),
    routes: app => { app.get('/token', async request => request.wechatAccessToken()) }
  })
  const { origin } = host
  const seen: Array<string | undefined> = []
  const fail = async (what: (browser: Browser, kind: 'get' | 'fetch') => Promise<unknown>): Promise<void> => {
    for (const kind of ['get', 'fetch'] as const) {
      const browser = host.browser()
      await what(browser, kind)
      seen.push(kind === 'fetch' ? browser.answers.at(-1)!.json().code : undefined)
    }
  }
  const failLogin = (prepare: () => void): Promise<void> => fail(async (browser, kind) => {
    const { callback } = await begin(host, browser)
    prepare()
    await browser[kind](callback)
    host.wechat.control.clearFaults()
  })
  const failCall = (errcode: number): Promise<void> =>
    failLogin(() => { host.wechat.control.fault({ endpoint: 'access_token', kind: 'errcode', errcode }) })
  await fail((browser, kind) => browser[kind](`${origin}/wechat/me`))
  await fail((browser, kind) => browser[kind](`${origin}/wechat/login?via=x`))
  await fail((browser, kind) => browser[kind](`${origin}/wechat/login?via=oneclick`))
  await fail(async (browser, kind) => {
    browser.userAgent = agents.wechat
    await browser[kind](`${origin}/wechat/login`)
  })
  await fail(async browser => browser.post(`${origin}/wechat/logout`, {}, { 'sec-fetch-site': 'cross-site' }))
  await fail(async (browser, kind) => {
    const { callback } = await begin(host, host.browser())
    await browser[kind](callback)
  })
  await failLogin(() => { outcome = () => null })
  await failLogin(() => { outcome = () => undefined })
  await failLogin(() => { host.wechat.control.fault({ endpoint: 'access_token', kind: 'snapshot-flag' }) })
  for (const errcode of [40029, 40001, 45011, 40125, 40226, -1]) await failCall(errcode)
  await failLogin(() => { host.wechat.control.fault({ endpoint: 'access_token', kind: 'html-200' }) })
  await failLogin(() => { host.wechat.control.fault({ endpoint: 'access_token', kind: 'reset' }) })
  tenant.app = { appid: appSecret(host), secret: appSecret(host), callbackUrl: appSecret(host) }
  await fail((browser, kind) => browser[kind](`${origin}/wechat/login`))
  const all = Object.entries(errors)
    .filter(([name]) => !['WechatError', 'InvalidOptionsError'].includes(name))
    .map(([, Refusal]) => new (Refusal as new () => { code: string })().code)
  t.strictSame(all.filter(code => !seen.includes(code)), [], 'every code of ours has come by')
  t.strictSame(host.watch.leaks(host), [])
})

test('T50: an error of the host that holds the profile, the tokens and its own secrets reaches no visitor, no event and no session', async t => {
  let caught: unknown
  const onUser: WechatLoginOptions['onUser'] = (profile, { tokens, request }) => {
    throw Object.assign(
      new Error(`duplicate key ${profile.openid}, password ${sessionSecret}`, {
        cause: { sql: 'INSERT', profile, tokens, url: request.url }
      }),
      { profile, tokens, password: sessionSecret }
    )
  }
  // Its own error is its own to log, and its onError hooks get it as it was thrown.
  const host = await startHost(t, {
    options: { onUser },
    mayLeak: every,
    before: app => { app.addHook('onError', async (_request, _reply, error) => { caught = error }) }
  })
  for (const kind of ['get', 'fetch'] as const) {
    const browser = host.browser()
    t.equal((await browser[kind]((await begin(host, browser)).callback)).status, 500)
  }
  t.match(caught, { profile: { nickname: '青禾🌱' } })
  const leaks = host.watch.leaks(host)
  t.ok(leaks.length > 0)
  t.strictSame(
    leaks.filter(line =>
      !/\) in (the log|an error of the host[.:])/.test(line) && !/\) in a name in an error of the host/.test(line)),
    []
  )
})

const answering: Record<string, (reply: FastifyReply, profile: WechatProfile) => unknown> = {
  'redirects, and returns the user': (reply, profile) => {
    void reply.redirect('/register')
    return profile
  },
  'redirects, and refuses': reply => {
    void reply.redirect('/register')
    return null
  },
  'redirects, and returns the reply': reply => reply.redirect('/register'),
  'sends, and throws': reply => {
    void reply.send('mine')
    throw Object.assign(new Error('refused'), { statusCode: 409 })
  },
  'takes the reply over': (reply, profile) => {
    reply.hijack()
    reply.raw.end('mine')
    return profile
  }
}

for (const [what, answer] of Object.entries(answering)) {
  for (const shared of [false, true]) {
    test(`T50: an onUser that ${what}, leaves no code and no state in the log of Fastify (${shared ? 'shared store' : 'MemoryStore'})`, async t => {
      const store = new SessionStore()
      const host = await startHost(t, {
        options: {
          onUser: (profile, { reply }) => answer(reply, profile) as WechatProfile,
          ...(shared && { session: { secret: sessionSecret, store } })
        },
        // Another session store of the host's, asked with each answer.
        before: app => { app.addHook('onSend', async () => { await new Promise(resolve => setImmediate(resolve)) }) }
      })
      for (const kind of ['get', 'fetch'] as const) {
        const browser = host.browser()
        t.ok((await browser[kind]((await begin(host, browser)).callback)).status > 0)
      }
      await store.quiet()
      t.strictSame(host.watch.leaks(host), [])
    })
  }
}

test('T50: nor does a login that has outlasted the handlerTimeout of Fastify, whose visitor is told so', async t => {
  const held = gate()
  const host = await startHost(t, {
    fastify: { handlerTimeout: 1000 },
    options: {
      onUser: async profile => {
        await held.opened
        return profile
      }
    }
  })
  const browser = host.browser()
  const { callback } = await begin(host, browser)
  const answer = await browser.get(callback)
  t.equal(answer.status, 503)
  t.match(answer.headers['content-type'], 'text/html')
  held.open()
  while (!host.rawLog().includes('already sent')) await new Promise(resolve => setImmediate(resolve))
  t.strictSame(host.watch.leaks(host), [])
  t.equal((await browser.get(callback)).status, 303, 'and is logged in by the same callback')
})

test('T50: no option that is wrong shows a secret in the error of the boot or in a warning, even where two were mixed up', async t => {
  const { qr } = accounts
  for (const secret of [qr.secret, sessionSecret, Buffer.from(sessionSecret).toString('base64url')]) {
    const wrong: Array<Record<string, unknown>> = [
      { qr: { ...qr, appid: secret } },
      { qr: { ...qr, callbackUrl: secret } },
      { qr: { ...qr, secret: { secret } } },
      { qr: secret },
      { oneclick: { ...qr, scope: secret } },
      { qr: { ...qr, forcePopup: secret } },
      { routes: { login: secret } },
      { routes: { qr: secret } },
      { routes: secret },
      { redirect: { default: secret } },
      { redirect: { origins: [secret] } },
      { redirect: secret },
      { lang: secret },
      { maxAge: secret },
      { attemptTtl: secret },
      { keepTokens: secret },
      { snapshotUsers: secret },
      { renderPage: secret },
      { onUser: secret },
      { keepSessionKeys: secret },
      { session: secret },
      { secret: { secret } },
      { secret: secret.slice(0, 31) },
      { session: { secret: secret.slice(0, 31) } },
      { client: { openHost: secret } },
      { client: { apiHosts: secret } },
      { client: { apiHosts: [secret] } },
      { client: { timeout: secret } },
      { client: { dispatcher: secret } },
      { client: secret }
    ]
    for (const options of wrong) {
      const watch = new LeakWatch()
      watch.know({ secret: [secret, secret.slice(0, 31)] })
      const error: unknown = await startHost(t, { options: { qr, oneclick: undefined, ...options } as object })
        .then(() => undefined, failure => failure)
      watch.error(error, JSON.stringify(Object.keys(options)))
      t.match(error, { code: 'FST_WECHAT_INVALID_OPTIONS' }, JSON.stringify(options))
      t.strictSame(watch.leaks(), [])
    }
  }
})

test("T50: what undici and Fastify tell of their own is theirs: undici's channel shows the secret, as SECURITY.md says", async t => {
  const host = await startHost(t)
  const told: Evidence[] = []
  const hear = (message: unknown): void => {
    told.push({ where: 'undici', text: (message as { request: { path: string } }).request.path })
  }
  subscribe('undici:request:create', hear)
  t.teardown(() => unsubscribe('undici:request:create', hear))
  await logIn(host, host.browser())
  t.not(findLeaks([{ kind: 'secret', text: appSecret(host) }], told).length, 0)
})
