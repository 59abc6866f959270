// What proxies do to the host and the scheme: both are compared as URLs, and where Fastify is told wrongly, the log
// says by what.

import { test } from 'tap'
import { agents } from '../fixture/browser'
import { startHost } from '../fixture/host'
import { begin, isLoggedIn, logIn } from '../fixture/login'
import { getRaw } from '../fixture/raw'
import { origin, site } from '../fixture/settings'

/** The callback URL's host, as proxies and clients write it. */
const spellings = [`${site}:443`, 'APP.example.com', 'App.Example.Com:443', `${site}:`, `${site}:0443`]
/** What a proxy in clear text says behind one that ends TLS. */
const inClear = [`${site}:80`]
const others = [
  'evil.example', 'evil.example:443', `${site}:8443`, `${site}.`, `${site}.evil.example`, `${site}@evil.example`,
  `evil.example@${site}`, `${site}/x`, `${site}?`, '%61pp.example.com', `${site}:443:443`, ''
]

const visit = (address: string, target: string, host: string, ...lines: string[]) =>
  getRaw(address, target, [`Host: ${host}`, 'Accept: text/html', `User-Agent: ${agents.desktop}`, ...lines])

test('T39: a login starts at once where the host is the callback\'s, however it is written, and elsewhere goes there first', async t => {
  const host = await startHost(t)
  for (const name of [...spellings, ...inClear]) {
    t.match((await visit(host.address, '/wechat/login', name)).header('location'), /\/connect\/qrconnect/, name)
  }
  for (const name of others) {
    const { status, header } = await visit(host.address, '/wechat/login', name)
    if (status !== 400) {
      t.match(header('location'), new RegExp(`^${origin}/wechat/login\\?redirect=%2F&via=qr&hop=1$`), name)
    }
  }
})

test('so does a site over http, with its default port and without', async t => {
  const overHttp = (callbackUrl: string) => startHost(t, {
    secure: false,
    options: wechat => ({ qr: { ...wechat.options.qr, callbackUrl } }),
    simulator: { callbackOrigin: 'http://app.example.com' }
  })
  for (const callbackUrl of ['http://app.example.com/wechat/qr', 'http://APP.example.com:80/wechat/qr']) {
    const { address } = await overHttp(callbackUrl)
    for (const name of [site, `${site}:80`, 'APP.EXAMPLE.COM:80', `${site}:443`]) {
      t.match((await visit(address, '/wechat/login', name)).header('location'), /\/connect\/qrconnect/, name)
    }
    t.match((await visit(address, '/wechat/login', `${site}:8080`)).header('location'), /hop=1$/)
  }
})

test('T39: a QR code in a page is given on the callback\'s host, however it is written, and on no other', async t => {
  const host = await startHost(t)
  const embed = async (name: string, ...lines: string[]) =>
    (await visit(host.address, '/wechat/embed', name, ...lines)).status
  for (const name of [...spellings, ...inClear]) t.equal(await embed(name), 200, name)
  for (const name of others) t.equal(await embed(name), 400, name)
  t.equal(await embed('internal:3000', 'Referer: https://APP.example.com:443/page'), 200, 'by the page\'s own address')
  t.equal(await embed('internal:3000', `Referer: https://${site}@evil.example/page`), 400)
})

test('T39: a logout and a posted code are from this site, however host and Origin are written, and from no other', async t => {
  // Apps of functions: no callback URL is known that could stand for the request's own host.
  const host = await startHost(t, {
    options: wechat => ({ qr: () => wechat.options.qr, oneclick: () => wechat.options.oneclick })
  })
  const own: Array<[name: string, from: string]> = [
    [site, origin],
    [`${site}:443`, origin],
    ['APP.example.com', origin],
    [site, `${origin}:443`],
    [site, 'https://APP.example.com'],
    [`${site}:8443`, `${origin}:8443`]
  ]
  for (const [name, from] of own) {
    const browser = host.browser()
    await logIn(host, browser)
    t.equal(
      (await browser.post(`${origin}/wechat/logout`, {}, { host: name, origin: from })).status,
      204,
      `${name} ${from}`
    )
    const { code, state } = await begin(host, browser)
    t.equal(
      (await browser.post(`${origin}/wechat/qr`, { code, state }, { host: name, origin: from })).status,
      200,
      `${name} ${from}`
    )
  }
  const foreign: Array<[name: string, from: string]> = [
    [site, 'https://evil.example'],
    [site, `http://${site}`],
    [site, `${origin}:8443`],
    [`${site}:8443`, origin],
    [site, 'null'],
    [site, `${origin}/`],
    [site, `https://x@${site}`],
    [site, `https://${site}.`],
    [site, `https://${site}.evil.example`],
    ['a b', 'null'],
    [`x@${site}`, origin],
    [`${site}/x`, origin],
    [site, ''],
    ['', 'https://'],
    [site, `${origin}, https://evil.example`]
  ]
  const browser = host.browser()
  await logIn(host, browser)
  for (const [name, from] of foreign) {
    t.match(
      String((await browser.post(`${origin}/wechat/logout`, {}, { host: name, origin: from })
        .catch(() => ({ status: 400 }))).status),
      /^40[03]$/,
      `${name} ${from}`
    )
  }
  t.ok(await isLoggedIn(host, browser))
})

test('an Origin is a callback\'s, however it is written, where the host is not what the browser sees', async t => {
  const host = await startHost(t)
  for (const [from, status] of [
    [origin, 204],
    [`${origin}:443`, 204],
    ['https://App.example.com', 204],
    [`http://${site}`, 403],
    [`${origin}:80`, 403]
  ] as const) {
    const browser = host.browser()
    await logIn(host, browser)
    t.equal(
      (await browser.post(`${origin}/wechat/logout`, {}, { host: 'internal:3000', origin: from })).status,
      status,
      from
    )
  }
})

test('a login that began at a listed site ends there, however its host is written', async t => {
  const host = await startHost(t, {
    options: { redirect: { origins: ['https://Shop.example.com:443', 'https://dev.example.com:8443'] } },
    fastify: { trustProxy: true }
  })
  for (const [name, end, lines = []] of [
    ['shop.example.com', 'https://shop.example.com'],
    ['SHOP.example.com:443', 'https://shop.example.com'],
    ['dev.example.com:8443', 'https://dev.example.com:8443'],
    ['shop.example.com:80', 'https://shop.example.com', ['X-Forwarded-Proto: http']],
    ['internal', 'https://shop.example.com', ['X-Forwarded-Host: Shop.example.com', 'X-Forwarded-Proto: https,http']],
    ['dev.example.com', ''],
    ['shop.example.com:8443', ''],
    ['x@shop.example.com', ''],
    ['evil.example', '']
  ] as Array<[string, string, string[]?]>) {
    const hop = new URL((await visit(host.address, '/wechat/login?redirect=/cart', name, ...lines)).header('location')!)
    t.equal(hop.searchParams.get('redirect'), `${end}/cart`, name)
    const browser = host.browser()
    const start = await browser.get(hop.href)
    t.equal((await browser.get(host.wechat.control.approve(start.location))).location, `${end || origin}/cart`, name)
  }
})

test('tenants of one host stay logged in, however it is written', async t => {
  const host = await startHost(t, {
    options: wechat => ({ qr: () => wechat.options.qr, oneclick: undefined as never })
  })
  const browser = host.browser()
  await logIn(host, browser)
  for (const name of spellings) {
    t.equal((await browser.fetch(`${origin}/account`, { headers: { host: name } })).status, 200, name)
  }
  t.equal((await browser.fetch(`${origin}/account`, { headers: { host: 'other.example.com' } })).status, 401)
})

const right = (name: string, what: string): string =>
  `let the proxy before Fastify set ${name} to the one ${what} that the browser uses`
const trusting = "set the trustProxy option of Fastify to the proxy's address"

const schemes: Array<[what: string, trustProxy: string | boolean, headers: Record<string, string>, advice: string]> = [
  ['no trustProxy', false, { 'x-forwarded-proto': 'https' }, `Behind a proxy, ${trusting};`],
  ['a list', true, { 'x-forwarded-proto': 'https,http' },
    `X-Forwarded-Proto is a list, of which Fastify takes the last entry: ${right('X-Forwarded-Proto', 'scheme')};`],
  ['a list with spaces', true, { 'x-forwarded-proto': 'https, https , http' }, 'X-Forwarded-Proto is a list,'],
  ['no header', true, {},
    `trustProxy is set, but there is no X-Forwarded-Proto: ${right('X-Forwarded-Proto', 'scheme')};`],
  ['http', true, { 'x-forwarded-proto': 'http' },
    `trustProxy is set, but X-Forwarded-Proto names another scheme: ${right('X-Forwarded-Proto', 'scheme')};`],
  ['capital letters', true, { 'x-forwarded-proto': 'HTTPS' },
    'trustProxy is set, but X-Forwarded-Proto names another scheme:'],
  ['a proxy that is not trusted', '203.0.113.1', { 'x-forwarded-proto': 'https' },
    `X-Forwarded-Proto comes from an address that trustProxy does not name: ${trusting};`]
]
for (const [what, trustProxy, headers, advice] of schemes) {
  test(`where Fastify sees http behind a proxy, the log says why: ${what}`, async t => {
    const host = await startHost(t, {
      secure: false,
      fastify: { trustProxy },
      options: (_wechat, origin) => ({
        session: { secret: 'x'.repeat(32), cookie: { secure: true } },
        redirect: { origins: [origin] }
      })
    })
    const browser = host.browser()
    const start = await browser.get(`${host.origin}/wechat/login`, headers)
    const callback = host.wechat.control.approve(start.location)
    t.equal((await browser.get(callback, headers)).status, 500)
    const told = host.logs.filter(({ msg }) => /the session cookie is Secure/.test(msg)).map(({ msg }) => msg)
    t.equal(told.length, 1)
    t.match(told[0], advice)
    t.match(told[0], 'without TLS, set session.cookie.secure to false')
  })
}

const hosts: typeof schemes = [
  ['no trustProxy', false, { 'x-forwarded-host': site }, `Behind a proxy, ${trusting}`],
  ['a list', true, { 'x-forwarded-host': `${site}, internal` },
    `X-Forwarded-Host is a list, of which Fastify takes the last entry: ${right('X-Forwarded-Host', 'host')}`],
  ['no header', true, {}, `trustProxy is set, but there is no X-Forwarded-Host: ${right('X-Forwarded-Host', 'host')}`],
  ['another host', true, { 'x-forwarded-host': 'internal' },
    `trustProxy is set, but X-Forwarded-Host names another host: ${right('X-Forwarded-Host', 'host')}`],
  ['a proxy that is not trusted', '203.0.113.1', { 'x-forwarded-host': site },
    `X-Forwarded-Host comes from an address that trustProxy does not name: ${trusting}`]
]
for (const [what, trustProxy, headers, advice] of hosts) {
  test(`where Fastify sees another host than the page's, the log says why: ${what}`, async t => {
    const host = await startHost(t, { fastify: { trustProxy } })
    t.equal(
      (await host.browser().fetch(`${origin}/wechat/embed`, { headers: { host: 'internal:3000', ...headers } })).status,
      400
    )
    t.match(host.logs.find(({ msg }) => /a QR code was asked for on another host/.test(msg))?.msg, advice)
  })
}
