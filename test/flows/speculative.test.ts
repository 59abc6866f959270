// What is fetched ahead of its visitor begins no login and spends none; and a script is a script without Sec-Fetch
// headers too.

import { test } from 'tap'
import { agents } from '../fixture/browser'
import { startHost } from '../fixture/host'
import { begin, exchanges, isLoggedIn } from '../fixture/login'
import { origin, site } from '../fixture/settings'

const page = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'
const fetched = { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty', 'sec-fetch-site': 'same-origin' }
const navigated = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', 'sec-fetch-site': 'same-origin' }

/** As each of them sends it. */
const ahead: Array<[who: string, headers: Record<string, string>]> = [
  ['Turbo, hovering over a link', {
    accept: 'text/html, application/xhtml+xml',
    'x-sec-purpose': 'prefetch',
    'x-turbo-request-id': '1',
    ...fetched,
    'sec-fetch-mode': 'same-origin'
  }],
  ['Turbo over http, for a frame',
    { accept: 'text/html, application/xhtml+xml', 'x-sec-purpose': 'prefetch', 'turbo-frame': 'a' }],
  ['Chromium, by speculation rules', { accept: page, 'sec-purpose': 'prefetch', ...navigated }],
  ['Chromium, rendering ahead',
    { accept: page, 'sec-purpose': 'prefetch;prerender', purpose: 'prefetch', ...navigated }],
  ['Chromium, through its proxy', { accept: page, 'sec-purpose': 'prefetch;anonymous-client-ip' }],
  ['instant.page and Nuxt by <link rel=prefetch> in Chromium',
    { accept: '*/*', purpose: 'prefetch', 'sec-purpose': 'prefetch', ...fetched, 'sec-fetch-mode': 'no-cors' }],
  ['<link rel=prefetch> with crossorigin', { accept: '*/*', 'sec-purpose': 'prefetch', ...fetched }],
  ['<link rel=prefetch> in Firefox', { accept: page, 'x-moz': 'prefetch' }],
  ["Safari's Top Sites", { accept: page, 'x-purpose': 'preview', purpose: 'preview' }],
  ['in capital letters', { accept: page, purpose: 'Prefetch' }],
  ["Next.js' app router", { accept: '*/*', rsc: '1', 'next-router-prefetch': '1', 'next-url': '/', ...fetched }],
  ["Next.js' app router, by segment",
    { accept: '*/*', rsc: '1', 'next-router-prefetch': '2', 'next-router-segment-prefetch': '/_tree', ...fetched }],
  ["Next.js' pages router",
    { accept: '*/*', purpose: 'prefetch', 'x-nextjs-data': '1', 'x-middleware-prefetch': '1', ...fetched }],
  ["htmx' preload", { accept: page, 'hx-request': 'true', 'hx-preloaded': 'true', ...fetched }],
  ["htmx' preload over http", { accept: page, 'hx-preloaded': 'true' }]
]

for (const [who, headers] of ahead) {
  test(`T21: nothing begins and nothing is spent ahead of the visitor: ${who}`, async t => {
    const host = await startHost(t)
    const browser = host.browser()
    const { callback } = await begin(host, browser)
    const inWechat = host.browser(agents.wechat)
    for (const [visitor, url] of [
      [browser, '/wechat/login'],
      [inWechat, '/wechat/login'],
      [browser, '/wechat/login?via=qr&hop=1'],
      [browser, '/wechat/embed'],
      [browser, callback.slice(origin.length)]
    ] as const) {
      const answer = await visitor.visit(origin + url, { headers })
      // Turbo would show HTML, and loads the page anew after anything else.
      t.strictSame(
        [
          answer.status, answer.setCookies, answer.headers['cache-control'], answer.headers['content-type'], answer.body
        ],
        [403, [], 'no-store', undefined, ''],
        url
      )
    }
    const guarded = await browser.visit(`${origin}/account`, { headers })
    t.strictSame(
      [guarded.status, guarded.json().loginUrl, guarded.setCookies, guarded.headers['cache-control']],
      [401, '/wechat/login', [], 'no-store'],
      'nor does a guard send it to the login'
    )
    t.equal(exchanges(host), 0)
    t.equal((await browser.get(callback)).status, 303, 'the visit itself then works')
    t.ok(await isLoggedIn(host, browser))
    t.equal(
      (await browser.visit(`${origin}/account`, { headers })).status,
      200,
      'and what belongs to who is logged in may be fetched ahead'
    )
  })
}

test('five hovers over the login leave the QR code that is on show alone', async t => {
  const host = await startHost(t)
  const browser = host.browser()
  const { src } = (await browser.fetch(`${origin}/wechat/embed`)).json()
  for (let hover = 0; hover < 5; hover++) await browser.follow(`${origin}/account`, ahead[0]![1])
  for (let hover = 0; hover < 5; hover++) await browser.follow(`${origin}/wechat/login`, ahead[0]![1])
  t.equal(browser.jar(site).size, 1)
  t.equal((await browser.get(host.wechat.control.approve(src))).status, 303)
})

test('a script of a page rendered ahead that asks for JSON is answered', async t => {
  const host = await startHost(t)
  for (const accept of ['application/json', 'application/json, text/plain, */*']) {
    const headers = { accept, 'sec-purpose': 'prefetch;prerender', purpose: 'prefetch', ...fetched }
    for (const [path, status] of [['me', 401], ['embed', 200], ['login', 200]] as const) {
      t.equal((await host.browser().visit(`${origin}/wechat/${path}`, { headers })).status, status, `${path} ${accept}`)
    }
  }
})

test('what only looks like it is a visit', async t => {
  const host = await startHost(t)
  for (const headers of [
    { purpose: 'navigation' },
    { 'sec-purpose': '' },
    { 'x-moz': 'x' },
    { 'x-purpose': 'undefined' }
  ]) {
    t.equal((await host.browser().get(`${origin}/wechat/login`, headers)).status, 302, JSON.stringify(headers))
    t.equal((await host.browser().get(`${origin}/account`, headers)).status, 302, JSON.stringify(headers))
  }
})

/** Over http, and in browsers before 2023, there is no Sec-Fetch-Mode. */
const scripts: Array<[who: string, headers: Record<string, string>]> = [
  ['jQuery', { accept: 'text/html, */*; q=0.01', 'x-requested-with': 'XMLHttpRequest' }],
  ['in small letters', { accept: page, 'x-requested-with': 'xmlhttprequest' }],
  ['htmx', { accept: page, 'hx-request': 'true' }],
  ['htmx, boosting a link', { accept: page, 'hx-request': 'true', 'hx-boosted': 'true' }],
  ['fetch that asks for everything', { accept: '*/*' }],
  ['fetch of a page, in a browser that says so', { accept: page, 'sec-fetch-mode': 'cors' }]
]
const pages: Array<[who: string, headers: Record<string, string>]> = [
  ['a browser without Sec-Fetch', { accept: page }],
  ["WeChat's browser on Android", { accept: page, 'x-requested-with': 'com.tencent.mm' }],
  ["another app's web-view on Android", { accept: page, 'x-requested-with': 'com.example.browser' }],
  ['a navigation that says so, whatever else it says',
    { accept: page, 'x-requested-with': 'XMLHttpRequest', 'sec-fetch-mode': 'navigate' }]
]

test('a guard answers scripts with 401, and sends pages to the login', async t => {
  const host = await startHost(t)
  for (const agent of [agents.wechat, agents.desktop]) {
    for (const [who, headers] of scripts) {
      const answer = await host.browser(agent).visit(`${origin}/account`, { headers })
      t.strictSame([answer.status, answer.location, answer.json().loginUrl], [401, '', '/wechat/login'], who)
    }
    for (const [who, headers] of pages) {
      t.equal((await host.browser(agent).visit(`${origin}/account`, { headers })).status, 302, who)
    }
  }
})

test('a refused callback and a logout answer scripts as scripts', async t => {
  const host = await startHost(t)
  const type = async (headers: Record<string, string>) =>
    (await host.browser().visit(`${origin}/wechat/qr`, { headers })).headers['content-type']
  for (const [who, headers] of scripts) t.match(await type(headers), 'application/json', who)
  for (const [who, headers] of pages) t.match(await type(headers), 'text/html', who)
  const form = { origin, 'content-type': 'application/x-www-form-urlencoded' }
  const logout = async (headers: Record<string, string>) => (await host.browser()
    .visit(`${origin}/wechat/logout`, { method: 'POST', body: '', headers: { ...form, ...headers } })).status
  for (const [who, headers] of scripts) t.equal(await logout(headers), 204, who)
  for (const [who, headers] of pages) t.equal(await logout(headers), 303, who)
})
