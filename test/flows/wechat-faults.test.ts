// Whatever WeChat's side or the network between does, on the code exchange and on the profile: the right refusal within
// the deadline, nothing held that should be let go, nobody else disturbed, and the next login works.

import type { ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { test, type Test } from 'tap'
import { withOnly } from '../fixture/alone'
import { type Call, type FakeApi, person, type Reply, send, sendBytes, startFakeApi, tokens } from '../fixture/fake-api'
import { type Host, startHost } from '../fixture/host'
import { beginLogin, logIn, me } from '../fixture/login'
import { sessionCookie } from '../fixture/session-cookie'
import { origin, sameOrigin } from '../fixture/settings'
import { agents, type Answer, type Browser } from '../fixture/browser'
import { usedMemory } from '../fixture/memory'
import { freePort } from '../fixture/ports'
import type { WechatLoginOptions } from '../../src/types'

/** Of a WeChat that does not answer. Where it answers, the plugin's own default is far away. */
const timeout = 500
/** A guard, for a machine that is busy with other things: hardly more than ten milliseconds are needed. */
const grace = 60_000

const calls: Call[] = ['token', 'userinfo']

/** With the plugin's own connections, as a host has them. */
async function startWith (t: Test, apiHosts: string[], options: Partial<WechatLoginOptions> = {}): Promise<Host> {
  return startHost(t, {
    options: {
      ...options,
      client: { retries: 1, connections: 4, ...options.client, apiHosts, dispatcher: undefined as never }
    }
  })
}

/** The callback as a script posts it, so that the error's code can be read. */
async function postLogin (host: Host, browser: Browser): Promise<Answer> {
  const { searchParams, pathname } = new URL(await beginLogin(host, browser))
  return browser.post(
    origin + pathname,
    { code: searchParams.get('code'), state: searchParams.get('state') },
    sameOrigin
  )
}

async function checkRefused (t: Test, host: Host, what: string, status: number, code: string): Promise<void> {
  const browser = host.browser(agents.wechat)
  const begun = performance.now()
  const answer = await postLogin(host, browser)
  const took = performance.now() - begun
  t.ok(took < grace, `${what}: ${Math.round(took)} ms`)
  t.strictSame([answer.status, answer.json().code], [status, code], what)
  t.notOk(sessionCookie(answer), what)
  t.equal((await me(browser)).status, 401, what)
}

async function checkWell (t: Test, host: Host, what: string): Promise<void> {
  const browser = host.browser(agents.wechat)
  t.equal((await logIn(host, browser)).status, 303, what)
  t.equal((await me(browser)).json().user.nickname, person.nickname, what)
}

const head = (length: number): string =>
  `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${length}\r\n\r\n`

/** One byte at a time, faster than any time-out between two bytes. */
const drip: Reply = (_request, { socket }, good) => {
  socket!.write(head(Buffer.byteLength(good)))
  let at = 0
  const timer = setInterval(() => { socket!.write(good[at++ % 20]!) }, 20)
  socket!.on('close', () => clearInterval(timer))
}

const bad: Array<[string, Reply]> = [
  ...[
    300, 301, 302, 303, 304, 305, 307, 308
  ].map(status => [`status ${status}`, send(status, '', { location: '/sns/elsewhere' })] as [string, Reply]),
  ...[201, 204, 206].map(status => [
    `status ${status}`,
    (_request, response, good) => { response.writeHead(status).end(status === 204 ? undefined : good) }
  ] as [string, Reply]),
  ...[
    400, 401, 403, 404, 405, 418, 429, 451
  ].map(status => [`status ${status}`, (_request, _response, good) => send(status, good)] as [string, Reply]),
  ...[500, 501, 502, 503, 504, 599].map(status => [`status ${status}`, send(status, '<html>')] as [string, Reply]),
  ['an HTML page', send(200, '<!doctype html><title>Log in to this network</title>', { 'content-type': 'text/html' })],
  ['nothing', send(200, '')],
  ['half of the reply', (_request, _response, good) => send(200, good.slice(0, good.length >> 1))],
  ...[
    'null', 'true', '1', '"text"', '[]', '[{}]', '{}', '{', 'NaN', '{"a":1}{"b":2}', '\u0000'
  ].map(text => [`the body ${text}`, send(200, text)] as [string, Reply]),
  ['UTF-16', (_request, _response, good) => send(200, Buffer.from(good, 'utf16le'))],
  ['a million brackets', send(200, '['.repeat(60_000))],
  ['gzip that nobody asked for',
    (_request, _response, good) => send(200, gzipSync(good), { 'content-encoding': 'gzip' })],
  ['a bomb of gzip', send(200, gzipSync(Buffer.alloc(50_000_000)), { 'content-encoding': 'gzip' })],
  ['gzip a hundred times over',
    (_request, _response, good) => send(200, good, { 'content-encoding': Array(100).fill('gzip').join(', ') })],
  ['70 kB of spaces', (_request, _response, good) => send(200, ' '.repeat(70_000) + good)],
  ['no HTTP', sendBytes('220 smtp.example.com ESMTP\r\n')],
  ['two lengths', sendBytes('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}')],
  ['a length and chunks',
    sendBytes('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n')],
  ['chunks of no number', sendBytes('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n')],
  ['headers of a megabyte', sendBytes(`HTTP/1.1 200 OK\r\n${'X-Filler: '.padEnd(1000, 'x')}\r\n`.repeat(1000))]
]

for (const call of calls) {
  test(`a reply that cannot be read, on ${call}: a bad gateway, nobody logged in, and the next login works`, async t => {
    const api = await startFakeApi(t)
    const host = await startWith(t, [api.url])
    for (const [what, reply] of bad) {
      api.say({ [call]: reply })
      const before = api.count('token')
      await checkRefused(t, host, what, 502, 'FST_WECHAT_BAD_RESPONSE')
      t.equal(api.count('token'), before + 1, `${what}: one code, one exchange`)
    }
    api.say({})
    await checkWell(t, host, 'afterwards')
    t.ok(api.connections <= 4, 'no more connections than allowed')
    t.equal(new Set(api.codes).size, api.codes.length, 'no code was sent twice')
  })

  const gone: Array<[string, Extract<Reply, Function>]> = [
    ['silence', () => {}],
    ['headers and then silence', sendBytes(head(100), 'keep')],
    ['half a reply and then silence', (request, response, good) =>
      sendBytes(head(Buffer.byteLength(good)) + good.slice(0, 20), 'keep')(request, response)],
    ['a body that drips', drip],
    ['early hints without end', (_request, { socket }) => {
      const timer = setInterval(() => { socket!.write('HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n') }, 20)
      socket!.on('close', () => clearInterval(timer))
    }],
    ['a closed connection', sendBytes('', 'end')],
    ['a reset', (_request, { socket }) => { socket!.resetAndDestroy() }],
    ['half a reply and then a reset', (request, response, good) =>
      sendBytes(head(Buffer.byteLength(good)) + good.slice(0, 20), 'destroy')(request, response)]
  ]
  test(`T54: no reply in time, on ${call}: a time-out within the deadline, the socket closed, and the next login works`, async t => {
    const api = await startFakeApi(t)
    const host = await startWith(t, [api.url], { client: { timeout } })
    for (const [what, reply] of gone) {
      const closed: Array<Promise<unknown>> = []
      const misdeed: Reply = (request, response, good) => {
        closed.push(new Promise(resolve => response.socket!.once('close', resolve)))
        return reply(request, response, good)
      }
      api.say({ [call]: misdeed })
      const before = api.count('token')
      await checkRefused(t, host, what, 504, 'FST_WECHAT_UNREACHABLE')
      t.equal(api.count('token'), before + 1, `${what}: one code, one exchange`)
      await Promise.all(closed)
      t.pass(`${what}: every socket is closed`)
    }
    api.say({})
    await checkWell(t, host, 'afterwards')
    t.equal(new Set(api.codes).size, api.codes.length, 'no code was sent twice')
  })

  test(`T53: a hundred megabytes, on ${call}, for twenty visitors at once, are not taken in`, async t => {
    const api = await startFakeApi(t)
    const host = await startWith(t, [api.url], { client: { connections: 16, retries: 0, timeout: 30_000 } })
    const chunk = Buffer.alloc(16_384, ' ')
    let sent = 0
    const pour: Reply = (_request, response) => {
      response.writeHead(200)
      let left = 100_000_000
      const more = (): void => {
        while (left > 0 && !response.destroyed) {
          left -= chunk.length
          sent += chunk.length
          if (!response.write(chunk)) return
        }
      }
      response.on('drain', more)
      more()
    }
    api.say({ [call]: pour })
    const before = await usedMemory()
    await Promise.all(Array.from({ length: 20 }, () => checkRefused(t, host, '100 MB', 502, 'FST_WECHAT_BAD_RESPONSE')))
    t.ok(sent < 20 * 16_000_000, `${sent} bytes left WeChat, most of them into the buffers of the sockets`)
    const grown = await usedMemory() - before
    t.ok(grown < 20 * 262_144, `${grown} bytes stayed`)
    api.say({})
    await checkWell(t, host, 'afterwards')
  })

  test(`T54: one visitor's silent WeChat, on ${call}, holds up no other visitor`, async t => {
    const api = await startFakeApi(t)
    const host = await startWith(t, [api.url], { client: { timeout: 600_000, retries: 0 } })
    const reached = new Promise<ServerResponse>(resolve => {
      api.say({ [call]: (_request: unknown, response: ServerResponse) => { resolve(response) } })
    })
    const held = postLogin(host, host.browser(agents.wechat))
    const silent = await reached
    api.say({})
    let others = 0
    const work = Promise.all(Array.from({ length: 10 }, async () => {
      await checkWell(t, host, 'another visitor')
      others++
    }))
    const first = await Promise.race([held.then(() => 'held'), work.then(() => 'others')])
    t.equal(first, 'others')
    await work
    t.equal(others, 10)
    silent.socket!.destroy()
    t.equal((await held).status, 504)
  })
}

test('a field of the wrong type refuses the reply where the login rests on it, and is left out where it does not', async t => {
  const api = await startFakeApi(t)
  const host = await startWith(t, [api.url])
  const needed: Record<Call, string[]> = { token: ['access_token', 'openid'], userinfo: ['openid'] }
  for (const call of calls) {
    const good: Record<string, unknown> = {
      ...(call === 'token' ? tokens : person),
      unionid: 'oFakeUnionid-000000000000001'
    }
    for (const field of Object.keys(good)) {
      for (const value of [undefined, null, 7, true, '', [], {}, { toString: 'x' }, 'x'.repeat(5000)]) {
        const what = `${call}.${field} is ${String(JSON.stringify(value)).slice(0, 20)}`
        api.say({ [call]: send(200, JSON.stringify({ ...good, [field]: value })) })
        const browser = host.browser(agents.wechat)
        const answer = await postLogin(host, browser)
        if (needed[call].includes(field)) {
          t.equal(answer.status, 502, what)
        } else {
          t.equal(answer.status, 200, what)
          const { user } = answer.json()
          t.equal(user.openid, person.openid, what)
          if (field !== 'unionid') {
            t.ok(
              user[field] === undefined ||
                ['string', 'number'].includes(typeof user[field]) ||
                Array.isArray(user[field]),
              what
            )
          }
        }
      }
    }
  }
})

test('what WeChat only dresses up reads well: a byte order mark, white space, control characters, broken UTF-8, errcode 0, unknown fields', async t => {
  const api = await startFakeApi(t)
  const host = await startWith(t, [api.url])
  const dressed: Array<[string, (good: string) => string | Buffer]> = [
    ['a byte order mark', good => `\uFEFF${good}`],
    ['pretty printed', good => JSON.stringify(JSON.parse(good), null, 2)],
    ['errcode 0', good => good.replace('{', '{"errcode":0,"errmsg":"ok",')],
    ['unknown fields', good => good.replace('{', '{"__proto__":{"isAdmin":true},"constructor":{},"isAdmin":true,')],
    ['raw control characters', good => good.replace(/"(?:scope|nickname)":"\w+/, '$&\u0014\u0007')],
    ['a broken character',
      good => Buffer.concat([Buffer.from(good.slice(0, -1)), Buffer.from(',"city":"\xff\xfe"}', 'latin1')])]
  ]
  for (const call of calls) {
    for (const [what, dress] of dressed) {
      const reply: Reply = (_request, _response, good) => send(200, dress(good))
      api.say({ [call]: reply })
      const answer = await postLogin(host, host.browser(agents.wechat))
      t.equal(answer.status, 200, `${what} on ${call}`)
      t.equal(answer.json().user.isAdmin, undefined, what)
    }
  }
})

const errcodes: Array<[number, number, string]> = [
  [-1, 502, 'FST_WECHAT_API_ERROR'],
  [40029, 400, 'FST_WECHAT_INVALID_CODE'],
  [40163, 400, 'FST_WECHAT_INVALID_CODE'],
  [45011, 503, 'FST_WECHAT_RATE_LIMITED'],
  [40125, 500, 'FST_WECHAT_MISCONFIGURED'],
  [50002, 500, 'FST_WECHAT_MISCONFIGURED'],
  [40226, 403, 'FST_WECHAT_USER_BLOCKED'],
  [40001, 401, 'FST_WECHAT_TOKEN_EXPIRED'],
  [99999, 502, 'FST_WECHAT_API_ERROR']
]

for (const call of calls) {
  test(`WeChat's own refusals on ${call} keep their meaning, and only what can do no harm is repeated`, async t => {
    const api = await startFakeApi(t)
    const host = await startWith(t, [api.url])
    for (const [errcode, status, code] of errcodes) {
      api.say({
        [call]: send(200, JSON.stringify({ errcode, errmsg: 'secret text of WeChat, rid: 63eb339a-57c1b83a-3acf9bf5' }))
      })
      const before = { token: api.count('token'), userinfo: api.count('userinfo') }
      const browser = host.browser(agents.wechat)
      const answer = await postLogin(host, browser)
      t.strictSame([answer.status, answer.json().code], [status, code], `${errcode}`)
      t.notMatch(answer.body, 'secret text')
      t.equal(answer.headers['retry-after'], status === 503 ? '60' : undefined)
      t.equal(api.count('token') - before.token, 1, `${errcode}: one exchange`)
      if (call === 'userinfo') {
        t.equal(api.count('userinfo') - before.userinfo, errcode === -1 ? 2 : 1, `${errcode}: the profile`)
      }
    }
  })
}

test('a profile that fails once is asked for again, and the visitor notices nothing', async t => {
  const api = await startFakeApi(t)
  const host = await startWith(t, [api.url], { client: { retries: 2 } })
  for (const reply of [
    () => send(502, '<html>'),
    () => send(200, '{"errcode":-1,"errmsg":"system error"}'),
    sendBytes('', 'destroy')
  ]) {
    api.say({
      userinfo: (request, response) => {
        api.say({})
        return reply(request, response)
      }
    })
    await checkWell(t, host, 'repeated')
  }
  t.equal(api.count('token'), 3)
  t.equal(api.count('userinfo'), 6)
})

test('a WeChat that cannot be reached leaves the attempt as it was: the same callback works once it can', async t => {
  const api = await startFakeApi(t)
  const port = await freePort()
  const host = await startWith(t, [api.url], { client: { retries: 0 } })
  const refused = await startWith(t, [`http://127.0.0.1:${port}`], { client: { retries: 0 } })
  const browser = refused.browser(agents.wechat)
  const callback = await beginLogin(refused, browser)
  const answer = await browser.get(callback)
  t.equal(answer.status, 504)
  t.strictSame(answer.setCookies, [], "the attempt's cookie stays")
  const late = withOnly(host, browser, answer)
  t.equal(
    (await late.get(callback.replace(refused.origin, host.origin))).status,
    303,
    'here on another process, which reaches WeChat'
  )
  t.equal(api.count('token'), 1)
})

test('no name, no listener, no trust: each is told as unreachable, and no code is spent', async t => {
  const api = await startFakeApi(t)
  for (const [what, apiHost, client] of [
    ['a name that does not resolve', 'https://no-such-host.invalid', {}],
    ['a port where nobody listens', `http://127.0.0.1:${await freePort()}`, {}],
    ['TLS with a server that speaks none', api.url.replace('http:', 'https:'), {}]
  ] as const) {
    const host = await startWith(t, [apiHost], { client })
    await checkRefused(t, host, what, 504, 'FST_WECHAT_UNREACHABLE')
    const browser = host.browser(agents.wechat)
    const callback = await beginLogin(host, browser)
    t.strictSame((await browser.get(callback)).setCookies, [], `${what}: the attempt stays`)
  }
  const host = await startHost(t, {
    options: wechat => ({ client: { timeout, apiHosts: [wechat.url], dispatcher: undefined as never } })
  })
  await checkRefused(t, host, 'a certificate that nobody vouches for', 504, 'FST_WECHAT_UNREACHABLE')
  t.equal(host.wechat.control.count('access_token'), 0)
  t.equal(api.count('token'), 0)
})

test('the next host is asked where the first cannot be reached, for the code too, and the visitor notices nothing', async t => {
  const api = await startFakeApi(t)
  for (const dead of [`http://127.0.0.1:${await freePort()}`, 'https://no-such-host.invalid']) {
    const host = await startWith(t, [dead, api.url])
    for (let login = 0; login < 3; login++) await checkWell(t, host, dead)
  }
  t.equal(new Set(api.codes).size, 6)
})

test('T58: a code that has left for one host is never sent to another one, whatever became of it', async t => {
  const first = await startFakeApi(t)
  const second: FakeApi = await startFakeApi(t)
  const host = await startWith(t, [first.url, second.url], { client: { timeout, retries: 2 } })
  for (const reply of [
    () => {},
    sendBytes('', 'destroy'),
    send(502, ''),
    send(200, '{"errcode":-1,"errmsg":"system error"}'),
    send(200, '<html>')
  ] as Reply[]) {
    first.say({ token: reply })
    second.say({ token: reply })
    const answer = await postLogin(host, host.browser(agents.wechat))
    t.ok(answer.status >= 502)
  }
  const codes = [...first.codes, ...second.codes]
  t.equal(codes.length, 5)
  t.equal(new Set(codes).size, 5)
})

test('a profile that one host does not give is asked for at the other one', async t => {
  const first = await startFakeApi(t)
  const second = await startFakeApi(t)
  const host = await startWith(t, [first.url, second.url], { client: { retries: 2 } })
  first.say({ userinfo: send(503, '') })
  await checkWell(t, host, 'from the other host')
  t.equal(first.count('userinfo'), 1)
  t.equal(second.count('userinfo'), 1)
  t.equal(first.count('token'), 1)
})

test('a WeChat that is away for a while is used again without a restart, and all connections end with the server', async t => {
  const api = await startFakeApi(t)
  const host = await startWith(t, [api.url])
  await checkWell(t, host, 'before')
  api.say({ token: (_request, { socket }) => { socket!.destroy() } })
  await Promise.all(Array.from({ length: 8 }, () => checkRefused(t, host, 'away', 504, 'FST_WECHAT_UNREACHABLE')))
  api.say({})
  await Promise.all(Array.from({ length: 8 }, () => checkWell(t, host, 'back')))
  t.ok(api.connections <= 4)
})
