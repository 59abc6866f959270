// What belongs to development is not left in production without a word.

import Fastify, { type FastifyInstance } from 'fastify'
import { test, type Test } from 'tap'
import plugin from '../src/index'
import { accounts, sessionSecret } from './fixture/settings'
import type { WechatLoginOptions } from '../src/types'

/** What the plugin warns of at boot. */
async function warnings (t: Test, environment: string, client: WechatLoginOptions['client']): Promise<string[]> {
  const { NODE_ENV = '' } = process.env
  process.env.NODE_ENV = environment
  t.teardown(() => { process.env.NODE_ENV = NODE_ENV })
  const lines: string[] = []
  const app = Fastify({
    logger: { level: 'warn', stream: { write (line: string) { lines.push(line) } } }
  }) as unknown as FastifyInstance
  t.teardown(() => app.close())
  await app.register(plugin, { ...accounts, session: { secret: sessionSecret }, ...(client && { client }) })
  await app.ready()
  return lines.map(line => (JSON.parse(line) as { msg: string }).msg).filter(message => message.includes('loopback'))
}

test('T76: a simulator that is left in production is warned of at boot, option by option', async t => {
  for (const host of [
    'http://127.0.0.1:4000', 'http://localhost:4000', 'https://wechat.localhost', 'http://[::1]:4000'
  ]) {
    const found = await warnings(t, 'production', { apiHosts: ['https://api.weixin.qq.com', host], openHost: host })
    t.equal(found.length, 2, host)
    t.match(found[0], `option client.apiHosts has ${host}, a loopback host, and NODE_ENV is production`)
    t.match(found[1], `option client.openHost has ${host}, a loopback host`)
    for (const message of found) t.match(message, /a simulator lets anyone in as anyone; leave the option out.*请去掉该选项$/)
  }
})

test('WeChat itself, a relay elsewhere, and development are not', async t => {
  t.strictSame(await warnings(t, 'production', undefined), [])
  t.strictSame(
    await warnings(t, 'production', { apiHosts: ['https://relay.example.com'], openHost: 'https://open.example.com' }),
    []
  )
  t.strictSame(
    await warnings(t, 'development', { apiHosts: ['http://127.0.0.1:4000'], openHost: 'http://127.0.0.1:4000' }),
    []
  )
})
