// Whom the simulator answers: it lets anyone in as anyone, so nothing may reach it that its developer did not mean.

import t, { type Test } from 'tap'
import Fastify from 'fastify'
import { connect } from 'node:net'
import { request as requestHttp } from 'node:http'
import { mkdtempSync, rmSync } from 'node:fs'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { startWechatSimulator, wechatSimulator } from '../../src/simulator'
import { findNetworkAddress } from '../../src/simulator/origin'
import { freePort } from '../fixture/ports'
import { get, qrUrl, start } from '../fixture/simulator'
import type { WechatSimulator } from '../../src/simulator'

interface Answer { status: number, text: string }

/** A request with headers that fetch does not let through. */
async function ask (
  address: string | { socketPath: string }, path: string, headers: Record<string, string> = {}, method = 'GET'
): Promise<Answer> {
  const target = typeof address === 'string' ? { port: new URL(address).port, host: '127.0.0.1' } : address
  return new Promise((resolve, reject) => {
    requestHttp({ ...target, path, method, headers }, response => {
      let text = ''
      response.setEncoding('utf8').on('data', chunk => { text += chunk }).on('end', () => {
        resolve({ status: response.statusCode!, text })
      })
    }).on('error', reject).end()
  })
}

async function statusAs (wechat: WechatSimulator, host: string, path = '/simulator/apps'): Promise<number> {
  return (await ask(wechat.url, path, { host })).status
}

function inProduction (t: Test): void {
  const { NODE_ENV = '' } = process.env
  process.env.NODE_ENV = 'production'
  t.teardown(() => { process.env.NODE_ENV = NODE_ENV })
}

t.test('T76: Under NODE_ENV=production it does not start, neither as a server nor as a plugin, unless told loudly', async t => {
  inProduction(t)
  const message = /anyone in as anyone, and NODE_ENV is production; .*allowInProduction: true.*任何人/
  await t.rejects(start(t), { name: 'SimulatorError', message })
  const app = Fastify()
  t.teardown(() => app.close())
  await t.rejects(async () => app.register(wechatSimulator), { name: 'SimulatorError', message })
  t.equal((await get(`${(await start(t, { allowInProduction: true })).url}/simulator/users`)).status, 200)
})

t.test('T76: It answers loopback names, and no name that a page elsewhere could point at this machine', async t => {
  const wechat = await start(t, { callbackOrigin: 'http://shop.example:3000' })
  for (const host of [
    'localhost', 'localhost:4000', 'LOCALHOST', 'wechat.localhost', '127.0.0.1', '127.3.2.1', '[::1]:80', 'shop.example'
  ]) {
    t.equal(await statusAs(wechat, host), 200, host)
  }
  const others = [
    'evil.example', 'evil.example:4000', 'localhost.evil.example', '127.0.0.1.evil.example', 'evil.example@localhost',
    'localhost/', '192.0.2.1', '[2001:db8::1]', 'a b', '%', '-'
  ]
  for (const host of others) t.equal(await statusAs(wechat, host), 403, JSON.stringify(host))
  for (const path of [
    '/', '/simulator', '/sns/userinfo', '/connect/qrconnect', '/connect/oauth2/authorize', '/mmopen/vi_32/sunny/0',
    '/simulator/state'
  ]) {
    t.equal(await statusAs(wechat, 'evil.example', path), 403, path)
  }
  t.strictSame(wechat.control.calls(), [], 'nothing of WeChat was asked')
})

t.test('A refused name is told how to be accepted', async t => {
  const { text } = await ask((await start(t)).url, '/', { host: 'wechat.test:4000' })
  t.match(text, 'does not answer as "wechat.test". If that is its name, start it with allowedHosts: ["wechat.test"]')
  t.match(text, 'simulator --allowed-host wechat.test')
  t.match(text, '模拟器不以 "wechat.test" 为名应答')
})

t.test('Names that it was told are answered: allowedHosts, phoneHost and the host that it listens on', async t => {
  const wechat =
    await start(t, { allowedHosts: ['WeChat.test', '[2001:db8::1]'], phoneHost: 'box.local', host: 'localhost' })
  for (const host of ['wechat.test:4000', '[2001:DB8::1]', 'box.local', 'localhost']) {
    t.equal(await statusAs(wechat, host), 200, host)
  }
  for (const name of ['http://a.example', 'a.example:80', 'a.example/x', '']) {
    await t.rejects(
      startWechatSimulator({ allowedHosts: [name] }),
      { message: /allowedHosts, phoneHost: a host name without scheme and port/ },
      name
    )
    await t.rejects(startWechatSimulator({ phoneHost: name }), { message: /a host name without scheme and port/ }, name)
  }
})

t.test('On all addresses it answers as each of its own', async t => {
  const wechat = await start(t, { host: '0.0.0.0' })
  for (const { address, family } of Object.values(networkInterfaces()).flatMap((list = []) => list)) {
    t.equal(await statusAs(wechat, family === 'IPv6' ? `[${address}]` : address), 200, address)
  }
  t.equal(await statusAs(wechat, '192.0.2.1'), 403)
})

t.test('T76: Behind a proxy that the host trusts, the forwarded name counts too', async t => {
  const app = Fastify({ trustProxy: true })
  t.teardown(() => app.close())
  await app.register(wechatSimulator)
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  t.equal((await ask(url, '/simulator/apps', { 'x-forwarded-host': 'evil.example' })).status, 403)
  t.equal((await ask(url, '/simulator/apps', { host: 'evil.example', 'x-forwarded-host': 'localhost' })).status, 403)
  t.equal((await ask(url, '/simulator/apps', { 'x-forwarded-host': 'wechat.localhost' })).status, 200)
})

t.test('On a socket in the file system it knows loopback names alone', async t => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(wechatSimulator)
  const folder = mkdtempSync(join(tmpdir(), 'simulator-')) // a short path: the system's limit is about 100 bytes
  t.teardown(() => { rmSync(folder, { recursive: true }) })
  const socketPath = join(folder, 's')
  await app.listen({ path: socketPath })
  t.equal((await ask({ socketPath }, '/simulator/apps', { host: 'localhost' })).status, 200)
  t.equal((await ask({ socketPath }, '/simulator/apps', { host: 'evil.example' })).status, 403)
})

t.test('T76: What changes something is taken from its own pages and from programs, not from pages of other sites', async t => {
  const wechat = await start(t)
  await get(qrUrl(wechat))
  const { uuid } = wechat.control.qrs()[0]!
  const other = new URL(wechat.url)
  other.port = String(await freePort())
  const foreign: Array<Record<string, string>> = [
    { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
    { 'sec-fetch-site': 'same-site', origin: other.origin },
    { 'sec-fetch-site': 'cross-site', origin: 'null' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: other.origin },
    { origin: wechat.url.replace('http:', 'https:') }
  ]
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const json = { 'content-type': 'application/json' }
  const actions: Array<[method: string, path: string, type: Record<string, string>]> = [
    ['POST', `/connect/confirm?uuid=${uuid}`, form],
    ['POST', '/simulator/act-as', form],
    ['POST', '/simulator/reset', json],
    ['PUT', '/simulator/auto-consent', json],
    ['DELETE', '/simulator/faults', {}],
    ['POST', '/sns/userinfo', {}]
  ]
  for (const [method, path, type] of actions) {
    for (const headers of foreign) {
      const { status, text } = await ask(wechat.url, path, { ...type, ...headers }, method)
      t.equal(status, 403, `${method} ${path} ${JSON.stringify(headers)}`)
      t.match(text, /not from a page of another site.*\n.*不接受其他网站/)
    }
  }
  t.equal(wechat.control.qrs()[0]?.status, 'waiting')
  t.equal((await ask(wechat.url, '/simulator/reset', form, 'POST')).status, 400, 'a form is no JSON, whoever sends it')
  for (const headers of [
    {},
    { origin: wechat.url },
    { 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-site': 'none' }
  ]) {
    const { status } = await ask(
      wechat.url,
      '/simulator/auto-consent',
      { ...json, host: new URL(wechat.url).host, ...headers } as Record<string, string>,
      'PUT'
    )
    t.equal(status, 200, JSON.stringify(headers))
  }
  t.equal(
    (await ask(wechat.url, `/connect/confirm?uuid=${uuid}`, { 'sec-fetch-site': 'cross-site' })).status,
    200,
    'a link from elsewhere may be opened'
  )
})

t.test('T76: No page and no listing shows a whole secret, a short one nothing of it', async t => {
  const wechat = await start(t)
  const { oneclick, qr } = wechat.options
  for (const path of ['/', '/simulator', '/simulator/apps', '/simulator/state']) {
    const { text } = await get(wechat.url + path)
    for (const { secret } of [oneclick, qr]) {
      t.notMatch(text, secret, path)
      t.match(text, `…${secret.slice(-4)}`, path)
    }
  }
  wechat.control.setSecret(qr.appid, 'shortone')
  t.equal(JSON.parse((await get(`${wechat.url}/simulator/apps`)).text)[1].secret, '…')
})

t.test('A port that is taken, and an address that is not ours, are a sentence without a stack; other errors stay as they are', async t => {
  const taken = await start(t)
  const port = Number(new URL(taken.url).port)
  const error = await startWechatSimulator({ port })
    .then(() => undefined, (error: unknown) => error as NodeJS.ErrnoException & { port: number })
  t.equal(error?.message, `127.0.0.1:${port} is in use by another program; choose another port 端口已被其他程序占用，请换一个端口`)
  t.equal(error?.stack, `SimulatorError: ${error?.message}`)
  t.match(error, { code: 'EADDRINUSE', port })
  await t.rejects(
    startWechatSimulator({ host: '192.0.2.1' }),
    { message: /^192\.0\.2\.1:0 is no address of this machine; choose another host/, code: 'EADDRNOTAVAIL' }
  )
  await t.rejects(startWechatSimulator({ port: 70_000 }), { code: 'ERR_SOCKET_BAD_PORT' })
})

t.test('A callback origin that is none is refused', async t => {
  for (const callbackOrigin of ['localhost:3000', '/', 'ftp://localhost', 'http://']) {
    await t.rejects(startWechatSimulator({ callbackOrigin }), {
      name: 'SimulatorError',
      message: `callbackOrigin: an origin such as http://localhost:3000, not "${callbackOrigin}"`
    })
  }
})

const phoneAddress = /<a href="(http:[^"]*\/connect\/confirm\?uuid=\w+)"/

t.test('The page with the QR code gives an address that another device can open, where there is one', async t => {
  const network = findNetworkAddress()
  const open = await start(t, { host: '0.0.0.0' })
  const page = async (wechat: WechatSimulator, host: string): Promise<string> =>
    (await ask(wechat.url, qrUrl(wechat).replace(wechat.url, '').split('#')[0]!, { host })).text
  const shown = (text: string): string | undefined => phoneAddress.exec(text)?.[1]
  const { port } = new URL(open.url)
  if (network !== undefined) {
    const address = shown(await page(open, `localhost:${port}`))!
    t.equal(new URL(address).host, `${network}:${port}`)
    t.equal((await get(address)).status, 200)
    t.equal(new URL(shown(await page(open, `${network}:${port}`))!).hostname, network, 'asked for there, it stays')
  }
  const told = await start(t, { host: '0.0.0.0', phoneHost: 'box.local' })
  t.equal(new URL(shown(await page(told, 'localhost:4000'))!).host, 'box.local:4000')
  const closed = await page(await start(t), 'localhost:4000')
  t.equal(shown(closed), undefined)
  t.match(closed, /host: &quot;0\.0\.0\.0&quot;, or set phoneHost/)
})

t.test('Of several networks the one with phones on it is taken, and a virtual one where there is no other', t => {
  const entry = (address: string, internal = false, family = 'IPv4'): any => ({ address, internal, family })
  const virtual = { docker0: [entry('172.17.0.1')], 'br-1f': [entry('172.18.0.1')], utun3: [entry('10.8.0.2')] }
  t.equal(
    findNetworkAddress({
      lo: [entry('127.0.0.1', true)],
      ...virtual,
      en0: [entry('fe80::1', false, 'IPv6'), entry('192.168.1.5')]
    }),
    '192.168.1.5'
  )
  t.equal(findNetworkAddress(virtual), '172.17.0.1')
  t.equal(findNetworkAddress({ none: undefined, lo: [entry('127.0.0.1', true)] }), undefined)
  t.end()
})

t.test('A request without a Host header is nobody\'s', async t => {
  const { port } = new URL((await start(t)).url)
  const answer = await new Promise<string>((resolve, reject) => {
    let text = ''
    const socket = connect(Number(port), '127.0.0.1', () => { socket.end('GET /simulator/apps HTTP/1.0\r\n\r\n') })
    socket.setEncoding('utf8')
      .on('data', chunk => { text += String(chunk) })
      .on('end', () => { resolve(text) })
      .on('error', reject)
  })
  t.match(answer, /^HTTP\/1\.1 403 /)
})
