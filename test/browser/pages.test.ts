// Every small page that we send, as a visitor sees it: in both languages, light and dark, on a narrow phone, to a
// screen reader, and with junk in whatever it takes.

import type { Page } from 'playwright-core'
import type { Test } from 'tap'
import { findFaults } from '../fixture/axe'
import { agents } from '../fixture/browser'
import { app, browserTest, htmlPage, shoot, type Sites, type SitesOptions, weixin } from '../fixture/sites'

const desktop = { viewport: { width: 1280, height: 720 } }
const narrow = { viewport: { width: 320, height: 568 } }
const inWechat = { ...narrow, userAgent: agents.wechat }
const onPhone = {
  ...narrow,
  userAgent:
    'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Mobile Safari/537.36'
}

interface Shown {
  page: Page
  /** Asks one of our routes by script, from a page of the host's. */
  ask: (path: string) => Promise<any>
  sites: Sites
}

/** How a visitor comes to see each page. */
const ways: Record<
  string,
  { look?: object, titles: [zh: string, en: string, zhHant: string], open: (shown: Shown) => Promise<unknown> }
> = {
  refused: { titles: ['登录未完成', 'You are not logged in', '登入未完成'], open: ({ page }) => page.goto(`${app}/wechat/qr`) },
  lost: {
    titles: ['登录已过期', 'Please log in again', '登入已過期'],
    open: ({ page }) => page.goto(`${app}/wechat/qr?code=a&state=b&redirect=/account`)
  },
  'open-in-wechat': {
    titles: ['请在微信中打开', 'Open this page in WeChat', '請在微信中打開'],
    open: ({ page }) => page.goto(`${app}/wechat/login?via=oneclick`)
  },
  phone: {
    look: onPhone,
    titles: ['请在微信中打开', 'Open this page in WeChat', '請在微信中打開'],
    open: ({ page }) => page.goto(`${app}/wechat/login?redirect=/orders`)
  },
  'open-on-computer': {
    look: inWechat,
    titles: ['请在电脑上打开', 'Open this page on a computer', '請在電腦上打開'],
    open: ({ page }) => page.goto(`${app}/wechat/login?via=qr`)
  },
  snapshot: {
    look: inWechat,
    titles: ['请点“使用完整服务”', 'Tap 使用完整服务 (use full service)', '請點「使用完整服務」'],
    open: async ({ page, ask, sites }) =>
      page.goto(sites.wechat.control.approve((await ask('/wechat/login')).authorizeUrl, { snapshot: true }))
  },
  busy: {
    titles: ['微信暂时没有回应', 'WeChat is not answering', '微信暫時沒有回應'],
    open: async ({ page, ask, sites }) => {
      sites.wechat.control.fault({ endpoint: 'access_token', kind: 'rate-limit' })
      return page.goto(sites.wechat.control.approve((await ask('/wechat/login')).authorizeUrl))
    }
  },
  failed: {
    titles: ['登录没有成功', 'The login did not work', '登入沒有成功'],
    open: async ({ page, ask, sites }) => {
      sites.wechat.control.fault({ endpoint: 'access_token', kind: 'errcode', errcode: 40125 })
      return page.goto(sites.wechat.control.approve((await ask('/wechat/login')).authorizeUrl))
    }
  },
  'signed-out': {
    titles: ['您已退出登录', 'You are signed out', '您已登出'],
    open: async ({ page }) => {
      await page.evaluate("fetch('/wechat/logout', { method: 'POST' })")
      return page.goto(`${app}/account`)
    }
  },
  'embedded-expired': {
    titles: ['登录已过期', 'Please log in again', '登入已過期'],
    open: ({ page }) => page.goto(`${app}/wechat/qr?code=a&state=b&embedded=1`)
  },
  'embedded-done': {
    titles: ['登录成功', 'You are logged in', '登入成功'],
    open: async ({ page, ask, sites }) => {
      // At the top of a window it would go on by itself; nothing of that kind happens inside the iframe that it is for.
      const callback =
        sites.wechat.control.approve((await ask('/wechat/embed?self_redirect=true&redirect=/framed')).src)
      await page.goto(`${app}/framing?${new URLSearchParams({ callback })}`)
      await page.frameLocator('iframe').getByRole('link').waitFor()
    }
  },
  bounce: {
    titles: ['正在登录…', 'Logging in…', '正在登入…'],
    open: async ({ page, ask, sites }) => {
      const callback = sites.wechat.control.approve((await ask('/wechat/embed?self_redirect=true')).src)
      await page.context().clearCookies()
      await stayOnBounce(page)
      return page.goto(callback)
    }
  }
}

/** What is answered with 204 leaves the browser where it is: the bounce page stays to be looked at. */
const stayOnBounce = (page: Page): Promise<unknown> =>
  page.route(/[?&]bounced=1(&|$)/, route => route.fulfill({ status: 204 }))

const options: SitesOptions = {
  pages: { '/': htmlPage('Home'), '/framed': htmlPage('Framed') },
  routes: host => {
    host.get('/framing', async (request, reply) =>
      reply.type('text/html').send('<!doctype html><html lang="en"><title>Framing</title><style>body { margin: ' +
        '0 } iframe { border: 0; width: 100%; height: 30rem }</style><main><h1>Framing</h1><iframe title="QR" ' +
        `src="${(request.query as { callback: string }).callback.replaceAll('&', '&amp;')}"></iframe></main>`))
  }
}

const ask = (page: Page) => (path: string): Promise<any> =>
  page.evaluate(`fetch('${path}', { headers: { accept: 'application/json' } }).then(answer => answer.json())`)

for (const [name, { look = {}, titles, open }] of Object.entries(ways)) {
  browserTest(`the page "${name}" can be read, by anybody`, options, async (t, sites) => {
    for (const [locale, title] of [['zh-CN', titles[0]], ['en-GB', titles[1]], ['zh-TW', titles[2]]] as const) {
      const page = await sites.page({ ...desktop, ...look, locale })
      const shouted: string[] = []
      page.on('console', message => { if (!/status of [45]\d\d/.test(message.text())) shouted.push(message.text()) })
      await page.goto(`${app}/`)
      await open({ page, ask: ask(page), sites })
      const frame = page.frames().at(-1)!
      t.equal(await frame.getByRole('heading', { level: 1 }).innerText(), title)
      t.equal(await frame.evaluate('document.documentElement.lang'), locale.replace('-GB', '').replace('TW', 'Hant'))
      t.ok(await frame.getByRole('link').count() <= 1, 'one way on at most')
      for (const colorScheme of ['light', 'dark'] as const) {
        t.strictSame(await findFaults(page, colorScheme), [], `${locale}, ${colorScheme}`)
        await shoot(page, `${name}-${locale}-${colorScheme}`)
      }
      await page.setViewportSize(narrow.viewport)
      t.ok(await frame.evaluate('document.documentElement.scrollWidth') as number <= 320, 'holds at 320 pixels')
      await shoot(page, `${name}-${locale}-320`)
      if (await frame.getByRole('link').count() === 1) {
        for (let stop = await frame.getByRole('button').count(); stop >= 0; stop--) await page.keyboard.press('Tab')
        t.equal(
          await frame.evaluate('document.activeElement.tagName'),
          'A',
          'the first key press reaches it, or the one after the button'
        )
      }
      t.strictSame(shouted, [], 'nothing is blocked, nothing fails')
    }
  })
}

const junk = [
  '"><script>window.hit=1</script><!--',
  "'><img src=x onerror=window.hit=1> ` onfocus=window.hit=1 autofocus x=`",
  '</title></style></main><svg onload=window.hit=1>&lt;b&gt;\u2028',
  'javascript:window.hit=1'
]
const known = new Set([
  'html[lang]', 'head', 'meta[charset]', 'meta[name,content]', 'meta[http-equiv,content]', 'title', 'style', 'body',
  'main', 'h1', 'p', 'a[href]', 'a[href,target]', 'script[data-outcome]', 'code',
  'button[type,hidden,aria-live,data-copied]', 'button[type,aria-live,data-copied]', 'script',
  'svg[xmlns,viewBox,role,aria-label,shape-rendering]', 'path[fill,d]', 'path[d]'
])

/**
 * Of the parsed page: each element with the names of its attributes, where its links go, and what a script of the
 * junk's would leave.
 */
const look = `({
  isPage: document.contentType.includes('html'),
  elements: [...document.querySelectorAll('*')].map(({ localName, attributes }) => localName + (attributes.length ? '[' + [...attributes].map(({ name }) => name) + ']' : '')),
  links: [...document.links].map(({ href }) => href),
  hit: window.hit
})`

interface Looked { isPage: boolean, elements: string[], links: string[], hit?: unknown }

browserTest('the address is copied by a button, and can be copied without scripts', {
  ...options,
  options: { qr: undefined }
}, async (t, sites) => {
  const context =
    await sites.visitor({ ...onPhone, locale: 'zh-CN', permissions: ['clipboard-read', 'clipboard-write'] })
  const page = await context.newPage()
  await page.goto(`${app}/wechat/login?redirect=/orders`)
  await page.getByRole('button', { name: '复制网址' }).click()
  await page.getByRole('button', { name: '已复制' }).waitFor()
  t.equal(await page.evaluate('navigator.clipboard.readText()'), `${app}/orders`)
  const still = await sites.page({ ...onPhone, locale: 'zh-CN', javaScriptEnabled: false })
  await still.goto(`${app}/wechat/login?redirect=/orders`)
  t.equal(await still.getByRole('button').count(), 0, 'no button that could do nothing')
  t.equal(
    await page.evaluate("getComputedStyle(document.querySelector('code')).userSelect"),
    'all',
    'one tap selects all of it'
  )
})

browserTest('junk in every parameter of every page leaves no foreign element or attribute', options, async (
  t,
  sites
) => {
  const page = await sites.page()
  await stayOnBounce(page)
  await page.goto(`${app}/`)
  await page.evaluate("fetch('/wechat/logout', { method: 'POST' })")
  const state = 'f'.repeat(32)
  let looked = 0
  const names = [
    'code', 'state', 'redirect', 'embedded', 'bounced', 'restarted', 'hop', 'via', 'self_redirect', 'style', 'href',
    'lang', 'v', 'appid', 'openid'
  ]
  for (const path of [
    '/wechat/qr', '/wechat/oneclick', '/wechat/login', '/wechat/embed', '/wechat/me', '/wechat/client.js', '/account'
  ]) {
    for (const text of junk) {
      const value = encodeURIComponent(text)
      const queries = [
        names.map(name => `${name}=${value}`).join('&'),
        `via=oneclick&redirect=${value}&hop=${value}`,
        `code=A1&state=${state}&embedded=${value}&redirect=${value}&x=${value}`,
        `code=${value}&state=${state}&embedded=1`,
        `${value}=${value}`
      ]
      for (const query of queries) {
        const left =
          await page.goto(`${app}${path}?${query}`, { waitUntil: 'domcontentloaded' }).then(() => true, () => false)
        if (!left || !page.url().startsWith(app)) continue
        const { isPage, elements, links, hit } = await page.evaluate(look) as Looked
        if (!isPage) continue
        looked++
        const foreign = elements.filter(element => !known.has(element))
        if (foreign.length > 0) t.fail(`${path}?${query}: ${foreign.join(' ')}`)
        for (const link of links) {
          if (!link.startsWith(`${app}/wechat/login`)) t.fail(`${path}?${query}: a link to ${link}`)
        }
        if (hit !== undefined) t.fail(`${path}?${query}: a script ran`)
      }
    }
  }
  t.ok(looked > 50, `${looked} pages`)
})

browserTest("the simulator's screens can be read, by anybody", {
  ...options,
  simulator: { pollHold: 200 }
}, async (t, sites) => {
  await checkScreens(t, sites)
})

async function checkScreens (t: Test, sites: Sites): Promise<void> {
  const screens: Record<string, { look?: object, open: (page: Page) => Promise<unknown> }> = {
    home: { open: page => page.goto(`${weixin}/simulator`) },
    qr: { open: page => page.goto(`${app}/account`) },
    'qr-scanned': {
      open: async page => {
        await page.goto(`${app}/account`)
        sites.wechat.control.scan(sites.wechat.control.qrs().at(-1)!.uuid)
        await page.getByText('扫描成功').waitFor()
      }
    },
    phone: {
      open: async page => {
        await page.goto(`${app}/account`)
        await page.goto(`${weixin}/connect/confirm?uuid=${sites.wechat.control.qrs().at(-1)!.uuid}`)
      }
    },
    consent: { look: { userAgent: agents.wechat }, open: page => page.goto(`${app}/account`) },
    'not-wechat': { open: page => page.goto(`${weixin}/connect/oauth2/authorize?appid=x`) },
    'page-error': { open: page => page.goto(`${weixin}/connect/qrconnect?appid=wx0000000000000000`) }
  }
  for (const [name, { look = {}, open }] of Object.entries(screens)) {
    const page = await sites.page({ ...desktop, ...look })
    await page.goto(`${app}/`)
    await open(page)
    for (const colorScheme of ['light', 'dark'] as const) {
      t.strictSame(await findFaults(page, colorScheme), [], `${name}, ${colorScheme}`)
      await shoot(page, `simulator-${name}-${colorScheme}`)
    }
    await page.setViewportSize(narrow.viewport)
    t.ok(await page.evaluate('document.documentElement.scrollWidth') as number <= 320, `${name} holds at 320 pixels`)
    await shoot(page, `simulator-${name}-320`)
  }
}
