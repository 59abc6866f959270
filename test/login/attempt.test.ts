// The signed cookie that binds a login to the browser that began it.

import fc from 'fast-check'
import { test } from 'tap'
import type { CallbackApp } from '../../src/options/app-options'
import { ways } from '../../src/ways/index'
import { beginAttempt, endAttempt, findAttempt, hashState, isState, mintState } from '../../src/attempt/attempt-cookie'
import { readCookies } from '../../src/cookies'
import type { WechatApp } from '../../src/types'
import type { Via } from '../../src/via'

const [key, otherKey] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
const settings = { keys: [key], ttl: 900_000 }
const state = '0123456789abcdef0123456789abcdef'
const start = Date.UTC(2026, 0, 1)
const qr = appOf('qr')
const plain = appOf('qr', { callbackUrl: 'http://localhost:3000/wechat/qr' })

function appOf (via: Via, change: Partial<WechatApp> = {}): CallbackApp {
  const way = ways.find(way => way.via === via)!
  return way.check({
    appid: 'wx0123456789abcdef',
    secret: 'a'.repeat(32),
    callbackUrl: `https://app.example.com/wechat/${via}`,
    ...change
  }, () => {}) as CallbackApp
}

/** `name=value` of a new attempt, as the browser sends it back. */
function begin (given = settings, app = qr, now = start, itsState = state): string {
  return beginAttempt(itsState, app, undefined, given, now)[0]!.split(';')[0]!
}

function find (
  cookieHeader: string | undefined, { app = qr, now = start, given = settings, itsState = state } = {}
): string {
  return findAttempt(itsState, app, cookieHeader, given, now).found
}

const cookie = begin()
const [name, value] = cookie.split('=') as [string, string]

test('a state is 128 random bits in letters and digits, and no two are alike', t => {
  const states = Array.from({ length: 1000 }, mintState)
  t.equal(new Set(states).size, 1000)
  t.equal(new Set(states.map(text => text.slice(0, 12))).size, 1000, 'nor are the parts that name the cookies')
  t.ok(states.every(text => /^[A-Za-z0-9]{32}$/.test(text)))
  t.ok(states.every(isState))
  t.end()
})

test('what mintState cannot have made is no state', t => {
  for (const text of [
    '', 'undefined', state.slice(1), `${state}0`, `${state}\n`, ` ${state}`, state.toUpperCase(),
    state.replace('a', 'g'), 'a'.repeat(10_000)
  ]) {
    t.notOk(isState(text), JSON.stringify(text))
  }
  t.end()
})

test('what stands for a state elsewhere does not tell it', t => {
  t.match(hashState(state), /^[\w-]{43}$/)
  t.not(hashState(state), hashState(mintState()))
  t.end()
})

test('the cookie over https is a __Host- cookie, Secure, HttpOnly and Lax', t => {
  // As recorded: another signature would end every login that is under way when a new version is deployed.
  t.strictSame(beginAttempt(state, qr, undefined, settings, start), [
    '__Host-wechat-0123456789ab=mjuohs00.7STTtNvTGnpry1QkvSSIf1nVRmHvYCBBFErsPlN4S0I; Max-Age=900; Path=/; HttpOnly; ' +
      'Secure; SameSite=Lax'
  ])
  t.equal(endAttempt(state, qr), '__Host-wechat-0123456789ab=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax')
  t.end()
})

test('the cookie over http has neither the prefix nor Secure, which browsers would refuse', t => {
  t.match(
    beginAttempt(state, plain, undefined, settings, start)[0],
    /^wechat-0123456789ab=mjuohs00\.[\w-]{43}; Max-Age=900; Path=\/; HttpOnly; SameSite=Lax$/
  )
  t.equal(endAttempt(state, plain), 'wechat-0123456789ab=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax')
  t.end()
})

test('the state itself is not in the cookie', t => {
  t.notMatch(cookie, state)
  t.notMatch(cookie, state.slice(12))
  t.end()
})

test("an attempt is found in its own cookie, among the browser's others", t => {
  t.strictSame(findAttempt(state, qr, cookie, settings, start), { found: 'valid', endsAt: start + 900_000 })
  t.equal(find(`a=b; ${cookie}; c=d=e; flag; =x; ${begin(settings, qr, start, mintState())}`), 'valid')
  t.equal(find(`a=b;${cookie};c=d`), 'valid', 'separated without blanks')
  t.equal(find(undefined), 'absent')
  t.equal(find(''), 'absent')
  t.equal(find(begin(settings, qr, start, mintState())), 'absent', 'a cookie of another attempt')
  t.end()
})

test('a cookie with any byte changed, cut off or added is refused', t => {
  for (let at = 0; at < value.length; at++) {
    for (const bit of [1, 2, 4, 8, 16, 32]) {
      const byte = String.fromCharCode(value.charCodeAt(at) ^ bit)
      const found = find(`${name}=${value.slice(0, at)}${byte}${value.slice(at + 1)}`)
      if (found !== 'invalid') t.fail(`byte ${at} became ${byte}: ${found}`)
    }
    const cut = find(`${name}=${value.slice(0, at)}`)
    if (cut !== 'invalid') t.fail(`cut off after ${at} bytes: ${cut}`)
  }
  for (const end of ['=', '==', '.', 'A', 'AAAA', ' ', '%00', '\u0000', 'é']) {
    t.equal(find(cookie + end), 'invalid', `with ${JSON.stringify(end)} at its end`)
  }
  for (const junk of [
    '', '.', 'undefined', 'null', '[object Object]', 'true', value.toUpperCase(), `"${value}"`,
    encodeURIComponent(`"${value}"`), ` ${value}`
  ]) {
    t.equal(find(`${name}=${junk}`), 'invalid', junk)
  }
  t.end()
})

test('a cookie spliced from two attempts is refused', t => {
  const later = begin(settings, qr, start + 1000).split('=')[1]!
  const [time, signature] = value.split('.')
  const [laterTime, laterSignature] = later.split('.')
  t.equal(find(`${name}=${laterTime}.${signature}`), 'invalid', 'the time of one, the signature of the other')
  t.equal(find(`${name}=${time}.${laterSignature}`), 'invalid')
  const twin = `${state.slice(0, 12)}${'f'.repeat(20)}`
  t.equal(find(cookie, { itsState: twin }), 'invalid', 'a state with the same cookie name')
  t.equal(find(begin(settings, qr, start, twin)), 'invalid')
  t.end()
})

test('an attempt counts for its own way, app and callback URL alone', t => {
  const others = {
    'the other way': appOf('oneclick', { callbackUrl: qr.callbackUrl }),
    'another app': appOf('qr', { appid: 'wx0123456789abcdee' }),
    'another path': appOf('qr', { callbackUrl: 'https://app.example.com/wechat/qr2' }),
    'another host': appOf('qr', { callbackUrl: 'https://app2.example.com/wechat/qr' })
  }
  for (const [title, app] of Object.entries(others)) {
    t.equal(find(cookie, { app }), 'invalid', `begun for qr, come back to ${title}`)
    t.equal(find(begin(settings, app)), 'invalid', `begun for ${title}, come back to qr`)
    t.equal(find(begin(settings, app), { app }), 'valid')
  }
  t.equal(find(cookie, { app: plain }), 'absent', 'a __Host- cookie is none of http')
  t.equal(find(begin(settings, plain)), 'absent', 'and a cookie without the prefix none of https')
  t.end()
})

test('an attempt ends attemptTtl after its start, whatever the browser keeps', t => {
  t.equal(find(cookie, { now: start + 900_000 }), 'valid')
  t.equal(find(cookie, { now: start + 900_001 }), 'invalid')
  t.equal(find(begin({ keys: [key], ttl: 1000 }), { given: { keys: [key], ttl: 1000 }, now: start + 1001 }), 'invalid')
  t.match(beginAttempt(state, qr, undefined, { keys: [key], ttl: 1000 }, start)[0], '; Max-Age=1;')
  t.end()
})

test('the clocks of two servers may differ by a minute', t => {
  t.equal(find(cookie, { now: start - 60_000 }), 'valid')
  t.equal(find(cookie, { now: start - 60_001 }), 'invalid')
  t.end()
})

test('the newest key signs, and older ones are still taken', t => {
  const rotated = { keys: [otherKey, key], ttl: 900_000 }
  t.equal(find(cookie, { given: rotated }), 'valid', 'begun before the rotation')
  t.equal(find(begin(rotated), { given: { keys: [otherKey], ttl: 900_000 } }), 'valid', 'begun after it')
  t.equal(find(begin(rotated)), 'invalid', 'a server without the new key')
  t.equal(
    find(cookie, { given: { keys: [otherKey], ttl: 900_000 } }),
    'invalid',
    'a server that has dropped the old one'
  )
  t.end()
})

test('the same cookie name twice in one request is refused, even where both are valid', t => {
  t.equal(find(`${cookie}; ${cookie}`), 'invalid')
  t.equal(find(`${cookie}; ${name}=tossed`), 'invalid')
  t.equal(find(`${name}=tossed; a=b; ${cookie}`), 'invalid')
  t.equal(find(`${name}=; ${cookie}`), 'invalid')
  t.end()
})

test('a name that is not written exactly like ours is not ours', t => {
  for (const disguised of [
    `\u00a0${name}`, `\u0085${name}`, ` ${name}`, `\t${name}`, `${name} `, `${name}\t`, `\ufeff${name}`, `"${name}"`,
    `$Version=1 ${name}`, name.toLowerCase(), name.toUpperCase(), name.replace('__Host-', '%5F%5FHost-'),
    name.replace('__Host-', ''), name.replace('__Host-', '__Secure-'), `${name}\u0000`,
    encodeURIComponent(name).replace('-', '%2D')
  ]) {
    t.equal(find(`${disguised}=${value}`), 'absent', JSON.stringify(disguised))
    t.equal(
      find(`${disguised}=tossed; ${cookie}`),
      'valid',
      `${JSON.stringify(disguised)} does not disturb the real one`
    )
  }
  t.end()
})

test('a name without a value, and a value without a name, are no attempt', t => {
  t.equal(find(name), 'absent')
  t.equal(find(`=${value}`), 'absent')
  t.equal(find(value), 'absent')
  t.equal(find(`${name}x`), 'absent', 'nor is the last character cut off')
  t.strictSame(readCookies('a; b=1'), [{ name: '', value: 'a' }, { name: 'b', value: '1' }])
  t.strictSame(readCookies(undefined), [])
  t.end()
})

test('at most five attempts are kept, and the oldest by its time goes', t => {
  const ages = [3, 1, 4, 0, 2, 5, 6]
  const states = ages.map(() => mintState())
  const cookies = ages.map((age, index) => begin(settings, qr, start + 1000 * age, states[index]))
  const header = (count: number): string => `a=b; ${cookies.slice(0, count).join('; ')}`
  t.equal(beginAttempt(state, qr, header(4), settings, start).length, 1, 'the fifth one fits')
  t.strictSame(
    beginAttempt(state, qr, header(5), settings, start).slice(1),
    [endAttempt(states[3]!, qr)],
    'the sixth one ends the oldest'
  )
  t.strictSame(
    beginAttempt(state, qr, header(7), settings, start).slice(1),
    [0, 4, 1, 3].filter(index => ages[index]! < 3).map(index => endAttempt(states[index]!, qr)),
    'of many, all above five'
  )
  t.end()
})

test('of attempts that began in one millisecond the first in the header is the oldest', t => {
  const states = Array.from({ length: 6 }, () => mintState())
  const header = states.map(each => begin(settings, qr, start, each)).join('; ')
  t.strictSame(
    beginAttempt(state, qr, header, settings, start).slice(1).sort(),
    [states[0]!, states[1]!].map(each => endAttempt(each, qr)).sort()
  )
  t.end()
})

test("only attempts are ended to make room, and over http none of https's", t => {
  const others = [
    '__Host-wechat-signed-out=1', '__Host-session=x', 'wechat-shop=1', '__Host-wechat-XYZ=1', 'session=1',
    '__Host-wechat-0123456789abc=1'
  ]
  const many = (names: string[]): string => Array.from({ length: 6 }, () => names).flat().join('; ')
  t.equal(beginAttempt(state, qr, many(others), settings, start).length, 1)
  t.equal(
    beginAttempt(
      state,
      plain,
      many([...others, 'wechat-my__Host-wechat-0123456789ab=1', 'wechat-mywechat-0123456789ab=1']),
      settings,
      start
    ).length,
    1
  )
  const secure = Array.from({ length: 6 }, () => begin(settings, qr, start, mintState())).join('; ')
  t.equal(beginAttempt(state, plain, secure, settings, start).length, 1)
  const overHttp = Array.from({ length: 6 }, () => begin(settings, plain, start, mintState())).join('; ')
  t.equal(beginAttempt(state, plain, overHttp, settings, start).length, 3, "http's own are")
  const junk = Array.from({ length: 5 }, () => `__Host-wechat-${mintState().slice(0, 12)}=junk!`).join('; ')
  t.equal(beginAttempt(state, qr, junk, settings, start).length, 2, 'junk with the name of an attempt counts as one')
  t.end()
})

test('200 starts in one browser leave less than a kilobyte of cookies', t => {
  const jar = new Map<string, string>()
  const header = (): string => [...jar].map(pair => pair.join('=')).join('; ')
  for (let count = 0; count < 200; count++) {
    for (const line of beginAttempt(mintState(), qr, header(), settings, start + count)) {
      const [pairName, pairValue] = line.split(';')[0]!.split('=') as [string, string]
      if (pairValue === '') jar.delete(pairName)
      else jar.set(pairName, pairValue)
    }
  }
  t.equal(jar.size, 5)
  t.ok(header().length < 1024)
  t.end()
})

test('property: no cookie header makes it throw, and none but our own is valid', t => {
  const piece = fc.oneof(
    fc.constantFrom(
      '=',
      ';',
      '; ',
      '.',
      ' ',
      '"',
      name,
      value,
      cookie,
      'a=b',
      '__proto__=1',
      'constructor=x',
      '\u00a0',
      '\u0000',
      '%'
    ),
    fc.string({ unit: 'binary' })
  )
  const header = fc.array(piece, { maxLength: 8 }).map(pieces => pieces.join(''))
  t.doesNotThrow(() => {
    fc.assert(fc.property(header, fc.string({ unit: 'binary' }), (untrusted, junk) => {
      beginAttempt(state, qr, untrusted, settings, start)
      const { found } = findAttempt(state, qr, untrusted, settings, start)
      const mayBeValid = readCookies(untrusted).some(pair => pair.name === name && pair.value === value)
      return (found !== 'valid' || mayBeValid) &&
        findAttempt(junk, qr, `${untrusted}; ${name}=${junk}`, settings, start).found !== 'valid'
    }), { numRuns: 2000 })
  })
  t.end()
})
