// What the log says of a host that is not set up right: in time, and with the cure that fits.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify, { type FastifyInstance } from 'fastify'
import { test, type Test } from 'tap'
import plugin from '../../src/index'
import { recordLog, startHost, type Host } from '../fixture/host'
import { accounts, origin, sessionSecret, site } from '../fixture/settings'

const messages = (host: Host, level: number): string[] =>
  host.logs.filter(line => line.level === level).map(({ msg }) => msg)

test('http behind a proxy is said when the login begins, once', async t => {
  const { logger, logs } = recordLog()
  const app = Fastify({ logger }) as unknown as FastifyInstance
  t.teardown(() => app.close())
  await app.register(plugin, { ...accounts, session: { secret: sessionSecret } })
  for (let visit = 0; visit < 2; visit++) {
    for (const url of ['/wechat/login', '/wechat/embed']) {
      t.ok((await app.inject({ url, headers: { host: site, accept: 'application/json' } })).statusCode < 303)
    }
  }
  t.match(logs.filter(({ level }) => level === 50).map(({ msg }) => msg), [
    /^fastify-wechat-login: the session cookie is Secure, but this request came over http.*Behind a proxy, set the trustProxy option/
  ])
  const fine = await startHost(t)
  await fine.browser().get(`${origin}/wechat/login`)
  t.strictSame(messages(fine, 50), [])
})

async function listening (t: Test, callbackUrl: string, listen: object): Promise<string[]> {
  const { logger, logs } = recordLog()
  const app = Fastify({ logger }) as unknown as FastifyInstance
  t.teardown(() => app.close())
  await app.register(plugin, { qr: { ...accounts.qr, callbackUrl }, session: { secret: sessionSecret } })
  await app.listen(listen)
  return logs.filter(({ msg }) => /callbackUrl/.test(msg)).map(({ level, msg }) => `${level} ${msg}`)
}

test('a server that listens on another port than its callback says so, where nothing but a port can be meant', async t => {
  const own = Fastify()
  await own.listen({ port: 0, host: '127.0.0.1' })
  const { port } = own.server.address() as { port: number }
  await own.close()
  const loopback = { port: 0, host: '127.0.0.1' }
  for (const host of ['localhost', '127.0.0.1', '[::1]']) {
    t.match(await listening(t, `http://${host}:${port}/wechat/qr`, loopback), [
      new RegExp(`^30 fastify-wechat-login: option qr\\.callbackUrl is http://.*:${port}/wechat/qr, ` +
        'but this server listens on port \\d+\\. Write that port, unless a development server')
    ])
  }
  t.strictSame(
    await listening(t, `http://localhost:${port}/wechat/qr`, { port, host: '127.0.0.1' }),
    [],
    'the same port'
  )
  t.strictSame(await listening(t, 'http://localhost/wechat/qr', loopback), [], 'no port')
  t.strictSame(await listening(t, `${origin}/wechat/qr`, loopback), [], 'a site behind a proxy')
  // A socket's path has a hundred characters at most.
  const folder = mkdtempSync(join(tmpdir(), 'listen-'))
  t.teardown(() => { rmSync(folder, { recursive: true }) })
  t.strictSame(
    await listening(t, 'http://localhost:5999/wechat/qr', { path: join(folder, 's') }),
    [],
    'a Unix socket has no port'
  )
})

test('behind a development server the cure of an embedded QR code is the callback URL, not trustProxy', async t => {
  const host = await startHost(t, { secure: false })
  const answer = await host.browser().fetch(`${host.origin}/wechat/embed`, {
    headers: { host: 'localhost:5173', referer: 'http://localhost:5173/' }
  })
  t.equal(answer.status, 400)
  const [said = ''] = messages(host, 40)
  t.match(said, /write the origin that the browser shows into callbackUrl \(callbackOrigin of the simulator\)/)
  t.notMatch(said, 'trustProxy')
})

test('a self-redirecting QR code in a page of another origin is an error, as that page would never hear of the login', async t => {
  const host = await startHost(t, { secure: false })
  const ask = (query: string, referer?: string) =>
    host.browser().fetch(`${host.origin}/wechat/embed${query}`, { headers: { ...(referer && { referer }) } })
  const refused = await ask('?self_redirect=true', 'http://localhost:5173/page')
  t.match([refused.status, refused.json()], [400, {
    code: 'FST_WECHAT_INVALID_REQUEST',
    message: "A QR code with self_redirect can only be embedded in pages on the callback URL's own origin"
  }])
  t.match(messages(host, 40), [/another origin than the callback URL's, where the page would never hear of a login inside its frame\. Behind a development server, write the origin/])
  t.equal((await ask('?self_redirect=true', `${host.origin}/page`)).status, 200)
  t.equal((await ask('?self_redirect=true')).status, 200, 'nothing is known of the page')
  t.equal((await ask('', 'http://localhost:5173/page')).status, 200, 'the whole page goes to the callback')
  const site = await startHost(t)
  t.equal(
    (await site.browser().fetch(`${origin}/wechat/embed?self_redirect=true`, {
      headers: { referer: 'https://www.example.com/' }
    })).status,
    400
  )
  t.match(messages(site, 40), [/Serve the page there\. Behind a proxy, set the trustProxy option/])
})
