// A login in a browser that cannot do it, phones above all: what to do instead, on a page and in JSON.

import { test } from 'tap'
import { agents } from '../fixture/browser'
import { userAgents } from '../fixture/data'
import { type Host, startHost } from '../fixture/host'
import { origin, sessionSecret } from '../fixture/settings'
import type { WechatPage } from '../../src/types'

const phones: Record<string, string> = {
  'iPhone Safari': 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) ' +
    'Version/17.5 Mobile/15E148 Safari/604.1',
  'iPod touch': 'Mozilla/5.0 (iPod touch; CPU iPhone OS 12_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) ' +
    'Version/12.1 Mobile/15E148 Safari/604.1',
  'Chrome on Android':
    'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36',
  UC: 'Mozilla/5.0 (Linux; U; Android 12; zh-CN; M2012K11AC Build/SKQ1.211006.001) AppleWebKit/537.36 (KHTML, ' +
    'like Gecko) Version/4.0 Chrome/100.0.4896.58 UCBrowser/15.5.2.1202 Mobile Safari/537.36',
  QQ: 'Mozilla/5.0 (Linux; U; Android 8.1.0; zh-cn; OE106 Build/OPM1.171019.026) AppleWebKit/537.36 (KHTML, ' +
    'like Gecko) Version/4.0 Chrome/66.0.3359.126 MQQBrowser/10.3 Mobile Safari/537.36',
  HarmonyOS: 'Mozilla/5.0 (Phone; OpenHarmony 5.0)AppleWebKit/537.36 (KHTML, ' +
    'like Gecko)Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1 Mobile HuaweiBrowser/5.0.3.351',
  'HarmonyOS without the word Mobile': 'Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko) ' +
    'Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1'
}
const computers: Record<string, string> = {
  iPad: 'Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) ' +
    'Version/16.6 Mobile/15E148 Safari/604.1',
  'iPad as it says today': 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) ' +
    'Version/17.5 Safari/605.1.15',
  'Android tablet':
    'Mozilla/5.0 (Linux; Android 13; SM-X900) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  'Firefox on a tablet': 'Mozilla/5.0 (Android 13; Tablet; rv:128.0) Gecko/128.0 Firefox/128.0',
  'HarmonyOS tablet': 'Mozilla/5.0 (Tablet; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko) ' +
    'Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1 Mobile',
  Windows: agents.desktop
}
const phone = phones['iPhone Safari']!
const english = { 'accept-language': 'en' }
const target = '/orders'
const query = `?redirect=${encodeURIComponent(target)}`

const alone = (via: 'oneclick' | 'qr') => (wechat: Host['wechat']) => ({
  [via]: wechat.control.pluginOptions(wechat.url)[via], [via === 'qr' ? 'oneclick' : 'qr']: undefined
})

/** What the default page of a refusal has on it. */
function partsOf (body: string) {
  return {
    title: /<h1>([^<]*)</.exec(body)?.[1],
    address: /<code>([^<]*)</.exec(body)?.[1],
    link: /<a href="([^"]*)"/.exec(body)?.[1]?.replaceAll('&#38;', '&'),
    hasCode: body.includes('<svg'),
    canCopy: /<button type="button" hidden[^>]*>/.test(body)
  }
}

test('a phone is told from a tablet and a computer, by its header or its name', async t => {
  const host = await startHost(t)
  const statusOf = async (userAgent: string, headers = {}): Promise<number> =>
    (await host.browser(userAgent).get(`${origin}/wechat/login`, headers)).status
  for (const [name, agent] of Object.entries(phones)) t.equal(await statusOf(agent), 400, name)
  for (const [name, agent] of Object.entries(computers)) t.equal(await statusOf(agent), 302, name)
  t.equal(await statusOf(agents.desktop, { 'sec-ch-ua-mobile': '?1' }), 400)
  t.equal(await statusOf(agents.desktop, { 'sec-ch-ua-mobile': '?0' }), 302)
  for (const { userAgent, is, kind } of userAgents) {
    t.equal(
      await statusOf(userAgent, { 'sec-ch-ua-mobile': '?0' }),
      is === 'wechat' || !/ios|android|mobile/.test(kind) ? 302 : 400,
      kind
    )
  }
})

test('a phone gets the address to open in WeChat, and a QR code only where it asks for one', async t => {
  const host = await startHost(t)
  const browser = host.browser(phone)
  const answer = await browser.get(`${origin}/wechat/login${query}`, english)
  t.equal(answer.status, 400)
  t.strictSame(partsOf(answer.body), {
    title: 'Open this page in WeChat',
    address: `${origin}${target}`,
    link: '/wechat/login?redirect=%2Forders&via=qr',
    hasCode: false,
    canCopy: true
  })
  t.strictSame(answer.setCookies, [], 'nothing has begun')
  const begun = await browser.get(`${origin}${partsOf(answer.body).link}`)
  t.equal(begun.status, 302)
  t.match(begun.location, '/connect/qrconnect?')
})

test('the two accounts alone: the page says what works with what there is', async t => {
  const oneclick = await startHost(t, { options: alone('oneclick') })
  t.strictSame(partsOf((await oneclick.browser(phone).get(`${origin}/wechat/login${query}`, english)).body), {
    title: 'Open this page in WeChat', address: `${origin}${target}`, link: undefined, hasCode: false, canCopy: true
  })
  t.strictSame(partsOf((await oneclick.browser().get(`${origin}/wechat/login${query}`, english)).body), {
    title: 'Open this page in WeChat', address: `${origin}${target}`, link: undefined, hasCode: true, canCopy: true
  }, 'a computer shows it to the phone')
  const qr = await startHost(t, { options: alone('qr') })
  t.strictSame(partsOf((await qr.browser(phone).get(`${origin}/wechat/login${query}`, english)).body), {
    title: 'Open this page on a computer',
    address: `${origin}${target}`,
    link: '/wechat/login?redirect=%2Forders&via=qr',
    hasCode: false,
    canCopy: true
  })
  const inside = await qr.browser(agents.wechat).get(`${origin}/wechat/login${query}`, { 'accept-language': 'zh-CN' })
  t.strictSame(partsOf(inside.body), {
    title: '请在电脑上打开', address: `${origin}${target}`, link: undefined, hasCode: false, canCopy: true
  })
  t.match(inside.body, '请在电脑的浏览器里打开本网站，再用手机微信扫码登录。')
})

test('a script is told the same in JSON, by the login and by the embedded QR code', async t => {
  const host = await startHost(t)
  const browser = host.browser(phone)
  for (const path of ['/wechat/login', '/wechat/embed']) {
    const answer = await browser.fetch(`${origin}${path}${query}`)
    t.equal(answer.status, 400)
    t.strictSame(answer.json(), {
      statusCode: 400,
      code: 'FST_WECHAT_WRONG_BROWSER',
      error: 'Bad Request',
      message: 'This way to log in does not work in this browser',
      hint: {
        en: 'Copy the address, send it to File Transfer (文件传输助手) in WeChat, and tap it there.',
        zh: '复制网址，发给微信「文件传输助手」，再点开。'
      },
      choices: { openIn: 'wechat', address: `${origin}${target}`, loginUrl: '/wechat/login?redirect=%2Forders&via=qr' }
    })
    t.strictSame(answer.setCookies, [])
  }
  t.match((await browser.fetch(`${origin}/wechat/login?via=qr`)).json(), { via: 'qr' })
})

test('the address is the callback\'s origin and the checked target, never what the request or its visitor brought', async t => {
  const host = await startHost(t, { options: { redirect: { origins: ['https://shop.example.com'] } } })
  const browser = host.browser(phone)
  browser.hosts['evil.example'] = host.address
  const addressFor = async (redirect: string, at = origin): Promise<string> =>
    (await browser.fetch(`${at}/wechat/login?redirect=${encodeURIComponent(redirect)}`)).json().choices.address
  t.equal(await addressFor('/a', 'https://evil.example'), `${origin}/a`)
  t.equal(await addressFor('//evil.example'), `${origin}/`)
  t.equal(await addressFor('https://shop.example.com/cart'), 'https://shop.example.com/cart')
  for (const hidden of ['/a?token=1', '/a#token', 'https://shop.example.com/cart?x=1', `/${'a'.repeat(400)}`]) {
    t.equal(await addressFor(hidden), `${origin}/wechat/login`, hidden.slice(0, 40))
  }
  t.equal(await addressFor('/订单'), `${origin}/%E8%AE%A2%E5%8D%95`)
})

test('an app of a function is asked for its origin, and a tenant that has no app is sent nowhere', async t => {
  const host = await startHost(t, {
    options: wechat => {
      const { oneclick, qr } = wechat.control.pluginOptions(wechat.url)
      return {
        oneclick: ({ query }) => 'none' in Object(query) ? undefined : oneclick,
        qr: ({ query }) => 'noqr' in Object(query) || 'none' in Object(query) ? undefined : qr
      }
    }
  })
  const browser = host.browser(phone)
  t.strictSame((await browser.fetch(`${origin}/wechat/login${query}`)).json().choices, {
    openIn: 'wechat', address: `${origin}${target}`, loginUrl: '/wechat/login?redirect=%2Forders&via=qr'
  })
  t.strictSame(
    (await browser.fetch(`${origin}/wechat/login?noqr`)).json().choices,
    { openIn: 'wechat', address: `${origin}/` }
  )
  t.equal((await browser.fetch(`${origin}/wechat/login?none`)).json().code, 'FST_WECHAT_INVALID_REQUEST')
})

test('isPhoneBrowser of the host decides, after the test for WeChat', async t => {
  const asked: unknown[] = []
  const host = await startHost(t, {
    options: {
      isPhoneBrowser: request => {
        asked.push(request.headers['x-phone'])
        return request.headers['x-phone'] === 'yes'
      }
    }
  })
  const login = `${origin}/wechat/login`
  t.equal((await host.browser(phone).get(login)).status, 302)
  t.equal((await host.browser().get(login, { 'x-phone': 'yes' })).status, 400)
  asked.length = 0
  t.match((await host.browser(agents.wechat).get(login, { 'x-phone': 'yes' })).location, '/connect/oauth2/authorize?')
  t.strictSame(asked, [])
})

test('without a login route the host sends its own visitor on, and the error says where the login works', async t => {
  const choices: unknown[] = []
  const host = await startHost(t, {
    options: { routes: { login: false } },
    routes: app => {
      app.get('/start', async (request, reply) => {
        try {
          return await app.wechatLogin.authorizeUrl(request, reply, { redirect: '/a?x=1' })
        } catch (error) {
          choices.push((error as { choices: unknown }).choices)
          throw error
        }
      })
    }
  })
  t.equal((await host.browser(phone).fetch(`${origin}/start`)).status, 400)
  t.strictSame(choices, [{ openIn: 'wechat', address: `${origin}/` }])
})

test('renderPage of the host gets the address, and on a computer a QR code of it', async t => {
  const pages: WechatPage[] = []
  const host = await startHost(t, {
    options: wechat => ({
      ...alone('oneclick')(wechat),
      renderPage: page => { pages.push(page); return 'mine' },
      session: { secret: sessionSecret }
    })
  })
  await host.browser(phone).get(`${origin}/wechat/login${query}`)
  await host.browser().get(`${origin}/wechat/login${query}`)
  t.match(pages, [
    { address: `${origin}${target}` },
    { address: `${origin}${target}`, qrCode: /^<svg [^>]*role="img"/ }
  ])
  t.notOk('qrCode' in pages[0]!)
})
