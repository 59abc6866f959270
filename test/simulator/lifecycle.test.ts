import t from 'tap'
import Fastify from 'fastify'
import formbody from '@fastify/formbody'
import { readFileSync, readdirSync } from 'node:fs'
import { request } from 'node:https'
import { resolve } from 'node:path'
import { startWechatSimulator, wechatSimulator } from '../../src/simulator'
import { BoundedMap } from '../../src/simulator/bounded-map'
import { CallLog } from '../../src/simulator/calls'
import { tls } from '../fixture/data'
import { codeIn } from '../fixture/login'
import { codeOf, exchange, get, oneclickUrl, qrUrl, start } from '../fixture/simulator'
import { origin, site } from '../fixture/settings'
import type { SimulatorCall, WechatSimulatorOptions } from '../../src/simulator'

t.test('The defaults are ready for the plugin: two apps of one Open Platform account, and hosts', async t => {
  const wechat = await start(t)
  const { oneclick, qr, client } = wechat.options
  for (const app of [oneclick, qr]) {
    t.match(app.appid, /^wx[0-9a-f]{16}$/)
    t.match(app.secret, /^[0-9a-f]{32}$/)
  }
  t.equal(oneclick.callbackUrl, 'http://localhost:3000/wechat/oneclick')
  t.equal(qr.callbackUrl, 'http://localhost:3000/wechat/qr')
  t.strictSame(client, { apiHosts: [wechat.url], openHost: wechat.url })
  t.match(wechat.url, /^http:\/\/127\.0\.0\.1:\d+$/)
  t.match(wechat.control.apps, [{ kind: 'official', platform: 'platform' }, { kind: 'website', platform: 'platform' }])
})

t.test('Apps and users are the test\'s own; a kind that is missing is added; the first of a kind goes into options', async t => {
  const appid = 'wx00000000000000aa'
  const wechat = await start(t, {
    callbackOrigin: origin,
    apps: [
      { kind: 'official', appid, secret: 'a'.repeat(32), name: 'Shop', platform: null },
      { kind: 'official', callbackDomain: 'two.example' }
    ],
    users: [{ id: 'one' }, { id: 'two', nickname: 'Two' }]
  })
  t.strictSame(wechat.options.oneclick, {
    appid,
    secret: 'a'.repeat(32),
    callbackUrl: 'https://app.example.com/wechat/oneclick'
  })
  t.strictSame(
    wechat.control.apps.map(app => [app.kind, app.callbackDomain]),
    [['official', site], ['official', 'two.example'], ['website', site]]
  )
  t.strictSame(wechat.control.users, [
    { id: 'one', nickname: 'one', avatar: true, follower: false },
    { id: 'two', nickname: 'Two', avatar: true, follower: false }
  ])
  t.match((await get(oneclickUrl(wechat))).text, 'Shop 申请')
})

t.test('Options that make no sense are refused', async t => {
  const refuse = async (options: WechatSimulatorOptions, message: RegExp): Promise<void> => {
    await t.rejects(startWechatSimulator(options), { message })
  }
  await refuse({ apps: [{ kind: 'official', appid: 'wx1' }] }, /appid: wx and 16 hexadecimal digits, not "wx1"/)
  await refuse(
    { apps: [{ kind: 'official', appid: 'wx00000000000000aa' }, { kind: 'website', appid: 'wx00000000000000aa' }] },
    /there twice/
  )
  await refuse({ users: [] }, /at least one user/)
  await refuse({ users: [{ id: 'a' }, { id: 'a' }] }, /an id is there twice/)
  await refuse({ users: [{ id: 'refuse' }] }, /a meaning of their own/)
  await refuse({ users: [{ id: 'virtual' }] }, /a meaning of their own/)
  await refuse({ consent: 'nobody' }, /there is no user "nobody"/)
})

t.test('Life times can be changed', async t => {
  const wechat = await start(t, { codeTtl: 1, tokenTtl: 5, refreshTtl: 10, qrTtl: 2, now: () => 0 })
  const [code, late] = [codeOf(wechat), codeOf(wechat)]
  const { appid } = wechat.options.oneclick
  const tokens = await exchange(wechat, code)
  t.equal(tokens.expires_in, 5)
  await get(qrUrl(wechat))
  wechat.control.advance(2)
  t.equal((await exchange(wechat, late)).errcode, 40029)
  t.equal(wechat.control.qrs()[0]?.status, 'expired')
  wechat.control.advance(3)
  t.match(
    (await get(`${wechat.url}/sns/auth?access_token=${tokens.access_token}&openid=${tokens.openid}`)).text,
    '42001'
  )
  wechat.control.advance(5)
  t.match(
    (await get(`${wechat.url}/sns/oauth2/refresh_token?appid=${appid}&grant_type=refresh_token` +
      `&refresh_token=${tokens.refresh_token}`)).text,
    '40030'
  )
})

t.test('With a seed, codes and tokens repeat from run to run; without one they do not', async t => {
  const run = async (options: { seed?: string }): Promise<unknown> => {
    const wechat = await start(t, { ...options, now: () => 0 })
    const code = codeOf(wechat)
    return [code, await exchange(wechat, code)]
  }
  t.strictSame(await run({ seed: 'a' }), await run({ seed: 'a' }))
  t.notSame(await run({ seed: 'a' }), await run({ seed: 'b' }))
  t.notSame(await run({}), await run({}))
})

t.test('close() is prompt with polls, silence, drips and slow replies open', async t => {
  const wechat = await startWechatSimulator({ pollHold: 600_000 })
  await get(qrUrl(wechat))
  wechat.control.fault({ endpoint: 'access_token', kind: 'silence' })
  wechat.control.fault({ endpoint: 'userinfo', kind: 'drip', ms: 600_000 })
  wechat.control.fault({ endpoint: 'auth', kind: 'slow', ms: 600_000 })
  const settled = Promise.allSettled([
    get(`${wechat.url}/connect/l/qrconnect?uuid=${wechat.control.qrs()[0]?.uuid}`),
    ...['oauth2/access_token', 'userinfo', 'auth'].map(path => get(`${wechat.url}/sns/${path}`))
  ])
  const { control } = wechat
  while (
    control.qrs()[0]?.polls !== 1 ||
    control.count('access_token') + control.count('userinfo') !== 2 ||
    control.faults().length !== 0
  ) {
    await new Promise(resolve => setImmediate(resolve))
  }
  const begun = performance.now()
  await wechat.close()
  t.ok(performance.now() - begun < 60_000, 'what is held would last ten minutes')
  await settled
  await t.rejects(get(wechat.url), 'and nobody answers any more')
})

t.test('As a plugin it lives in a host, whatever body parsers the host has, and closes with it', async t => {
  const app = Fastify()
  await app.register(formbody)
  await app.register(wechatSimulator, { consent: 'sunny' })
  app.get('/', async () => 'host')
  const origin = await app.listen({ port: 0, host: '127.0.0.1' })
  const options = app.wechatSimulator.pluginOptions(origin)
  const wechat = { url: origin, options, control: app.wechatSimulator, close: () => app.close() }
  t.equal((await get(origin)).text, 'host')
  t.match((await get(`${origin}/simulator`)).text, '微信登录模拟器')
  const { location } = await get(oneclickUrl(wechat))
  t.match(await exchange(wechat, codeIn(location)), { openid: /^o/ })
  await get(qrUrl(wechat))
  const { uuid } = app.wechatSimulator.qrs()[0]!
  t.match((await get(`${origin}/connect/confirm?uuid=${uuid}`)).text, '登录成功')
  t.equal((await get(oneclickUrl(wechat), {}, { method: 'HEAD' })).status, 404, 'a HEAD makes no code')
  await app.close()
})

t.test('Listening on all interfaces, the plugin is told loopback', async t => {
  const wechat = await start(t, { host: '0.0.0.0' })
  t.match(wechat.url, /^http:\/\/127\.0\.0\.1:\d+$/)
  t.match((await start(t, { host: '::' })).url, /^http:\/\/127\.0\.0\.1:\d+$/)
})

t.test('An IPv6 host is written in brackets', async t => {
  t.match((await start(t, { host: '::1' })).url, /^http:\/\/\[::1\]:\d+$/)
})

t.test('It speaks https with a key and a certificate, and a reset works there too', async t => {
  const wechat = await start(t, { https: tls, host: 'localhost' })
  t.match(wechat.url, /^https:\/\/localhost:\d+$/)
  t.equal(wechat.options.client.openHost, wechat.url)
  const read = async (path: string): Promise<string> => new Promise((resolve, reject) => {
    request(`${wechat.url}${path}`, { ca: tls.cert, agent: false }, response => {
      response.setEncoding('utf8').once('data', resolve)
    }).on('error', reject).end()
  })
  t.match(await read('/'), '微信登录模拟器')
  wechat.control.fault({ endpoint: 'auth', kind: 'reset' })
  await t.rejects(read('/sns/auth'), { code: 'ECONNRESET' })
})

t.test('Old entries are forgotten: maps and the record of calls have an end', async t => {
  const map = new BoundedMap<number, number>(3)
  for (let key = 0; key < 10; key++) map.set(key, key)
  t.strictSame([...map.keys()], [7, 8, 9])
  const log = new CallLog()
  for (let at = 0; at < 10_005; at++) log.add({ endpoint: 'auth', at } as SimulatorCall)
  const calls = log.list()
  t.strictSame([calls.length, calls[0]?.at, calls.at(-1)?.at], [10_000, 5, 10_004])
})

t.test('A QR code that was forgotten while its poll was held ends with what was known', async t => {
  const wechat = await start(t, { pollHold: 600_000 })
  await get(qrUrl(wechat))
  const { uuid } = wechat.control.qrs()[0]!
  const held = get(`${wechat.url}/connect/l/qrconnect?uuid=${uuid}`)
  while (wechat.control.qrs()[0]?.polls !== 1) await new Promise(resolve => setImmediate(resolve))
  wechat.control.reset()
  t.match((await held).text, 'wx_errcode=402')
})

t.test('It shares no code with the plugin: imports are fastify, fastify-plugin, uqr, node and its own files', async t => {
  const folder = resolve('src/simulator')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.ts'))
  for (const file of files) {
    const text = readFileSync(resolve(folder, file), 'utf8')
    for (const [, name = ''] of text.matchAll(/from '([^']+)'/g)) {
      const inside = name.startsWith('.') && resolve(folder, file, '..', name).startsWith(folder)
      t.ok(
        inside || name.startsWith('node:') || ['fastify', 'fastify-plugin', 'uqr'].includes(name),
        `${file}: ${name}`
      )
    }
    t.ok(text.split('\n').length <= 151, `${file} has one idea`)
  }
})
