// The small pages: what they say and to whom, and that nothing but our own fixed texts and style is ever in them.

import { createHash } from 'node:crypto'
import fc from 'fast-check'
import Fastify, { type FastifyInstance } from 'fastify'
import { test, type Test } from 'tap'
import * as errors from '../src/errors'
import plugin from '../src/index'
import { html, render } from '../src/pages/html'
import { pageHeaders, renderPage } from '../src/pages/page'
import type { PageText, TextName } from '../src/pages/page-text'
import { languageOf, textFor, textNameOf, wrongBrowserText } from '../src/pages/texts'
import type { WechatLoginOptions, WechatPage } from '../src/types'
import { agents } from './fixture/browser'
import { startHost } from './fixture/host'
import { logIn } from './fixture/login'
import { accounts, sessionSecret, site } from './fixture/settings'

const page: WechatPage = {
  kind: 'error',
  statusCode: 403,
  code: 'FST_WECHAT_INVALID_STATE',
  lang: 'en',
  title: 'Please log in again',
  message: 'Once more.',
  action: { href: '/wechat/login', label: 'Log in again' }
}
const good = { qr: accounts.qr, session: { secret: sessionSecret } }

/** An open tag and its attributes, as far as our own pages have any. */
const tags = (document: string): string[] => [...document.matchAll(/<[a-z!/][^>]*>/g)].map(([tag]) => tag)

async function answer (t: Test, url: string, { options = {}, headers = {}, before }: {
  options?: Partial<WechatLoginOptions>
  headers?: object
  before?: (app: FastifyInstance) => void
} = {}) {
  const app = Fastify() as unknown as FastifyInstance
  t.teardown(() => app.close())
  before?.(app)
  await app.register(plugin, { ...good, ...options })
  return app.inject({
    url,
    headers: { host: site, accept: 'text/html', 'user-agent': agents.desktop, 'accept-language': 'en', ...headers }
  })
}

const junkUrl = (junk: string): string =>
  `/wechat/qr?${['code', 'state', 'redirect', 'via', 'error', 'x'].map(name => `${name}=${encodeURIComponent(junk)}`).join('&')}&${encodeURIComponent(junk)}=1`

test('every value is escaped on its way into HTML', t => {
  const cases: Array<[value: unknown, shown: string]> = [
    ['<script>alert(1)</script>', '&#60;script&#62;alert(1)&#60;/script&#62;'],
    ['"><img src=x onerror=\'alert`1`\'>', '&#34;&#62;&#60;img src=x onerror=&#39;alert&#96;1&#96;&#39;&#62;'],
    ['&amp; &#60;', '&#38;amp; &#38;#60;'],
    ['青禾🌱', '青禾🌱'],
    [42, '42'],
    [false, 'false'],
    [null, ''],
    [undefined, ''],
    [['<', '>', null, [1, '&']], '&#60;&#62;1&#38;'],
    [html`<b>${'<'}</b>`, '<b>&#60;</b>'],
    [[html`<i>`, '<i>'], '<i>&#60;i&#62;'],
    [{ toString: () => '<b>' }, '&#60;b&#62;'],
    [JSON.parse('{"made":"<b>"}'), '[object Object]']
  ]
  for (const [value, shown] of cases) {
    t.equal(render(html`<p title="${value}">${value}</p>`), `<p title="${shown}">${shown}</p>`)
  }
  t.equal(render(html`${'a'}${'b'}`), 'ab')
  t.equal(render(html`a`), 'a')
  t.end()
})

test('property: no value opens a tag, an attribute or an entity', t => {
  t.doesNotThrow(() => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.anything({ withNullPrototype: false })), untrusted => {
        let shown
        try {
          shown = render(html`${untrusted}`)
        } catch {
          return true // what cannot become a text at all, e.g. { toString: 1 }
        }
        return !/[<>"'`]/.test(shown) && !/&(?!#\d+;)/.test(shown)
      })
    )
  })
  t.end()
})

test('a page is one column with a title, a text and one way on', t => {
  t.equal(renderPage(page).replace(/<style>[^<]*<\/style>/, '<style></style>'), `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Please log in again</title>
<style></style>
</head>
<body>
<main>
<h1>Please log in again</h1>
<p>Once more.</p>
<a href="/wechat/login">Log in again</a>
</main>
</body>
</html>
`)
  const { action, ...without } = page
  t.notMatch(renderPage(without), '<a ', 'or none, where there is none in this browser')
  t.match(renderPage({ ...page, lang: 'zh' }), '<html lang="zh-CN">')
  t.match(renderPage({ ...page, lang: 'zh-Hant' }), '<html lang="zh-Hant">')
  t.end()
})

test('the policy of a page allows its own style, by the hash of it, and nothing else', t => {
  const [, style = ''] = /<style>([^<]*)<\/style>/.exec(renderPage(page)) ?? []
  const hash = createHash('sha256').update(style).digest('base64')
  t.strictSame(pageHeaders, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy':
      `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'`,
    'x-frame-options': 'SAMEORIGIN'
  })
  t.ok(style.length > 100)
  t.end()
})

test('a page loads nothing and runs nothing', t => {
  const document = renderPage(page)
  t.notMatch(document, /\b(?:src|srcset|action|on\w+|style)=/)
  t.notMatch(document, /url\(|@import|https?:|<(?:script|link|img|iframe|form|base|object|embed)\b|http-equiv/)
  t.end()
})

test('every refusal has its text in Chinese and in English', t => {
  const codes = Object.values(errors)
    .filter(value => value !== errors.WechatError && value !== errors.InvalidOptionsError)
    .map(Refusal => (new (Refusal as new () => Error & { code: string })()).code)
  t.equal(codes.length, 16)
  const names = new Set<TextName>([
    ...codes, 'HOST_ERROR', 'FST_ERR_CTP_BODY_TOO_LARGE', 'constructor', '__proto__', ''
  ].map(textNameOf))
  for (const browser of ['wechat', 'phone', 'computer'] as const) {
    for (const openIn of ['wechat', 'computer'] as const) names.add(wrongBrowserText(browser, openIn))
  }
  for (const name of [...names, 'loginFirst'] as const) {
    const [zh, hant, en] =
      (['zh', 'zh-Hant', 'en'] as const).map(lang => textFor(name, lang)) as [PageText, PageText, PageText]
    for (const part of [
      'title',
      'message',
      ...(zh.action === undefined ? [] : ['action' as const])
    ] as Array<keyof PageText>) {
      t.match(zh[part], /\p{Script=Han}/u, `${name}: ${part}`)
      t.match(hant[part], /\p{Script=Han}/u, `${name}: ${part}`)
      t.match(en[part], /^[A-Z].*[a-z).]$/, `${name}: ${part}`)
      t.match(`${zh[part]}${hant[part]}${en[part]}`, /^[^<>&"]+$/)
      // But for the labels that WeChat itself shows so.
      t.notMatch(
        hant[part]!.replace(/（[^）]*）/, ''),
        /[录请网软复传浏览击开页联后点过处账务脑码这见简体]/,
        `${name}: ${part} in traditional characters`
      )
    }
    t.equal(zh.action === undefined, en.action === undefined)
    t.equal(zh.action === undefined, hant.action === undefined)
  }
  t.end()
})

test('a snapshot has no button: nothing in it works but scrolling', t => {
  for (const lang of ['zh', 'zh-Hant', 'en'] as const) t.equal(textFor('snapshot', lang).action, undefined)
  t.match(textFor('snapshot', 'zh').message, '请点屏幕右下角「使用完整服务」，同意后会自动登录')
  t.end()
})

test('a user whom WeChat has blocked is told so, and not that this site has a fault', t => {
  const name = textNameOf('FST_WECHAT_USER_BLOCKED')
  t.match(textFor(name, 'zh').title, '微信拦截了')
  t.match(textFor(name, 'en').title, 'WeChat has blocked')
  t.end()
})

test('the language is Chinese where the visitor prefers it to English or names none, else English', t => {
  const cases: Array<[header: string | undefined, language: 'zh' | 'zh-Hant' | 'en']> = [
    ['zh-CN,zh;q=0.9,en;q=0.8', 'zh'],
    ['zh', 'zh'],
    ['fr-FR,zh;q=0.5', 'zh'],
    ['en-US,en;q=0.9,zh-CN;q=0.8', 'en'],
    ['en', 'en'],
    ['EN-gb', 'en'],
    ['en;q=0.1,zh;q=0.9', 'zh'],
    ['en;q=0.1, zh-CN ; q=0.9', 'zh'],
    ['zh;q=0.1,en', 'en'],
    ['zh;Q=0.1,en;Q=0.9', 'en'],
    ['en,zh', 'en'],
    ['zh,en', 'zh'],
    ['zh;q=0,en;q=0.1', 'en'],
    ['zh;q=junk,en;q=0.9', 'zh'],
    ['zh-TW', 'zh-Hant'],
    ['ZH-tw', 'zh-Hant'],
    ['zh-HK,zh;q=0.9,en;q=0.8', 'zh-Hant'],
    ['zh-MO', 'zh-Hant'],
    ['zh-Hant', 'zh-Hant'],
    ['zh-Hant-HK', 'zh-Hant'],
    ['zh-Hans-HK', 'zh'],
    ['zh-SG', 'zh'],
    ['zh-CN,zh-TW;q=0.9', 'zh'],
    ['zh-CN;q=0.5,zh-TW', 'zh-Hant'],
    ['zh-twx', 'zh'],
    ['', 'zh'],
    [undefined, 'zh'],
    ['*', 'zh'],
    ['*;q=0.5', 'zh'],
    [' , ', 'zh'],
    ['de', 'en'],
    ['de,*;q=0.5', 'en'],
    ['zhuang', 'en'],
    ['en-zh', 'en'],
    ['x'.repeat(10_000), 'en'],
    [','.repeat(10_000), 'zh']
  ]
  for (const [header, language] of cases) t.equal(languageOf(header), language, String(header).slice(0, 40))
  t.end()
})

test('a failed login answers a visitor with a page, in their language, private and never framed by others', async t => {
  const english = await answer(t, '/wechat/qr?code=x&state=y', { headers: { 'accept-language': 'en' } })
  t.equal(english.statusCode, 403)
  t.match(english.body, '<h1>Please log in again</h1>')
  t.match(english.headers, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': /default-src 'none'; style-src 'sha256-[\w+/]+={0,2}'; .*frame-ancestors 'self'/,
    'x-frame-options': 'SAMEORIGIN',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    vary: 'accept-language'
  })
  const chinese = await answer(t, '/wechat/qr?code=x&state=y', { headers: { 'accept-language': 'zh-CN' } })
  t.match(chinese.body, '<h1>登录已过期</h1>')
})

test('the one way on leads to the login, and back to where this one was meant to end', async t => {
  const hrefOf = async (url: string, options?: Partial<WechatLoginOptions>): Promise<string | undefined> =>
    /<a href="([^"]*)"/.exec((await answer(t, url, { ...(options && { options }) })).body)?.[1]
  t.equal(await hrefOf('/wechat/qr?code=x&state=y'), '/wechat/login')
  t.equal(
    await hrefOf('/wechat/qr?redirect=/a%3Fb%3D1%26c%3D%3Cd%3E'),
    `/wechat/login?redirect=${encodeURIComponent('/a?b=1&c=%3Cd%3E')}`
  )
  t.equal(await hrefOf('/wechat/qr?redirect=//evil.example'), '/wechat/login', 'a hostile target is dropped')
  t.equal(await hrefOf('/wechat/qr?redirect=/&redirect=/a'), '/wechat/login')
  t.equal(
    await hrefOf('/wechat/qr?code=x&state=y', { routes: { login: false } }),
    undefined,
    'without a login route there is none'
  )
})

test('what a visitor sends never appears in a page', async t => {
  const expected = await answer(t, '/wechat/qr?x=1')
  for (const junk of [
    '</script><svg onload=alert(1)>', '"><img src=x onerror=alert(1)>', "'--!>\u2028\u202e", '<!--', '{{7*7}}',
    'javascript:alert(1)', '&lt;b&gt;', '\u0000\ufffe', 'x'.repeat(300)
  ]) {
    for (const url of [junkUrl(junk), `/wechat/qr?code[]=${encodeURIComponent(junk)}`]) {
      const { body } = await answer(t, url, {
        headers: {
          'accept-language': `${encodeURIComponent(junk)},en`,
          referer: `https://x/${encodeURIComponent(junk)}`,
          cookie: `a=${encodeURIComponent(junk)}`
        }
      })
      t.strictSame(tags(body), tags(expected.body), 'no tag or attribute more')
      t.notMatch(body.replace(/<style>[^<]*<\/style>/, ''), junk)
    }
  }
})

test('renderPage of the host gets the page as plain data, and its text is sent as it is', async t => {
  const pages: WechatPage[] = []
  const { body, headers, statusCode } = await answer(t, '/wechat/qr?redirect=/a', {
    options: {
      renderPage: async (given, request, reply) => {
        pages.push(given)
        reply.header('x-own', request.url)
        return '<my-page>'
      }
    }
  })
  t.equal(body, '<my-page>')
  t.equal(statusCode, 403)
  t.strictSame(pages, [{
    kind: 'error',
    statusCode: 403,
    code: 'FST_WECHAT_ACCESS_DENIED',
    lang: 'en',
    title: 'You are not logged in',
    message: 'You cancelled the login, or this account may not log in here.',
    action: { href: '/wechat/login?redirect=%2Fa', label: 'Log in again' }
  }])
  t.equal(headers['content-type'], 'text/html; charset=utf-8')
  t.equal(headers['content-security-policy'], undefined, 'a page of the host has a policy of the host')
  t.equal(headers['cache-control'], 'no-store')
  t.equal(headers['x-own'], '/wechat/qr?redirect=/a')
})

test('where the host failed without a code of its own, its page has one to tell it by', async t => {
  const pages: WechatPage[] = []
  const options: Partial<WechatLoginOptions> = {
    onUser () { throw new Error('the database is away') },
    renderPage (given) {
      pages.push(given)
      return 'mine'
    }
  }
  const host = await startHost(t, { options })
  t.equal((await logIn(host, host.browser())).status, 500)
  t.strictSame(pages.map(({ code, statusCode }) => [code, statusCode]), [['HOST_ERROR', 500]])
})

test('with renderPage false a visitor gets what the host\'s error handler sends', async t => {
  const { body, statusCode } = await answer(t, '/wechat/qr', {
    options: { renderPage: false },
    before: app => {
      app.setErrorHandler((error: { code?: string }, _request, reply) =>
        reply.code(418).type('text/html').send(`<b>${error.code}</b>`))
    }
  })
  t.equal(statusCode, 418)
  t.equal(body, '<b>FST_WECHAT_ACCESS_DENIED</b>')
})

test('a script gets JSON, whatever it says of text/html where the browser tells better', async t => {
  for (const headers of [
    { accept: 'application/json' },
    { accept: '*/*' },
    { accept: '' },
    { 'sec-fetch-mode': 'cors' }
  ]) {
    const { body, headers: sent } = await answer(t, '/wechat/qr', { headers })
    t.match(sent['content-type'], 'application/json')
    t.strictSame(
      JSON.parse(body),
      { statusCode: 403, code: 'FST_WECHAT_ACCESS_DENIED', error: 'Forbidden', message: 'The login was refused' }
    )
  }
  t.match(
    (await answer(t, '/wechat/qr', {
      headers: { accept: '*/*', 'sec-fetch-mode': 'navigate' }
    })).headers['content-type'],
    'text/html'
  )
})
