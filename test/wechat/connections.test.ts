// How long a connection to WeChat may take to make, and how long it may idle before it is good for no code.

import { spawn } from 'node:child_process'
import dns from 'node:dns'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import t from 'tap'
import type { Test } from 'tap'
import { createClient } from '../../src/wechat/client'
import { parseClientOptions } from '../../src/wechat/client-options'
import type { TransportOptions, WechatClient } from '../../src/wechat/client-types'
import { createTransport } from '../../src/wechat/transport'
import { gate } from '../fixture/gate'
import { env } from '../fixture/program'
import { serve, serveBytes, serveNothing, sleepingListener } from '../fixture/servers'
import { accounts } from '../fixture/settings'

const tokens = {
  access_token: 'ACCESS',
  expires_in: 7200,
  refresh_token: 'REFRESH',
  openid: 'oOPENID',
  scope: 'snsapi_userinfo'
}
const second = 1000

function clientOf (t: Test, options: TransportOptions, wallClock: () => number = Date.now): WechatClient {
  const transport = createTransport(parseClientOptions({ retries: 0, ...options }).transport, { wallClock })
  t.teardown(() => transport.close())
  return createClient(accounts.oneclick, transport)
}

/** Every name is answered with these addresses, after `delay` milliseconds. */
function resolveTo (t: Test, addresses: Array<{ address: string, family: number }>, delay = 0): void {
  const { lookup } = dns
  t.teardown(() => { dns.lookup = lookup })
  dns.lookup = ((_name: string, _options: unknown, answer: (error: null, found: typeof addresses) => void) => {
    setTimeout(answer, delay, null, addresses)
  }) as unknown as typeof dns.lookup
}

t.test('a connection has three tenths of the whole call, or what connectTimeout says', async t => {
  for (const [given, expected] of [
    [{}, 1500],
    [{ timeout: 20_000 }, 6000],
    [{ timeout: 1 }, 1],
    [{ connectTimeout: 5000 }, 5000],
    [{ timeout: 300, connectTimeout: 20 }, 20]
  ] as const) {
    t.equal(parseClientOptions(given).transport.connectTimeout, expected)
  }
  for (const wrong of [
    { connectTimeout: 0 },
    { connectTimeout: 5001 },
    { timeout: 300, connectTimeout: 301 },
    { connectTimeout: '1s' as never }
  ]) {
    t.throws(() => parseClientOptions(wrong), {
      code: 'FST_WECHAT_INVALID_OPTIONS',
      message: /option client\.connectTimeout is .*; write a whole number of milliseconds, from 1 to /
    })
  }
})

t.test('where connecting takes longer than connectTimeout, the next host gets the code', async t => {
  const silent = await serveNothing(t, 'https', () => {})
  const wechat = await serve(t, () => tokens)
  const client = clientOf(t, { timeout: 120 * second, connectTimeout: 50, apiHosts: [silent.origin, wechat.origin] })
  t.strictSame(await client.exchangeCode('code'), tokens)
})

t.test('with 20 s for a call, a connection may need 1.6 s', async t => {
  const wechat = await serve(t, () => tokens)
  resolveTo(t, [{ address: '127.0.0.1', family: 4 }], 1600)
  const client =
    clientOf(t, { timeout: 20 * second, apiHosts: [wechat.origin.replace('127.0.0.1', 'wechat.localhost')] })
  t.strictSame(await client.exchangeCode('code'), tokens)
})

t.test('of a host with two addresses, one that needs more than a quarter of a second is not given up', async t => {
  // The first SYN is lost, and Linux sends it again after a second. On ::1 nobody listens.
  const { port, wake } = await sleepingListener(t, JSON.stringify(tokens))
  resolveTo(t, [{ address: '127.0.0.1', family: 4 }, { address: '::1', family: 6 }])
  const client = clientOf(t, { timeout: 60 * second, apiHosts: [`http://wechat.localhost:${port}`] })
  const call = client.exchangeCode('code')
  setTimeout(wake, 300)
  t.strictSame(await call, tokens)
})

t.test('a dead address leaves time for the other one', async t => {
  const { port } = await sleepingListener(t)
  const wechat = createServer((_request, response) => { response.end(JSON.stringify(tokens)) }).listen(port, '::1')
  await once(wechat, 'listening')
  t.teardown(() => wechat.close())
  resolveTo(t, [{ address: '127.0.0.1', family: 4 }, { address: '::1', family: 6 }])
  t.strictSame(await clientOf(t, { apiHosts: [`http://wechat.localhost:${port}`] }).exchangeCode('code'), tokens)
})

t.test('a connection that idled for more than four seconds of the wall clock is replaced, whatever the server offers', async t => {
  const wechat = await serve(t, (_request, response) => {
    response.setHeader('keep-alive', 'timeout=600')
    return tokens
  })
  let time = 1_000_000
  const client = clientOf(t, { apiHosts: [wechat.origin] }, () => time)
  const connectionsAfter = async (milliseconds: number): Promise<number> => {
    time += milliseconds
    await client.exchangeCode('code')
    return wechat.connections
  }
  t.equal(await connectionsAfter(0), 1)
  t.equal(await connectionsAfter(4000), 1, 'four seconds are no more than four')
  t.equal(await connectionsAfter(4001), 2)
  t.equal(await connectionsAfter(4000), 2, 'the new one is kept as the first was')
  t.equal(await connectionsAfter(3_600_000), 3)
  t.equal(await connectionsAfter(-1), 4, 'a clock that went back says nothing')
  t.equal(await connectionsAfter(1), 4)
})

t.test('a call under way keeps its connection, however long it takes', async t => {
  let time = 0
  for (const connections of [1, 16]) {
    const { open, opened, entered, pass } = gate()
    const wechat = await serve(t, (request, response) => {
      if (!request.url!.includes('code=slow')) return tokens
      void pass().then(() => response.end(JSON.stringify(tokens)))
      return undefined
    })
    const client = clientOf(t, { apiHosts: [wechat.origin], timeout: 60 * second, connections }, () => time)
    await client.exchangeCode('first')
    const slow = client.exchangeCode('slow')
    await entered
    time += 60 * second
    const other = client.exchangeCode('other')
    open()
    await opened
    t.strictSame([await slow, await other], [tokens, tokens])
    t.equal(wechat.connections, connections === 1 ? 1 : 2)
  }
})

t.test('several idle connections are replaced, each by the call that wants it', async t => {
  let held: Array<() => void> = []
  const wechat = await serve(t, (_request, response) => {
    held.push(() => { response.end(JSON.stringify(tokens)) })
    if (held.length < 5) return
    for (const answer of held) answer()
    held = []
  })
  let time = 0
  const client = clientOf(t, { apiHosts: [wechat.origin] }, () => time)
  const five = async (): Promise<unknown> => Promise.all(Array.from({ length: 5 }, () => client.exchangeCode('code')))
  await five()
  const dead = [...wechat.sockets]
  for (const socket of dead) socket.removeAllListeners('data')
  time += 5 * second
  await five()
  t.equal(wechat.connections, 10)
  t.equal(wechat.requests.length, 10, 'no code was sent twice')
})

t.test('a process that was frozen logs in at once, whatever has become of its connections', async t => {
  const become: Array<(socket: Socket) => void> = [
    socket => { socket.resetAndDestroy() },
    socket => { socket.end() },
    // A middlebox that has forgotten the connection says so when the next packet comes, or never.
    socket => { socket.removeAllListeners('data').once('data', () => { socket.resetAndDestroy() }) },
    socket => { socket.removeAllListeners('data').resume() }
  ]
  const servers = await Promise.all(become.map(() => serveBytes(t, socket => {
    const body = JSON.stringify(tokens)
    // More than undici would keep it for on its own.
    socket.write(`HTTP/1.1 200 OK\r\nKeep-Alive: timeout=600\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
  })))
  const child = spawn(
    process.execPath,
    [
      '-r',
      join(__dirname, '../runner/register.cjs'),
      join(__dirname, '../fixture/frozen-client.ts'),
      ...servers.map(({ origin }) => origin)
    ],
    { env, stdio: ['pipe', 'pipe', 'inherit'] }
  )
  const exit = once(child, 'exit')
  t.teardown(async () => {
    child.kill('SIGCONT')
    child.stdin.end()
    await exit
  })
  const lines = createInterface({ input: child.stdout })
  const ask = async (code: string): Promise<unknown> => {
    child.stdin.write(`${code}\n`)
    const line: unknown =
      await Promise.race([once(lines, 'line'), exit.then(() => { throw new Error('the child has ended') })])
    return JSON.parse(String(line))
  }
  t.strictSame(await ask('before'), become.map(() => 'good'))
  child.kill('SIGSTOP')
  servers.forEach(({ sockets }, index) => { for (const socket of sockets) become[index]!(socket) })
  // The wall clock is the child's own: it cannot be told to run faster.
  await new Promise(resolve => setTimeout(resolve, 4500))
  const answer = ask('after')
  child.kill('SIGCONT')
  t.strictSame(await answer, become.map(() => 'good'))
  for (const { requests } of servers) t.equal(requests.length, 2, 'each code came once')
})
