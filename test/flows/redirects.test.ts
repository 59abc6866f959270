// No redirect of ours leaves the site, on any route, however the target is written; and every legitimate one arrives.

import { test } from 'tap'
import { agents } from '../fixture/browser'
import { type Host, startHost } from '../fixture/host'
import { beginLogin, logIn } from '../fixture/login'
import { barely, getRaw } from '../fixture/raw'
import { hostile, legitimate, staysOnSite } from '../fixture/redirects'
import { origin, sameOrigin, site } from '../fixture/settings'

const visitor = { host: site, accept: 'text/html', 'user-agent': agents.desktop }

type Spelling = (line: string) => string

const once: Spelling = line => `redirect=${encodeURIComponent(line)}`
const others: Spelling[] = [
  line => `redirect=${encodeURIComponent(encodeURIComponent(line))}`,
  line => `redirect=/&redirect=${encodeURIComponent(line)}`,
  line => `redirect=${encodeURIComponent(line)}&redirect=${encodeURIComponent(line)}`,
  line => `redirect[]=${encodeURIComponent(line)}`
]

/** Every line encoded once, as clients do it, and in each other way. */
const allQueries = hostile.flatMap(line => [once, ...others].map(spell => spell(line)))
/** Every line encoded once, and in one other way: what a query holds is read by the same code on all routes. */
const queries = hostile.flatMap((line, index) => [once, others[index % others.length]!].map(spell => spell(line)))

/** Where a login that starts with this Location will end. */
function targetIn (authorizeUrl: string): string {
  return targetOf(new URL(authorizeUrl).searchParams.get('redirect_uri')!)
}

const targetOf = (redirectUri: string): string => new URL(redirectUri).searchParams.get('redirect') ?? '/'

/** The answer's Location for each hostile line. */
async function locationsOf ({ app }: Host, path: string, headers: object = {}, asked = queries): Promise<string[]> {
  const locations: string[] = []
  for (const query of asked) {
    const answer = await app.inject({ url: path + query, headers: { ...visitor, ...headers } })
    locations.push(checkRedirect(answer.statusCode, answer.headers.location, query))
  }
  return locations
}

/** The same on real sockets, with the line encoded as little as HTTP allows. */
const rawLocationsOf = ({ address, origin }: Host, path: string, headers: object = {}): Promise<string[]> =>
  Promise.all(hostile.map(async line => {
    const answer = await getRaw(
      address,
      `${path}redirect=${barely(line)}`,
      linesOf({ ...visitor, host: new URL(origin).host, ...headers })
    )
    return checkRedirect(answer.status, answer.header('location'), line)
  }))

const linesOf = (headers: object): string[] => Object.entries(headers).map(pair => pair.join(': '))

function checkRedirect (status: number, location: string | undefined, query: string): string {
  if (location === undefined) throw new Error(`no redirect but ${status} for ${query}`)
  return location
}

/** What an attribute of a page of ours means. */
const unescaped = (html: string): string => html.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))

const leaving = (targets: string[]): string[] => targets.filter(target => !staysOnSite(target))

test('T35: no hostile target leaves the site from the start of a login', async t => {
  const host = await startHost(t)
  t.strictSame(leaving((await locationsOf(host, '/wechat/login?', {}, allQueries)).map(targetIn)), [])
  const overHttp = await startHost(t, { secure: false })
  t.strictSame(leaving((await rawLocationsOf(overHttp, '/wechat/login?')).map(targetIn)), [], 'written as it is')
})

test('T35: a target that is not taken leaves a warning in the log, without the target', async t => {
  const { app, logs } = await startHost(t)
  await app.inject({ url: '/wechat/login?redirect=/account', headers: visitor })
  t.strictSame(logs.filter(({ level }) => level === 40), [])
  await app.inject({ url: '/wechat/login?redirect=//evil.example', headers: visitor })
  t.strictSame(logs.filter(({ level }) => level === 40).map(({ msg }) => msg), [
    'fastify-wechat-login: a redirect target outside this site, on a route of the login or longer than 2048 characters was replaced by ' +
      'redirect.default'
  ])
  await app.inject({ url: '/wechat/qr?state=x&code=x&redirect=//evil.example', headers: visitor })
  t.equal(logs.filter(({ level }) => level === 40).length, 2, 'one a request, with a page of refusal too')
  t.notMatch(JSON.stringify(logs), 'evil')
})

test('T35: nor for a script that asks for the authorize URL', async t => {
  const { app } = await startHost(t)
  const targets: string[] = []
  for (const line of hostile) {
    const answer =
      await app.inject({ url: `/wechat/login?${once(line)}`, headers: { ...visitor, accept: 'application/json' } })
    targets.push(targetIn(answer.json().authorizeUrl))
  }
  t.strictSame(leaving(targets), [])
})

for (const secure of [true, false]) {
  test(`T35: nor from a callback over ${secure ? 'https' : 'http'} whose own query was changed on the way`, async t => {
    const host = await startHost(t, { secure })
    const browser = host.browser()
    const callback = new URL(await beginLogin(host, browser, { redirect: '/account' }))
    t.equal((await browser.get(callback.href)).location, `${host.origin}/account`)
    const path =
      `${callback.pathname}?code=${callback.searchParams.get('code')}&state=${callback.searchParams.get('state')}&`
    const headers = { cookie: browser.cookieHeader(callback.host) }
    t.strictSame(leaving(await (secure ? locationsOf : rawLocationsOf)(host, path, headers)), [])
  })
}

test('T35: nor from a callback that a single-page app posts', async t => {
  const host = await startHost(t)
  const browser = host.browser()
  const { pathname, searchParams } = new URL(await beginLogin(host, browser))
  const [code, state] = [searchParams.get('code'), searchParams.get('state')]
  const targets: string[] = []
  for (const redirect of [...hostile, ...hostile.slice(0, 3).map(line => [line]), { toString: 1 }, 7, null]) {
    const { redirect: target } =
      (await browser.post(`${host.origin}${pathname}`, { code, state, redirect }, sameOrigin)).json()
    targets.push(target)
  }
  t.equal(targets.length, hostile.length + 6)
  t.strictSame(leaving(targets), [])
})

test('T35: nor from a QR code in a page: what its JSON says, and where its callback is to end', async t => {
  const { app } = await startHost(t)
  const targets: string[] = []
  for (const query of queries) {
    const { redirect, src, wxLogin } = (await app.inject({ url: `/wechat/embed?${query}`, headers: visitor })).json()
    targets.push(redirect, targetIn(src), targetOf(decodeURIComponent(wxLogin.redirect_uri)))
  }
  t.strictSame(leaving(targets), [])
})

test('T35: nor by the link of the page that ends a login inside an iframe', async t => {
  const host = await startHost(t)
  const browser = host.browser()
  const { src } = (await browser.fetch(`${host.origin}/wechat/embed?self_redirect=true`)).json()
  const callback = new URL(host.wechat.control.approve(src))
  t.equal((await browser.get(callback.href)).status, 200)
  const headers = { ...visitor, cookie: browser.cookieHeader(callback.host), 'accept-language': 'en' }
  const targets: string[] = []
  for (const query of queries) {
    const { body } = await host.app.inject({ url: `${callback.pathname}${callback.search}&${query}`, headers })
    targets.push(unescaped(/<a href="([^"]*)" target="_top">Go on</.exec(body)![1]!))
  }
  t.strictSame(leaving(targets), [])
})

test('T35: nor from a login that starts anew because its cookie was lost', async t => {
  const host = await startHost(t)
  const headers = { 'user-agent': agents.wechat }
  t.strictSame(
    leaving((await locationsOf(host, `/wechat/oneclick?code=x&state=${'a'.repeat(32)}&`, headers)).map(targetIn)),
    []
  )
})

test('T35: nor from a logout', async t => {
  const { app } = await startHost(t)
  const forms = queries.map(body => ['application/x-www-form-urlencoded', body])
  const json =
    hostile.flatMap(line => [line, [line]]).map(redirect => ['application/json', JSON.stringify({ redirect })])
  const locations: string[] = []
  for (const [type, body] of [...forms, ...json] as Array<[string, string]>) {
    const headers = { ...visitor, 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'navigate', 'content-type': type }
    const answer = await app.inject({ method: 'POST', url: '/wechat/logout', headers, body })
    locations.push(checkRedirect(answer.statusCode, answer.headers.location, body))
  }
  t.strictSame(leaving(locations), [])
})

test('T35: nor by the one link of an error page', async t => {
  const { app } = await startHost(t)
  const targets: string[] = []
  for (const line of hostile) {
    const { body } = await app.inject({ url: `/wechat/qr?${once(line)}`, headers: visitor })
    const href = unescaped(/<a href="([^"]*)"/.exec(body)![1]!)
    targets.push(href, new URL(href, origin).searchParams.get('redirect') ?? '/')
  }
  t.strictSame(leaving(targets), [])
})

/** A host that guards everything it has. */
const guardAll = {
  routes: (app: Host['app']) => { app.get('/*', { preHandler: app.requireWechatUser }, async () => 'private') }
}

test('T36: nor from a guard of everything, whatever stands in the request line', async t => {
  const host = await startHost(t, guardAll)
  const lines = [
    '//evil.example/x',
    '/\\evil.example',
    'http://evil.example/x',
    'https://evil.example/x',
    '///evil.example',
    '/\\\\evil.example',
    '/..//evil.example',
    '/.//evil.example',
    '//user@evil.example/x',
    '/%2f/evil.example',
    '/%5cevil.example',
    'http://app.example.com@evil.example/x',
    'http://app.example.com/x',
    ...hostile.filter(line => line.startsWith('/')).map(barely)
  ]
  const answers = await Promise.all(lines.map(line => getRaw(host.address, line, linesOf(visitor))))
  t.strictSame([...new Set(answers.map(({ status }) => status))], [302])
  const locations = answers.map(({ header }) => header('location')!)
  t.ok(locations.every(location => location.startsWith('/wechat/login?redirect=')))
  const targets = await Promise.all(locations.map(async location =>
    targetIn((await host.app.inject({ url: location, headers: visitor })).headers.location!)))
  t.strictSame(leaving([...locations, ...targets]), [])
})

test('T36: a whole login that such a guard began ends on the site', async t => {
  const host = await startHost(t, guardAll)
  for (const line of ['//evil.example/x', '/\\evil.example', 'http://evil.example/x', '/x/..//evil.example']) {
    const location = (await getRaw(host.address, line, linesOf(visitor))).header('location')
    const browser = host.browser()
    const start = await browser.get(host.origin + location!)
    const back = await browser.get(host.wechat.control.approve(start.location))
    t.equal(back.status, 303)
    t.equal(back.location, `${host.origin}/`, line)
  }
})

test('T36: a guard brings its visitor back to the very page, with its query', async t => {
  const host = await startHost(t, guardAll)
  for (const path of [
    '/a?b=c&d=%20e', '/%E4%BD%A0%E5%A5%BD?q=%F0%9F%98%80', '/a//b', '/a%2Fb',
    '/x?next=https://example.com/x&redirect=/y', "/o'reilly?(a)", '/x?q=%2523'
  ]) {
    const browser = host.browser()
    const answer = await getRaw(host.address, path, linesOf(visitor))
    const start = await browser.get(host.origin + answer.header('location')!)
    t.equal((await browser.get(host.wechat.control.approve(start.location))).location, new URL(path, host.origin).href)
  }
})

test('T35: of the hostile targets, a login ends at those that mean the site after all', async t => {
  const host = await startHost(t)
  for (const line of hostile) {
    const back = await logIn(host, host.browser(), { redirect: line })
    t.ok(back.status === 303 && staysOnSite(back.location), line)
  }
})

test('T35: every legitimate target arrives as the browser would have resolved it', async t => {
  const host = await startHost(t)
  const browser = host.browser()
  for (const line of [...legitimate, `/${'你'.repeat(227)}`, `/${'a'.repeat(2047)}`]) {
    const back = await logIn(host, browser, { redirect: line })
    t.equal(back.status, 303)
    t.equal(back.headers.location, new URL(line, host.origin).href.slice(host.origin.length), line.slice(0, 60))
  }
})

test('T35: a listed origin is a place to end, and none that looks like it', async t => {
  const host = await startHost(t, {
    options: { redirect: { origins: ['https://shop.example.com'], default: 'https://shop.example.com/home' } }
  })
  const ends: Array<[redirect: string | undefined, location: string]> = [
    ['https://shop.example.com/cart?a=1#b', 'https://shop.example.com/cart?a=1#b'],
    ['/here', `${host.origin}/here`],
    [undefined, 'https://shop.example.com/home'],
    ['https://shop.example.com.evil.example/', 'https://shop.example.com/home'],
    ['https://shop.example.com@evil.example/', 'https://shop.example.com/home'],
    ['http://shop.example.com/', 'https://shop.example.com/home'],
    ['//shop.example.com/', 'https://shop.example.com/home'],
    ['https://evil.example', 'https://shop.example.com/home']
  ]
  for (const [redirect, location] of ends) {
    t.equal(
      (await logIn(host, host.browser(), redirect === undefined ? {} : { redirect })).location,
      location,
      String(redirect)
    )
  }
})

test("T37: no login ends on a route of the plugin's own, so that none goes in circles or logs out", async t => {
  const host = await startHost(t)
  for (const redirect of [
    '/wechat/login', '/wechat/login?redirect=/wechat/login', '/WECHAT/Logout/', '/wechat/%71r?code=1&state=2',
    '/wechat/../wechat/me', '/wechat/embed', '/wechat/client.js'
  ]) {
    t.equal((await logIn(host, host.browser(), { redirect })).location, `${host.origin}/`, redirect)
  }
})

test('T40: what was a legitimate target when the login began is checked again when it ends', async t => {
  const before = await startHost(t, { options: { redirect: { origins: ['https://shop.example.com'] } } })
  const browser = before.browser()
  const callback = await beginLogin(before, browser, { redirect: 'https://shop.example.com/cart' })
  const after = await startHost(t, { wechat: before.wechat })
  const cookie = browser.cookieHeader(site)
  const back = await after.browser().get(callback, { cookie })
  t.equal(back.status, 303)
  t.equal(back.location, `${after.origin}/`, 'the deployment in between took the origin off the list')
})
