// askFirst: inside WeChat a guarded page opened from outside this site shows a login button; all else goes on at once.

import { test } from 'tap'
import { agents } from '../fixture/browser'
import { type Host, type HostOptions, startHost } from '../fixture/host'
import { origin } from '../fixture/settings'

type Headers = Record<string, string>
const start = (t: Parameters<typeof startHost>[0], given: HostOptions = {}): Promise<Host> =>
  startHost(t, { ...given, options: { askFirst: true, ...given.options as object } })
const open = (host: Host, headers: Headers = {}, agent = agents.wechat) =>
  host.browser(agent).get(`${host.origin}/account?a=1`, { 'accept-language': 'zh-CN', ...headers })

test('a page opened from a chat, a menu or a scan asks, and its button logs in and comes back', async t => {
  const host = await start(t)
  const browser = host.browser(agents.wechat)
  const page = await browser.get(`${origin}/account?a=1`, { 'accept-language': 'zh-CN' })
  t.equal(page.status, 401)
  t.match(page.body, '<h1>请先登录</h1>')
  t.match(page.body, '>微信登录</a>')
  t.equal(page.headers['cache-control'], 'no-store')
  const href = /<a href="([^"]*)"/.exec(page.body)![1]!
  const begun = await browser.get(`${origin}${href}`)
  t.equal(begun.status, 302, 'the login itself does not ask again')
  const back = await browser.get(host.wechat.control.approve(begun.location))
  t.equal(back.location, `${origin}/account?a=1`)
  t.equal((await browser.get(back.location)).status, 200, 'and who is logged in is asked nothing')
})

test('where the visitor comes from is told by Sec-Fetch-Site, and without it by Referer', async t => {
  const host = await start(t)
  const cases: Array<[Headers, number]> = [
    [{ 'sec-fetch-site': 'same-origin' }, 302],
    [{ 'sec-fetch-site': 'none' }, 401],
    [{ 'sec-fetch-site': 'cross-site' }, 401],
    [{ 'sec-fetch-site': 'same-site' }, 401],
    [{ 'sec-fetch-site': 'cross-site', referer: `${origin}/` }, 401],
    [{ 'sec-fetch-site': 'same-origin', referer: 'https://evil.example/' }, 302],
    [{}, 401],
    [{ referer: `${origin}/list?page=2` }, 302],
    [{ referer: 'https://mp.weixin.qq.com/' }, 401],
    [{ referer: 'https://app.example.com.evil.example/' }, 401],
    [{ referer: `http://${new URL(origin).host}:8080/` }, 401],
    [{ referer: 'about:blank' }, 401],
    [{ referer: 'no URL' }, 401]
  ]
  for (const [headers, status] of cases) t.equal((await open(host, headers)).status, status, JSON.stringify(headers))
})

test('behind a proxy that rewrites scheme or host the page\'s own address counts', async t => {
  const host = await startHost(t, { secure: false, options: { askFirst: true } })
  t.equal((await open(host, { referer: `${host.origin}/` })).status, 302, 'this origin')
  t.equal((await open(host, { referer: host.origin.replace('http', 'https') })).status, 302, 'this host, over https')
  t.equal(
    (await open(host, { host: 'inside.internal', referer: `${host.origin}/` })).status,
    302,
    "the callback's origin"
  )
  t.equal((await open(host, { host: 'inside.internal', referer: 'https://inside.internal/' })).status, 302)
  t.equal((await open(host, { host: 'inside.internal', referer: 'https://evil.example/' })).status, 401)
})

test('only pages, only inside WeChat, and only where it is set', async t => {
  const host = await start(t)
  t.equal((await open(host, {}, agents.desktop)).status, 302)
  t.equal((await host.browser(agents.wechat).get(`${origin}/wechat/login`)).status, 302, 'the login route never asks')
  t.match(
    (await host.browser(agents.wechat).fetch(`${origin}/account`)).json(),
    { code: 'FST_WECHAT_UNAUTHENTICATED', loginUrl: '/wechat/login' }
  )
  const plain = await startHost(t)
  t.equal((await open(plain)).status, 302)
})

test('renderPage gets it as signed-out, and false leaves it to the host\'s error handler', async t => {
  const pages: unknown[] = []
  const own = await startHost(t, {
    options: { askFirst: true, renderPage: page => { pages.push(page); return 'mine' } }
  })
  t.equal((await open(own)).body, 'mine')
  t.match(pages, [{
    kind: 'signed-out',
    statusCode: 401,
    code: 'FST_WECHAT_UNAUTHENTICATED',
    title: '请先登录',
    action: { href: '/wechat/login?redirect=%2Faccount%3Fa%3D1', label: '微信登录' }
  }])
  const none = await startHost(t, { options: { askFirst: true, renderPage: false } })
  const answer = await open(none)
  t.equal(answer.status, 401)
  t.match(answer.json(), { code: 'FST_WECHAT_UNAUTHENTICATED' })
})
