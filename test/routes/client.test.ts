// GET client.js: the built helper as a module, with caching that can never serve an old one.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { startHost } from '../fixture/host'
import { origin } from '../fixture/settings'

const root = join(__dirname, '../..')
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

test('client.js is the built helper and one line that tells it where it came from', async t => {
  const host = await startHost(t)
  const browser = host.browser()
  const answer = await browser.fetch(`${origin}/wechat/client.js`)
  t.equal(answer.status, 200)
  t.equal(
    answer.body,
    readFileSync(join(root, 'dist/browser/index.mjs'), 'utf8') +
      "configure({ base: new URL('.', import.meta.url).pathname })\n"
  )
  t.match(answer.headers, {
    'content-type': 'text/javascript; charset=utf-8',
    'cache-control': 'public, no-cache',
    'x-content-type-options': 'nosniff'
  })
  t.equal(answer.headers['access-control-allow-origin'], undefined)
  t.strictSame(answer.setCookies, [])
  const ahead = { 'sec-purpose': 'prefetch;prerender', 'sec-fetch-mode': 'cors' }
  t.equal(
    (await browser.fetch(`${origin}/wechat/client.js`, { headers: ahead })).body,
    answer.body,
    'of a page that is rendered before it is opened, too'
  )
})

test('it is kept for ever under its version, and else asked for again by its ETag', async t => {
  const host = await startHost(t)
  const browser = host.browser()
  const forEver = 'public, max-age=31536000, immutable'
  const { etag } = (await browser.fetch(`${origin}/wechat/client.js`)).headers as { etag: string }
  for (const [query, headers, status, cache] of [
    [`?v=${version}`, {}, 200, forEver],
    ['?v=0.0.0', {}, 200, 'public, no-cache'],
    [`?v=${version}&v=${version}`, {}, 200, 'public, no-cache'],
    ['', { 'if-none-match': etag }, 304, 'public, no-cache'],
    ['', { 'if-none-match': `"x", W/${etag}` }, 304, 'public, no-cache'],
    [`?v=${version}`, { 'if-none-match': etag }, 304, forEver],
    ['', { 'if-none-match': '"x"' }, 200, 'public, no-cache']
  ] as const) {
    const answer = await browser.fetch(`${origin}/wechat/client.js${query}`, { headers: { ...headers } })
    t.equal(answer.status, status, query)
    t.equal(answer.headers['cache-control'], cache)
    t.equal(answer.headers.etag, etag)
    t.equal(answer.body === '', status === 304)
  }
})

test('it never touches the session: a cookie of an ended one is left alone', async t => {
  const host = await startHost(t)
  for (const path of ['client.js', 'embed', 'login']) {
    const { setCookies } = await host.browser().fetch(`${origin}/wechat/${path}`, {
      headers: { cookie: '__Host-session=stale.cookie' }
    })
    t.strictSame(setCookies.filter(line => line.startsWith('__Host-session')), [], path)
  }
})

test('it may be moved and switched off', async t => {
  const host = await startHost(t, { options: { routes: { client: '/assets/wechat.js' } } })
  const browser = host.browser()
  t.equal((await browser.fetch(`${origin}/wechat/client.js`)).status, 404)
  const answer = await browser.fetch(`${origin}/assets/wechat.js`)
  t.equal(answer.status, 200)
  t.strictSame(answer.setCookies, [])
  const off = await startHost(t, { options: { routes: { client: false } } })
  t.equal((await off.browser().fetch(`${origin}/wechat/client.js`)).status, 404)
})
