// Threats B: the code, from WeChat's redirect to its one exchange.

import { test } from 'tap'
import { agents } from '../fixture/browser'
import { askingApi, person, startFakeApi, tokens } from '../fixture/fake-api'
import { startHost } from '../fixture/host'
import { begin, exchanges, isLoggedIn, logIn, whoIs } from '../fixture/login'
import { getRaw, sendRaw } from '../fixture/raw'
import { checkRefused } from '../fixture/refusal'
import { sessionCookies } from '../fixture/session-cookie'
import { sameOrigin, sessionSecret, site } from '../fixture/settings'
import { startStoredHost } from '../fixture/stored-host'
import { SessionStore } from '../fixture/session-store'

const attemptName = (state: string): string => `__Host-wechat-${state.slice(0, 12)}`

test('T16: after the callback the code stands in no answer, no cookie and no log', async t => {
  const host = await startHost(t)
  const seen: string[] = []
  const outcomes: Array<(code: string) => void> = [
    () => {},
    () => { host.wechat.control.fault({ endpoint: 'access_token', kind: 'errcode', errcode: 40029 }) },
    code => {
      host.wechat.control.fault({
        endpoint: 'access_token',
        kind: 'errcode',
        errcode: 40125,
        errmsg: `invalid code ${code} rid: 12345678-12345678-12345678`
      })
    },
    () => { host.wechat.control.fault({ endpoint: 'userinfo', kind: 'html-502', times: 'always' }) }
  ]
  for (const prepare of outcomes) {
    const browser = host.browser()
    const { callback, code, state } = await begin(host, browser, { redirect: '/account?tab=2' })
    prepare(code)
    const first = browser.answers.length
    for (let again = 0; again < 2; again++) await browser.get(callback)
    await browser.fetch(callback)
    for (const { body, headers } of browser.answers.slice(first)) {
      const text = JSON.stringify(headers) + body
      seen.push(...[code, state].filter(secret => text.includes(secret)))
    }
    host.wechat.control.clearFaults()
  }
  t.strictSame(seen, [])
})

test('T17: reload, back button and restored tab land in the same login and cost no second exchange; another browser gets nothing', async t => {
  const host = await startHost(t)
  const [browser, other] = [host.browser(), host.browser()]
  const { callback } = await begin(host, browser, { redirect: '/account' })
  t.equal((await browser.get(callback)).location, `${host.origin}/account`)
  const session = browser.jar(site).get('__Host-session')
  for (let again = 0; again < 3; again++) {
    const answer = await browser.get(callback)
    t.strictSame([answer.status, answer.location], [303, `${host.origin}/account`])
  }
  t.equal(browser.jar(site).get('__Host-session'), session)
  await checkRefused(t, host, other, await other.get(callback), 'another browser', 1)
  await checkRefused(
    t,
    host,
    other,
    await other.get(callback, { 'user-agent': agents.wechat }),
    'and one that says it is WeChat',
    1
  )
  t.equal(exchanges(host), 1)
})

for (const count of [2, 20]) {
  test(`T18: ${count} identical callbacks at once are one exchange, one onUser and one session, which each answer carries`, async t => {
    let users = 0
    const { host, store } = await startStoredHost(t, { options: { onUser: profile => { users++; return profile } } })
    const browser = host.browser()
    const { callback } = await begin(host, browser)
    const cookie = browser.cookieHeader(site)
    host.wechat.control.fault({ endpoint: 'access_token', kind: 'slow', ms: 100 })
    const answers = await Promise.all(Array.from({ length: count }, () => host.browser().get(callback, { cookie })))
    t.strictSame(answers.map(({ status }) => status), Array(count).fill(303))
    t.strictSame([users, exchanges(host), store.logins().length], [1, 1, 1])
    t.equal(new Set(answers.map(answer => sessionCookies(answer)[0])).size, 1)
    t.type(sessionCookies(answers[0]!)[0], 'string')
  })
}

test('T18: where the one exchange fails, all callbacks fail with it, and a new attempt works', async t => {
  const host = await startHost(t)
  const browser = host.browser()
  const { callback } = await begin(host, browser)
  host.wechat.control.fault({ endpoint: 'access_token', kind: 'busy', ms: 50 })
  const answers = await Promise.all(Array.from({ length: 5 }, () => browser.get(callback)))
  t.ok(answers.every(({ status }) => status === 502 || status === 403), 'each an answer, none a 500')
  t.equal(exchanges(host), 1)
  t.notOk(await isLoggedIn(host, browser))
  t.equal((await logIn(host, browser)).status, 303)
})

test('T18: on two processes with one store, one code is one onUser and every answer is logged in', async t => {
  let users = 0
  const session = { secret: sessionSecret, store: new SessionStore() }
  const onUser = (profile: object) => { users++; return profile as never }
  const first = await startHost(t, { options: { session, onUser } })
  const second = await startHost(t, { wechat: first.wechat, options: { session, onUser } })
  const browser = first.browser()
  const { callback } = await begin(first, browser)
  const cookie = browser.cookieHeader(site)
  const answers =
    await Promise.all([first, second, first, second].map(host => host.browser().get(callback, { cookie })))
  t.strictSame(answers.map(({ status }) => status), [303, 303, 303, 303])
  t.equal(users, 1)
  t.equal(new Set(answers.map(answer => sessionCookies(answer)[0])).size, 1)
})

test('T19: an attempt for one app is good at its own callback alone', async t => {
  const host = await startHost(t)
  const browser = host.browser()
  const qr = await begin(host, browser)
  await checkRefused(
    t,
    host,
    browser,
    await browser.get(`${host.origin}/wechat/oneclick?code=${qr.code}&state=${qr.state}`),
    'qr at oneclick'
  )
  await checkRefused(
    t,
    host,
    browser,
    await browser.get(`${host.origin}/wechat/oneclick?app=qr&via=qr&appid=${host.wechat.options.qr.appid}` +
      `&code=${qr.code}&state=${qr.state}`),
    'whatever the query says'
  )
  browser.userAgent = agents.wechat
  const oneclick = await begin(host, browser)
  await checkRefused(
    t,
    host,
    browser,
    await browser.get(`${host.origin}/wechat/qr?code=${oneclick.code}&state=${oneclick.state}`),
    'oneclick at qr'
  )
  t.equal((await browser.get(qr.callback)).status, 303)
  t.equal((await browser.get(oneclick.callback)).status, 303)
})

test('T19: a cookie renamed for the other app does not make its attempt', async t => {
  const host = await startHost(t)
  const browser = host.browser()
  const { state, code } = await begin(host, browser)
  const cookie = browser.cookieHeader(site)
  for (const callbackUrl of ['https://app.example.com/wechat/qr2', 'https://app.example.com/wechat/qr?tenant=2']) {
    const other =
      await startHost(t, { wechat: host.wechat, options: wechat => ({ qr: { ...wechat.options.qr, callbackUrl } }) })
    const { pathname } = new URL(callbackUrl)
    const answer = await other.browser().get(`${other.origin}${pathname}?code=${code}&state=${state}`, { cookie })
    t.strictSame([answer.status, exchanges(other)], [403, 0], `made for another callback URL than ${callbackUrl}`)
  }
  const otherApp = await startHost(t, {
    wechat: host.wechat,
    options: wechat => ({ qr: { ...wechat.options.qr, appid: 'wx0000000000000001' } })
  })
  t.equal(
    (await otherApp.browser().get(`${host.origin}/wechat/qr?code=${code}&state=${state}`, { cookie })).status,
    403,
    'made for another appid'
  )
})

test("T19: a code of one app with the other's state is refused by WeChat, each secret goes with its own appid", async t => {
  const host = await startHost(t, { options: {} })
  const browser = host.browser()
  const foreign = await begin(host, browser)
  browser.userAgent = agents.wechat
  const own = await begin(host, browser)
  const answer = await browser.get(`${host.origin}/wechat/oneclick?code=${foreign.code}&state=${own.state}`)
  t.equal(answer.status, 400)
  t.notOk(await isLoggedIn(host, browser))
  const api = await startFakeApi(t)
  const recording = await startHost(t, { wechat: host.wechat, options: askingApi(api) })
  for (const userAgent of [agents.wechat, agents.desktop]) await logIn(recording, recording.browser(userAgent))
  const pairs = api.asked.filter(url => url.includes('secret=')).map(url => new URLSearchParams(url.split('?')[1]))
  t.strictSame(
    pairs.map(query => [query.get('appid'), query.get('secret')]),
    [host.wechat.options.oneclick, host.wechat.options.qr].map(({ appid, secret }) => [appid, secret])
  )
})

test('T20: codes made up by strangers cost WeChat no call, and an attempt costs it one', async t => {
  const host = await startHost(t)
  const browser = host.browser()
  const { state, callback } = await begin(host, browser)
  const forged = `${attemptName('f'.repeat(32))}=${Date.now().toString(36)}.${'A'.repeat(43)}`
  const statuses = new Set<number>()
  for (let round = 0; round < 20; round++) {
    const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => index % 2 === 0
      ? host.browser().get(`${host.origin}/wechat/qr?code=made-up-${round}-${index}&state=${state}`)
      : host.browser()
        .get(`${host.origin}/wechat/qr?code=made-up-${round}-${index}&state=${'f'.repeat(32)}`, { cookie: forged })))
    for (const { status } of answers) statuses.add(status)
  }
  t.strictSame([...statuses], [403])
  t.equal(exchanges(host), 0)
  const cookie = browser.cookieHeader(site)
  const answers = await Promise.all(Array.from(
    { length: 50 },
    (_, index) => host.browser().get(`${host.origin}/wechat/qr?code=guess-${index}&state=${state}`, { cookie })
  ))
  t.equal(exchanges(host), 1)
  t.ok(answers.every(({ status }) => status === 400 || status === 403))
  t.equal((await host.browser().get(callback, { cookie })).status, 403, 'and then is over, for the right code too')
  t.equal(exchanges(host), 1)
})

test('T21: HEAD, OPTIONS, PUT, prefetch and preview consume nothing', async t => {
  const host = await startHost(t)
  const browser = host.browser()
  const { callback } = await begin(host, browser)
  for (const method of ['HEAD', 'OPTIONS', 'PUT', 'DELETE'] as const) {
    const answer = await browser.visit(callback, { method })
    t.strictSame([answer.status, answer.setCookies, answer.headers['cache-control']], [405, [], 'no-store'], method)
  }
  for (const headers of [
    { 'sec-purpose': 'prefetch' },
    { 'sec-purpose': 'prefetch;prerender' },
    { 'sec-purpose': 'prefetch;anonymous-client-ip' },
    { purpose: 'prefetch' }
  ]) {
    for (const url of [callback, `${host.origin}/wechat/login`, `${host.origin}/wechat/embed`]) {
      const answer = await browser.get(url, headers)
      // Of a success, be it empty, the browser would make the page that its visitor has opened.
      t.strictSame(
        [answer.status, answer.setCookies, answer.headers['cache-control'], answer.body],
        [403, [], 'no-store', ''],
        `${JSON.stringify(headers)} ${url}`
      )
    }
  }
  t.equal(exchanges(host), 0)
  // A browser says the same of what the scripts of a page ask for that it renders ahead: Chromium 156, for modules and
  // fetch.
  const ofScript = { 'sec-purpose': 'prefetch;prerender', 'sec-fetch-mode': 'cors' }
  for (const [path, status] of [['me', 401], ['embed', 200], ['login', 200]] as const) {
    t.equal((await host.browser().fetch(`${host.origin}/wechat/${path}`, { headers: ofScript })).status, status, path)
  }
  t.equal((await browser.get(callback)).status, 303, 'the visit itself then works')
  for (const path of ['/wechat/login', '/wechat/logout', '/wechat/me']) {
    const answer = await browser.visit(host.origin + path, { method: 'HEAD', headers: sameOrigin })
    t.strictSame([answer.status, answer.setCookies], [404, []], path)
  }
  t.ok(await isLoggedIn(host, browser))
})

test('T22: WeChat is asked with each parameter once, whatever the code is', async t => {
  const api = await startFakeApi(t)
  api.token = JSON.stringify({ errcode: 40029, errmsg: 'invalid code' })
  const host = await startHost(t, { options: askingApi(api) })
  const odd = [
    'a&appid=wx0000000000000000', 'a&secret=x&grant_type=y', 'a#b', 'a%26b', 'a?b=c', 'a\r\nHost: evil.example', 'a\0b',
    'a/../b', '密码🌱', 'é', ' ', '+', '\ud800', '..', '%', 'a'.repeat(512), '__proto__'
  ]
  for (const code of odd) {
    const browser = host.browser()
    const { state } = await begin(host, browser)
    const answer =
      await browser.get(`${host.origin}/wechat/qr?code=${code === '\ud800' ? '%ED%A0%80' : encodeURIComponent(code)}` +
        `&state=${state}`)
    t.strictSame([answer.status, sessionCookies(answer)], [400, []], JSON.stringify(code.slice(0, 40)))
  }
  t.equal(api.asked.length, odd.length)
  for (const [index, url] of api.asked.entries()) {
    const [path, query] = url.split('?')
    const { appid, secret } = host.wechat.options.qr
    const sent = [...new URLSearchParams(query)]
    if (odd[index] !== '\ud800') {
      t.strictSame([path, sent], [
        '/sns/oauth2/access_token',
        [['appid', appid], ['secret', secret], ['code', odd[index]], ['grant_type', 'authorization_code']]
      ])
    } else {
      t.strictSame(sent.map(([name]) => name), ['appid', 'secret', 'code', 'grant_type'])
    }
  }
})

test('T22: a code that is doubled, nested, empty or too long never leaves; a refusal is told as one', async t => {
  const host = await startHost(t)
  const broken = 'Something went wrong on this site; your WeChat account is not affected. Please try again in a moment.'
  const cancelled = 'You cancelled the login, or this account may not log in here.'
  const refusals: Array<[query: string, status: number, text: string]> = [
    ['code=a&code=b', 400, broken],
    [`code=${'a'.repeat(513)}`, 400, broken],
    [`code=${'a'.repeat(4096)}`, 400, broken],
    ['code[]=a', 403, cancelled],
    ['code[x]=a', 403, cancelled],
    ['code=', 403, cancelled],
    ['code', 403, cancelled],
    ['', 403, cancelled],
    ['code=authdeny', 403, cancelled],
    ['error=access_denied', 403, cancelled],
    ['error=access_denied&error_description=x', 403, cancelled]
  ]
  for (const [query, status, text] of refusals) {
    for (const known of [true, false]) {
      const browser = host.browser()
      const { state } = known ? await begin(host, browser) : { state: '0'.repeat(32) }
      const answer = await browser.get(`${host.origin}/wechat/qr?${query}&state=${state}`)
      const what = `${query.slice(0, 40)}, ${known ? 'of' : 'without'} an attempt`
      t.strictSame([answer.status, /<p>(.*)<\/p>/.exec(answer.body)?.[1]], [status, text], what)
      await checkRefused(t, host, browser, answer, what)
    }
  }
  const long = await sendRaw(
    host.address,
    `GET /wechat/qr?code=${'a'.repeat(17_000)} HTTP/1.1\r\nHost: ${site}\r\nConnection: close\r\n\r\n`
  )
  t.equal(long.status, 431)
  const junk = await getRaw(host.address, '/wechat/qr?%&code=%zz&state=%E0%A4%A', [`Host: ${site}`])
  t.equal(junk.status, 403)
})

test('T23: status 200 with an error, or with half an answer, is no success; errcode 0 with everything there is', async t => {
  const api = await startFakeApi(t)
  const host = await startHost(t, { options: askingApi(api) })
  const good = JSON.stringify(person)
  const bad: Array<[token: object, userinfo?: object]> = [
    [{ errcode: 40029, errmsg: 'invalid code' }],
    [{ errcode: '40029', errmsg: 'invalid code' }],
    [{ errcode: 0 }],
    [{}],
    [{ access_token: 'x' }],
    [{ openid: person.openid }],
    [{ access_token: '', openid: '' }],
    [{ ...tokens, access_token: '' }],
    [{ ...tokens, openid: '' }],
    [{ ...tokens, errcode: 40029 }],
    [{ ...tokens, errcode: -1 }],
    [{ ...tokens, errcode: true }],
    [{ ...tokens, errcode: '' }],
    [tokens, { errcode: 48001, errmsg: 'api unauthorized' }],
    [tokens, { ...person, errcode: 40001 }],
    [tokens, {}],
    [tokens, { openid: '' }],
    [tokens, { errcode: 0 }]
  ]
  for (const [token, userinfo] of bad) {
    api.token = JSON.stringify(token)
    api.userinfo = userinfo === undefined ? good : JSON.stringify(userinfo)
    const browser = host.browser()
    const answer = await logIn(host, browser)
    t.ok(answer.status >= 400 && answer.status !== 503, `${answer.status} for ${api.token} ${api.userinfo}`)
    t.strictSame([sessionCookies(answer), await isLoggedIn(host, browser)], [[], false])
  }
  api.token = JSON.stringify({ errcode: 0, errmsg: 'ok', ...tokens })
  api.userinfo = JSON.stringify({ errcode: 0, ...person })
  const browser = host.browser()
  t.equal((await logIn(host, browser)).status, 303)
  t.equal((await whoIs(host, browser))?.openid, person.openid)
})
