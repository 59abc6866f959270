// A real nginx that takes a folder off, writes the port into Host, and keeps what it is allowed to keep.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import files from '@fastify/static'
import { test, type Test } from 'tap'
import { Browser } from '../fixture/browser'
import { type HostOptions, startHost } from '../fixture/host'
import { begin, isLoggedIn, logIn } from '../fixture/login'
import { findProgram, startProxy } from '../fixture/machines'
import { origin, site } from '../fixture/settings'

const { version } = JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8')) as { version: string }
const hostHeader = 'proxy_set_header Host $host:443; proxy_set_header X-Forwarded-Proto https;'

async function startBehind (t: Test, given: HostOptions, config: { http?: string, location: string }) {
  if (findProgram('nginx') === undefined) {
    const message = 'nginx is needed to test what a proxy does: apt-get install nginx-light'
    if (process.env.CI === 'true') t.fail(message)
    else t.comment(`NOT TESTED: ${message}`)
    return undefined
  }
  const host = await startHost(t, { ...given, fastify: { https: null, trustProxy: 'loopback' } as object })
  const { address, stop } = await startProxy(join(t.testdirName, 'nginx'), [Number(new URL(host.address).port)], config)
  t.teardown(stop)
  const browser = (): Browser => {
    const browser = new Browser({ [site]: address })
    host.browsers.push(browser)
    return browser
  }
  return { host, browser }
}

test('behind an nginx that takes /shop off and names the port, a guarded page comes back, a QR code shows and a logout works', async t => {
  t.testdir({})
  const behind = await startBehind(t, {
    options: wechat => ({
      qr: { ...wechat.options.qr, callbackUrl: `${origin}/shop/wechat/qr` },
      oneclick: undefined as never,
      routes: { qr: '/wechat/qr' }
    })
  }, { location: `location /shop/ { ${hostHeader} proxy_pass http://hosts/; }` })
  if (behind === undefined) return
  const browser = behind.browser()
  const guarded = await browser.get(`${origin}/shop/account?tab=2`)
  t.equal(guarded.location, `${origin}/shop/wechat/login?redirect=${encodeURIComponent('/shop/account?tab=2')}`)
  const start = await browser.get(guarded.location)
  t.match(start.location, '/connect/qrconnect', 'without a hop')
  const back = await browser.get(behind.host.wechat.control.approve(start.location))
  t.strictSame([back.status, back.location], [303, `${origin}/shop/account?tab=2`])
  t.equal((await browser.fetch(back.location)).status, 200)
  t.equal((await browser.fetch(`${origin}/shop/wechat/embed`)).status, 200)
  t.equal((await browser.post(`${origin}/shop/wechat/logout`, {}, { origin })).status, 204)
  t.equal((await browser.fetch(`${origin}/shop/wechat/me`)).json().loginUrl, '/shop/wechat/login')
})

test("T45: a cache in nginx keeps everybody's files and the helper, and nothing that a guard let in or a login says", async t => {
  const root = t.testdir({ 'photo.jpg': 'a photo' })
  const behind = await startBehind(t, {
    routes: async app => {
      await app.register(files, { root, prefix: '/files/', maxAge: '1d' })
      await app.register(async scope => {
        scope.addHook('onRequest', app.requireWechatUser)
        await scope.register(files, { root, prefix: '/mine/', maxAge: '1d', decorateReply: false })
        scope.get('/mine-too', async (_request, reply) =>
          reply.headers({ 'cache-control': 'public, max-age=600', 'x-accel-expires': '600' }).send('mine'))
      })
    }
  }, {
    http: `proxy_cache_path ${join(t.testdirName, 'nginx/cache')} keys_zone=all:1m;`,
    location: `location / { ${hostHeader} proxy_pass http://hosts; proxy_cache all; proxy_cache_key $request_uri; ` +
      'add_header X-Cache $upstream_cache_status always; }'
  })
  if (behind === undefined) return
  const [owner, stranger] = [behind.browser(), behind.browser()]
  await logIn(behind.host, owner)
  const visit = async (browser: Browser, path: string): Promise<unknown[]> => {
    const { status, headers } = await browser.fetch(origin + path)
    return [status, headers['x-cache']]
  }
  for (const path of ['/files/photo.jpg', `/wechat/client.js?v=${version}`]) {
    t.strictSame([await visit(owner, path), await visit(stranger, path)], [[200, 'MISS'], [200, 'HIT']], path)
  }
  for (const path of ['/mine/photo.jpg', '/mine-too', '/account', '/wechat/me']) {
    t.strictSame(
      [await visit(owner, path), await visit(owner, path), await visit(stranger, path)],
      [[200, 'MISS'], [200, 'MISS'], [401, 'MISS']],
      path
    )
  }
  const { callback } = await begin(behind.host, stranger)
  t.equal((await stranger.get(callback)).headers['x-cache'], 'MISS')
  t.ok(await isLoggedIn(behind.host, stranger))
})
