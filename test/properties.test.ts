// What must hold for every input, not for the examples alone: fast-check makes up the inputs, and shrinks the one that
// breaks a rule.

import { toUSVString } from 'node:util'
import Fastify, { type FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import fc from 'fast-check'
import { test } from 'tap'
import type { CallbackApp } from '../src/options/app-options'
import { beginAttempt, endAttempt, findAttempt, hashState, isState, mintState } from '../src/attempt/attempt-cookie'
import type { AttemptSettings } from '../src/options/parse-options'
import { readCookies, setCookie } from '../src/cookies'
import { EndedLogins } from '../src/session/ended-logins'
import { parseLogin } from '../src/session/login-record'
import { SpentAttempts } from '../src/attempt/spent-attempts'
import { createPlugin } from '../src/plugin'
import { isWechatUserAgent } from '../src/request-kind'
import { parseJson } from '../src/wechat/json'
import { agents } from './fixture/browser'
import { SessionStore } from './fixture/session-store'
import { accounts, origin, sessionSecret, site } from './fixture/settings'

const numRuns = 300

function check<Values extends [unknown, ...unknown[]]> (property: fc.IProperty<Values>, runs = numRuns): void {
  fc.assert(property, { numRuns: runs })
}

const app = (change: Partial<CallbackApp> = {}): CallbackApp => ({
  via: 'qr',
  appid: accounts.qr.appid,
  callbackUrl: accounts.qr.callbackUrl,
  secure: true,
  ...change
}) as CallbackApp
const settings: AttemptSettings = { keys: [Buffer.alloc(32, 7)], ttl: 900_000 }

/** A browser's jar as far as Set-Cookie values of ours need one. */
function keepCookies (jar: Map<string, string>, lines: string[]): void {
  for (const line of lines) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
    if (line.includes('Max-Age=0')) jar.delete(name)
    else jar.set(name, value)
  }
}

const headerOf = (jar: Map<string, string>): string => [...jar].map(([name, value]) => `${name}=${value}`).join('; ')

// What others put into the same header: never a name of ours, never what ends a pair.
const otherName = fc.stringMatching(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,20}$/).filter(name => !name.includes('wechat-'))
const otherValue = fc.stringMatching(/^[!#-+\--:<-[\]-~]{0,40}$/)

test('attempts: whatever a browser does, its newest five can be finished while they are young, and no other', t => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('begin' as const), secure: fc.boolean() }),
    fc.record({ do: fc.constant('end' as const), which: fc.nat(20) }),
    fc.record({ do: fc.constant('wait' as const), milliseconds: fc.integer({ min: 1, max: 400_000 }) }),
    fc.record({ do: fc.constant('other' as const), name: otherName, value: otherValue })
  )
  check(fc.property(fc.array(step, { maxLength: 40 }), steps => {
    const jar = new Map<string, string>()
    const all: Array<{ state: string, app: CallbackApp, at: number }> = []
    let open: typeof all = []
    let now = 1_700_000_000_000
    for (const step of steps) {
      now++
      if (step.do === 'wait') now += step.milliseconds
      if (step.do === 'other') jar.set(step.name, step.value)
      if (step.do === 'begin') {
        const attempt = { state: mintState(), app: app({ secure: step.secure }), at: now }
        keepCookies(jar, beginAttempt(attempt.state, attempt.app, headerOf(jar), settings, now))
        all.push(attempt)
        const alike = [...open.filter(({ app }) => app.secure === step.secure), attempt]
        open = [...open.filter(({ app }) => app.secure !== step.secure), ...alike.slice(-5)]
      }
      if (step.do === 'end' && open.length > 0) {
        const [ended] = open.splice(step.which % open.length, 1) as [typeof all[0]]
        keepCookies(jar, [endAttempt(ended.state, ended.app)])
      }
      for (const attempt of all) {
        const { found } = findAttempt(attempt.state, attempt.app, headerOf(jar), settings, now)
        const expected = !open.includes(attempt) ? 'absent' : now <= attempt.at + settings.ttl ? 'valid' : 'invalid'
        if (found !== expected) return false
      }
    }
    return true
  }), 100)
  t.pass('holds')
  t.end()
})

test('attempts: only the exact cookie of the same state, app, way, callback and key is valid', t => {
  const text = fc.string({ minLength: 1, maxLength: 20 })
  check(fc.property(fc.record({
    appid: text,
    callbackUrl: text,
    via: fc.constantFrom('oneclick' as const, 'qr' as const)
  }), fc.record({
    appid: text,
    callbackUrl: text,
    via: fc.constantFrom('oneclick' as const, 'qr' as const)
  }), fc.uint8Array({ minLength: 32, maxLength: 32 }), (one, other, key) => {
    const state = mintState()
    const now = Date.now()
    const mine = { keys: [Buffer.from(key)], ttl: 900_000 }
    const jar = new Map<string, string>()
    keepCookies(jar, beginAttempt(state, app(one), undefined, mine, now))
    const same = JSON.stringify([one.appid, one.callbackUrl, one.via]) ===
      JSON.stringify([other.appid, other.callbackUrl, other.via])
    const sameKey = settings.keys[0]!.equals(mine.keys[0]!)
    return findAttempt(state, app(one), headerOf(jar), mine, now).found === 'valid' &&
      findAttempt(state, app(other), headerOf(jar), mine, now).found === (same ? 'valid' : 'invalid') &&
      findAttempt(state, app(one), headerOf(jar), settings, now).found === (sameKey ? 'valid' : 'invalid') &&
      findAttempt(mintState(), app(one), headerOf(jar), mine, now).found === 'absent'
  }))
  t.pass('holds')
  t.end()
})

test('attempts: other cookies around ours change nothing, and ours twice is refused', t => {
  const others = fc.array(fc.tuple(otherName, otherValue), { maxLength: 10 })
  check(fc.property(others, others, fc.boolean(), (before, after, twice) => {
    const state = mintState()
    const [line] = beginAttempt(state, app(), undefined, settings, 1000) as [string]
    const own = line.split(';')[0]!
    const pairs = [
      ...before.map(pair => pair.join('=')),
      own,
      ...(twice ? [own] : []),
      ...after.map(pair => pair.join('='))
    ]
    return findAttempt(state, app(), pairs.join('; '), settings, 2000).found === (twice ? 'invalid' : 'valid')
  }))
  t.pass('holds')
  t.end()
})

test('cookies: any header is read without an error, and what we set comes back as it was', t => {
  check(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.stringMatching(/^[;= \ta-z"_-]*$/)), header => {
      const pairs = readCookies(header)
      return pairs.every(({ name, value }) => header.includes(name) && header.includes(value) && !name.includes('='))
    })
  )
  check(fc.property(fc.stringMatching(
    /^[A-Za-z0-9_-]{1,20}$/
  ), fc.stringMatching(/^[\w.-]{0,60}$/), fc.boolean(), (name, value, secure) => {
    const line = setCookie(name, value, 'Max-Age=900', secure)
    const [pair, ...attributes] = line.split('; ')
    return readCookies(pair).length === 1 &&
      readCookies(pair)[0]!.name === name &&
      readCookies(pair)[0]!.value === value &&
      attributes.includes('HttpOnly') &&
      attributes.includes('SameSite=Lax') &&
      attributes.includes('Path=/') &&
      attributes.includes('Secure') === secure
  }))
  t.pass('holds')
  t.end()
})

test('states: what we make we know, nothing else is one, and their hashes do not meet', t => {
  check(fc.property(fc.string({ maxLength: 64 }), text =>
    isState(text) === /^[0-9a-f]{32}$/.test(text) && isState(mintState()) && hashState(text) !== hashState(`${text}x`)))
  t.pass('holds')
  t.end()
})

test("user agents: WeChat's word makes a WeChat browser, WeCom's takes it back, in any case and anywhere", t => {
  const mixCase = (word: string) => fc.array(fc.boolean(), { minLength: word.length, maxLength: word.length })
    .map(upper => [...word].map((letter, index) => upper[index] ? letter.toUpperCase() : letter).join(''))
  const free = fc.string({ unit: 'binary' }).filter(text => !/micromessenger|wxwork/i.test(text))
  check(fc.property(free, free, free, mixCase('MicroMessenger'), mixCase('wxwork'), (a, b, c, wechat, wecom) =>
    !isWechatUserAgent(a) &&
    isWechatUserAgent(`${a} ${wechat}/8.0 ${b}`) &&
    !isWechatUserAgent(`${a} ${wechat}/8.0 ${b} ${wecom}/4 ${c}`) &&
    !isWechatUserAgent(`${a} ${wecom}/4 ${b} ${wechat}/8.0 ${c}`) &&
    !isWechatUserAgent(`${a} ${wecom}/4 ${b}`)))
  t.notOk(isWechatUserAgent(undefined))
  t.end()
})

test('JSON: what JSON.parse reads is read the same, however it is dressed; what nobody can read is undefined; nothing throws', t => {
  const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)
  // JSON.stringify writes -0 as 0.
  check(fc.property(fc.jsonValue(), fc.nat(4), (value, indent) => {
    const text = JSON.stringify(value, null, indent)
    return same(parseJson(Buffer.from(text)), JSON.parse(text)) &&
      same(parseJson(Buffer.from(`\uFEFF${text}`)), JSON.parse(text)) &&
      same(parseJson(Buffer.from(text.replaceAll('/', '\\/'))), JSON.parse(text))
  }))
  check(fc.property(fc.string({ unit: 'binary' }), fc.string({
    unit: fc.constantFrom(...Array.from('\u0000\u0007\b\t\n\u000b\f\r\u0014\u001b\u001f'))
  }), fc.string(), (before, controls, after) => {
    const quote = (text: string): string => JSON.stringify(toUSVString(text)).slice(1, -1)
    const text = `{"nickname":"${quote(before)}${controls}${quote(after)}","openid":"o1"}`
    const read = parseJson(Buffer.from(text)) as { nickname: string, openid: string }
    return read.nickname === toUSVString(before) + controls + toUSVString(after) && read.openid === 'o1'
  }))
  check(fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
    parseJson(Buffer.from(bytes))
    return true
  }), 1000)
  check(fc.property(fc.string({ unit: fc.constantFrom(...Array.from('"\\{}[]:,u0041\n a')) }), text => {
    const read = parseJson(Buffer.from(text))
    return read === undefined || JSON.stringify(read) !== undefined
  }), 1000)
  t.pass('holds')
  t.end()
})

test('logins: whatever a store returns is either a whole login or none', t => {
  const login = { id: 'a', at: 1, via: 'qr', appid: 'wx', openid: 'o', realm: 'r', user: { name: 'x' } }
  check(
    fc.property(fc.oneof(
      fc.anything(),
      fc.dictionary(fc.constantFrom(...Object.keys(login)), fc.anything())
    ), untrusted => {
      const read = parseLogin(untrusted)
      return read === null || (
        Object.keys(login).every(key => key === 'at' || key === 'user' || typeof read[key as 'appid'] === 'string') &&
        typeof read.at === 'number' &&
        Boolean(read.user)
      )
    }),
    1000
  )
  check(fc.property(fc.jsonValue(), user => {
    const read = parseLogin(JSON.parse(JSON.stringify({ ...login, user })))
    return Boolean(user) === (read !== null) &&
      (read === null || typeof user !== 'object' || Object.isFrozen(read.user))
  }))
  t.pass('holds')
  t.end()
})

test('memories: whatever comes and goes, an attempt runs once, an ended login stays ended for its time, and both maps empty in the end', async () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('run' as const), key: fc.nat(5), outcome: fc.constantFrom('good', 'bad', 'unsent') }),
    fc.record({ do: fc.constant('end' as const), key: fc.nat(5) }),
    fc.record({ do: fc.constant('wait' as const), minutes: fc.nat(20) })
  )
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40 }), async steps => {
    const spent = new SpentAttempts()
    const ended = new EndedLogins()
    const runs = new Map<number, { until: number, final: boolean }>()
    const ends = new Map<number, number>()
    let now = 0
    for (const step of steps) {
      if (step.do === 'wait') {
        now += step.minutes * 60_000
        spent.sweep(now)
        await ended.sweep(now)
        for (const [key, { until }] of runs) if (until <= now) runs.delete(key)
        for (const [key, until] of ends) if (until <= now) ends.delete(key)
      }
      if (step.do === 'run') {
        const known = spent.find(`${step.key}`)
        if ((known !== undefined) !== (runs.get(step.key)?.final === true)) return false
        if (known === undefined) {
          await spent.run(`${step.key}`, {
            state: `${step.key}`,
            code: `${step.key % 3}`,
            endsAt: now + 15 * 60_000
          }, async run => {
            run.spent = step.outcome !== 'unsent'
            if (step.outcome !== 'good') throw new Error('failed')
            return { sessionRef: { session: 's', loginId: 'a' } }
          }).catch(() => {})
          if (step.outcome !== 'unsent') runs.set(step.key, { until: now + 16 * 60_000, final: true })
        }
      }
      if (step.do === 'end') {
        ended.add(`${step.key}`, now, async () => false)
        ends.set(step.key, now + 15 * 60_000)
      }
      for (let key = 0; key <= 5; key++) {
        if (ended.has(`${key}`) !== ends.has(key) || (spent.find(`${key}`) !== undefined) !== runs.has(key)) {
          return false
        }
      }
      if (spent.size !== runs.size || ended.size !== ends.size) return false
    }
    spent.sweep(now + 3_600_000)
    await ended.sweep(now + 3_600_000)
    return spent.size === 0 && ended.size === 0 && [0, 1, 2].every(code => spent.findByCode(`${code}`) === undefined)
  }), { numRuns: 200 })
})

async function createHost (): Promise<{ host: FastifyInstance, store: SessionStore, calls: () => number }> {
  const store = new SessionStore()
  let calls = 0
  const host: FastifyInstance = Fastify()
  await host.register(fp(createPlugin(), { name: 'fastify-wechat-login' }), {
    ...accounts,
    session: { secret: sessionSecret, store },
    client: { dispatcher: { dispatch () { calls++; throw new Error('no request may leave') } } as never }
  })
  host.get('/account', { preHandler: host.requireWechatUser }, async () => 'secret')
  return { host, store, calls: () => calls }
}

test('routes: whatever a stranger sends, no answer is a 500, nobody is logged in, no code leaves and nothing is stored', async t => {
  const { host, store, calls } = await createHost()
  t.teardown(() => host.close())
  const odd = fc.oneof(fc.string({ maxLength: 60 }), fc.constantFrom(
    '',
    '0',
    'null',
    '[object Object]',
    '__proto__',
    mintState(),
    '../../x',
    '//evil.example',
    '\u0000',
    '%',
    '%zz',
    'authdeny',
    '👩‍🚀',
    'true'
  ))
  const queryName = fc.oneof(
    fc.constantFrom(
      'code',
      'state',
      'redirect',
      'restarted',
      'via',
      'hop',
      'code[]',
      'state[x]',
      '__proto__',
      'constructor',
      'embedded',
      'bounced'
    ),
    fc.string({ maxLength: 10 })
  )
  const query = fc.array(fc.tuple(queryName, odd), { maxLength: 6 }).map(pairs =>
    pairs.map(pair => pair.map(part => encodeURIComponent(toUSVString(part))).join('=')).join('&'))
  const visible = fc.stringMatching(/^[\x20-\x7e]{0,40}$/)
  const headers = fc.record({
    accept: fc.constantFrom('text/html', 'application/json', '*/*', ''),
    'sec-fetch-mode': fc.constantFrom('navigate', 'cors', 'no-cors', 'x'),
    'sec-fetch-site': fc.constantFrom('same-origin', 'cross-site', 'none', 'x'),
    'sec-fetch-dest': fc.constantFrom('document', 'iframe', 'empty', 'x'),
    'sec-purpose': fc.constantFrom('prefetch', 'x'),
    'accept-language': visible,
    origin: fc.oneof(visible, fc.constantFrom('null', 'https://evil.example', origin)),
    'user-agent': fc.oneof(visible, fc.constantFrom(agents.wechat, agents.desktop)),
    cookie: fc.oneof(visible, fc.constantFrom(
      `__Host-session=${'x'.repeat(40)}`,
      '__Host-session=x.y; __Host-session=z',
      `__Host-wechat-${'0'.repeat(12)}=1.2`,
      '__Host-wechat-signed-out=1'
    )),
    'content-type': fc.constantFrom(
      'application/json',
      'application/x-www-form-urlencoded',
      'text/plain',
      'application/json; charset=x',
      'x'
    )
  }, { requiredKeys: [] })
  const body = fc.oneof(fc.string({ maxLength: 80 }), fc.json({ maxDepth: 2 }), fc.record(
    { code: fc.anything({ maxDepth: 1 }), state: fc.anything({ maxDepth: 1 }), redirect: fc.anything({ maxDepth: 1 }) },
    { requiredKeys: [] }
  ).map(value => {
    try { return JSON.stringify(value) } catch { return '{' }
  }), fc.constant('['.repeat(5000)))
  const request = fc.record({
    method: fc.constantFrom('GET' as const, 'POST' as const, 'HEAD' as const, 'OPTIONS' as const, 'PUT' as const),
    path: fc.constantFrom(
      '/wechat/login',
      '/wechat/oneclick',
      '/wechat/qr',
      '/wechat/me',
      '/wechat/logout',
      '/account',
      '/WECHAT/me',
      '/wechat//me',
      '/wechat/%6de',
      '/wechat/me/'
    ),
    query,
    headers,
    body
  })
  await fc.assert(fc.asyncProperty(request, async ({ method, path, query, headers, body }) => {
    const answer = await host.inject({
      method,
      url: `${path}?${query}`,
      headers: { host: site, ...headers },
      ...(method === 'POST' || method === 'PUT' ? { payload: body } : {})
    })
    // Over http, and with a Secure cookie, a callback says that the host is set up wrongly; without a valid attempt it
    // never gets so far.
    if (answer.statusCode >= 500) throw new Error(`${answer.statusCode} ${answer.body}`)
    if (answer.body.includes('secret')) return false
    const cookies = [answer.headers['set-cookie'] ?? []].flat()
    if (cookies.some(line => /session=[^;]/.test(line))) return false
    const location = answer.headers.location
    if (
      location !== undefined &&
      !/^(?:https:\/\/open\.weixin\.qq\.com\/connect\/|https:\/\/app\.example\.com\/wechat\/login\?|\/(?![/\\]))/
        .test(String(location))
    ) {
      throw new Error(String(location))
    }
    return calls() === 0 && store.records.size === 0
  }), { numRuns: 2000 })
  t.equal(calls(), 0)
  t.strictSame([...store.records], [])
})
