// Threats F: the calls to WeChat, and what they and the visits leave in the process. Leaks have a file of their own.

import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { createServer, type Socket } from 'node:net'
import { connect } from 'node:tls'
import { gzipSync } from 'node:zlib'
import { MemoryStore } from '@fastify/session'
import Fastify from 'fastify'
import fp from 'fastify-plugin'
import { test } from 'tap'
import { EndedLogins } from '../../src/session/ended-logins'
import { SpentAttempts } from '../../src/attempt/spent-attempts'
import { createPlugin } from '../../src/plugin'
import { agents, type Answer, type Browser } from '../fixture/browser'
import { askingApi, person, type Reply, startFakeApi, tokens } from '../fixture/fake-api'
import { type Host, startHost } from '../fixture/host'
import { begin, type Begun, exchanges, isLoggedIn, logIn, stateIn, whoIs } from '../fixture/login'
import { getRaw, sendRaw } from '../fixture/raw'
import { sessionCookies } from '../fixture/session-cookie'
import { sessionSecret, site } from '../fixture/settings'
import { checkNothingStays, usedMemory } from '../fixture/memory'

const attemptsIn = (browser: Browser): string[] =>
  [...browser.jar(site)].filter(([name]) => name.startsWith('__Host-wechat-')).map(pair => pair.join('='))

test('T52: a redirect of WeChat is never followed, on either call, wherever it leads', async t => {
  const api = await startFakeApi(t)
  const other = await startFakeApi(t)
  const host = await startHost(t, { options: askingApi(api) })
  for (const status of [301, 302, 303, 307, 308]) {
    for (const location of [
      `${other.url}/sns/oauth2/access_token`, `${api.url}/sns/userinfo?x`, '/sns/userinfo', `https://${site}/`
    ]) {
      for (const call of ['token', 'userinfo'] as const) {
        Object.assign(api, {
          asked: [],
          token: JSON.stringify(tokens),
          userinfo: JSON.stringify(person),
          [call]: { status, headers: { location }, body: JSON.stringify({ ...tokens, ...person }) }
        })
        const answer = await logIn(host, host.browser())
        t.strictSame(
          [answer.status, api.asked.length, other.asked.length, sessionCookies(answer)],
          [502, call === 'token' ? 1 : 2, 0, []],
          `${status} ${location} ${call}`
        )
      }
    }
  }
})

test('T53: a body that is too large, compressed, nested or endless is refused early, and costs no memory', async t => {
  const api = await startFakeApi(t)
  const host = await startHost(t, { options: askingApi(api) })
  let written = 0
  const stream = (response: ServerResponse, chunk: Buffer, most: number): void => {
    const write = (): void => {
      while (written < most) {
        written += chunk.length
        if (response.write(chunk)) continue
        response.once('drain', write)
        return
      }
      response.end()
    }
    write()
  }
  const huge = 100 * 1024 * 1024
  const json = Buffer.from(JSON.stringify({ ...tokens, ...person }))
  const filler = Buffer.alloc(64 * 1024, ' ')
  const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024, ' '), { level: 1 })
  const bodies: Record<string, (response: ServerResponse) => void> = {
    '100 MB': response => { stream(response.writeHead(200, { 'content-length': huge }), filler, huge) },
    'endless chunks': response => { stream(response.writeHead(200), filler, Infinity) },
    'a gzip bomb': response => { response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb) },
    'gzip, honest': response => { response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(json)) },
    'a thousand gzips': response => {
      response.writeHead(200, { 'content-encoding': Array(1000).fill('gzip').join(', ') }).end(json)
    },
    brotli: response => { response.writeHead(200, { 'content-encoding': 'br' }).end(json) },
    'a length that lies, short': response => {
      response.socket!.end('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{}')
    },
    'a length that lies, long': response => {
      response.socket!.end(`HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n${json.toString()}`)
    },
    'a million brackets': response => { response.writeHead(200).end('['.repeat(1_000_000)) },
    'thirty thousand objects': response => { response.writeHead(200).end('{"a":'.repeat(12_000)) },
    'a nickname of a megabyte': response => {
      response.writeHead(200).end(JSON.stringify({ ...tokens, ...person, nickname: 'x'.repeat(1_000_000) }))
    }
  }
  const before = await usedMemory()
  for (const [name, send] of Object.entries(bodies)) {
    for (const call of ['token', 'userinfo'] as const) {
      written = 0
      Object.assign(api, {
        token: JSON.stringify(tokens),
        userinfo: JSON.stringify(person),
        [call]: (_request: unknown, response: ServerResponse) => { send(response) }
      })
      const answer = await logIn(host, host.browser())
      t.ok([502, 504].includes(answer.status), `${name} as ${call}: ${answer.status}`)
      t.strictSame(sessionCookies(answer), [])
      t.ok(written < 16 * 1024 * 1024, `${written} bytes were let in`)
    }
  }
  api.token = (_request, response) => { bodies['100 MB']!(response) }
  const answers = await Promise.all(Array.from({ length: 50 }, () => logIn(host, host.browser())))
  t.ok(answers.every(({ status }) => [502, 504].includes(status)))
  const grown = await usedMemory() - before
  t.ok(grown < 20 * 1024 * 1024, `${grown} bytes`)
})

test('T53: of a reply that was refused nothing stays in the process, on the heap or beside it', async t => {
  const api = await startFakeApi(t)
  // No host of the fixture: it keeps every answer and error to search them.
  const app = Fastify()
  t.teardown(() => app.close())
  const headers = { host: 'localhost' }
  await app.register(fp(createPlugin(), { name: 'fastify-wechat-login' }), {
    qr: { appid: 'wx0000000000000001', secret: '0'.repeat(32), callbackUrl: 'http://localhost/wechat/qr' },
    session: { secret: sessionSecret },
    client: { apiHosts: [api.url], retries: 0 }
  })
  const refused: Reply[] = [
    ' '.repeat(262_144),
    `${JSON.stringify(tokens)}${' '.repeat(60_000)}x`,
    { headers: { 'content-encoding': 'gzip' }, body: gzipSync(JSON.stringify(tokens)) },
    { status: 502, body: 'x'.repeat(60_000) },
    JSON.stringify({ errcode: 40029, errmsg: 'x'.repeat(60_000) })
  ]
  // That the attempt is spent is remembered.
  await checkNothingStays(t, { rounds: 4, each: 100, bytes: 4096 }, async count => {
    Object.assign(api, {
      asked: [],
      token: JSON.stringify(tokens),
      userinfo: JSON.stringify(person),
      [count % 2 === 0 ? 'token' : 'userinfo']: refused[count % refused.length]
    })
    const start = await app.inject({ url: '/wechat/login', headers })
    const callback = `/wechat/qr?code=code-${count}&state=${stateIn(start.headers.location!)}`
    const { statusCode } = await app.inject({
      url: callback,
      headers: { ...headers, cookie: String(start.headers['set-cookie']).split(';')[0]! }
    })
    if (statusCode < 400 || api.asked.length === 0) t.fail(`${statusCode} for reply ${count}`)
  })
})

test('T54: a WeChat that is slow at any step costs a visitor no more than the deadline, and the process nothing', async t => {
  const api = await startFakeApi(t)
  const host = await startHost(t, { options: askingApi(api) })
  const sockets = new Set<Socket>()
  const mute = createServer(socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => {}).resume()
  })
  await new Promise<void>(resolve => { mute.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => mute.close())
  const slow = await startHost(t, {
    wechat: host.wechat,
    options: {
      client: {
        apiHosts: [`https://127.0.0.1:${(mute.address() as { port: number }).port}`],
        timeout: 600,
        retries: 0,
        dispatcher: undefined as never
      }
    }
  })
  const inTime = async (on: Host, what: string): Promise<Answer> => {
    const browser = on.browser()
    const { callback } = await begin(on, browser)
    const begun = performance.now()
    const answer = await browser.get(callback)
    const took = performance.now() - begun
    // A guard, on a machine that is busy with other things: nothing but the deadline ends what is awaited here.
    t.ok(took < 60_000, `${what}: ${Math.round(took)} ms`)
    return answer
  }
  t.equal((await inTime(slow, 'a handshake that is never finished')).status, 504)
  for (const socket of sockets) await once(socket, 'close')

  const short = await startHost(t, {
    wechat: host.wechat,
    options: (wechat, origin) => ({
      client: { apiHosts: [api.url], timeout: 600, retries: 2 },
      qr: { ...wechat.options.qr, callbackUrl: `${origin}/wechat/qr` }
    })
  })
  const steps: Record<string, (response: ServerResponse) => void> = {
    'no answer at all': () => {},
    'headers, and no body': response => { response.writeHead(200, { 'content-length': 100 }).flushHeaders() },
    'a byte now and then': response => {
      const timer = setInterval(() => { response.write(' ') }, 20)
      response.writeHead(200).on('close', () => clearInterval(timer))
    }
  }
  for (const [what, step] of Object.entries(steps)) {
    for (const call of ['token', 'userinfo'] as const) {
      const ended: Array<Promise<unknown>> = []
      Object.assign(api, {
        token: JSON.stringify(tokens),
        userinfo: JSON.stringify(person),
        [call]: (_request: unknown, response: ServerResponse) => {
          ended.push(once(response, 'close'))
          step(response)
        }
      })
      const answer = await inTime(short, `${what}, on ${call}`)
      t.strictSame([answer.status, sessionCookies(answer), ended.length], [504, [], 1], `${what}, on ${call}`)
      await Promise.all(ended)
    }
  }
})

test('T54: a visitor who hangs up while WeChat is silent ends no call, whose code is spent: the login goes on to its end, or to the deadline', async t => {
  const api = await startFakeApi(t)
  for (const speaks of [true, false]) {
    const host = await startHost(t, {
      options: () => ({ client: { apiHosts: [api.url], timeout: speaks ? 30_000 : 300, retries: 0 } })
    })
    const browser = host.browser()
    const { callback } = await begin(host, browser)
    const asked = new Promise<ServerResponse>(resolve => { api.token = (_request, response) => { resolve(response) } })
    const accepted = once(host.app.server, 'secureConnection')
    const { pathname, search } = new URL(callback)
    const socket = connect({ port: Number(new URL(host.address).port), host: '127.0.0.1', rejectUnauthorized: false })
    socket.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: ${site}\r\nCookie: ${browser.cookieHeader(site)}\r\n\r\n`)
    const [response, [connection]] = await Promise.all([asked, accepted])
    api.asked = []
    socket.destroy()
    await once(connection, 'close')
    if (speaks) response.end(JSON.stringify(tokens))
    else await once(response, 'close')
    api.token = JSON.stringify(tokens)
    const back = await browser.get(callback)
    t.strictSame(
      [back.status, await isLoggedIn(host, browser), api.asked.length],
      speaks ? [303, true, 1] : [403, false, 0],
      speaks ? 'the profile alone is still asked for' : 'nothing is'
    )
    t.equal((await logIn(host, host.browser())).status, 303, 'and a new attempt works')
  }
})

test('T55: whatever the types in a reply are, there is a login with a sound openid or a clean refusal', async t => {
  const api = await startFakeApi(t)
  const host = await startHost(t, { options: askingApi(api) })
  const good = JSON.stringify(tokens)
  const login = async (
    call: 'token' | 'userinfo',
    body: string | Buffer
  ): Promise<[status: number, user: Record<string, any> | undefined]> => {
    Object.assign(api, { token: good, userinfo: JSON.stringify(person), [call]: body })
    const browser = host.browser()
    const { status } = await logIn(host, browser)
    return [status, await whoIs(host, browser)]
  }
  const noReply = [
    '<html><body>Bad Gateway</body></html>', '', 'null', '[]', '"str"', '1', 'true', 'NaN', '{', '{}{}', `${good}x`,
    `${good}\n${good}`, `x${good}`, '\ufeff', "{'openid':'x'}", 'callback({})', Buffer.from([0xff, 0xfe, 0x7b, 0x00]),
    Buffer.alloc(0), 'undefined'
  ]
  const noOpenid: unknown[] = [
    7, 0, null, true, '', ['oFakeOpenid-0000000000000001'], {}, { toString: 'x' }, 'short', 'x'.repeat(65),
    'with space 12', 'a/../../b', '密密密密密密密密', 'oFake\u0000Openid', '__proto__!', 'x'.repeat(10_000)
  ]
  for (const call of ['token', 'userinfo'] as const) {
    for (const body of noReply) {
      t.strictSame(await login(call, body), [502, undefined], `${call}: ${JSON.stringify(String(body))}`)
    }
    for (const openid of noOpenid) {
      t.strictSame(
        await login(call, JSON.stringify({ ...tokens, ...person, openid })),
        [502, undefined],
        `${call}: openid ${JSON.stringify(openid)}`
      )
    }
    for (const errcode of [true, {}, [], 'x', 1.5, '']) {
      t.strictSame(
        await login(call, JSON.stringify({ ...tokens, ...person, errcode })),
        [502, undefined],
        `${call}: errcode ${JSON.stringify(errcode)}`
      )
    }
    for (const errcode of [0, '0', -0, null]) {
      t.equal(
        (await login(call, JSON.stringify({ ...tokens, ...person, errcode })))[0],
        303,
        `${call}: errcode ${JSON.stringify(errcode)}`
      )
    }
    for (const unionid of ['', null, 7, ['x'], 'short', 'x'.repeat(65)]) {
      const [status, user] = await login(call, JSON.stringify({ ...tokens, ...person, unionid }))
      t.strictSame(
        [status, user?.openid, user?.unionid],
        [303, person.openid, undefined],
        `${call}: unionid ${JSON.stringify(unionid)}`
      )
    }
  }
  for (const access of [7, null, '', ['x'], {}, 'x'.repeat(513)]) {
    t.equal(
      (await login('token', JSON.stringify({ ...tokens, access_token: access })))[0],
      502,
      `access_token ${JSON.stringify(access).slice(0, 20)}`
    )
  }
  for (const expires of ['7200', -1, 0, null, 'x', {}]) {
    t.equal(
      (await login('token', JSON.stringify({ ...tokens, expires_in: expires })))[0],
      303,
      `expires_in ${JSON.stringify(expires)}`
    )
  }
  t.equal((await login('token', good.replace('7200', '1e309')))[0], 303)
  t.equal(
    (await login('token', good.replace('{', '{"openid":"oFirst-000000000000000001",')))[1]?.openid,
    person.openid,
    'the last of two counts, for both calls'
  )
  t.equal((await login('userinfo', `\ufeff${JSON.stringify(person)}`))[0], 303, 'a byte order mark')
  t.equal(
    (await login('userinfo', JSON.stringify(person).replace('Somebody', 'a\u0014b')))[1]?.nickname,
    'a\u0014b',
    'a raw control character'
  )
  t.equal(
    (await login('userinfo', Buffer.from(JSON.stringify(person).replace('Somebody', 'a\u00ffb'), 'latin1')))[1]
      ?.nickname,
    'a\ufffdb',
    'no UTF-8'
  )
  api.token = { headers: { 'content-type': 'text/html; charset=gbk' }, body: good }
  t.equal((await logIn(host, host.browser())).status, 303, 'whatever the Content-Type says')
})

test('T56: __proto__ and constructor in replies, queries, bodies and cookies reach no prototype and no user', async t => {
  const api = await startFakeApi(t)
  const seen: object[] = []
  const host = await startHost(t, {
    options: askingApi(api, { onUser: profile => { seen.push(profile); return profile } })
  })
  const junk =
    '"__proto__":{"isAdmin":true,"x":1},"constructor":{"prototype":{"isAdmin":true}},"isAdmin":true,"role":"admin",'
  api.token = JSON.stringify(tokens).replace('{', `{${junk}`)
  api.userinfo = JSON.stringify(person)
    .replace('{', `{${junk}`)
    .replace('"privilege":[]', '"privilege":[{"__proto__":{"isAdmin":true}}]')
  const browser = host.browser()
  browser.jar(site).set('__proto__', 'x').set('constructor', 'x').set('__proto__[isAdmin]', '1')
  const { callback } = await begin(host, browser, { redirect: '/?__proto__[x]=1' })
  t.equal(
    (await browser.get(`${callback}&__proto__[isAdmin]=1&constructor[prototype][isAdmin]=1&__proto__=x`)).status,
    303
  )
  await browser.fetch(`${host.origin}/wechat/qr`, {
    method: 'POST',
    body: '{"__proto__":{"isAdmin":true,"code":"x","state":"y"},"constructor":{"prototype":{"isAdmin":true}}}',
    headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' }
  })
  const user = await whoIs(host, browser)
  const known = [
    'appid', 'city', 'country', 'language', 'nickname', 'openid', 'province', 'scope', 'sex', 'snapshot', 'via'
  ]
  t.strictSame(Object.keys(user!).sort(), known)
  t.strictSame(Object.keys(seen[0]!).sort(), known)
  t.equal(Object.getPrototypeOf(seen[0]!), Object.prototype)
  t.equal((seen[0] as { isAdmin?: unknown }).isAdmin, undefined)
  t.equal(({} as { isAdmin?: unknown }).isAdmin, undefined)
  t.equal(({} as { x?: unknown }).x, undefined)
  const form = await browser.fetch(`${host.origin}/wechat/logout`, {
    method: 'POST',
    body: '__proto__=x&constructor=y&redirect=/x',
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' }
  })
  t.equal(form.status, 204)
  const own = JSON.parse('{"__proto__":{"maxAge":1}}')
  await t.rejects(startHost(t, { options: own }), { message: /unknown option __proto__/ }, 'options too')
})

test('T57: WeChat is asked over https with its certificate checked, at the configured hosts', async t => {
  for (const client of [
    { apiHosts: ['http://api.weixin.qq.com'] },
    { apiHosts: ['https://api.weixin.qq.com/x'] },
    { apiHosts: ['https://user@api.weixin.qq.com'] },
    { apiHosts: ['ftp://127.0.0.1'] },
    { apiHosts: [] },
    { apiHosts: ['http://127.0.0.1.evil.example'] },
    { apiHosts: ['http://localhost.evil.example'] },
    { openHost: 'http://open.weixin.qq.com' }
  ]) {
    await t.rejects(
      startHost(t, { options: { client } }),
      { code: 'FST_WECHAT_INVALID_OPTIONS' },
      JSON.stringify(client)
    )
  }
  const selfSigned = await startHost(t, { options: { client: { dispatcher: undefined as never } } })
  const browser = selfSigned.browser()
  t.equal((await logIn(selfSigned, browser)).status, 504)
  t.strictSame([exchanges(selfSigned), await isLoggedIn(selfSigned, browser)], [0, false])
  t.equal(process.env.NODE_TLS_REJECT_UNAUTHORIZED, undefined)
})

test('T57: no proxy of the environment and no word of the visitor stands between us and the configured host', async t => {
  const api = await startFakeApi(t)
  let connections = 0
  const evil = createServer(socket => {
    connections++
    socket.destroy()
  })
  await new Promise<void>(resolve => { evil.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => evil.close())
  const proxy = `http://127.0.0.1:${(evil.address() as { port: number }).port}`
  const environment = {
    HTTP_PROXY: proxy,
    HTTPS_PROXY: proxy,
    ALL_PROXY: proxy,
    http_proxy: proxy,
    https_proxy: proxy,
    all_proxy: proxy,
    NO_PROXY: '',
    no_proxy: '',
    NODE_USE_ENV_PROXY: '1'
  }
  t.intercept(process, 'env', { value: { ...process.env, ...environment } })
  const host = await startHost(t, {
    options: { client: { apiHosts: [api.url], retries: 0, dispatcher: undefined as never } }
  })
  const visitor = host.browser()
  const { callback } = await begin(host, visitor)
  const answer = await visitor.get(`${callback}&apiHost=${proxy}&endpoint=${proxy}&host=evil`, {
    'x-forwarded-host': 'evil.example',
    forwarded: `host=${proxy}`
  })
  t.strictSame([answer.status, api.asked.length, connections], [303, 2, 0])
})

test('T58: a code is asked for once, whatever becomes of the reply; a profile is asked for again', async t => {
  const host = await startHost(t, { options: { client: { timeout: 2000 } } })
  for (const kind of [
    'lost-reply', 'reset', 'cut', 'busy', 'busy-after', 'html-502', 'empty-502', 'status-500', 'truncated'
  ] as const) {
    const before = exchanges(host)
    host.wechat.control.fault({ endpoint: 'access_token', kind })
    const browser = host.browser()
    const { callback } = await begin(host, browser)
    const answer = await browser.get(callback)
    t.ok(answer.status >= 500 && answer.status !== 500, `${kind}: ${answer.status}`)
    t.match(answer.body, 'href="/wechat/login"', 'with a way to try again')
    t.equal(exchanges(host) - before, 1, kind)
    t.equal((await browser.get(callback)).status, 403, 'and the attempt is over')
    t.equal(exchanges(host) - before, 1)
    t.equal((await logIn(host, browser)).status, 303, 'a new attempt works')
  }
  const profiles = host.wechat.control.count('userinfo')
  for (const kind of ['reset', 'busy'] as const) host.wechat.control.fault({ endpoint: 'userinfo', kind })
  t.equal((await logIn(host, host.browser())).status, 303)
  t.equal(host.wechat.control.count('userinfo') - profiles, 3)
  host.wechat.control.fault({ endpoint: 'userinfo', kind: 'busy', times: 'always' })
  t.equal((await logIn(host, host.browser())).status, 502)
  t.equal(host.wechat.control.count('userinfo') - profiles, 6, 'and no more often than that')
})

test('T59: nobody else writes our log: one line an event, no control or bidi character, nothing long', async t => {
  const api = await startFakeApi(t)
  // A proxy that passes on whatever it is sent makes the visitor's address a text of theirs too.
  const host =
    await startHost(t, { options: askingApi(api), mayLeak: ['code', 'state'], fastify: { trustProxy: true } })
  const marker = 'EVIL'
  const texts = [
    `${marker}\n{"level":60}`, `${marker}\r\n`, `${marker}\u001b[2J`, `${marker}\u202e`, `${marker}\u2028\u2029`,
    `${marker}\u0000\u0007\u009b`, `${marker}${'x'.repeat(60_000)}`, `${marker}\ud83c`
  ]
  for (const text of texts) {
    const encoded = encodeURIComponent(text.toString().replace(/[\ud800-\udfff]/g, '').slice(0, 2000))
    const browser = host.browser(`${agents.desktop} ${text.replace(/[^\x20-\x7e]/g, '').slice(0, 2000)}`)
    // WeChat's words are logged where the operator must act, and where a script is told.
    for (const [errcode, kind] of [[40125, 'get'], [40029, 'get'], [40029, 'fetch']] as const) {
      api.token = JSON.stringify({ errcode, errmsg: text })
      await browser[kind]((await begin(host, browser)).callback)
    }
    await browser.get(`${host.origin}/wechat/login?redirect=https://evil.example/${encoded}`)
    await browser.get(`${host.origin}/wechat/qr?code=${encoded}&state=${encoded}&redirect=${encoded}`)
    api.token = JSON.stringify(tokens)
    api.userinfo = JSON.stringify({ ...person, nickname: text })
    await logIn(host, browser)
    await sendRaw(
      host.address,
      `GET /wechat/me HTTP/1.1\r\nHost: ${site}\r\nAccept-Language: ${marker}\r\nConnection: close\r\n\r\n`
    )
  }
  for (const text of [`${marker}\x9b2J\x85\xad`, `${marker}${'x'.repeat(10_000)}`]) {
    for (const path of ['/wechat/me', '/wechat/login', '/wechat/embed', '/wechat/qr']) {
      for (const headers of [
        [`Host: ${text}`],
        [`Host: ${site}`, `X-Forwarded-Host: ${text}`],
        [`Host: ${site}`, `X-Forwarded-For: ${text}`]
      ]) {
        await getRaw(host.address, path, headers)
      }
    }
  }
  const raw = host.rawLog()
  t.equal(raw.split('\n').length - 1, host.logs.length)
  t.notMatch(raw, /(?!\n)[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u)
  t.ok(Math.max(...raw.split('\n').map(line => line.length)) < 6000)
  t.notOk(host.logs.some(({ msg }) => String(msg).includes(marker)), 'no text of others in msg')
  const errmsgs = host.logs.flatMap(({ err }) => err?.errmsg ?? []) as string[]
  t.strictSame(
    [errmsgs.length, errmsgs.filter(errmsg => !errmsg.startsWith(marker) || errmsg.length > 256)],
    [2 * texts.length, []]
  )
})

test('T60: what the process remembers of attempts and logins is bounded and goes by itself', async t => {
  const spent = new SpentAttempts(100)
  const ended = new EndedLogins(100)
  const runs: Array<Promise<unknown>> = []
  for (let count = 0; count < 120; count++) {
    runs.push(spent.run(
      `state ${count}`,
      { state: `state ${count}`, code: `code ${count}`, endsAt: 1000 + count },
      async () => ({ sessionRef: { session: 'pointer', loginId: 'attempt' } })
    ))
    ended.add(`login ${count}`, count, async () => false)
  }
  await Promise.all(runs)
  t.strictSame([spent.size, ended.size], [100, 100])
  spent.sweep(1_000_000)
  await ended.sweep(120 + 15 * 60_000)
  t.strictSame([spent.size, ended.size], [0, 0])
})

test('T60: an attempt that was pushed out of the memory is good for one more login at most, in its own browser, and brings no ended login back', async t => {
  class Shared extends MemoryStore {}
  let memory: SpentAttempts | undefined
  const { run } = SpentAttempts.prototype
  t.intercept(SpentAttempts.prototype, 'run', {
    value (this: SpentAttempts, ...parameters: Parameters<typeof run>) {
      memory = this
      return Reflect.apply(run, this, parameters)
    }
  })
  // What its callback, kept, comes to: the status, the calls that it costs and whether it logs in.
  const stores: Array<[store: MemoryStore, ends: Record<
    'a login that stands' | 'a login that has ended' | 'a failure',
    [status: number, calls: number, loggedIn: boolean]
  >]> = [
    [
      new MemoryStore(),
      { 'a login that stands': [303, 1, true], 'a login that has ended': [303, 1, false], 'a failure': [303, 1, true] }
    ],
    [new Shared(),
      { 'a login that stands': [303, 0, true], 'a login that has ended': [403, 0, false], 'a failure': [303, 1, true] }]
  ]
  for (const [store, ends] of stores) {
    const host = await startHost(t, { options: { session: { secret: sessionSecret, store } } })
    const attempts: Array<Begun & { cookie: string }> = []
    for (const what of Object.keys(ends)) {
      const browser = host.browser()
      const begun = await begin(host, browser)
      attempts.push({ ...begun, cookie: browser.cookieHeader(site) })
      if (what === 'a failure') host.wechat.control.fault({ endpoint: 'access_token', kind: 'errcode', errcode: 40029 })
      t.equal((await browser.get(begun.callback)).status, what === 'a failure' ? 400 : 303)
      if (what === 'a login that has ended') {
        await browser.post(`${host.origin}/wechat/logout`, {}, { 'sec-fetch-site': 'same-origin' })
      }
    }
    const outcome = Promise.resolve({ sessionRef: { session: 'pointer', loginId: 'attempt' } })
    Object.assign(memory!, { most: 100 })
    for (let count = 0; count < 100; count++) {
      void Reflect.apply(run, memory!, [
        `state ${count}`,
        { state: `state ${count}`, code: `code ${count}`, endsAt: 0 },
        () => outcome
      ])
    }
    for (const [index, [what, expected]] of Object.entries(ends).entries()) {
      const { callback, cookie } = attempts[index]!
      const again = (): string => host.wechat.control.duplicateCallbackUrls(callback, 'fresh')[1]
      const before = exchanges(host)
      const stranger = host.browser()
      t.strictSame(
        [(await stranger.get(again())).status, exchanges(host) - before],
        [403, 0],
        `${what}, in another browser`
      )
      const later = host.browser()
      const { status } = await later.get(again(), { cookie })
      t.strictSame(
        [status, exchanges(host) - before, await isLoggedIn(host, later)],
        expected,
        `${what}, with a ${store instanceof Shared ? 'shared' : 'built-in'} store`
      )
      await host.browser().get(again(), { cookie })
      t.equal(exchanges(host) - before, expected[1], 'and not twice')
    }
    memory!.sweep(Date.now())
  }
})

test('T60: strangers leave nothing in the process, and no timer of ours keeps it alive', async t => {
  const timers = (): number => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
  const before = timers()
  const app = Fastify()
  await app.register(fp(createPlugin(), { name: 'fastify-wechat-login' }), {
    qr: { appid: 'wx0000000000000001', secret: '0'.repeat(32), callbackUrl: `https://${site}/wechat/qr` },
    session: { secret: sessionSecret }
  })
  await app.ready()
  t.equal(timers(), before)
  const visit = (count: number) => app.inject({
    url: `/wechat/qr?code=${count}&state=${String(count).padStart(32, '0')}`,
    headers: {
      host: site,
      cookie: `__Host-wechat-${String(count).padStart(32, '0').slice(0, 12)}=${Date.now().toString(36)}.x`
    }
  })
  await checkNothingStays(t, { rounds: 8 }, visit)
  await app.close()
})

test('T61: however often a login is started, the cookies stay small and the site reachable', async t => {
  const host = await startHost(t)
  const browser = host.browser()
  let newest: string[] = []
  for (let count = 0; count < 200; count++) {
    const start = await browser.get(`${host.origin}/wechat/login?redirect=/${count}`)
    newest = [...newest, host.wechat.control.approve(start.location)].slice(-5)
  }
  t.equal(attemptsIn(browser).length, 5)
  t.ok(attemptsIn(browser).join('; ').length < 4096)
  t.equal((await browser.get(`${host.origin}/public`)).status, 200)
  for (const callback of newest) t.equal((await browser.get(callback)).status, 303)
  const crowded = host.browser()
  for (let count = 0; count < 150; count++) {
    crowded.jar(site).set(
      `__Host-wechat-${count.toString(16).padStart(12, '0')}`,
      `${(1_700_000_000_000 + count).toString(36)}.${'A'.repeat(43)}`
    )
  }
  await crowded.get(`${host.origin}/wechat/login`)
  t.equal(attemptsIn(crowded).length, 5, 'a jar that is full already is emptied')
})
