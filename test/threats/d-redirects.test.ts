// Threats D: redirects and URLs, but for the corpora of targets, which test/flows/redirects.test.ts runs.

import { toUSVString } from 'node:util'
import { test } from 'tap'
import { agents } from '../fixture/browser'
import { askingApi, person, startFakeApi } from '../fixture/fake-api'
import { startHost } from '../fixture/host'
import { begin, beginLogin, exchanges, isLoggedIn, logIn } from '../fixture/login'
import { getRaw, sendRaw } from '../fixture/raw'
import { sameOrigin, site } from '../fixture/settings'

test('T36: a guard of everything turns no request line into a redirect off the site, through a whole login', async t => {
  const host = await startHost(t, {
    routes: app => { app.get('/*', { onRequest: app.requireWechatUser }, async () => 'inside') }
  })
  for (const target of [
    '//evil.example/x', '/\\evil.example', 'http://evil.example/x', 'https://evil.example/x', '///evil.example',
    '/%2f/evil.example', '//evil.example/%2e%2e', '/.//evil.example', '/x/..//evil.example',
    `https://${site}@evil.example/`, '/\t/evil.example', '*'
  ]) {
    const guarded =
      await getRaw(host.address, target, [`Host: ${site}`, 'Accept: text/html', `User-Agent: ${agents.desktop}`])
    const location = guarded.header('location')
    if (location === undefined) {
      t.ok(guarded.status >= 400, `${target}: ${guarded.status}`)
      continue
    }
    t.match(location, /^\/wechat\/login\?redirect=[\w%.~!*'()-]*$/, target)
    const browser = host.browser()
    const start = await browser.get(host.origin + location)
    const back = await browser.get(host.wechat.control.approve(start.location))
    t.strictSame([back.status, new URL(back.location).origin], [303, host.origin], `${target} ends at ${back.location}`)
  }
})

test('T36: a POST that met the guard is not repeated as a GET after the login', async t => {
  const host = await startHost(t, {
    routes: app => { app.post('/transfer', { onRequest: app.requireWechatUser }, async () => ({})) }
  })
  const answer = await host.browser().visit(`${host.origin}/transfer`, {
    method: 'POST',
    body: 'a=b',
    headers: { accept: 'text/html', 'sec-fetch-mode': 'navigate', 'content-type': 'application/x-www-form-urlencoded' }
  })
  t.strictSame([answer.status, answer.location, answer.json().loginUrl], [401, '', '/wechat/login'])
})

test("T37: no login ends in a route of the login's own, and the page that asks again takes one step", async t => {
  const host = await startHost(t)
  for (const target of [
    '/wechat/login', '/wechat/login?redirect=/wechat/login', '/wechat/logout', '/wechat/me',
    '/wechat/qr?code=x&state=y', '/wechat/oneclick', '/WECHAT/LOGIN', '/wechat/login/', '/wechat//logout',
    '/%77echat/login', '/wechat%2flogin', '/x/../wechat/login', '/wechat/./login', '/wechat/login#x'
  ]) {
    t.equal((await logIn(host, host.browser(), { redirect: target })).location, `${host.origin}/`, target)
  }
})

test('T38: no text in a redirect, a nickname, an errmsg, a state or a code makes a header or a 500', async t => {
  const api = await startFakeApi(t)
  // The same text goes in as a code and comes back as an errmsg, which is logged.
  const host = await startHost(t, { options: askingApi(api), mayLeak: ['code', 'state'] })
  const texts = [
    'a\r\nX-Injected: 1', 'a\nX-Injected: 1', 'a\rX-Injected: 1', 'a\0b', 'a\u2028b', '嘊嘍X-Injected: 1',
    '\u560d\u560aX-Injected: 1', '主页', '🌱', '\ud83c', 'é', '%0d%0aX-Injected: 1', '%E5%98%8A%E5%98%8DX-Injected:1',
    'a; Domain=evil.example', '"\\'
  ]
  for (const text of texts) {
    api.userinfo = JSON.stringify({ ...person, nickname: text })
    const browser = host.browser()
    const redirect = `/${text}`
    const encoded = encodeURIComponent(toUSVString(redirect))
    const start = await browser.get(`${host.origin}/wechat/login?redirect=${encoded}`)
    const back = await browser.get(host.wechat.control.approve(start.location))
    const out = await browser.visit(`${host.origin}/wechat/logout`, {
      method: 'POST',
      body: `redirect=${encoded}`,
      headers: { ...sameOrigin, 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-mode': 'navigate' }
    })
    api.token = JSON.stringify({ errcode: 40029, errmsg: text })
    const failed = await logIn(host, browser)
    api.token = JSON.stringify({ access_token: 'x'.repeat(20), openid: person.openid })
    const bad = await browser.get(`${host.origin}/wechat/qr?code=${encodeURIComponent(toUSVString(text))}` +
      `&state=${encodeURIComponent(toUSVString(text))}&redirect=${encoded}`)
    const guarded = await host.browser().get(`${host.origin}/account?x=${encoded}`)
    t.strictSame(
      [start, back, out, failed, bad, guarded].map(({ status }) => status),
      [302, 303, 303, 400, 403, 302],
      encoded
    )
    for (const { headers, location } of [start, back, out, failed, bad, guarded]) {
      t.equal(headers['x-injected'], undefined)
      t.match(JSON.stringify(headers), /^[\x20-\x7e]*$/)
      if (location !== '') t.not(new URL(location).hostname, 'evil.example')
    }
  }
  t.equal((await logIn(host, host.browser(), { redirect: '/主页' })).headers.location, '/%E4%B8%BB%E9%A1%B5')
})

test('T39: no header of the visitor reaches redirect_uri, the cookies or a Location', async t => {
  for (const trustProxy of [false, true]) {
    const host = await startHost(t, { fastify: { trustProxy } })
    const visit = async (target: string, headers: string[]): Promise<string> => {
      const answer = await getRaw(host.address, target, [...headers, `User-Agent: ${agents.desktop}`])
      const redacted = answer.head.filter(line => /^(location|set-cookie|link|content-location):/i.test(line)).map(
        line => line.replace(/(state=|wechat-|=)[0-9a-f]{12,32}\b/g, '$1…').replace(/=[0-9a-z]{8}\.[\w-]{43}/, '=…')
      )
      return [answer.status, ...redacted].join('\n')
    }
    const clean = await visit('/wechat/login?redirect=/x', [`Host: ${site}`])
    t.match(clean, `redirect_uri=${encodeURIComponent(`https://${site}/wechat/qr?redirect=%2Fx`)}`)
    const spoofed = [
      ['X-Forwarded-For: 203.0.113.66'],
      ['X-Host: evil.example'],
      ['Forwarded: host=evil.example;proto=http'],
      ['X-Original-URL: /evil'],
      ['X-Rewrite-URL: /evil'],
      ['X-Forwarded-Prefix: /evil'],
      ['X-Forwarded-Port: 666'],
      ['Host: evil.example'],
      ['Origin: https://evil.example', 'Referer: https://evil.example/']
    ]
    for (const lines of spoofed) {
      t.equal(
        await visit('/wechat/login?redirect=/x', [`Host: ${site}`, ...lines]),
        clean,
        `${lines.join(', ')} with trustProxy ${trustProxy}`
      )
    }
    t.equal(await visit(`https://${site}/wechat/login?redirect=/x`, [`Host: ${site}`]), clean, 'absolute form')
    for (const target of [
      'https://evil.example', 'http://evil.example', 'https://a@evil.example', 'https://evil.example:443'
    ]) {
      t.equal(
        await visit(`${target}/wechat/login?redirect=/x`, [`Host: ${site}`]),
        clean,
        `${target}, beside our own Host: the line's host is not looked at`
      )
      t.equal(
        await visit(`${target}/wechat/login?redirect=/x&hop=1`, ['Host: evil.example']),
        clean,
        `${target}, beside its own: to WeChat with our callback`
      )
    }
    const otherHosts = [
      ['Host: evil.example'],
      ['Host: a@evil.example'],
      ['Host: evil.example/../?'],
      ['Host: evil.example:443'],
      [`Host: ${site}`, 'X-Forwarded-Host: evil.example'],
      [`Host: ${site}`, 'X-Forwarded-Host: a@evil.example, x', 'X-Forwarded-Proto: http'],
      ['Host: '],
      [`Host: ${site}.`],
      [`Host: ${site}`, 'Host: evil.example'],
      ['Host: evil.example', `Host: ${site}`]
    ]
    for (const lines of otherHosts) {
      const seen = await visit('/wechat/login?redirect=/x', lines)
      t.notMatch(seen, /evil|http:/, lines.join(', '))
      t.ok(
        seen === clean ||
          /^302\nlocation: https:\/\/app\.example\.com\/wechat\/login\?redirect=%2Fx&via=qr&hop=1$/i.test(seen) ||
          seen === '400',
        seen
      )
      t.ok(
        [clean, '400'].includes(await visit('/wechat/login?redirect=/x&hop=1', lines)),
        'and from there to WeChat as ever'
      )
      t.notMatch(await visit('/account', [...lines, 'Accept: text/html']), /evil/)
    }
  }
})

test('T39: nor the iframe of an embedded QR code', async t => {
  for (const trustProxy of [false, true]) {
    const host = await startHost(t, { fastify: { trustProxy } })
    const embed = async (headers: Record<string, string>): Promise<[status: number, body: string]> => {
      const { status, body } = await host.browser().fetch(`${host.origin}/wechat/embed?redirect=/x`, { headers })
      return [status, body.replace(/[0-9a-f]{32}/g, 'state')]
    }
    const clean = await embed({})
    t.match(clean[1], encodeURIComponent(`https://${site}/wechat/qr?redirect=%2Fx`))
    for (const headers of [
      { 'x-forwarded-host': 'evil.example' },
      { 'x-forwarded-proto': 'http' },
      { forwarded: 'host=evil.example' },
      { 'x-forwarded-host': 'a@evil.example', referer: `https://${site}/x` },
      { host: 'evil.example' },
      { host: 'evil.example', referer: 'https://evil.example/' }
    ]) {
      const seen = await embed(headers)
      t.ok(seen[1] === clean[1] || (seen[0] === 400 && !seen[1].includes('evil')), JSON.stringify(headers))
    }
  }
})

test('T39: an Origin that only equals a spoofed host is still refused where Sec-Fetch-Site tells', async t => {
  const host = await startHost(t, { fastify: { trustProxy: true } })
  const browser = host.browser()
  await logIn(host, browser)
  const evil = { origin: 'https://evil.example', 'x-forwarded-host': 'evil.example', 'sec-fetch-site': 'cross-site' }
  t.equal((await browser.post(`${host.origin}/wechat/logout`, {}, evil)).status, 403)
  t.ok(await isLoggedIn(host, browser))
})

test('T39: a callback URL that is not a plain absolute one is refused at boot', async t => {
  const bad = [
    '/wechat/qr', 'app.example.com/wechat/qr', '//app.example.com/wechat/qr', 'https://app.example.com./wechat/qr',
    'ftp://app.example.com/wechat/qr', 'https://user:pass@app.example.com/wechat/qr',
    'https://app.example.com/wechat/qr#x', 'https://app.example.com/wechat/qr?code=x',
    'https://app.example.com/wechat/qr?redirect=/x', 'https:///wechat/qr', 'javascript:alert(1)', '', 7, null
  ]
  for (const callbackUrl of bad) {
    const boot = startHost(t, {
      options: wechat => ({ qr: { ...wechat.options.qr, callbackUrl: callbackUrl as string } })
    })
    await t.rejects(boot, { code: 'FST_WECHAT_INVALID_OPTIONS', message: /callbackUrl/ }, String(callbackUrl))
  }
})

test('T40: the target is checked again when the login ends, however it was changed on its way', async t => {
  const host = await startHost(t)
  for (const evil of [
    'https://evil.example/', '//evil.example', '/\\evil.example', '/..//evil.example', 'javascript:alert(1)',
    '/wechat/login'
  ]) {
    const browser = host.browser()
    const callback = new URL(await beginLogin(host, browser, { redirect: '/account' }))
    callback.searchParams.set('redirect', evil)
    t.equal((await browser.get(callback.href)).location, `${host.origin}/`, evil)
  }
  const browser = host.browser()
  const callback = await beginLogin(host, browser, { redirect: '/account' })
  t.equal((await browser.get(`${callback}&redirect=https://evil.example`)).location, `${host.origin}/`, 'twice')
})

test('T40: the attempt cookie does not grow with the target, and a target of two thousand characters arrives', async t => {
  const host = await startHost(t)
  const browser = host.browser()
  const redirect = `/${'密'.repeat(220)}`
  const { callback } = await begin(host, browser, { redirect })
  t.ok([...browser.jar(site)].every(([name, value]) => name.length + value.length < 120))
  t.equal((await browser.get(callback)).location, host.origin + encodeURI(redirect))
  t.equal(
    (await logIn(host, host.browser(), { redirect: `/${'密'.repeat(700)}` })).location,
    `${host.origin}/`,
    'a longer one is not taken'
  )
  t.equal(exchanges(host), 2)
})

test('T38: a request that breaks HTTP itself is refused and does not stop the host', async t => {
  const host = await startHost(t)
  for (const text of [
    'GET /wechat/login?redirect=/\0 HTTP/1.1\r\nHost: x\r\n\r\n',
    `GET /wechat/login HTTP/1.1\r\nHost: ${site}\r\nCookie: a\0b\r\n\r\n`,
    'POST /wechat/logout HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'
  ]) {
    t.equal((await sendRaw(host.address, text)).status, 400)
  }
  t.equal((await logIn(host, host.browser())).status, 303)
})
