import { EventEmitter, once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { inspect } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import type { Test } from 'tap'
import { Agent, Client, EnvHttpProxyAgent, MockAgent, Pool, ProxyAgent, RetryAgent } from 'undici'
import type { Dispatcher } from 'undici'
import * as old from 'undici-6'
import * as errors from '../../src/errors'
import type { TransportOptions, WechatClient, WechatClientOptions } from '../../src/wechat/client-types'
import { createClient } from '../../src/wechat/client'
import { createWechatClient } from '../../src/wechat-client'
import { parseOrigin, parseClientOptions } from '../../src/wechat/client-options'
import { createTransport } from '../../src/wechat/transport'
import type { Sources } from '../../src/wechat/transport'
import { blackHole, refusedOrigin, serve, serveBytes, serveNothing, serveSelfSigned } from '../fixture/servers'
import { accounts } from '../fixture/settings'

type Caught = errors.WechatError & { reason?: string }

const { appid } = accounts.oneclick
const secret = '5ec7e75ec7e75ec7e75ec7e75ec7e75e'
const code = '011C0DEc0deC0DEc0deC0DEc0deC0DEc'
const accessToken = '92_ACCESSaccessACCESSaccess'
const refreshToken = '92_REFRESHrefreshREFRESHrefresh'
const openid = 'oBYOLCRfJeJdPgw8wVWYpPeyMkLJ'
const tokens = {
  access_token: accessToken,
  expires_in: 7200,
  refresh_token: refreshToken,
  openid,
  scope: 'snsapi_userinfo'
}
const profile = { openid, nickname: '青山', privilege: [] }

/** A client with a transport of its own; pauses take no time. */
function createTestClient (t: Test, options: TransportOptions, sources: Sources = { random: () => 0 }): WechatClient {
  const transport = createTransport(parseClientOptions(options).transport, sources)
  t.teardown(() => transport.close())
  return createClient({ appid, secret }, transport)
}

/** What may be repeated, and what may not. */
const harmless: Array<[string, (client: WechatClient) => Promise<unknown>]> = [
  ['refresh', client => client.refresh(refreshToken)],
  ['getProfile', client => client.getProfile(accessToken, openid)],
  ['checkToken', client => client.checkToken(accessToken, openid)]
]
const calls: typeof harmless = [['exchangeCode', client => client.exchangeCode(code)], ...harmless]

function assertNoLeak (t: Test, value: unknown): void {
  const shown = [
    inspect(value, { depth: 9, showHidden: true }),
    JSON.stringify(value),
    String(value),
    String((value as Error).stack),
    ...Reflect.ownKeys(value as object).map(key => String((value as Record<PropertyKey, unknown>)[key]))
  ].join('\n')
  for (const confidential of [secret, code, accessToken, refreshToken]) {
    for (const text of [confidential, confidential.slice(0, 12)]) {
      if (shown.includes(text)) t.fail(`${text} shows in ${shown}`)
    }
  }
}

/**
 * The error of a call, which is one of ours and tells no secret: every failing call of these tests goes through here.
 */
async function failureOf (t: Test, call: Promise<unknown>): Promise<Caught> {
  const error: unknown = await call.then(value => new Error(`no error, but ${inspect(value)}`), error => error)
  t.ok(error instanceof errors.WechatError, inspect(error))
  const failure = error as Caught
  assertNoLeak(t, failure)
  t.match(failure.endpoint, /^\/sns\/[a-z0-9_/]+$/)
  t.match(failure.hint, { en: /\w/, zh: /\p{Script=Han}/u })
  t.type(failure.sent, 'boolean')
  t.notOk('cause' in failure)
  return failure
}

t.test('each call asks for the documented path, with the parameters in the documented order', async t => {
  const wechat = await serve(t, request => request.url!.startsWith('/sns/userinfo')
    ? profile
    : request.url!.startsWith('/sns/auth') ? { errcode: 0, errmsg: 'ok' } : tokens)
  const client = createWechatClient({ appid, secret, apiHosts: [wechat.origin] })
  t.teardown(() => client.close())
  t.equal(client.appid, appid)
  t.strictSame(await client.exchangeCode(code), tokens)
  t.strictSame(await client.refresh(refreshToken), tokens)
  t.strictSame(await client.getProfile(accessToken, openid), profile)
  t.strictSame(await client.getProfile(accessToken, openid, { lang: 'en' }), profile)
  t.equal(await client.checkToken(accessToken, openid), true)
  t.strictSame(wechat.requests, [
    `GET /sns/oauth2/access_token?appid=${appid}&secret=${secret}&code=${code}&grant_type=authorization_code`,
    `GET /sns/oauth2/refresh_token?appid=${appid}&grant_type=refresh_token&refresh_token=${refreshToken}`,
    `GET /sns/userinfo?access_token=${accessToken}&openid=${openid}&lang=zh_CN`,
    `GET /sns/userinfo?access_token=${accessToken}&openid=${openid}&lang=en`,
    `GET /sns/auth?access_token=${accessToken}&openid=${openid}`
  ])
  t.equal(wechat.connections, 1, 'over one connection: a login need not open two')
})

t.test('only identity is asked for as an encoding', async t => {
  const heads: unknown[] = []
  const wechat = await serve(t, request => { heads.push(request.headers); return profile })
  await createTestClient(t, { apiHosts: [wechat.origin] }).getProfile(accessToken, openid)
  t.strictSame(heads, [{ host: wechat.origin.slice(7), connection: 'keep-alive', 'accept-encoding': 'identity' }])
})

t.test('each parameter is encoded exactly once, whatever it holds', async t => {
  const wechat = await serve(t, () => tokens)
  const client = createTestClient(t, { apiHosts: [wechat.origin] })
  for (const text of ['a&secret=b', 'a b+c', '%41', '../..?x#y', '密', '😀', '\r\nHost: evil', '\u0000', '"\'<>']) {
    await client.exchangeCode(text)
    await client.refresh(text)
    await client.getProfile(text, text)
    const queries = wechat.requests.splice(0).map(request => new URL(request.slice(4), wechat.origin).searchParams)
    t.strictSame(queries.map(query => [...query.keys()]), [
      ['appid', 'secret', 'code', 'grant_type'],
      ['appid', 'grant_type', 'refresh_token'],
      ['access_token', 'openid', 'lang']
    ])
    t.strictSame(
      [
        queries[0]!.get('code'),
        queries[1]!.get('refresh_token'),
        queries[2]!.get('access_token'),
        queries[2]!.get('openid')
      ],
      [text, text, text, text]
    )
  }
  await client.exchangeCode('\ud83d')
  t.match(wechat.requests[0], '&code=%EF%BF%BD&', 'half a surrogate pair is no reason to throw')
})

t.test('checkToken is true, false for a token that is not good, and throws for the rest', async t => {
  let errcode: unknown
  const wechat = await serve(t, () => ({ errcode, errmsg: `text, ${accessToken}, rid: 1-2-3` }))
  const client = createTestClient(t, { apiHosts: [wechat.origin] })
  for (const [given, answer] of [
    [0, true],
    ['0', true],
    [40001, false],
    [40003, false],
    [40014, false],
    [42001, false],
    ['42001', false]
  ] as const) {
    errcode = given
    t.equal(await client.checkToken(accessToken, openid), answer, `${given}`)
  }
  for (const [given, expected] of [
    [48001, 'FST_WECHAT_MISCONFIGURED'],
    [45011, 'FST_WECHAT_RATE_LIMITED'],
    [41001, 'FST_WECHAT_API_ERROR'],
    [null, 'FST_WECHAT_BAD_RESPONSE']
  ] as const) {
    errcode = given
    t.match(await failureOf(t, client.checkToken(accessToken, openid)), {
      code: expected,
      endpoint: '/sns/auth',
      sent: true
    })
  }
})

t.test('an errcode becomes an error that says where, what and how to go on, without what was sent', async t => {
  const wechat = await serve(t, request => ({
    errcode: 40029,
    errmsg: `invalid code ${request.url}, rid: 63eb339a-57c1b83a-3acf9bf5`
  }))
  const client = createTestClient(t, { apiHosts: [wechat.origin] })
  for (const [name, call] of calls) {
    const error = await failureOf(t, call(client))
    t.match(
      error,
      {
        code: 'FST_WECHAT_INVALID_CODE',
        statusCode: 400,
        errcode: 40029,
        rid: '63eb339a-57c1b83a-3acf9bf5',
        sent: true
      },
      name
    )
    t.match(error.errmsg, /^invalid code \/sns\/.*\*\*\*/)
  }
  t.equal(wechat.requests.length, 4, 'and is not repeated')
  for (const odd of ['\ud83d', '\u0000', undefined]) {
    t.match(
      await failureOf(t, client.getProfile(odd as string, odd as string)),
      { errcode: 40029 },
      `also for ${inspect(odd)}`
    )
  }
})

t.test('options that cannot work are refused with the option\'s name and without the secret', async t => {
  const fine = { appid, secret }
  const cases: Array<[unknown, RegExp]> = [
    [undefined, /option client is undefined; write an object with any of appid, secret, timeout, connectTimeout, retries, connections, dispatcher, apiHosts/],
    [null, /option client is null/],
    [[], /option client is an array/],
    ['x', /option client is "x"/],
    [{ ...fine, timeOut: 1 }, /unknown option client.timeOut; did you mean client.timeout\?/],
    [{ ...fine, openHost: 'https://open.weixin.qq.com' },
      /unknown option client.openHost; known here are appid, secret, timeout, connectTimeout, retries, connections, dispatcher, apiHosts/],
    [{ secret }, /option client.appid is undefined; an appid is wx and 16 hexadecimal digits/],
    ...[
      '', 'wx0123456789abcde', 'wx0123456789abcdeg', 'ww0123456789abcdef', 'WX0123456789ABCDEF', ` ${appid}`,
      `${appid}\n`, secret, 1
    ].map((wrong): [unknown, RegExp] => [{ ...fine, appid: wrong }, /option client.appid is .*; an appid is wx/]),
    [{ ...fine, appid: secret }, /option client.appid is an AppSecret by its shape/],
    ...[undefined, null, '', 1, {}].map((wrong): [unknown, RegExp] => [
      { appid, secret: wrong },
      /option client.secret is .*; write the AppSecret of the app, or a function that returns it/
    ]),
    ...[0, -1, 0.5, NaN, Infinity, 2 ** 31, '5s', null].map((wrong): [unknown, RegExp] => [
      { ...fine, timeout: wrong },
      /option client.timeout is .*; write a whole number of milliseconds, from 1 to 2147483647/
    ]),
    ...[-1, 11, 1.5, '2'].map((wrong): [unknown, RegExp] =>
      [{ ...fine, retries: wrong }, /option client.retries is .*; write a whole number, from 0 to 10/]),
    ...[0, 1025, true].map((wrong): [unknown, RegExp] =>
      [{ ...fine, connections: wrong }, /option client.connections is .*; write a whole number, from 1 to 1024/]),
    ...[null, {}, () => {}, { dispatch: 1 }].map((wrong): [unknown, RegExp] =>
      [{ ...fine, dispatcher: wrong }, /option client.dispatcher is .*; write an undici dispatcher/]),
    ...[null, [], 'https://api.weixin.qq.com', {}].map((wrong): [unknown, RegExp] =>
      [{ ...fine, apiHosts: wrong }, /option client.apiHosts is .*; write an array of one origin or more/]),
    ...[
      '', 'api.weixin.qq.com', 'http://api.weixin.qq.com', 'http://127.0.0.1.evil.example',
      'http://localhost.evil.example', 'ftp://localhost', 'https://a.example/path', 'https://a.example/?',
      'https://a.example/#x', `https://user:${secret}@a.example`, null, 1
    ]
      .map((wrong): [unknown, RegExp] => [
        { ...fine, apiHosts: ['https://api.weixin.qq.com', wrong] },
        /option client.apiHosts\[1\] is .*; write an https origin without a path/
      ])
  ]
  for (const [options, message] of cases) {
    try {
      createWechatClient(options as WechatClientOptions)
      t.fail(inspect(options))
    } catch (error) {
      t.match(error, { code: 'FST_WECHAT_INVALID_OPTIONS', message }, inspect(options))
      assertNoLeak(t, error)
    }
  }
})

t.test('options that work are taken, an undefined one like an absent one', async t => {
  const agent = new Agent()
  t.teardown(() => agent.close())
  for (const options of [
    {},
    { timeout: undefined, apiHosts: undefined },
    { timeout: 1, retries: 0, connections: 1, dispatcher: agent, apiHosts: ['https://sh.api.weixin.qq.com'] }
  ]) {
    const client = createWechatClient({ appid, secret, ...options } as WechatClientOptions)
    await client.close()
    t.equal(client.appid, appid)
  }
  await createTransport(parseClientOptions().transport).close()
  await createWechatClient({ appid, secret: () => secret }).close()
  for (const [given, origin] of [
    ['https://A.example', 'https://a.example'],
    ['https://a.example:443/', 'https://a.example'],
    ['http://localhost:3000', 'http://localhost:3000'],
    ['http://wechat.localhost', 'http://wechat.localhost'],
    ['http://127.8.9.1', 'http://127.8.9.1'],
    ['http://[::1]:80', 'http://[::1]']
  ]) {
    t.equal(parseOrigin('x', given), origin)
  }
})

t.test('a client does not show its secret', async t => {
  const client = createWechatClient({ appid, secret })
  t.teardown(() => client.close())
  assertNoLeak(t, client)
  t.strictSame(Object.keys(client), ['appid', 'exchangeCode', 'refresh', 'getProfile', 'checkToken', 'close'])
  assertNoLeak(t, createTransport(parseClientOptions().transport))
})

t.test('a function is asked for the secret at each exchange', async t => {
  const wechat = await serve(t, () => tokens)
  let version = 0
  const transport = createTransport(parseClientOptions({ apiHosts: [wechat.origin] }).transport)
  t.teardown(() => transport.close())
  for (const give of [() => `s&${++version}`, async () => `s&${++version}`]) {
    const client = createClient({ appid, secret: give }, transport)
    await client.exchangeCode(code)
    await client.exchangeCode(code)
    await client.refresh(refreshToken)
  }
  t.equal(version, 4)
  t.strictSame(
    wechat.requests.filter(request => request.includes('secret=')).map(request => /secret=([^&]*)/.exec(request)![1]),
    ['s%261', 's%262', 's%263', 's%264']
  )
})

t.test('without a secret nothing is sent, and what the function said stays untold', async t => {
  const wechat = await serve(t, () => tokens)
  const wrong: unknown[] = [
    () => { throw new Error(`vault: ${secret}`) },
    async () => { throw new Error(`vault: ${secret}`) },
    async () => Promise.reject(secret),
    () => undefined, () => null, () => '', async () => '', () => 5, () => ({ secret }), () => [secret]
  ]
  const transport = createTransport(parseClientOptions({ apiHosts: [wechat.origin] }).transport)
  t.teardown(() => transport.close())
  for (const give of wrong) {
    const error =
      await failureOf(t, createClient({ appid, secret: give as () => string }, transport).exchangeCode(code))
    t.match(
      error,
      { code: 'FST_WECHAT_MISCONFIGURED', statusCode: 500, sent: false, endpoint: '/sns/oauth2/access_token' },
      String(give)
    )
  }
  t.strictSame(wechat.requests, [])
})

t.test('there is nothing to exchange without a code', async t => {
  const wechat = await serve(t, () => tokens)
  const client = createTestClient(t, { apiHosts: [wechat.origin] })
  for (const wrong of ['', undefined, null, 5, [code], {}]) {
    t.match(
      await failureOf(t, client.exchangeCode(wrong as string)),
      { code: 'FST_WECHAT_INVALID_CODE', sent: false, endpoint: '/sns/oauth2/access_token' },
      inspect(wrong)
    )
  }
  t.strictSame(wechat.requests, [])
})

t.test('any status but 200 is refused, and no redirect is followed', async t => {
  const elsewhere = await serve(t, () => tokens)
  let status = 0
  const wechat = await serve(t, (_request, response) => {
    response.statusCode = status
    response.setHeader('location', `${elsewhere.origin}/sns/oauth2/access_token`)
    return tokens
  })
  const client = createTestClient(t, { apiHosts: [wechat.origin], retries: 0 })
  for (status of [
    201, 202, 204, 206, 300, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 413, 429, 431, 500, 502, 503, 504
  ]) {
    for (const [name, call] of calls) {
      t.match(
        await failureOf(t, call(client)),
        { code: 'FST_WECHAT_BAD_RESPONSE', statusCode: 502, reason: `HTTP_${status}`, sent: true },
        `${name} ${status}`
      )
    }
  }
  t.equal(wechat.requests.length, 22 * 4)
  t.strictSame(elsewhere.requests, [])
})

t.test('a 4xx or a redirect is not repeated', async t => {
  const wechat = await serve(t, (_request, response, count) => {
    response.statusCode = count % 2 ? 404 : 302
    return ''
  })
  const client = createTestClient(t, { apiHosts: [wechat.origin] })
  for (const [, call] of calls) await failureOf(t, call(client))
  t.equal(wechat.requests.length, 4)
})

const faults: Array<[string, (response: import('node:http').ServerResponse) => unknown, object]> = [
  ['a 500', response => { response.statusCode = 500; return '' },
    { code: 'FST_WECHAT_BAD_RESPONSE', reason: 'HTTP_500' }],
  ['a 502 with HTML', response => { response.statusCode = 502; return `<html>${code}</html>` },
    { code: 'FST_WECHAT_BAD_RESPONSE', reason: 'HTTP_502' }],
  ['errcode -1', () => ({ errcode: -1, errmsg: 'system error, rid: 1-2-3' }),
    { code: 'FST_WECHAT_API_ERROR', errcode: -1, rid: '1-2-3' }],
  ['a connection that breaks after the request', response => { response.socket!.destroy() },
    { code: 'FST_WECHAT_UNREACHABLE', reason: 'UND_ERR_SOCKET' }],
  ['a reset after the request', response => { response.socket!.resetAndDestroy() },
    { code: 'FST_WECHAT_UNREACHABLE', reason: 'ECONNRESET' }],
  ['a body that breaks off', response => {
    response.writeHead(200, { 'content-length': '500' }).write(JSON.stringify(tokens), () => response.socket!.destroy())
  }, { code: 'FST_WECHAT_UNREACHABLE', reason: 'UND_ERR_SOCKET' }]
]

for (const [fault, break_, expected] of faults) {
  t.test(`after ${fault} a code is not sent again, and everything else is, twice`, async t => {
    const wechat = await serve(t, (_request, response) => break_(response))
    const client = createTestClient(t, { apiHosts: [wechat.origin, wechat.origin] })
    t.match(await failureOf(t, client.exchangeCode(code)), {
      ...expected,
      sent: true,
      endpoint: '/sns/oauth2/access_token'
    })
    t.equal(wechat.requests.splice(0).length, 1, 'one exchange, also with two hosts')
    for (const [name, call] of harmless) {
      t.match(await failureOf(t, call(client)), { ...expected, sent: true }, name)
      t.equal(wechat.requests.splice(0).length, 3, name)
    }
  })

  t.test(`${fault} once does no harm to a call that may be repeated`, async t => {
    const wechat =
      await serve(t, (_request, response, count) => count % 3 === 0 ? { ...tokens, errcode: 0 } : break_(response))
    const client = createTestClient(t, { apiHosts: [wechat.origin] })
    for (const [name, call] of harmless) t.ok(await call(client), name)
    t.equal(wechat.requests.length, 9)
  })
}

t.test('retries: 0 repeats nothing', async t => {
  const wechat = await serve(t, (_request, response) => { response.statusCode = 503; return '' })
  const client = createTestClient(t, { apiHosts: [wechat.origin], retries: 0 })
  for (const [, call] of calls) await failureOf(t, call(client))
  t.equal(wechat.requests.length, 4)
})

t.test('a reply that nobody can read is refused and not repeated', async t => {
  let body: unknown
  const wechat = await serve(t, () => body)
  const client = createTestClient(t, { apiHosts: [wechat.origin] })
  const bodies = [
    '', '<html><body>502 Bad Gateway</body></html>', 'null', '[]', '{}', `{"access_token":"${accessToken}`,
    `${JSON.stringify(tokens)}${JSON.stringify(tokens)}`, '{"access_token":"x"}', { openid }, { ...tokens, openid: 5 },
    Buffer.from([0x1f, 0x8b, 0xff])
  ]
  for (body of bodies) {
    t.match(
      await failureOf(t, client.exchangeCode(code)),
      { code: 'FST_WECHAT_BAD_RESPONSE', sent: true },
      String(body)
    )
  }
  t.equal(wechat.requests.length, bodies.length)
})

t.test('a large, odd or packed body is cut off without being held', async t => {
  const bomb = gzipSync(Buffer.alloc(50e6, ' '))
  const endless = (response: import('node:http').ServerResponse) => {
    const chunk = Buffer.alloc(16384, ' ')
    const more = () => { while (!response.destroyed && response.write(chunk)); }
    response.on('drain', more).on('close', () => response.removeListener('drain', more))
    more()
  }
  const cases: Array<[string, string, (response: import('node:http').ServerResponse) => unknown]> = [
    ['100 MB announced', 'TOO_LARGE', response => { response.setHeader('content-length', 100e6); endless(response) }],
    ['an endless chunked body', 'TOO_LARGE', endless],
    ['64 kB and one byte', 'TOO_LARGE', () => Buffer.alloc(65537, ' ')],
    ['64 kB, which is read', 'NOT_JSON', () => Buffer.alloc(65536, ' ')],
    ['a gzip bomb', 'CONTENT_ENCODING', response => { response.setHeader('content-encoding', 'gzip'); return bomb }],
    ['good tokens in gzip', 'CONTENT_ENCODING',
      response => { response.setHeader('content-encoding', 'GZIP'); return gzipSync(JSON.stringify(tokens)) }],
    ['gzip in gzip', 'CONTENT_ENCODING',
      response => { response.setHeader('content-encoding', ['gzip', 'gzip']); return gzipSync(gzipSync('{}')) }],
    ['br', 'CONTENT_ENCODING', response => { response.setHeader('content-encoding', 'br'); return tokens }],
    ['headers of 20 kB', 'UND_ERR_HEADERS_OVERFLOW',
      response => { response.setHeader('x-long', 'x'.repeat(20_000)); return tokens }]
  ]
  for (const [name, reason, answer] of cases) {
    const wechat = await serve(t, (_request, response) => answer(response))
    const client = createTestClient(t, { apiHosts: [wechat.origin] })
    const before = process.memoryUsage.rss()
    const failures = await Promise.all(Array.from({ length: 10 }, () => failureOf(t, client.exchangeCode(code))))
    for (const error of failures) t.match(error, { code: 'FST_WECHAT_BAD_RESPONSE', reason, sent: true }, name)
    t.ok(process.memoryUsage.rss() - before < 100e6, `${name}: the memory stays`)
    t.equal(wechat.requests.length, 10)
  }
})

t.test('an identity encoding and early hints are no trouble', async t => {
  const wechat = await serve(t, (_request, response) => {
    response.writeEarlyHints({ link: '</x>; rel=preload' })
    response.setHeader('content-encoding', 'Identity')
    return tokens
  })
  t.strictSame(await createTestClient(t, { apiHosts: [wechat.origin] }).exchangeCode(code), tokens)
})

t.test('what is no HTTP is a bad response', async t => {
  const cases: Array<[string, string, string]> = [
    ['nonsense', 'SSH-2.0-OpenSSH_9.2\r\n\r\n', 'FST_WECHAT_BAD_RESPONSE'],
    ['a broken header', 'HTTP/1.1 200 OK\r\nbad header\r\n\r\n', 'FST_WECHAT_BAD_RESPONSE'],
    ['two content lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}}',
      'FST_WECHAT_BAD_RESPONSE'],
    ['a broken chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 'FST_WECHAT_BAD_RESPONSE'],
    ['100 Continue', 'HTTP/1.1 100 Continue\r\n\r\n', 'FST_WECHAT_UNREACHABLE'],
    ['101 Switching Protocols', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
      'FST_WECHAT_UNREACHABLE']
  ]
  for (const [name, reply, expected] of cases) {
    const wechat = await serveBytes(t, socket => socket.write(reply))
    const error = await failureOf(t, createTestClient(t, { apiHosts: [wechat.origin], retries: 0 }).exchangeCode(code))
    t.match(error, { code: expected, sent: true }, `${name}: ${error.reason}`)
    t.equal(wechat.requests.length, 1)
  }
  const old = await serveBytes(t, socket => socket.end(`HTTP/1.0 200 OK\r\n\r\n${JSON.stringify(tokens)}`))
  t.strictSame(
    await createTestClient(t, { apiHosts: [old.origin] }).exchangeCode(code),
    tokens,
    'a body that ends with its connection is read'
  )
})

t.test('one deadline ends the call, however the server keeps it waiting, and closes the connection', async t => {
  const drip = (socket: import('node:net').Socket, text: string) => {
    let sent = 0
    const timer = setInterval(() => socket.write(text[sent++ % text.length]!), 20)
    socket.on('close', () => clearInterval(timer))
  }
  const cases: Array<[string, (socket: import('node:net').Socket) => void]> = [
    ['silence', () => {}],
    ['headers that drip', socket => drip(socket, 'HTTP/1.1 200 OK\r\nx: ' + 'x'.repeat(1000))],
    ['headers and silence', socket => { socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n') }],
    ['a body that stalls', socket => { socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{') }],
    ['a body that drips',
      socket => { socket.write('HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n'); drip(socket, ' ') }]
  ]
  for (const [name, talk] of cases) {
    let closed: Promise<unknown> = Promise.resolve()
    const wechat = await serveBytes(t, socket => {
      closed = new Promise(resolve => socket.on('close', resolve))
      talk(socket)
    })
    const client = createTestClient(t, { apiHosts: [wechat.origin, wechat.origin], timeout: 400 })
    for (const call of [() => client.exchangeCode(code), () => client.getProfile(accessToken, openid)]) {
      const begin = performance.now()
      t.match(
        await failureOf(t, call()),
        { code: 'FST_WECHAT_UNREACHABLE', statusCode: 504, reason: 'TIMEOUT', sent: true },
        name
      )
      t.ok(performance.now() - begin < 60_000, 'a guard: nothing else ends it')
      await closed
    }
    t.equal(wechat.requests.length, 2, 'and nothing is repeated after it')
  }
})

t.test('pauses double, and the deadline holds for them too', async t => {
  const wechat = await serve(t, (_request, response) => { response.statusCode = 503; return '' })
  const client = createTestClient(t, { apiHosts: [wechat.origin], timeout: 2500, retries: 10 }, { random: () => 1 })
  const begin = performance.now()
  t.match(
    await failureOf(t, client.getProfile(accessToken, openid)),
    { reason: 'HTTP_503' },
    'the last answer is the better news'
  )
  t.ok(performance.now() - begin < 60_000)
  t.equal(wechat.requests.length, 4, 'after 0, 200, 600 and 1400 ms; the next would come after 3000')
})

t.test('the random part of a pause may be nothing', async t => {
  const wechat = await serve(t, (_request, response) => { response.statusCode = 503; return '' })
  const client = createTestClient(t, { apiHosts: [wechat.origin], timeout: 20_000, retries: 10 }, { random: () => 0 })
  await failureOf(t, client.getProfile(accessToken, openid))
  t.equal(wechat.requests.length, 11)
})

t.test('the deadline touches no request but the one under way', async t => {
  const aborted: number[] = []
  let requests = 0
  const dispatcher = {
    dispatch (_options: unknown, handler: Dispatcher.DispatchHandler) {
      const request = ++requests
      const controller = {
        abort (reason: Error) { aborted.push(request); handler.onResponseError!(controller, reason) }
      } as unknown as Dispatcher.DispatchController
      handler.onRequestStart!(controller, {})
      if (request === 1) handler.onResponseStart!(controller, 503, {})
    }
  } as unknown as Dispatcher
  await failureOf(t, createTestClient(t, { dispatcher, timeout: 50 }).getProfile(accessToken, openid))
  t.strictSame(aborted, [1, 2], 'each once: the first for its status')
})

t.test('a call that still waits for a connection at its deadline was never sent', async t => {
  const wechat = await serve(t, () => {})
  const other = await serve(t, () => {})
  const client = createTestClient(t, { apiHosts: [wechat.origin, other.origin], connections: 1, timeout: 500 })
  const first = failureOf(t, client.exchangeCode(code))
  const second = failureOf(t, client.exchangeCode('second'))
  t.match(await first, { reason: 'TIMEOUT', sent: true })
  t.match(await second, { code: 'FST_WECHAT_UNREACHABLE', reason: 'TIMEOUT', sent: false })
  t.equal(wechat.requests.filter(request => request.includes('code=second')).length, 0)
  t.strictSame(other.requests, [], 'and no other host is asked after it')
  t.strictSame(
    await Promise.race([once(process, 'unhandledRejection'), new Promise(resolve => setImmediate(resolve))]),
    undefined
  )
})

t.test('a host that cannot be reached leaves the code unspent, and the next host gets it', async t => {
  const hole = await blackHole(t)
  const selfSigned = await serveSelfSigned(t)
  const hangUp = await serveNothing(t, 'https', socket => { socket.destroy() })
  const noTls = await serveNothing(t, 'https', socket => { socket.end('HTTP/1.1 400 Bad Request\r\n\r\n') })
  const silentTls = await serveNothing(t, 'https', () => {})
  const cases: Array<[string, string, RegExp]> = [
    ['refused', await refusedOrigin(), /^ECONNREFUSED$/],
    // the last two: of a slow resolver, and of one that knows every name,
    ['no such name', 'https://api.weixin.invalid', /^(?:ENOTFOUND|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT|ECONNREFUSED)$/],
    ['a certificate that nobody signed', selfSigned.origin, /^DEPTH_ZERO_SELF_SIGNED_CERT$/],
    ['a connection that ends within the TLS handshake', hangUp.origin, /^ECONNRESET$/],
    ['no TLS at all', noTls.origin, /^(?:EPROTO|ERR_SSL_\w+)$/],
    ['a TLS handshake that is never answered', silentTls.origin, /^UND_ERR_CONNECT_TIMEOUT$/],
    ['an address that never answers', hole, /^UND_ERR_CONNECT_TIMEOUT$/]
  ]
  await Promise.all(cases.map(([name, origin, reason]) => t.test(name, async t => {
    const wechat = await serve(t, () => ({ ...tokens, errcode: 0 }))
    const alone = createTestClient(t, { apiHosts: [origin], retries: 0 })
    const both = createTestClient(t, { apiHosts: [origin, wechat.origin], retries: 0 })
    await Promise.all([
      failureOf(t, alone.exchangeCode(code)).then(error =>
        t.match(error, { code: 'FST_WECHAT_UNREACHABLE', statusCode: 504, reason, sent: false })),
      ...calls.map(async ([name, call]) => t.ok(await call(both), name))
    ])
    t.equal(wechat.requests.length, 4, 'with time left for the next host within the default 5 s')
  })))
  t.strictSame(selfSigned.requests, [])
})

t.test('TLS is spoken with a certificate that is trusted', async t => {
  const wechat = await serveSelfSigned(t)
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } })
  t.teardown(() => dispatcher.close())
  t.equal(await createTestClient(t, { apiHosts: [wechat.origin], dispatcher }).checkToken(accessToken, openid), true)
})

t.test('what never left is tried again after a pause, also a code', async t => {
  const wechat = await serve(t, () => tokens)
  let dispatched = 0
  const agent = new Agent()
  t.teardown(() => agent.close())
  const flaky = agent.compose(dispatch => (options, handler) => {
    if (++dispatched < 3) {
      throw Object.assign(new Error(`getaddrinfo EAI_AGAIN ${options.path}`), { code: 'EAI_AGAIN', path: options.path })
    }
    return dispatch(options, handler)
  })
  t.strictSame(await createTestClient(t, { apiHosts: [wechat.origin], dispatcher: flaky }).exchangeCode(code), tokens)
  dispatched = -9
  t.match(
    await failureOf(t, createTestClient(t, { apiHosts: [wechat.origin], dispatcher: flaky }).exchangeCode(code)),
    { reason: 'EAI_AGAIN', sent: false }
  )
  t.equal(dispatched, -6, 'twice')
  t.equal(wechat.requests.length, 1)
})

t.test('a host that gave no answer is asked last for 30 seconds, then by one call at a time', async t => {
  let time = 1000
  const asked: string[] = []
  const down = new Set<string>()
  const dispatcher = fakeDispatcher((origin, answer) => {
    asked.push(origin)
    if (down.has(origin)) answer.refuse('ECONNREFUSED')
    else answer.reply({ errcode: 0 })
  })
  const client = createTestClient(
    t,
    { apiHosts: ['https://a', 'https://b', 'https://c'], dispatcher, retries: 0 },
    { now: () => time }
  )
  const ask = async (expected: string) => {
    await client.checkToken(accessToken, openid).catch(() => {})
    t.equal(asked.splice(0).map(origin => origin.at(-1)).join(''), expected, `at ${time}, without ${[...down].join()}`)
  }
  await ask('a')
  down.add('https://a')
  await ask('ab')
  await ask('b')
  down.add('https://b')
  await ask('bc')
  await ask('c')
  down.add('https://c')
  time += 29_000
  await ask('cab')
  down.clear()
  time += 29_999
  await ask('a')
  await ask('a')
  time += 1
  down.add('https://b')
  await ask('a')
  time += 60_000
  down.add('https://a')
  await ask('abc')

  time += 30_000
  asked.length = 0
  await Promise.all([1, 2, 3].map(() => client.checkToken(accessToken, openid)))
  t.strictSame(
    asked.sort(),
    ['https://a', 'https://b', 'https://c', 'https://c', 'https://c'],
    'of three calls one looks at each resting host'
  )
})

t.test('a host that answers with a 5xx rests too, one that answers anything else does not', async t => {
  const asked: string[] = []
  let status = 0
  const dispatcher = fakeDispatcher((origin, answer) => {
    asked.push(origin.at(-1)!)
    answer.reply({ errcode: 0 }, origin === 'https://a' ? status : 200)
  })
  for (const [given, expected] of [[503, 'abb'], [404, 'aa'], [302, 'aa'], [200, 'aa']] as const) {
    status = given
    const client = createTestClient(t, { apiHosts: ['https://a', 'https://b'], dispatcher })
    await client.checkToken(accessToken, openid).catch(() => {})
    await client.checkToken(accessToken, openid).catch(() => {})
    t.equal(asked.splice(0).join(''), expected, `${given}`)
  }
  let time = 0
  const client =
    createTestClient(t, { apiHosts: ['https://a', 'https://b'], dispatcher, retries: 0 }, { now: () => time })
  for ([time, status] of [[1000, 503], [31_000, 404], [31_001, 404]] as const) {
    await client.checkToken(accessToken, openid).catch(() => {})
  }
  t.equal(asked.join(''), 'aaa', 'a 404 ends the rest')
})

t.test('a call that is over leaves nothing behind: no timer, no memory', async t => {
  setFlagsFromString('--expose_gc')
  const collect = runInNewContext('gc') as () => void
  const wechat = await serve(t, () => tokens)
  const agent = new Agent()
  t.teardown(() => agent.close())
  const handlers: Array<WeakRef<object>> = []
  const watched = agent.compose(dispatch => (options, handler) => {
    handlers.push(new WeakRef(handler))
    return dispatch(options, handler)
  })
  const timers = () => process.getActiveResourcesInfo().filter(resource => resource === 'Timeout').length
  const before = timers()
  const client = createTestClient(t, { apiHosts: [wechat.origin], timeout: 60_000 })
  await client.exchangeCode(code)
  t.equal(timers(), before, 'neither the deadline nor the limit on connecting')
  const watching = createTestClient(t, { apiHosts: [wechat.origin], timeout: 60_000, dispatcher: watched })
  for (let index = 0; index < 20; index++) await watching.exchangeCode(code)
  await turn()
  collect()
  t.ok(handlers.filter(handler => handler.deref() !== undefined).length <= 2, 'at most what undici still holds')
})

t.test('calls share a few kept-alive connections', async t => {
  const wechat = await serve(t, (_request, response) => { setImmediate(() => response.end(JSON.stringify(tokens))) })
  const client = createTestClient(t, { apiHosts: [wechat.origin] })
  await Promise.all(Array.from({ length: 200 }, () => client.exchangeCode(code)))
  t.ok(wechat.connections <= 16, `${wechat.connections} for 200 calls at once`)
  for (let index = 0; index < 20; index++) await client.exchangeCode(code)
  t.ok(wechat.connections <= 16, `${wechat.connections} after 20 more`)
  const one = createTestClient(t, { apiHosts: [wechat.origin], connections: 1 })
  const before = wechat.connections
  await Promise.all(Array.from({ length: 10 }, () => one.exchangeCode(code)))
  t.equal(wechat.connections - before, 1)
})

t.test('a host\'s dispatcher is used and left open', async t => {
  const agent = new MockAgent()
  agent.disableNetConnect()
  t.teardown(() => agent.close())
  const pool = agent.get('https://api.weixin.qq.com')
  const path = `/sns/oauth2/access_token?appid=${appid}&secret=${secret}&code=${code}&grant_type=authorization_code`
  const client = createWechatClient({ appid, secret, dispatcher: agent, retries: 0 })
  pool.intercept({ path }).reply(200, JSON.stringify(tokens))
  t.strictSame(await client.exchangeCode(code), tokens)
  pool.intercept({ path }).reply(200, JSON.stringify(tokens), { headers: { 'content-encoding': 'gzip' } })
  t.match(await failureOf(t, client.exchangeCode(code)), { reason: 'CONTENT_ENCODING' })
  t.match(
    await failureOf(t, client.exchangeCode(code)),
    { reason: 'UND_MOCK_ERR_MOCK_NOT_MATCHED', sent: false },
    'a mock\'s own words hold the whole path'
  )
  await client.close()
  pool.intercept({ path }).reply(200, JSON.stringify(tokens))
  t.strictSame(await client.exchangeCode(code), tokens)
  agent.assertNoPendingInterceptors()
})

t.test('a dispatcher of undici 6 is refused at once, one of undici 7 is taken, whatever it is made of', async t => {
  class OwnOld extends old.Agent {}
  class Own extends Agent {}
  const pass = (dispatch: Dispatcher.Dispatch): Dispatcher.Dispatch => (options, handler) => dispatch(options, handler)
  const proxy = 'http://localhost:9'
  const outdated = [
    new old.Agent(),
    new OwnOld(),
    new old.Pool(proxy),
    new old.Client(proxy),
    new old.ProxyAgent(proxy),
    new old.EnvHttpProxyAgent(),
    new old.MockAgent(),
    new old.RetryAgent(new old.Agent()),
    new old.Agent().compose(pass as never),
    Object.assign(new EventEmitter(), { dispatch () { return true } })
  ]
  for (const dispatcher of outdated) {
    t.throws(
      () => createWechatClient({ appid, secret, dispatcher }),
      {
        code: 'FST_WECHAT_INVALID_OPTIONS',
        message: /option client\.dispatcher is a dispatcher of undici 6 or earlier.*npm install undici@7/
      },
      dispatcher.constructor.name
    )
  }
  const current = [
    new Agent(),
    new Own(),
    new Pool(proxy),
    new Client(proxy),
    new ProxyAgent(proxy),
    new EnvHttpProxyAgent(),
    new MockAgent(),
    new RetryAgent(new Agent()),
    new Agent().compose(pass),
    { dispatch: () => true }
  ]
  for (const dispatcher of current) await createWechatClient({ appid, secret, dispatcher }).close()
})

t.test('a dispatcher that repeats on its own cannot spend a code twice', async t => {
  const wechat = await serve(t, (_request, response) => { response.statusCode = 503; return '' })
  const agent = new Agent()
  t.teardown(() => agent.close())
  const dispatcher = new RetryAgent(agent, { minTimeout: 1, maxRetries: 3 })
  const client = createTestClient(t, { apiHosts: [wechat.origin], dispatcher, retries: 0 })
  t.match(await failureOf(t, client.exchangeCode(code)), {
    code: 'FST_WECHAT_UNREACHABLE',
    reason: 'REPEATED',
    sent: true
  })
  t.equal(wechat.requests.length, 1)
})

t.test('only a plain code of a foreign error is told', async t => {
  for (const [given, reason] of [
    ['ECONNREFUSED', 'ECONNREFUSED'],
    [`E_${secret}`, 'UNKNOWN'],
    [`${secret} E_FAILED`, 'UNKNOWN'],
    [`GET /?secret=${secret}`, 'UNKNOWN'],
    [5, 'UNKNOWN'],
    [undefined, 'UNKNOWN']
  ] as const) {
    const dispatcher = fakeDispatcher((_origin, answer) => answer.refuse(given as string))
    const error = await failureOf(t, createTestClient(t, { dispatcher }).exchangeCode(code))
    t.match(error, { code: 'FST_WECHAT_UNREACHABLE', reason, sent: false })
  }
  for (const thrown of [null, undefined, secret, new URIError(secret)]) {
    const dispatcher = fakeDispatcher(() => { throw thrown })
    t.match(
      await failureOf(t, createTestClient(t, { dispatcher }).exchangeCode(code)),
      { reason: 'UNKNOWN', sent: false },
      inspect(thrown)
    )
  }
})

t.test('close lets calls under way end, and refuses new ones', async t => {
  const { promise: arrived, resolve: arrive } = deferred()
  const wechat = await serve(t, (_request, response) => {
    arrive()
    setImmediate(() => response.end(JSON.stringify(tokens)))
  })
  const client = createWechatClient({ appid, secret, apiHosts: [wechat.origin], retries: 0 })
  const call = client.exchangeCode(code)
  await arrived
  await Promise.all([client.close(), client.close()])
  t.strictSame(await call, tokens)
  t.match(await failureOf(t, client.exchangeCode(code)), { code: 'FST_WECHAT_UNREACHABLE', sent: false })
  await client.close()
  t.equal(wechat.requests.length, 1)
})

t.test('close waits no longer than about a second for a server that is silent', async t => {
  const { promise: arrived, resolve: arrive } = deferred()
  const wechat = await serve(t, () => { arrive() })
  const client = createWechatClient({ appid, secret, apiHosts: [wechat.origin], timeout: 60_000 })
  const call = failureOf(t, client.exchangeCode(code))
  await arrived
  const begin = performance.now()
  await client.close()
  t.ok(performance.now() - begin < 50_000)
  t.match(await call, { code: 'FST_WECHAT_UNREACHABLE', reason: 'CLOSED', sent: true })
})

t.test('a client of a shared transport leaves it open', async t => {
  const wechat = await serve(t, () => tokens)
  const transport = createTransport(parseClientOptions({ apiHosts: [wechat.origin] }).transport)
  t.teardown(() => transport.close())
  const [one, two] = [
    createClient({ appid, secret }, transport),
    createClient({ appid: 'wxffffffffffffffff', secret: 'x' }, transport)
  ]
  await one.close()
  await Promise.all([one.exchangeCode(code), two.exchangeCode(code)])
  t.strictSame(
    wechat.requests.map(request => /appid=(\w+)/.exec(request)![1]).toSorted((a, b) => a!.localeCompare(b!)),
    [appid, 'wxffffffffffffffff']
  )
})

function deferred (): { promise: Promise<void>, resolve: () => void } {
  let resolve = () => {}
  const promise = new Promise<void>(_resolve => { resolve = _resolve })
  return { promise, resolve }
}

interface FakeAnswer {
  reply (body: unknown, status?: number): void
  refuse (code: string): void
}

/** Stands for undici where the test is about which host is asked when. */
function fakeDispatcher (answer: (origin: string, answer: FakeAnswer) => void): Dispatcher {
  const dispatch = ({ origin, path }: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler) => {
    const controller = { abort () {} } as unknown as Dispatcher.DispatchController
    answer(String(origin), {
      reply (body, status = 200) {
        handler.onRequestStart!(controller, {})
        handler.onResponseStart!(controller, status, {})
        handler.onResponseData!(controller, Buffer.from(JSON.stringify(body)))
        handler.onResponseEnd!(controller, {})
      },
      refuse (code) {
        handler.onResponseError!(controller, Object.assign(new Error(`connect ${path}`), { code, path }))
      }
    })
    return true
  }
  return { dispatch } as unknown as Dispatcher
}
