// Threats E: what a browser sees of a login.

import { createHash } from 'node:crypto'
import { test } from 'tap'
import { agents, type Answer, type Browser } from '../fixture/browser'
import { askingApi, person, startFakeApi, tokens } from '../fixture/fake-api'
import { type Host, startHost } from '../fixture/host'
import { begin, logIn, whoIs } from '../fixture/login'
import { sameOrigin } from '../fixture/settings'

const routes = (app: Host['app']): void => {
  app.get('/verified', { onRequest: app.verifyWechatUser }, async () => ({}))
}

/** Of a host with these routes, one answer of every kind that a login gives, by name. */
async function everyAnswer (host: Host): Promise<Record<string, Answer>> {
  const { origin, wechat } = host
  const [browser, stranger] = [host.browser(), host.browser()]
  const { callback } = await begin(host, browser, { redirect: '/account' })
  const answers: Record<string, Answer> = {
    login: await stranger.get(`${origin}/wechat/login`),
    'login as JSON': await stranger.fetch(`${origin}/wechat/login`),
    'login in the wrong browser': await stranger.get(`${origin}/wechat/login?via=oneclick`),
    'login with a bad query': await stranger.get(`${origin}/wechat/login?via=x`),
    'login on another host': await stranger.get(`${origin}/wechat/login`, { host: 'www.example.com' }),
    callback: await browser.get(callback),
    'callback again': await browser.get(callback),
    "a stranger's callback": await host.browser().get(callback),
    "a stranger's callback as JSON": await host.browser().fetch(callback),
    'callback refused': await stranger.get(`${origin}/wechat/qr?state=x`),
    'callback with a bad query': await stranger.get(`${origin}/wechat/qr?code=${'x'.repeat(600)}`),
    'callback started over': await host.browser(agents.wechat)
      .get(`${origin}/wechat/oneclick?code=x&state=${'0'.repeat(32)}`),
    'callback prefetched': await stranger.get(callback, { 'sec-purpose': 'prefetch' }),
    'callback by HEAD': await stranger.visit(callback, { method: 'HEAD' }),
    'callback posted': await browser.post(`${origin}/wechat/qr`, { code: 'x', state: '0'.repeat(32) }, sameOrigin),
    'callback posted from elsewhere': await browser.post(`${origin}/wechat/qr`, {}, { 'sec-fetch-site': 'cross-site' }),
    'callback posted with junk': await browser.fetch(`${origin}/wechat/qr`, {
      method: 'POST',
      body: '{',
      headers: { ...sameOrigin, 'content-type': 'application/json' }
    }),
    me: await browser.fetch(`${origin}/wechat/me`),
    'me for nobody': await stranger.fetch(`${origin}/wechat/me`),
    'me for nobody, as a page': await stranger.get(`${origin}/wechat/me`),
    'logout from elsewhere': await browser.post(`${origin}/wechat/logout`, {}, { 'sec-fetch-site': 'cross-site' }),
    'guard for a page': await stranger.get(`${origin}/account`),
    'guard for a script': await stranger.fetch(`${origin}/account`),
    'the other guard for a page': await stranger.get(`${origin}/verified`),
    'the other guard for a script': await stranger.fetch(`${origin}/verified`),
    guarded: await browser.get(`${origin}/account`),
    'guarded by the other guard': await browser.get(`${origin}/verified`),
    'logout for a script': await browser.post(`${origin}/wechat/logout`, {}, sameOrigin),
    'logout for a form': await browser.visit(`${origin}/wechat/logout`, {
      method: 'POST',
      headers: { ...sameOrigin, 'sec-fetch-mode': 'navigate' }
    }),
    'guard after a logout': await browser.get(`${origin}/account`)
  }
  for (const kind of ['errcode', 'html-502', 'rate-limit'] as const) {
    wechat.control.fault({ endpoint: 'access_token', kind })
    answers[`WeChat: ${kind}`] = await logIn(host, browser)
  }
  return answers
}

/** What an iframe of an embedded QR code gets, by name. */
async function embeddedAnswers (host: Host): Promise<Record<string, Answer>> {
  const { origin, wechat } = host
  const browser = host.browser()
  const embed = await browser.fetch(`${origin}/wechat/embed?self_redirect=true&redirect=/account`)
  const callback = wechat.control.approve(embed.json().src)
  const bounce = await host.browser().get(callback)
  const done = await browser.get(callback)
  wechat.control.fault({ endpoint: 'access_token', kind: 'errcode', errcode: 40029 })
  const failed = await browser.get(
    wechat.control.approve((await browser.fetch(`${origin}/wechat/embed?self_redirect=true`)).json().src)
  )
  return {
    embed,
    bounce,
    done,
    'failed in the iframe': failed,
    'refused in the iframe': await host.browser().get(`${origin}/wechat/qr?embedded=1&state=x`),
    'embed with a bad query': await browser.fetch(`${origin}/wechat/embed?style=x`)
  }
}

const isPage = ({ headers }: Answer): boolean => String(headers['content-type']).includes('html')

test('T41, T43: every page of ours is closed: no frame of another site, no script, nothing from outside', async t => {
  const host = await startHost(t, { routes })
  const answers = await everyAnswer(host)
  const pages = Object.entries(answers).filter(([, answer]) => isPage(answer))
  t.ok(pages.length >= 9, `${pages.length} pages`)
  for (const [name, { headers, body }] of pages) {
    // One page has an address to copy, and a script that copies it, by its hash.
    const copies = name === 'login in the wrong browser'
    const policy = "^default-src 'none'; style-src 'sha256-[\\w+/=]+'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    t.match(headers['content-security-policy'], new RegExp(`${policy}${copies ? "; script-src 'sha256-[\\w+/=]+'" : ''}$`), name)
    t.equal(headers['x-frame-options'], 'SAMEORIGIN', name)
    const rest = copies ? body.replace(/<script>[^<]*<\/script>/, '').replace(/<(code|svg)[ >][^]*<\/\1>/g, '') : body
    t.notMatch(rest, /<script|<iframe|<form|<img|<link|\son\w+=|javascript:|https?:\/\//i, name)
  }
})

test('T41, T46: a page inside the iframe tells its own origin one word, and runs nothing else', async t => {
  const host = await startHost(t)
  const secrets = [...host.wechat.control.apps.map(({ secret }) => secret)]
  for (const [name, {
    headers,
    body
  }] of Object.entries(await embeddedAnswers(host)).filter(([, answer]) => isPage(answer))) {
    const csp = String(headers['content-security-policy'])
    t.match(csp, /^default-src 'none'; style-src 'sha256-[\w+/=]+'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'(; script-src 'sha256-[\w+/=]+')?$/, name)
    t.equal(headers['x-frame-options'], 'SAMEORIGIN', name)
    const scripts = [...body.matchAll(/<script([^>]*)>([^]*?)<\/script>/g)]
    t.equal(scripts.length, name === 'bounce' ? 0 : 1, name)
    for (const [, attributes, script] of scripts) {
      t.match(attributes, /^ data-outcome="(?:done|refused|expired|error)"$/)
      t.match(csp, `script-src 'sha256-${createHash('sha256').update(script!).digest('base64')}'`)
      t.match(script, 'postMessage({ wechatLogin: outcome }, location.origin)')
      t.equal(script!.match(/postMessage/g)!.length, 1)
    }
    if (name !== 'bounce') {
      for (const secret of [...secrets, ...host.browsers.flatMap(browser => [...browser.secrets])]) {
        t.notOk(body.includes(secret), `${name} holds no code, state or cookie`)
      }
    }
    t.notMatch(body.replace(/<script[^]*<\/script>/, ''), /\son\w+=|javascript:|<iframe|<form/i, name)
  }
})

test('T43: with a CSP of the host before or after us, our pages carry one, and it is ours', async t => {
  const theirs = (app: Host['app']): void => {
    app.addHook('onRequest', async (_request, reply) => {
      reply.header('content-security-policy', "default-src *; script-src * 'unsafe-inline'")
        .header('referrer-policy', 'unsafe-url')
    })
  }
  for (const position of [{ before: theirs, routes }, { routes: (app: Host['app']) => { theirs(app); routes(app) } }]) {
    const host = await startHost(t, position)
    for (const [name, answer] of Object.entries(await everyAnswer(host)).filter(([, answer]) => isPage(answer))) {
      t.equal(answer.headers['referrer-policy'], 'no-referrer', name)
      t.match(answer.headers['content-security-policy'], /^default-src 'none'; [^,*]*$/, name)
    }
  }
})

test('T42: nothing that WeChat or a visitor wrote becomes markup on a page of ours', async t => {
  const api = await startFakeApi(t)
  // The same text goes in as a code and comes back as an errmsg, which is logged.
  const host = await startHost(t, { options: askingApi(api), mayLeak: ['code', 'state'] })
  const texts = [
    '</script><svg onload=alert(1)>', '"><img src=x onerror=alert(1)>', "'><script>alert(1)</script>",
    '\u2028</title><h1>', '<!--', '{{7*7}}$' + '{7*7}', '`onmouseover=alert(1)`', '&lt;b&gt;', 'javascript:alert(1)'
  ]
  const plain = (await host.browser().get(`${host.origin}/wechat/qr`)).body
  const shape = (html: string): string => html.replace(/>[^<]+/g, '>').replace(/href="[^"]*"/g, 'href')
  for (const text of texts) {
    const encoded = encodeURIComponent(text)
    api.token = JSON.stringify({ errcode: 40029, errmsg: text })
    const browser = host.browser()
    const pages = [
      await logIn(host, browser, { redirect: `/?q=${text}` }),
      await browser.get(`${host.origin}/wechat/qr?code=${encoded}&state=${encoded}&redirect=${encoded}&x=${encoded}`),
      await browser.get(`${host.origin}/wechat/qr?redirect=/${encoded}`),
      await browser.get(`${host.origin}/wechat/login?via=${encoded}`),
      await browser.get(`${host.origin}/wechat/qr`, {
        host: 'x"><b>',
        'accept-language': '"><b>',
        'user-agent': text.replace(/[^\x20-\x7e]/g, '')
      })
    ]
    for (const { body } of pages) {
      t.equal(shape(body), shape(plain), encoded)
      t.notMatch(body.replace(/href="[^"]*"/g, ''), /alert|onload|onerror|\{\{7/)
      for (const [, href] of body.matchAll(/href="([^"]*)"/g)) {
        t.match(href, /^\/wechat\/login(\?redirect=(?:[\w%.~*!()-]|&#39;)*)?$/)
      }
    }
    api.token = JSON.stringify(tokens)
    api.userinfo = JSON.stringify({ ...person, nickname: text })
    await logIn(host, browser)
    const me = await browser.get(`${host.origin}/wechat/me`)
    t.equal(me.headers['content-type'], 'application/json; charset=utf-8', 'and JSON stays JSON')
  }
})

test('T44, T45, T48: no answer may be kept, sniffed or named to the next page, and none is a permanent redirect', async t => {
  const host = await startHost(t, { routes })
  for (const [name, { status, headers, body }] of Object.entries({
    ...await everyAnswer(host),
    ...await embeddedAnswers(host)
  })) {
    t.equal(headers['cache-control'], 'no-store', name)
    t.equal(headers.etag, undefined, name)
    // The host's own, and what its error handler says.
    if (!/^guarded|other guard/.test(name)) {
      t.strictSame([headers['referrer-policy'], headers['x-content-type-options']], ['no-referrer', 'nosniff'], name)
    }
    t.notOk([301, 304, 307, 308].includes(status), `${name}: ${status}`)
    if (body !== '') t.match(headers['content-type'], /; charset=utf-8$/, name)
    if (/^callback( again)?$/.test(name)) {
      t.strictSame([status, body], [303, ''], 'a login that succeeds shows no page under the URL with the code')
    }
    if (/^logout for a form$/.test(name)) t.equal(status, 303)
  }
})

test('T45: what a guard lets through, refuses or fails at is kept by nobody, unless the host says so', async t => {
  let fail = false
  const host = await startHost(t, {
    options: { loadUser: stored => { if (fail) throw new Error('the database is away'); return stored as never } },
    routes: app => {
      for (const name of ['requireWechatUser', 'verifyWechatUser'] as const) {
        app.get(`/${name}`, { preHandler: app[name] }, async () => ({}))
        app.get(
          `/${name}/kept`,
          { preHandler: app[name] },
          async (_request, reply) => { reply.header('cache-control', 'private, max-age=60'); return {} }
        )
        app.get(
          `/${name}/kept-before`,
          {
            onRequest: async (_request, reply) => { reply.header('cache-control', 'private, max-age=60') },
            preHandler: app[name]
          },
          async () => ({})
        )
      }
      app.get('/by-hand', async request => {
        await (app.verifyWechatUser as (request: unknown) => Promise<void>)(request)
        return {}
      })
    }
  })
  const [browser, stranger] = [host.browser(), host.browser()]
  await logIn(host, browser)
  const seen = async (of: Browser, path: string): Promise<unknown[]> => {
    const { status, headers } = await of.fetch(host.origin + path)
    return [status, headers['cache-control']]
  }
  for (const path of ['/requireWechatUser', '/verifyWechatUser']) {
    t.strictSame(await seen(stranger, path), [401, 'no-store'], path)
    t.strictSame(await seen(browser, path), [200, 'no-store'], path)
    for (const kept of ['/kept', '/kept-before']) {
      t.strictSame(await seen(browser, path + kept), [200, 'private, max-age=60'], path + kept)
    }
    fail = true
    t.strictSame(await seen(browser, path), [500, 'no-store'], path)
    fail = false
  }
  t.strictSame(
    [await seen(browser, '/by-hand'), await seen(stranger, '/by-hand')],
    [[200, undefined], [401, undefined]],
    'who checks by hand sees to it himself'
  )
})

test('T45: an error in a hook of the host, a 429 and a 413 are private as well', async t => {
  let fail: Error | undefined
  const host = await startHost(t, { before: app => { app.addHook('onRequest', async () => { if (fail) throw fail }) } })
  for (const error of [new Error('the database is away'), Object.assign(new Error('Too many'), { statusCode: 429 })]) {
    fail = error
    for (const path of ['/wechat/login', '/wechat/qr?code=x&state=y', '/wechat/me']) {
      for (const kind of ['get', 'fetch'] as const) {
        const { headers, body, status } = await host.browser()[kind](host.origin + path)
        t.strictSame(
          [headers['cache-control'], headers['referrer-policy']],
          ['no-store', 'no-referrer'],
          `${kind} ${path} ${status}`
        )
        t.notMatch(body, 'database')
      }
    }
  }
  fail = undefined
  const large = await host.browser().post(`${host.origin}/wechat/logout`, { x: 'x'.repeat(20_000) }, sameOrigin)
  t.strictSame([large.status, large.headers['cache-control']], [413, 'no-store'])
})

test('T47: a picture is a plain http or https URL or nothing; texts are bounded and well formed', async t => {
  const api = await startFakeApi(t)
  const host = await startHost(t, { options: askingApi(api) })
  const browser = host.browser()
  const login = async (fields: object) => {
    api.userinfo = JSON.stringify({ ...person, ...fields })
    await logIn(host, browser)
    return whoIs(host, browser)
  }
  for (const headimgurl of [
    'javascript:alert(1)', 'data:text/html,x', 'ftp://x/y', '//evil.example/x', '/relative', 'https://a b',
    'https://a"onerror=x', "https://a.example/'x", 'https://user@evil.example/',
    `https://a.example/${'x'.repeat(10_000)}`, 'https://a.example/<svg>', 'https:\\\\evil.example', '', 7, null,
    ['https://a.example/']
  ]) {
    t.equal((await login({ headimgurl }))?.headimgurl, undefined, encodeURIComponent(String(headimgurl)).slice(0, 60))
  }
  t.equal(
    (await login({ headimgurl: 'http://thirdwx.qlogo.cn/mmopen/x/132' }))?.headimgurl,
    'https://thirdwx.qlogo.cn/mmopen/x/132'
  )
  t.equal(
    (await login({ headimgurl: 'http://evilqlogo.cn/x' }))?.headimgurl,
    'http://evilqlogo.cn/x',
    'no other host is changed'
  )
  for (const nickname of ['x'.repeat(10_000), '🌱'.repeat(5000), '\ud83c', 'a\0b', '\u202eabc\u200d', '\udf31\ud83c']) {
    const name = (await login({ nickname }))?.nickname as string
    t.ok(name.length <= 512)
    t.equal(Buffer.from(name).toString(), name, 'well formed')
  }
  t.equal((await login({ nickname: { toString: 'x' }, privilege: [{}], sex: '1', city: ['x'] }))?.nickname, undefined)
})
