// Where a proxy takes a folder off, every path that a browser is told has it in front again.

import { test, type Test } from 'tap'
import { agents } from '../fixture/browser'
import { type Host, type HostOptions, startHost } from '../fixture/host'
import { begin, isLoggedIn, logOut } from '../fixture/login'
import { strippingProxy } from '../fixture/proxy'
import { origin, sameOrigin } from '../fixture/settings'
import type { WechatLoginOptions } from '../../src/types'

/** Both ways with their callbacks below the folder, and the paths that reach Fastify. */
const below = (folder: string, prefix = '') => (wechat: Host['wechat']): Partial<WechatLoginOptions> => ({
  oneclick: { ...wechat.options.oneclick, callbackUrl: `${origin}${folder}${prefix}/wechat/oneclick` },
  qr: { ...wechat.options.qr, callbackUrl: `${origin}${folder}${prefix}/wechat/qr` },
  routes: { oneclick: '/wechat/oneclick', qr: '/wechat/qr' }
})

interface Below extends HostOptions { folder: string }

/** A host behind a proxy that takes the folder off. */
const startBelow = (t: Test, { folder, ...given }: Below): Promise<Host> => startHost(t, {
  fastify: strippingProxy(folder), options: below(folder, given.prefix), ...given
})

/** From a guarded page to WeChat and back to it. */
async function visitAccount (t: Test, host: Host, base: string, agent: string): Promise<void> {
  const browser = host.browser(agent)
  const account = `${origin}${base}/account?tab=2`
  const guarded = await browser.get(account)
  t.equal(guarded.headers.location, `${base}/wechat/login?redirect=${encodeURIComponent(`${base}/account?tab=2`)}`)
  const start = await browser.get(guarded.location)
  t.match(start.location, /^https:\/\/(localhost|127\.0\.0\.1):\d+\/connect\//)
  const back = await browser.get(host.wechat.control.approve(start.location))
  t.strictSame([back.status, back.location], [303, account])
  t.equal((await browser.fetch(account)).status, 200)
}

for (const [name, folder, prefix] of [
  ['a folder', '/shop',
    ''], ["an API Gateway's stage", '/prod', ''], ['folders with a name in Chinese', '/%E5%BA%97/a', ''],
  ['a folder before a scope with a prefix', '/shop', '/api']
] as const) {
  test(`${name} that a proxy takes off is in front of every path again, in both browsers`, async t => {
    const host = await startBelow(t, { folder, ...(prefix && { prefix }) })
    for (const agent of [agents.desktop, agents.wechat]) await visitAccount(t, host, folder + prefix, agent)
  })
}

test('so it is where option publicPrefix names the folder, and no path that reaches Fastify', async t => {
  const options: HostOptions['options'] = wechat => ({ ...below('/shop')(wechat), routes: {}, publicPrefix: '/shop' })
  await visitAccount(t, await startBelow(t, { folder: '/shop', options }), '/shop', agents.desktop)
})

test('so it is for apps that a function returns, by the option', async t => {
  const options: HostOptions['options'] = wechat => {
    const { qr } = below('/shop')(wechat)
    return { qr: () => qr as never, oneclick: undefined as never, publicPrefix: '/shop' }
  }
  await visitAccount(t, await startBelow(t, { folder: '/shop', options }), '/shop', agents.desktop)
})

test('loginUrl, the links of our pages, the hop, the default target and the QR code in a page are public paths', async t => {
  const host = await startBelow(t, { folder: '/shop' })
  const { address } = host
  const base = `${origin}/shop`
  const browser = host.browser()
  t.equal((await browser.fetch(`${base}/account`)).json().loginUrl, '/shop/wechat/login')
  t.equal((await browser.fetch(`${base}/wechat/me`)).json().loginUrl, '/shop/wechat/login')
  const { code, state } = await begin({ ...host, origin: base }, browser)
  t.equal(
    (await host.browser().post(`${base}/wechat/qr`, { code, state }, sameOrigin)).json().loginUrl,
    '/shop/wechat/login'
  )
  t.match(
    (await browser.get(`${base}/wechat/qr?redirect=/shop/x`)).body,
    'href="/shop/wechat/login?redirect=%2Fshop%2Fx"'
  )
  browser.hosts['www.example.com'] = address
  t.equal(
    (await browser.get('https://www.example.com/shop/wechat/login?redirect=/shop/x')).location,
    `${base}/wechat/login?redirect=%2Fshop%2Fx&via=qr&hop=1`
  )
  t.equal(
    (await browser.get('https://www.example.com/shop/wechat/login')).location,
    `${base}/wechat/login?redirect=%2Fshop%2F&via=qr&hop=1`
  )
  const embed = (await browser.fetch(`${base}/wechat/embed`)).json()
  t.equal(embed.redirect, '/shop/')
  t.match(embed.src, encodeURIComponent(`${base}/wechat/qr`))
  const client = await browser.get(`${base}/wechat/client.js`)
  t.match(
    client.body,
    "base: new URL('.', import.meta.url).pathname",
    "the helper's base is where the browser has it from"
  )
  const back = await browser.get((await begin({ ...host, origin: base }, browser)).callback)
  t.equal(back.headers.location, '/shop/')
  const out = await browser.visit(`${base}/wechat/logout`, {
    method: 'POST',
    headers: { ...sameOrigin, accept: 'text/html', 'sec-fetch-mode': 'navigate' }
  })
  t.equal(out.headers.location, '/shop/')
  t.match(
    (await browser.get(`${base}/account`)).body,
    'href="/shop/wechat/login?redirect=%2Fshop%2Faccount"',
    'the page after a logout'
  )
})

test("the session's cookie works below the folder, to the end of the login", async t => {
  const host = await startBelow(t, { folder: '/shop' })
  const below = { ...host, origin: `${origin}/shop` }
  const browser = host.browser()
  await browser.get((await begin(below, browser)).callback)
  t.ok(await isLoggedIn(below, browser))
  t.equal((await logOut(browser)).status, 404, 'the name without the folder is the proxy\'s')
  t.equal((await browser.post(`${origin}/shop/wechat/logout`, {}, sameOrigin)).status, 204)
  t.notOk(await isLoggedIn(below, browser))
})

test('redirect.default may be written with the folder or without, and may leave it by a whole URL', async t => {
  for (const [given, end] of [
    ['/home', '/shop/home'],
    ['/shop/home?a=1', '/shop/home?a=1'],
    ['/shop', '/shop'],
    ['/shopping', '/shop/shopping'],
    [`${origin}/`, `${origin}/`]
  ] as const) {
    const host = await startBelow(t, {
      folder: '/shop',
      options: wechat => ({ ...below('/shop')(wechat), redirect: { default: given, origins: [origin] } })
    })
    const browser = host.browser()
    t.equal(
      (await browser.get((await begin({ ...host, origin: `${origin}/shop` }, browser)).callback)).headers.location,
      end,
      given
    )
  }
})

test("no login ends in a route of the login's own under its public name, nor under the one that Fastify knows", async t => {
  const host = await startBelow(t, { folder: '/shop' })
  const browser = host.browser()
  for (const target of [
    '/shop/wechat/login', '/shop/wechat/logout', '/SHOP/wechat/me/', '/shop/wechat/%71r', '/%73hop/wechat/embed',
    '/shop//wechat/client.js', '/wechat/login'
  ]) {
    t.equal(
      (await browser.fetch(`${origin}/shop/wechat/embed?redirect=${encodeURIComponent(target)}`)).json().redirect,
      '/shop/',
      target
    )
  }
  t.equal(
    (await browser.fetch(`${origin}/shop/wechat/embed?redirect=/account`)).json().redirect,
    '/account',
    'another page of the site, outside the folder, is one'
  )
})

test('a page whose path begins as the folder does is brought back as it was', async t => {
  const host = await startBelow(t, {
    folder: '/shop',
    routes: app => { app.get('/shop/item', { preHandler: app.requireWechatUser }, async () => 'item') }
  })
  t.equal(
    (await host.browser().get(`${origin}/shop/shop/item`)).headers.location,
    `/shop/wechat/login?redirect=${encodeURIComponent('/shop/shop/item')}`
  )
})

/** Fastify's own rewriteUrl that takes this off. */
const takingOff = (folder: RegExp): NonNullable<HostOptions['fastify']> => ({
  rewriteUrl: request => request.url!.replace(folder, '') || '/'
})

test('what rewriteUrl took off is in the way back, as the visitor opened it', async t => {
  const host = await startHost(t, { fastify: takingOff(/^\/(zh|en)(?=\/)/) })
  const browser = host.browser()
  const guarded = await browser.get(`${origin}/zh/account?tab=2`)
  t.equal(guarded.headers.location, `/wechat/login?redirect=${encodeURIComponent('/zh/account?tab=2')}`)
  const start = await browser.get(guarded.location)
  t.equal((await browser.get(host.wechat.control.approve(start.location))).headers.location, '/zh/account?tab=2')
  t.equal((await browser.get(`${origin}/zh/account?tab=2`)).status, 200)
})

test('a folder that rewriteUrl took off is not added twice, in any spelling; one that a proxy took off before is', async t => {
  const host = await startHost(t, { options: below('/shop'), fastify: takingOff(/^(\/shop|\/%73hop)?(\/zh)?(?=\/)/i) })
  for (const [opened, comesBackTo] of [
    ['/shop/account', '/shop/account'],
    ['/shop/zh/account', '/shop/zh/account'],
    ['/SHOP/account', '/SHOP/account'],
    ['/%73hop/account', '/%73hop/account'],
    ['/account', '/shop/account'],
    ['/zh/account', '/shop/zh/account']
  ] as const) {
    t.equal(
      (await host.browser().get(origin + opened)).headers.location,
      `/shop/wechat/login?redirect=${encodeURIComponent(comesBackTo)}`,
      opened
    )
  }
})

test('below a folder too, no request line becomes a redirect off the site', async t => {
  const host = await startBelow(t, {
    folder: '/shop',
    routes: app => { app.get('/*', { preHandler: app.requireWechatUser }, async () => 'inside') }
  })
  for (const path of [
    '//evil.example/x', '/..//evil.example', '/.//evil.example', '/%2f/evil.example', '/\\evil.example'
  ]) {
    const answer = await host.app.inject({
      url: path,
      headers: { host: 'app.example.com', accept: 'text/html', 'user-agent': agents.desktop }
    })
    t.match(answer.headers.location, /^\/shop\/wechat\/login\?redirect=%2Fshop/, path)
    const login = await host.browser().get(origin + answer.headers.location!)
    const target = new URL(new URL(login.location).searchParams.get('redirect_uri')!).searchParams.get('redirect') ??
      '/shop/'
    t.equal(new URL(target, origin).origin, origin, path)
  }
})
