// WeChat's tokens for later calls: kept on request, refreshed in time, once for all who ask, and never shown to the
// browser.

import { type Test, test } from 'tap'
import type { WechatLoginOptions } from '../../src/types'
import type { WechatTokens } from '../../src/wechat/client-types'
import { agents, type Browser } from '../fixture/browser'
import { gate } from '../fixture/gate'
import { type Host, type HostOptions, startHost } from '../fixture/host'
import { beginLogin, logIn } from '../fixture/login'
import { sameOrigin, sessionSecret } from '../fixture/settings'
import { SessionStore } from '../fixture/session-store'

const minute = 60
const hour = 60 * minute
const day = 24 * hour

interface TokenHost extends Host {
  /** Moves WeChat's clock and the host's. */
  advance: (seconds: number) => void
  token: (browser: Browser) => Promise<{ status: number, token?: string, code?: string }>
  /** What WeChat gave at each login. */
  given: WechatTokens[]
}

async function startTokenHost (
  t: Test, { options, ...more }: { options?: Partial<WechatLoginOptions> } & Omit<HostOptions, 'options'> = {}
): Promise<TokenHost> {
  const given: WechatTokens[] = []
  const host: Host = await startHost(t, {
    // Plain http: the token of this site's user can be checked without WeChat's certificate.
    secure: false,
    now: () => host?.wechat.control.now() ?? Date.now(),
    options: { keepTokens: true, onUser: (profile, { tokens }) => { given.push(tokens); return profile }, ...options },
    routes (app) {
      app.get('/token', async request => ({ token: await request.wechatAccessToken() }))
      app.get('/twenty', async request => ({
        tokens: await Promise.all(Array.from({ length: 20 }, () => request.wechatAccessToken()))
      }))
    },
    ...more
  })
  return Object.assign(host, {
    given,
    advance: (seconds: number) => { host.wechat.control.advance(seconds) },
    async token (browser: Browser) {
      const answer = await browser.fetch(`${host.origin}/token`)
      return { status: answer.status, ...answer.json() }
    }
  })
}

const refreshes = (host: Host): number => host.wechat.control.count('refresh_token')

async function works ({ app, wechat }: Host, token: string | undefined): Promise<boolean> {
  const client = app.wechatLogin.qr!
  return client.checkToken(token!, wechat.control.openid(client.appid, 'qinghe'))
}

test('the token of the login serves until five minutes before its end, and is then refreshed, once for two hours', async t => {
  const host = await startTokenHost(t)
  const browser = host.browser()
  await logIn(host, browser)
  const first = await host.token(browser)
  t.equal(first.token, host.given[0]!.access_token)
  host.advance(2 * hour - 5 * minute - 1)
  t.equal((await host.token(browser)).token, first.token)
  t.equal(refreshes(host), 0)
  host.advance(1)
  const second = await host.token(browser)
  t.equal(second.status, 200)
  t.ok(await works(host, second.token))
  t.equal(refreshes(host), 1)
  host.advance(2 * hour - 5 * minute - 1)
  t.equal((await host.token(browser)).token, second.token)
  t.equal(refreshes(host), 1, 'the session keeps it')
  host.advance(day)
  t.ok(await works(host, (await host.token(browser)).token), 'and long after its end too')
  t.equal(refreshes(host), 2)
})

test('the token is refreshed at five minutes before its end, and not a millisecond earlier', async t => {
  let clock = Date.now()
  const host = await startTokenHost(t, { now: () => clock })
  const browser = host.browser()
  await logIn(host, browser)
  clock += 1000 * (2 * hour - 5 * minute) - 1
  await host.token(browser)
  t.equal(refreshes(host), 0)
  clock++
  await host.token(browser)
  t.equal(refreshes(host), 1)
})

for (const store of ['that all requests share', 'that gives each request its own copy'] as const) {
  test(`twenty requests at once are one refresh, with a store ${store}`, async t => {
    const host = await startTokenHost(t, {
      options: { session: { secret: sessionSecret, ...(store.includes('copy') && { store: new SessionStore() }) } }
    })
    const browser = host.browser()
    await logIn(host, browser)
    host.advance(3 * hour)
    const answers = await Promise.all(Array.from({ length: 20 }, () => host.token(browser)))
    t.strictSame([...new Set(answers.map(answer => answer.status))], [200])
    t.equal(new Set(answers.map(answer => answer.token)).size, 1)
    t.ok(await works(host, answers[0]!.token))
    t.equal(refreshes(host), 1)
    t.equal((await host.token(browser)).token, answers[0]!.token)
    t.equal(refreshes(host), 1)
  })
}

test('twenty calls in one request are one refresh; another visitor has a refresh of their own', async t => {
  const host = await startTokenHost(t)
  const [one, other] = [host.browser(), host.browser(agents.wechat)]
  await logIn(host, one)
  await logIn(host, other)
  host.advance(3 * hour)
  const answers = await Promise.all([one, other].map(browser => browser.fetch(`${host.origin}/twenty`)))
  const [ones, others] = answers.map(answer => new Set(answer.json().tokens as string[]))
  t.equal(ones!.size, 1)
  t.equal(others!.size, 1)
  t.not([...ones!][0], [...others!][0])
  t.equal(refreshes(host), 2)
})

test('two processes that refresh at once do each other no harm', async t => {
  const store = new SessionStore()
  const options = { session: { secret: sessionSecret, store } }
  const a = await startTokenHost(t, { options })
  const b = await startTokenHost(t, { options, wechat: a.wechat })
  const ofB = (browser: Browser): Browser => {
    browser.jar(new URL(b.origin).host).set('session', browser.jar(new URL(a.origin).host).get('session')!)
    return browser
  }
  const browser = a.browser()
  await logIn(a, browser)
  ofB(browser)
  for (let turn = 0; turn < 5; turn++) {
    a.advance(3 * hour)
    const answers = await Promise.all([a, b, a, b].map(host => host.token(browser)))
    for (const { token } of answers) t.ok(await works(a, token))
    t.ok(await works(a, (await a.token(browser)).token))
    t.ok(await works(a, (await b.token(browser)).token))
  }
  t.ok(refreshes(a) <= 10, `${refreshes(a)} refreshes`)
})

test('a logout on another process, while a refresh goes on here, holds', async t => {
  const store = new SessionStore()
  const refresh = gate()
  const session = { secret: sessionSecret, store }
  const b = await startTokenHost(t, { options: { session, realm: 'one' } })
  const { qr } = b.wechat.control.pluginOptions(b.wechat.url)
  const a = await startTokenHost(t, {
    wechat: b.wechat,
    options: {
      session,
      // The two stand for one site, on two ports.
      realm: 'one',
      // The refresh waits for its app until the visitor is gone.
      qr: async request => {
        if (request.url === '/token') await refresh.pass()
        return qr
      }
    }
  })
  const browser = b.browser()
  await logIn(b, browser)
  const [hostOfA, hostOfB] = [a, b].map(host => new URL(host.origin).host)
  const cookie = browser.jar(hostOfB!).get('session')!
  const slow = a.browser()
  slow.jar(hostOfA!).set('session', cookie)
  b.advance(3 * hour)
  const refreshing = a.token(slow)
  await refresh.entered
  t.equal((await browser.post(`${b.origin}/wechat/logout`, {}, sameOrigin)).status, 204)
  refresh.open()
  t.equal((await refreshing).code, 'FST_WECHAT_UNAUTHENTICATED')
  for (const host of [a, b]) {
    const thief = host.browser()
    t.equal((await thief.fetch(`${host.origin}/account`, { headers: { cookie: `session=${cookie}` } })).status, 401)
  }
})

test('a dead refresh token ends the login, and the next one is fresh', async t => {
  const host = await startTokenHost(t)
  const browser = host.browser()
  await logIn(host, browser)
  host.advance(31 * day)
  t.equal((await browser.fetch(`${host.origin}/account`)).status, 200, 'the login itself lives as long as the session')
  const dead = await host.token(browser)
  t.equal(dead.status, 401)
  t.equal(dead.code, 'FST_WECHAT_TOKEN_EXPIRED')
  const again = await browser.get(`${host.origin}/account`)
  t.equal(again.status, 302)
  t.match(again.location, '/wechat/login?redirect=%2Faccount')
  await logIn(host, browser)
  t.ok(await works(host, (await host.token(browser)).token))
})

test('a refresh that WeChat refuses for good ends the login; one that fails for now does not', async t => {
  const host = await startTokenHost(t, { options: { client: { retries: 0 } } })
  const browser = host.browser()
  const cases = [
    ['errcode', 45011, 503, true],
    ['busy', undefined, 502, true],
    ['html-502', undefined, 502, true],
    ['errcode', 42007, 401, false],
    ['errcode', 40030, 401, false],
    ['errcode', 42002, 401, false]
  ] as const
  for (const [kind, errcode, status, stands] of cases) {
    if ((await browser.fetch(`${host.origin}/account`)).status !== 200) await logIn(host, browser)
    host.advance(3 * hour)
    host.wechat.control.fault({ endpoint: 'refresh_token', kind, ...(errcode !== undefined && { errcode }) })
    t.equal((await host.token(browser)).status, status, `${kind} ${errcode ?? ''}`)
    t.equal((await browser.fetch(`${host.origin}/account`)).status, stands ? 200 : 401)
    if (stands) t.equal((await host.token(browser)).status, 200)
  }
})

test('twenty requests that meet a dead refresh token all learn it, by one call', async t => {
  const host = await startTokenHost(t, { options: { session: { secret: sessionSecret, store: new SessionStore() } } })
  const browser = host.browser()
  await logIn(host, browser)
  host.advance(31 * day)
  const answers = await Promise.all(Array.from({ length: 20 }, () => host.token(browser)))
  t.ok(answers.every(answer => answer.status === 401))
  t.equal(answers[0]!.code, 'FST_WECHAT_TOKEN_EXPIRED')
  t.equal(refreshes(host), 1)
})

test('T51: the tokens never reach the browser or the log', async t => {
  const host = await startTokenHost(t, {
    routes: app => { app.get('/call', async request => ({ length: (await request.wechatAccessToken()).length })) }
  })
  const browser = host.browser()
  await logIn(host, browser)
  for (const path of ['/wechat/me', '/account', '/call', '/nothing']) await browser.fetch(host.origin + path)
  host.advance(3 * hour)
  await browser.fetch(`${host.origin}/call`)
  const callback = new URL(await beginLogin(host, browser))
  const { code, state } = Object.fromEntries(callback.searchParams)
  const posted = await browser.post(`${host.origin}/wechat/qr`, { code, state }, sameOrigin)
  t.equal(posted.status, 200)
  t.strictSame(Object.keys(posted.json()), ['user', 'redirect'])
  host.advance(31 * day)
  await browser.get(`${host.origin}/call`)
  await browser.post(`${host.origin}/wechat/logout`, {}, sameOrigin)
  const seen = browser.answers.map(({ headers, body }) => JSON.stringify(headers) + body).join('\n')
  t.equal(host.given.length, 2)
  for (const secret of host.given.flatMap(tokens => [tokens.access_token, tokens.refresh_token!])) {
    t.notOk(seen.includes(secret), 'not in an answer')
    t.notOk(host.rawLog().includes(secret), 'not in the log')
  }
})

test('without keepTokens the session holds none, and who asks for one is told what to set', async t => {
  const store = new SessionStore()
  const host = await startTokenHost(t, { options: { keepTokens: false, session: { secret: sessionSecret, store } } })
  const browser = host.browser()
  for (const visit of ['anonymous', 'logged in']) {
    if (visit === 'logged in') await logIn(host, browser)
    const answer = await host.token(browser)
    t.equal(answer.status, 500)
    t.equal(answer.code, 'FST_WECHAT_MISCONFIGURED')
  }
  t.notOk([...store.records.values()].join().includes(host.given[0]!.access_token))
  t.match(host.rawLog(), 'request.wechatAccessToken() needs option keepTokens: true.')
  t.match(host.rawLog(), 'request.wechatAccessToken() 需要选项 keepTokens: true。')
})

test('a login from before keepTokens was set is made anew', async t => {
  const store = new SessionStore()
  const before = await startTokenHost(t, { options: { keepTokens: false, session: { secret: sessionSecret, store } } })
  const after =
    await startTokenHost(t, { wechat: before.wechat, options: { session: { secret: sessionSecret, store } } })
  const browser = before.browser()
  await logIn(before, browser)
  browser.jar(new URL(after.origin).host).set('session', browser.jar(new URL(before.origin).host).get('session')!)
  t.equal((await browser.fetch(`${after.origin}/account`)).status, 200)
  t.equal((await after.token(browser)).code, 'FST_WECHAT_TOKEN_EXPIRED')
  t.equal((await browser.fetch(`${after.origin}/account`)).status, 401)
})

test('who is not logged in has no token', async t => {
  const host = await startTokenHost(t)
  t.equal((await host.token(host.browser())).code, 'FST_WECHAT_UNAUTHENTICATED')
})
