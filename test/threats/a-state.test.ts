// Threats A: the state, and what binds it to one browser.

import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { test } from 'tap'
import { agents, type Browser } from '../fixture/browser'
import { type Host, startHost } from '../fixture/host'
import { begin, exchanges, isLoggedIn, logIn, stateIn, whoIs } from '../fixture/login'
import { getRaw } from '../fixture/raw'
import { checkRefused } from '../fixture/refusal'
import { accounts, origin, sameOrigin, sessionSecret, site } from '../fixture/settings'
import { checkNothingStays } from '../fixture/memory'
import { env } from '../fixture/program'

const root = join(__dirname, '../..')
const attemptName = (state: string): string => `__Host-wechat-${state.slice(0, 12)}`

/** Where a bounce page sends its iframe on. */
const bounceOf = (body: string): string => /<meta http-equiv="refresh" content="0;url=([^"]*)">/
  .exec(body)![1]!
  .replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))

/** A callback of this browser with any query. */
const callBack = (host: Host, browser: Browser, query: string, via = 'qr') =>
  browser.get(`${host.origin}/wechat/${via}?${query}`)

test('T01: an attempt begun in one browser logs in no other, whichever way the two are mixed', async t => {
  const host = await startHost(t)
  const [attacker, victim] = [host.browser(), host.browser()]
  const planted = await begin(host, attacker, { user: 'tricky' })
  await checkRefused(t, host, victim, await victim.get(planted.callback), "the attacker's link in a fresh browser")
  const own = await begin(host, victim)
  await checkRefused(t, host, victim, await victim.get(planted.callback), 'and beside an attempt of its own')
  await checkRefused(
    t,
    host,
    victim,
    await callBack(host, victim, `code=${own.code}&state=${planted.state}`),
    'own code, foreign state'
  )
  await checkRefused(
    t,
    host,
    attacker,
    await callBack(host, attacker, `code=${planted.code}&state=${own.state}`),
    'the other way round'
  )
  t.equal((await attacker.get(planted.callback)).status, 303)
  t.equal((await whoIs(host, attacker))?.openid, host.wechat.control.openid(host.wechat.options.qr.appid, 'tricky'))
  t.equal(exchanges(host), 1)
})

test("T01: in WeChat's browser a foreign callback starts the visitor's own login, and never the sender's", async t => {
  const host = await startHost(t)
  const [attacker, victim] = [host.browser(agents.wechat), host.browser(agents.wechat)]
  const planted = await begin(host, attacker, { user: 'tricky' })
  const answer = await victim.get(planted.callback)
  t.equal(answer.status, 302)
  t.match(answer.location, `${host.wechat.url}/connect/oauth2/authorize?`)
  t.not(stateIn(answer.location), planted.state)
  t.notOk(await isLoggedIn(host, victim))
  t.equal(exchanges(host), 0)
  t.equal((await victim.get(host.wechat.control.approve(answer.location, { user: 'sunny' }))).status, 303)
  t.equal((await whoIs(host, victim))?.nickname, 'Sunny Day ☀️')
})

test('T02: whatever of the state is missing, doubled, changed or junk, the check does not fail open', async t => {
  const host = await startHost(t)
  const { state } = await begin(host, host.browser())
  const good = (browser: Browser): Promise<string> => begin(host, browser).then(({ state }) => state)
  const cases: Array<(state: string) => string> = [
    () => '',
    () => '&state=',
    () => '&state',
    state => `&state=a&state=${state}`,
    state => `&state=${state}&state=a`,
    state => `&state=${state}&state=${state}`,
    state => `&state[]=${state}`,
    state => `&state[0]=${state}`,
    state => `&STATE=${state}`,
    state => `&state=${state}%20`,
    state => `&state=%20${state}`,
    state => `&state=${state.toUpperCase()}`,
    state => `&state=${state.slice(0, -1)}`,
    state => `&state=${state}0`,
    state => `&state=${state}%00`,
    state => `&state=${state}%0a`,
    () => `&state=${'a'.repeat(10_000)}`,
    () => `&state=${'0'.repeat(32)}`,
    () => '&state=undefined',
    () => '&state=null',
    () => '&state=[object%20Object]',
    () => '&state=__proto__',
    state => `&state=${state.replace(/[0-9a-f]$/, digit => digit === '0' ? '1' : '0')}`
  ]
  for (const [index, withState] of cases.entries()) {
    const [fresh, begun] = [host.browser(), host.browser()]
    await checkRefused(
      t,
      host,
      fresh,
      await callBack(host, fresh, `code=CODE-number-${index}${withState(state)}`),
      `without a cookie, ${withState('STATE')}`
    )
    await checkRefused(
      t,
      host,
      begun,
      await callBack(host, begun, `code=CODE-number-${index}${withState(await good(begun))}`),
      `with a cookie, ${withState('STATE')}`
    )
  }
})

test('T02: a cookie that is empty or junk is no attempt', async t => {
  const host = await startHost(t)
  for (const value of [
    '', 'undefined', 'null', '[object Object]', '.', 'NaN.NaN', '0.', `${Date.now().toString(36)}.`,
    `${Date.now().toString(36)}.undefined`, '__proto__', '%00', '{}', 'a'.repeat(2000)
  ]) {
    const browser = host.browser()
    const { state, callback } = await begin(host, browser)
    browser.jar(site).set(attemptName(state), value)
    await checkRefused(t, host, browser, await browser.get(callback), `the cookie "${value.slice(0, 30)}"`)
  }
  const browser = host.browser()
  browser.jar(site).set('__Host-wechat-', 'x').set('__Host-wechat-undefined', 'x')
  await checkRefused(t, host, browser, await callBack(host, browser, 'code=CODE&state='), 'both empty')
  await checkRefused(t, host, browser, await callBack(host, browser, 'code=CODE&state=undefined'), 'both undefined')
})

test('T03, T64: states are long, random, and of letters and digits alone', async t => {
  const host = await startHost(t)
  const states: string[] = []
  for (let count = 0; count < 1000; count++) {
    states.push(stateIn((await host.app.inject({ url: '/wechat/login', headers: { host: site } })).headers.location!))
  }
  t.equal(new Set(states).size, 1000, 'no state twice')
  t.ok(states.every(state => /^[A-Za-z0-9]{22,128}$/.test(state)))
  for (let at = 0; at < states[0]!.length; at++) {
    if (new Set(states.map(state => state[at])).size < 8) t.fail(`position ${at} hardly changes`)
  }
  t.equal(new Set(states.map(state => state.slice(0, 5))).size > 990, true, 'no common beginning, no clock')
})

/** A process of its own that begins as many logins as it is told and prints their states. */
const program = `
const app = require('fastify')()
app.register(require('fastify-wechat-login'), { qr: ${JSON.stringify(accounts.qr)}, session: { secret: '${sessionSecret}' } })
const printStates = async count => {
  for (; count > 0; count--) console.log(new URL((await app.inject({ url: '/wechat/login', headers: { host: '${site}' } })).headers.location).searchParams.get('state'))
}
printStates(20)`

test('T03: a process that starts anew repeats no state of the one before', async t => {
  const starts =
    await Promise.all([1, 2].map(() => promisify(execFile)(process.execPath, ['-e', program], { cwd: root, env })))
  const states = starts.flatMap(({ stdout }) => stdout.trim().split('\n'))
  t.equal(states.length, 40)
  t.equal(new Set(states).size, 40)
})

test('T04: nobody but the server chooses a state', async t => {
  const host = await startHost(t)
  const browser = host.browser()
  const known = 'a'.repeat(32)
  const first =
    await browser.get(`${host.origin}/wechat/login?state=${known}&redirect=${encodeURIComponent(`/?state=${known}`)}`)
  t.not(stateIn(first.location), known)
  t.equal(new URL(first.location).searchParams.getAll('state').length, 1)
  const second = await browser.get(`${host.origin}/wechat/login`)
  t.not(stateIn(second.location), stateIn(first.location))
  const values = [...browser.jar(site).values()]
  t.notOk(values.some(value => second.location.includes(value)), 'no cookie becomes a state')
  browser.jar(site).set(attemptName(known), values[0]!)
  await checkRefused(
    t,
    host,
    browser,
    await callBack(host, browser, `code=CODE&state=${known}`),
    'a state and a cookie of the attacker\'s'
  )
})

test('T05: a state is good for one login', async t => {
  const host = await startHost(t)
  const browser = host.browser()
  const { callback, state } = await begin(host, browser)
  const kept = browser.jar(site).get(attemptName(state))!
  const [, again] = host.wechat.control.duplicateCallbackUrls(callback, 'fresh')
  const answer = await browser.get(callback)
  t.equal(answer.status, 303)
  t.ok(
    answer.setCookies.includes(`${attemptName(state)}=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax`),
    'the cookie is ended as a browser takes it'
  )
  const session = browser.jar(site).get('__Host-session')
  t.equal((await browser.get(again)).status, 303, 'another code is not looked at: the login stands')
  browser.jar(site).set(attemptName(state), kept)
  t.equal((await browser.get(again)).status, 303, 'not even with the cookie kept')
  t.equal(exchanges(host), 1)
  t.equal(browser.jar(site).get('__Host-session'), session)

  const thief = host.browser()
  thief.jar(site).set(attemptName(state), kept)
  await browser.post(`${host.origin}/wechat/logout`, {}, sameOrigin)
  await checkRefused(t, host, thief, await thief.get(again), 'after the logout, with cookie, state and a fresh code', 1)
})

test('T06: tabs do not disturb each other, in either order and either way', async t => {
  const host = await startHost(t)
  for (const order of [[0, 1], [1, 0]]) {
    const browser = host.browser()
    const tabs = [await begin(host, browser, { redirect: '/a' }), await begin(host, browser, { redirect: '/b' })]
    for (const tab of order) {
      t.equal((await browser.get(tabs[tab]!.callback)).location, host.origin + ['/a', '/b'][tab]!)
    }
  }
  const browser = host.browser()
  const many = []
  for (let count = 0; count < 12; count++) many.push(await begin(host, browser, { redirect: `/${count}` }))
  t.strictSame(
    [...browser.jar(site).keys()].filter(name => name.startsWith('__Host-wechat-')),
    many.slice(-5).map(({ state }) => attemptName(state)),
    'the newest five'
  )
  for (const [index, { callback }] of many.slice(-5).entries()) {
    t.equal((await browser.get(callback)).location, `${host.origin}/${index + 7}`)
  }
  await checkRefused(t, host, host.browser(), await host.browser().get(many[0]!.callback), 'in another browser', 9)

  const both = host.browser()
  const qr = await begin(host, both, { redirect: '/qr' })
  both.userAgent = agents.wechat
  const oneclick = await begin(host, both, { redirect: '/oneclick' })
  t.equal((await both.get(qr.callback)).location, `${host.origin}/qr`)
  t.equal((await both.get(oneclick.callback)).location, `${host.origin}/oneclick`)
})

test("T07: a stranger's callback does not burn the visitor's attempt", async t => {
  const host = await startHost(t)
  const browser = host.browser()
  const { callback, state } = await begin(host, browser)
  for (const query of [
    'code=x&state=x', `code=x&state=${'0'.repeat(32)}`, `code=x&state=${state}0`, `state=${state}`,
    `code=&state=${state}`, 'error=access_denied', ''
  ]) {
    const answer = await callBack(host, browser, query)
    t.strictSame([answer.status, answer.setCookies], [403, []], query)
  }
  t.equal((await browser.get(callback)).status, 303)
})

test('T08: an attempt is over after its time, whatever the browser kept', async t => {
  let clock = Date.now()
  const host = await startHost(t, { now: () => clock, options: { attemptTtl: 300 } })
  const browser = host.browser()
  const late = await begin(host, browser)
  const inTime = await begin(host, browser)
  clock += 300_000
  t.equal((await browser.get(inTime.callback)).status, 303, 'good to the last millisecond')
  clock += 1
  const other = host.browser()
  for (const [name, value] of browser.jar(site)) if (name === attemptName(late.state)) other.jar(site).set(name, value)
  const answer = await other.get(late.callback)
  await checkRefused(t, host, other, answer, 'a millisecond later', 1)
  t.match(answer.body, 'Log in again')
  const early = host.browser()
  const future = await begin(host, early)
  clock -= 60_000 + 1
  await checkRefused(t, host, early, await early.get(future.callback), 'an attempt from the future', 1)
  clock += 1
  t.equal((await early.get(future.callback)).status, 303, 'a minute of clock skew is allowed')
})

test('T08: a time that is none is refused at boot', async t => {
  for (const attemptTtl of ['10 minuten', '900', NaN, Infinity, -1, 0, 1.5, null]) {
    await t.rejects(
      startHost(t, { options: { attemptTtl: attemptTtl as number } }),
      { code: 'FST_WECHAT_INVALID_OPTIONS', message: /attemptTtl/ },
      String(attemptTtl)
    )
  }
})

test('T09: a cookie tossed beside the real one logs nobody in, in either order', async t => {
  const host = await startHost(t)
  const [attacker, victim] = [host.browser(), host.browser()]
  const planted = await begin(host, attacker)
  const own = await begin(host, victim)
  const pairs = [[planted, attacker], [own, victim]].map(([begun, browser]) =>
    (browser as Browser).jar(site).get(attemptName((begun as typeof own).state))!)
  for (const { state, code } of [planted, own]) {
    for (const order of [pairs, [...pairs].reverse()]) {
      const browser = host.browser()
      const cookies = order.map(value => `${attemptName(state)}=${value}`)
      const path = `/wechat/qr?code=${code}&state=${state}`
      await checkRefused(
        t,
        host,
        browser,
        await browser.get(host.origin + path, { cookie: cookies.join('; ') }),
        'our name twice in one header'
      )
      const twoHeaders =
        await getRaw(host.address, path, [`Host: ${site}`, ...cookies.map(cookie => `Cookie: ${cookie}`)])
      t.strictSame([twoHeaders.status, exchanges(host)], [403, 0], 'or in two')
    }
  }
  t.equal((await victim.get(own.callback)).status, 303)
})

test('T09, T12: the cookies of a login are named and marked so that no sibling site can set or read them', async t => {
  const host = await startHost(t)
  const browser = host.browser()
  const start = await browser.get(`${host.origin}/wechat/login`)
  t.equal(start.setCookies.length, 1)
  t.match(
    start.setCookies[0],
    /^__Host-wechat-[0-9a-f]{12}=[\w.-]+; Max-Age=900; Path=\/; HttpOnly; Secure; SameSite=Lax$/
  )
  const back = await browser.get(host.wechat.control.approve(start.location))
  t.match(
    back.setCookies.find(line => line.startsWith('__Host-session=')),
    /^__Host-session=[^;]+; Path=\/; HttpOnly; Secure; SameSite=Lax$/
  )
  t.notOk(back.setCookies.some(line => /domain=/i.test(line)))
  await t.rejects(
    startHost(t, { options: { sameSite: 'strict' } as object }),
    { message: /unknown option sameSite/ },
    'and nobody can loosen or break that'
  )
})

test('T10: only our exact name is our cookie', async t => {
  const host = await startHost(t)
  const browser = host.browser()
  const { state, code } = await begin(host, browser)
  const name = attemptName(state)
  const value = browser.jar(site).get(name)!
  const spellings = [
    `\xa0${name}=${value}`, `\x85${name}=${value}`, `"${name}"=${value}`, `$Version=1; \t${name}=${value}`,
    `${name.toLowerCase()}=${value}`, `${name.toUpperCase()}=${value}`, `${name} =${value}`,
    `${name.replaceAll('_', '%5F')}=${value}`, `=${name}=${value}`, `\xc2\xa0${name}=${value}`,
    `\u00ef\u00bb\u00bf${name}=${value}`, `a=b,${name}=${value}`, `${name}="${value}"`, `${name}=${value} `,
    `${name}=\xa0${value}`
  ]
  for (const cookie of spellings) {
    const answer = await getRaw(host.address, `/wechat/qr?code=${code}&state=${state}`, [
      `Host: ${site}`,
      'Accept: text/html',
      `Cookie: x=y; ${cookie}; z=0`
    ])
    t.strictSame([answer.status, exchanges(host)], [403, 0], JSON.stringify(cookie.replace(value, '…')))
  }
  const answer = await getRaw(host.address, `/wechat/qr?code=${code}&state=${state}`, [
    `Host: ${site}`,
    `Cookie: x=y; ${name}=${value}; z=0`
  ])
  t.equal(answer.status, 303, 'and that one is')
})

test('T10: nor is a session cookie one, under any name but its own', async t => {
  const host = await startHost(t)
  const browser = host.browser()
  await logIn(host, browser)
  const name = '__Host-session'
  const value = browser.jar(site).get(name)!
  const me = async (cookie: string): Promise<number> => (await getRaw(host.address, '/wechat/me', [
    `Host: ${site}`,
    'Accept: application/json',
    `Cookie: ${cookie}`
  ])).status
  for (const spelling of [
    `\xa0${name}`, `\x85${name}`, `\xc2\xa0${name}`, `"${name}"`, name.toLowerCase(), name.toUpperCase(),
    name.replaceAll('_', '%5F'), `x, ${name}`, 'session', '__Secure-session', `__Host-${name}`
  ]) {
    t.equal(await me(`x=y; ${spelling}=${value}; z=0`), 401, JSON.stringify(spelling))
  }
  t.equal(await me(`x=y; ${name}=${value}; z=0`), 200, 'and that one is')
})

test('T10: no parser of cookies is installed that trims what browsers do not take for white space', t => {
  const { packages }: { packages: Record<string, { version: string }> } =
    JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  const parsers =
    Object.entries(packages).filter(([path]) => path.endsWith('node_modules/cookie')).map(([, { version }]) => version)
  t.ok(parsers.length > 0)
  t.strictSame(parsers.filter(version => /^0\.[0-6]\./.test(version)), [], '0.7 is the first that does not')
  t.end()
})

test('T11: a Secure cookie that the host cannot send is found out before the code is spent, and said clearly', async t => {
  const host = await startHost(t, {
    secure: false,
    options: wechat => ({ qr: { ...wechat.options.qr, callbackUrl: 'https://app.example.com/wechat/qr' } }),
    simulator: { callbackOrigin: origin }
  })
  const { app, wechat } = host
  const start = await app.inject({ url: '/wechat/login', headers: { host: site } })
  const callback = new URL(wechat.control.approve(start.headers.location as string))
  const [cookie] = String(start.headers['set-cookie']).split(';')
  const back = await app.inject({ url: callback.pathname + callback.search, headers: { host: site, cookie } })
  t.equal(back.statusCode, 500)
  t.equal(back.json().code, 'FST_WECHAT_MISCONFIGURED')
  t.equal(exchanges(host), 0)
  t.ok(host.logs.some(({ level, msg }) => level === 50 && /trustProxy/.test(msg)))
})

test('T11: the __Host- cookies work on https, plain ones on http://localhost, and each is cleared as a browser takes it', async t => {
  for (const secure of [true, false]) {
    const host = await startHost(t, { secure })
    const browser = host.browser()
    const back = await logIn(host, browser)
    t.ok(await isLoggedIn(host, browser))
    t.match(
      back.setCookies.find(line => line.includes('Max-Age=0')),
      secure
        ? /^__Host-wechat-.*; Path=\/; HttpOnly; Secure; SameSite=Lax$/
        : /^wechat-.*; Path=\/; HttpOnly; SameSite=Lax$/
    )
    browser.jar(new URL(host.origin).host).set('theme', 'dark')
    const out = await browser.post(`${host.origin}/wechat/logout`, {}, sameOrigin)
    const cleared = out.setCookies.filter(line => line.includes('Max-Age=0')).join('\n')
    t.match(cleared, secure ? /^__Host-session=; .*Path=\/; .*Secure/ : /^session=; .*Path=\//)
    t.notMatch(cleared, secure ? /theme/ : /theme|Secure/)
    t.notOk(browser.jar(new URL(host.origin).host).has(secure ? '__Host-session' : 'session'))
  }
})

test('T11: a domain or a path makes no __Host- cookie, and asking for both is refused at boot', async t => {
  for (const cookie of [{ domain: 'example.com' }, { path: '/wechat' }, { secure: false }]) {
    await t.rejects(
      startHost(t, { options: { session: { secret: sessionSecret, cookieName: '__Host-mine', cookie } } }),
      { code: 'FST_WECHAT_INVALID_OPTIONS', message: /__Host-/ }
    )
  }
  const host = await startHost(t, {
    options: { session: { secret: sessionSecret, cookie: { domain: 'example.com' } } }
  })
  const back = await logIn(host, host.browser())
  t.ok(back.setCookies.some(line => /^session=.*Domain=example\.com/.test(line)))
})

test('T13: an embedded callback without its cookie is sent on once, and that spends, sets and reflects nothing', async t => {
  const host = await startHost(t)
  const iframe = { 'sec-fetch-dest': 'iframe', 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'cross-site' }
  const browser = host.browser()
  const { src } = (await browser.fetch(`${host.origin}/wechat/embed?self_redirect=true&redirect=/account`)).json()
  const callback = host.wechat.control.approve(src)
  const state = stateIn(callback)
  const stranger = host.browser()
  const bounce = await stranger.get(callback, iframe)
  t.strictSame([bounce.status, bounce.setCookies, exchanges(host)], [200, [], 0])
  t.match(bounce.headers, {
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'content-security-policy': /^default-src 'none';.*frame-ancestors 'self'/,
    'content-type': 'text/html; charset=utf-8'
  })
  const next = bounceOf(bounce.body)
  t.equal(
    next,
    `${callback.split('&code=')[0]}&bounced=1&code=${new URL(callback).searchParams.get('code')}&state=${state}`,
    'the same callback, marked'
  )
  for (const headers of [
    iframe, { ...iframe, 'sec-fetch-site': 'same-origin' }, { ...iframe, 'sec-fetch-dest': 'document' }, {}
  ]) {
    await checkRefused(t, host, stranger, await stranger.get(next, headers), 'never a second time')
  }
  t.equal((await browser.get(next, { ...iframe, 'sec-fetch-site': 'same-origin' })).status, 200)
  t.ok(await isLoggedIn(host, browser), 'with the cookie it is a login')
})

test('T13: a bounce is made of our own route and of checked parts, whatever the request line says', async t => {
  const host = await startHost(t)
  const own = `https://${site}/wechat/qr?`
  const state = '0'.repeat(32)
  const visit = (target: string) => getRaw(host.address, target, [
    `Host: ${site}`, 'Accept: text/html', 'Sec-Fetch-Dest: iframe', 'Sec-Fetch-Mode: navigate'
  ])
  const sent = [
    `/wechat/qr?embedded=1&code=x&state=${state}&next=https://evil.example&redirect=https://evil.example`,
    `https://evil.example/wechat/qr?embedded=1&code=x&state=${state}`,
    `/wechat/qr?embedded=1&code=x&state=${state}&redirect=/x%22%3E%3Cscript%3E`,
    `/wechat/qr?embedded=1&code=x&state=${state}&redirect=/a%26bounced=0%26code=y`
  ]
  for (const target of sent) {
    const { status, body } = await visit(target)
    t.equal(status, 200)
    const url = bounceOf(body)
    t.ok(url.startsWith(own), url)
    t.notMatch(url, /evil|next|[<>"\s]/)
    t.strictSame(
      ['code', 'state', 'embedded', 'bounced'].map(name => new URL(url).searchParams.getAll(name)),
      [['x'], [state], ['1'], ['1']]
    )
  }
  for (const query of [
    `code=x%22&state=${state}`, `code=x%0d%0a&state=${state}`, `code=${'x'.repeat(600)}&state=${state}`,
    `code=x&state=${state}0`, `code=x&state=${state}&state=${state}`, `state=${state}`, `code=&state=${state}`,
    `code=x;url=//evil&state=${state}`
  ]) {
    const { status, body } = await visit(`/wechat/qr?embedded=1&${query}`)
    t.ok(status === 400 || status === 403, query)
    t.notMatch(body, /http-equiv/)
  }
  t.equal(exchanges(host), 0)
})

test('T13: thousands of bounces leave nothing behind in the process', async t => {
  const host = await startHost(t, { fastify: { logger: false } })
  await checkNothingStays(t, { rounds: 5 }, async count => {
    const { statusCode, body } = await host.app.inject({
      url: `/wechat/qr?embedded=1&code=${count}&state=${String(count).padStart(32, '0')}`,
      headers: { host: site }
    })
    if (statusCode !== 200 || !body.includes('http-equiv="refresh"')) t.fail(`${statusCode}`)
  })
})

test('T14: an attempt cookie with any byte changed, cut, added or spliced is refused', async t => {
  const host = await startHost(t)
  const browser = host.browser()
  const { callback, state } = await begin(host, browser)
  const other = await begin(host, browser)
  const [value, otherValue] =
    [state, other.state].map(text => browser.jar(site).get(attemptName(text))!) as [string, string]
  const flip = (at: number): string =>
    value.slice(0, at) + String.fromCharCode(value.charCodeAt(at) ^ 1) + value.slice(at + 1)
  const [time, mac] = value.split('.') as [string, string]
  const forged = [
    ...Array.from(value, (_, at) => flip(at)).filter(text => !/[;,"\\\s]/.test(text)),
    ...Array.from(value, (_, at) => value.slice(0, at)),
    `${value}=`,
    `${value}A`,
    `${value}.`,
    `${time}.${otherValue.split('.')[1]}`,
    `${(parseInt(time, 36) + 1).toString(36)}.${mac}`,
    `zzzzzzzz.${mac}`,
    `.${mac}`,
    `${mac}.${time}`,
    `none.${mac}`,
    otherValue
  ].filter(text => text !== value)
  const answers =
    await Promise.all(forged.map(text => host.browser().get(callback, { cookie: `${attemptName(state)}=${text}` })))
  t.strictSame(
    answers.filter(({ status }) => status !== 403).map((answer, index) => [forged[index], answer.status]),
    []
  )
  t.equal(exchanges(host), 0)
  t.equal((await browser.get(callback)).status, 303, 'the true one still works')
})

test('T14: neither the attempt cookie nor the session cookie can stand for the other', async t => {
  const host = await startHost(t)
  const browser = host.browser()
  await logIn(host, browser)
  const session = browser.jar(site).get('__Host-session')!
  const { callback, state } = await begin(host, browser)
  const attempt = browser.jar(site).get(attemptName(state))!
  const [asSession, asAttempt] = [host.browser(), host.browser()]
  for (const value of [attempt, state, `${state}.${attempt.split('.')[1]}`]) {
    asSession.jar(site).set('__Host-session', value)
    t.notOk(await isLoggedIn(host, asSession))
  }
  for (const value of [session, decodeURIComponent(session)]) {
    asAttempt.jar(site).set(attemptName(state), value)
    await checkRefused(t, host, asAttempt, await asAttempt.get(callback), 'the session cookie as an attempt', 1)
  }
})

test('T14: keys rotate: the newest signs, the older ones are still taken, and one that is gone is not', async t => {
  const [k1, k2] = ['1'.repeat(32), '2'.repeat(32)]
  const first = await startHost(t, { options: { secret: k1 } })
  const { wechat } = first
  const session = { secret: sessionSecret }
  const move = (browser: Browser, host: Host): void => { browser.hosts[site] = host.address }
  const twin = await startHost(t, { wechat, options: { secret: k1, session } })
  const both = await startHost(t, { wechat, options: { secret: [k2, k1], session } })
  const last = await startHost(t, { wechat, options: { secret: k2, session } })

  const browser = first.browser()
  const begun = [await begin(first, browser), await begin(first, browser), await begin(first, browser)]
  move(browser, twin)
  t.equal((await browser.get(begun[0]!.callback)).status, 303, 'a second process with the same key')
  move(browser, both)
  t.equal((await browser.get(begun[1]!.callback)).status, 303, 'the old key beside the new one')
  move(browser, last)
  t.equal((await browser.get(begun[2]!.callback)).status, 403, 'the old key gone')
  move(browser, both)
  const { callback } = await begin(both, browser)
  move(browser, last)
  t.equal((await browser.get(callback)).status, 303, 'the new key has signed')
})

test('T14: no key, a short key or a key per process: all refused at boot', async t => {
  const own = { secret: sessionSecret }
  const bad = [
    { secret: '' },
    { secret: 'short' },
    { secret: 'x'.repeat(31) },
    { secret: Buffer.alloc(31) },
    { secret: [] },
    { secret: ['x'.repeat(32), ''] },
    { secret: 7 },
    { secret: {} },
    { session: { ...own, secret: 'short' } },
    { session: { ...own, secret: [] } },
    { secret: 'x'.repeat(32), session: { secret: ['a'] } },
    { session: { secret: { sign: String, unsign: String } } }
  ]
  for (const options of bad) {
    await t.rejects(
      startHost(t, { options: options as object }),
      { code: 'FST_WECHAT_INVALID_OPTIONS', message: /secret/ },
      JSON.stringify(options)
    )
  }
})

test('T15: states of every length and alphabet get the same answer', async t => {
  const host = await startHost(t)
  const browser = host.browser()
  const { state } = await begin(host, browser)
  const answers = []
  for (const text of [
    '',
    '0',
    state.slice(1),
    '0'.repeat(32),
    `${state}0`,
    'é'.repeat(32),
    '密'.repeat(32),
    '🌱'.repeat(16)
  ]) {
    const { status, body } = await browser.get(`${host.origin}/wechat/qr?code=CODE&state=${encodeURIComponent(text)}`)
    answers.push(JSON.stringify([status, body]))
  }
  t.equal(new Set(answers).size, 1)
  t.match(answers[0], '403')
})
