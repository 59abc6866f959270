// The example's two pages with scripts in them, in a real browser: over plain http on localhost, behind the policy of
// @fastify/helmet.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { type Test, test } from 'tap'
import { findFaults } from '../fixture/axe'
import { findVisitors } from '../fixture/chromium'
import { freePort } from '../fixture/ports'
import { shoot } from '../fixture/sites'

const root = join(__dirname, '../..')

interface Example {
  origin: string
  /** Confirms the code on show. */
  confirm: (user: string) => Promise<unknown>
}

async function startExample (t: Test): Promise<Example> {
  const [port, simulatorPort] = [await freePort(), await freePort()]
  const env = {
    ...process.env,
    _TAPJS_PROCESSINFO_COVERAGE_: '0',
    PORT: String(port),
    SIMULATOR_PORT: String(simulatorPort),
    DATABASE: join(t.testdir(), 'example.db'),
    LOG_LEVEL: 'silent'
  }
  const child = spawn(
    process.execPath,
    [join(root, 'example/start.mjs')],
    { cwd: t.testdir(), env, stdio: ['ignore', 'pipe', 'inherit'] }
  )
  t.teardown(async () => {
    child.kill()
    await once(child, 'close')
  })
  let output = ''
  await new Promise<void>(resolve =>
    child.stdout.on('data', text => { if (/^ {4}http/m.test(output += String(text))) resolve() }))
  const control = async (method: string, path: string, body?: object): Promise<any> => {
    const reply = await fetch(`http://localhost:${simulatorPort}/simulator/${path}`, {
      method,
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })
    })
    return reply.json()
  }
  return {
    origin: `http://localhost:${port}`,
    confirm: async user => control('POST', `qr/${(await control('GET', 'qr')).at(-1).uuid}/confirm`, { user })
  }
}

function exampleTest (
  name: string, run: (t: Test, page: Page, example: Example) => Promise<void>, locale = 'zh-CN'
): void {
  test(name, async t => {
    // Teardowns run in reverse: the visitor goes first, and its open connections do not hold up the example.
    const example = await startExample(t)
    const visitor = await findVisitors(t)
    if (visitor === null) return
    const page = await (await visitor({ locale })).newPage()
    const shouted: string[] = []
    page.on('console', message => {
      if (message.type() === 'error' && !/status of 40[14]|ERR_INTERNET_DISCONNECTED/.test(message.text())) {
        shouted.push(message.text())
      }
    })
    await run(t, page, example)
    t.strictSame(shouted, [], 'nothing is blocked, nothing fails')
  })
}

async function look (t: Test, page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    t.strictSame(await findFaults(page, colorScheme, 'iframe'), [], `${name}, ${colorScheme}`)
    await shoot(page, `example-${name}-${colorScheme}`)
  }
  await page.setViewportSize({ width: 320, height: 568 })
  t.ok(await page.evaluate('document.documentElement.scrollWidth') as number <= 320, 'holds at 320 pixels')
  await shoot(page, `example-${name}-320`)
  await page.setViewportSize({ width: 1280, height: 720 })
}

exampleTest('a QR code inside a page, both ways', async (t, page, { origin, confirm }) => {
  await page.goto(origin)
  await look(t, page, 'home')
  await page.getByRole('link', { name: '页面里的二维码' }).click()
  await page.getByText('请用微信扫描二维码').waitFor()
  await look(t, page, 'embedded')
  await confirm('sunny')
  await page.getByText('页面没有离开').waitFor()
  t.equal(page.url(), `${origin}/embedded`)
  await look(t, page, 'embedded-done')
  await page.getByText('整个页面跳到').click()
  await page.getByText('请用微信扫描二维码').waitFor()
  await confirm('qinghe')
  await page.waitForURL(`${origin}/account`)
  t.match(await page.getByRole('heading').innerText(), '青禾')
  await look(t, page, 'account')
  await page.getByRole('link', { name: '返回首页' }).click()
  await page.getByText('欢迎回来').waitFor()
  await look(t, page, 'home-user')
})

exampleTest('every page in English', async (t, page, { origin, confirm }) => {
  for (const [name, path, words] of [
    ['home', '/', 'WeChat'],
    ['embedded', '/embedded', 'Scan the code with WeChat.'],
    ['app', '/app', 'You are not logged in'],
    ['not-found', '/nowhere', 'Back to the start']
  ] as const) {
    await page.goto(origin + path)
    await page.getByText(words).first().waitFor()
    await look(t, page, `${name}-en`)
  }
  await page.goto(`${origin}/account`, { waitUntil: 'commit' })
  await page.waitForURL('**/connect/qrconnect?**', { waitUntil: 'commit' })
  await confirm('qinghe')
  await page.waitForURL(`${origin}/account`)
  await look(t, page, 'account-en')
}, 'en-US')

exampleTest('a single-page app: log in, come back with what was written, log out in another tab', async (t, page, {
  origin,
  confirm
}) => {
  await page.goto(`${origin}/app`)
  await page.getByLabel('随便写点什么').fill('买牛奶 & eggs')
  await look(t, page, 'app')
  await page.getByRole('button', { name: '微信登录' }).click()
  await page.waitForURL('**/connect/qrconnect?**', { waitUntil: 'commit' })
  await confirm('sunny')
  await page.getByText('您好，Sunny Day').waitFor()
  t.equal(await page.getByLabel('随便写点什么').inputValue(), '买牛奶 & eggs')
  await look(t, page, 'app-user')
  const other = await page.context().newPage()
  await other.goto(`${origin}/app`)
  await other.getByRole('button', { name: '退出登录' }).click()
  await other.getByText('您还没有登录').waitFor()
  await page.evaluate("dispatchEvent(new Event('visibilitychange'))")
  await page.getByText('您还没有登录').waitFor()
  await page.context().setOffline(true)
  await page.getByRole('button', { name: '微信登录' }).click()
  await page.getByText('网络断开了').waitFor()
  await page.context().setOffline(false)
  await page.getByRole('button', { name: '再试一次' }).click()
  await page.getByText('您还没有登录').waitFor()
})
