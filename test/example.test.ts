// The example as its reader runs it: a process of its own, a browser in front of it, the simulator's control behind it
// and its database beside it. Never loaded into this process: it runs on the built package, whose lines are not those
// that the coverage counts.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import Database from 'libsql'
import { type Test, test } from 'tap'
import { startWechatSimulator } from '../src/simulator'
import { agents, type Answer, Browser } from './fixture/browser'
import { reportMissing } from './fixture/missing'
import { freePort } from './fixture/ports'
import { findProgram } from './fixture/machines'
import { accounts, origin, sessionSecret } from './fixture/settings'

const root = join(__dirname, '..')
const variables = [
  'WECHAT_ONECLICK_APPID', 'WECHAT_ONECLICK_SECRET', 'WECHAT_QR_APPID', 'WECHAT_QR_SECRET', 'PUBLIC_URL', 'HOST',
  'PORT', 'TRUST_PROXY', 'SESSION_SECRET', 'DATABASE', 'LOG_LEVEL', 'SIMULATOR_PORT', 'REDIS_URL', 'PROCESSES'
]
const official = { WECHAT_ONECLICK_APPID: accounts.oneclick.appid, WECHAT_ONECLICK_SECRET: accounts.oneclick.secret }
const website = { WECHAT_QR_APPID: accounts.qr.appid, WECHAT_QR_SECRET: accounts.qr.secret }
const real = { ...official, ...website, PUBLIC_URL: origin, SESSION_SECRET: sessionSecret }

type Env = Record<string, string>

/** This process's environment without tap's coverage, and without what a developer has set for the example. */
function environment (env: Env): NodeJS.ProcessEnv {
  return {
    ...process.env,
    _TAPJS_PROCESSINFO_COVERAGE_: '0',
    NODE_ENV: '',
    ...Object.fromEntries(variables.map(name => [name, ''])),
    ...env
  }
}

interface Run { child: ChildProcess, output: () => string, ended: Promise<unknown> }

function run (t: Test, env: Env, command: readonly string[], cwd: string): Run {
  // A group of its own, so that npm, its shell and the example end together.
  const child = spawn(
    command[0]!,
    command.slice(1),
    { cwd, env: environment(env), detached: true, stdio: ['ignore', 'pipe', 'pipe'] }
  )
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', text => { output += text })
  const ended = once(child, 'close')
  t.teardown(async () => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, 'SIGTERM')
    await ended
  })
  return { child, output: () => output, ended }
}

/** Those of any simulator whose apps have no other: they are made from the kind of app. */
async function simulatedSecrets (): Promise<string[]> {
  const { options, close } = await startWechatSimulator()
  await close()
  return [options.oneclick.secret, options.qr.secret]
}

interface Example extends Run {
  /** As it is printed. */
  origin: string
  simulator: string
  browser: (userAgent?: string) => Browser
  control: (method: 'GET' | 'POST' | 'PUT', path: string, body?: object) => Promise<any>
  /** What stands in the database: number, unionid and appids of each user. */
  users: () => Array<{ id: number, nickname: string, unionid: string | null, appids: string }>
}

const direct = [process.execPath, join(root, 'example/start.mjs')]

async function startExample (t: Test, env: Env = {}, command = direct, folder?: string): Promise<Example> {
  const here = t.testdir()
  const database = join(here, 'example.db')
  const [port, simulatorPort] = [await freePort(), await freePort()]
  const defaults = { PORT: String(port), SIMULATOR_PORT: String(simulatorPort), DATABASE: database, LOG_LEVEL: 'trace' }
  const started = run(t, { ...defaults, ...env }, command, folder ?? here)
  const origin = await printedUrl(started)
  const simulator = `http://localhost:${simulatorPort}`
  const browsers: Browser[] = []
  const secrets = [sessionSecret, official.WECHAT_ONECLICK_SECRET, website.WECHAT_QR_SECRET]
  const control: Example['control'] = async (method, path, body) => {
    const reply = await fetch(`${simulator}/simulator/${path}`, {
      method,
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })
    })
    return reply.json()
  }
  if (env.WECHAT_QR_APPID === undefined) secrets.push(...await simulatedSecrets())
  t.teardown(() => {
    const leaked = [...secrets, ...browsers.flatMap(browser => [...browser.secrets])].filter(secret =>
      started.output().includes(secret))
    if (leaked.length > 0) throw new Error(`the example of "${t.name}" prints what it must not: ${leaked.join(', ')}`)
  })
  return {
    ...started,
    origin,
    simulator,
    control,
    browser (userAgent) {
      const browser = new Browser({ [new URL(origin).host]: `http://localhost:${port}` }, userAgent)
      browsers.push(browser)
      return browser
    },
    users () {
      const file = new Database(database)
      const rows = file.prepare('SELECT id, nickname, unionid, group_concat(appid) ' +
        'AS appids FROM users LEFT JOIN identities ON user_id = id GROUP BY id ORDER BY id').all()
      file.close()
      return rows as ReturnType<Example['users']>
    }
  }
}

function printedUrl ({ child, output }: Run): Promise<string> {
  return new Promise((resolve, reject) => {
    child.stdout!.on('data', () => {
      const url = /^ {4}(https?:\/\/\S+)$/m.exec(output())?.[1]
      if (url !== undefined) resolve(url)
    })
    child.once('close', () => { reject(new Error(`the example ended: ${output()}`)) })
  })
}

/** A whole login; the visitor's side of it is played by the simulator. */
async function logIn ({ origin, control }: Example, browser: Browser, via: 'oneclick' | 'qr', user: string) {
  browser.userAgent = via === 'oneclick' ? agents.wechat : agents.desktop
  const { location: url } = await browser.get(`${origin}/wechat/login`)
  const { callbackUrl } = await control('POST', 'approve', { url, user })
  return browser.get(callbackUrl)
}

test('npm start prints an address, and from there both ways lead to one account', async t => {
  const example = await startExample(t, {}, ['npm', 'start'], root)
  t.equal(example.origin, new URL(example.origin).origin)
  t.match(example.output(), /请在电脑的浏览器中打开.*Open it in a desktop browser/)
  t.match(example.output(), `${example.simulator} `)
  const desktop = example.browser()
  const home = await desktop.get(example.origin)
  const login = new URL(/class="button" href="([^"]*)"/.exec(home.body)![1]!, example.origin).href
  const page = await desktop.follow(login)
  t.match(page.url, `${example.simulator}/connect/qrconnect?`)
  const uuid = /connect\/confirm\?uuid=(\w+)/.exec(page.body)![1]!
  const phone = example.browser()
  t.match((await phone.get(`${example.simulator}/connect/confirm?uuid=${uuid}`)).body, 'sunny')
  await phone.visit(`${example.simulator}/connect/confirm?uuid=${uuid}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'simulator_user=sunny&answer=confirm'
  })
  const poll = await desktop.fetch(`${example.simulator}/connect/l/qrconnect?uuid=${uuid}&f=json`)
  const asked = new URL(page.url).searchParams
  const account =
    await desktop.follow(`${asked.get('redirect_uri')}?code=${poll.json().wx_code}&state=${asked.get('state')}`)
  t.equal(account.url, `${example.origin}/account`)
  t.match(account.body, 'Sunny Day')

  const consent = await desktop.follow(`${example.origin}/wechat/login?via=oneclick`)
  t.match(
    consent.url,
    `${example.simulator}/connect/oauth2/authorize?`,
    'a desktop browser may try the way inside WeChat'
  )
  const allowed = await desktop.follow(`${consent.url.replace(/#.*/, '')}&simulator_user=sunny&simulator_answer=allow`)
  t.equal(allowed.url, `${example.origin}/account`)
  t.match(allowed.body, /QR code<\/dd><dd>One tap inside WeChat/)
  const [user, ...others] = example.users()
  t.strictSame(others, [])
  t.equal(user?.nickname, 'Sunny Day ☀️')
  t.equal(user?.appids.split(',').length, 2)
})

test('a person is one user, whatever WeChat tells and when', async t => {
  const example = await startExample(t)
  const apps: Array<{ appid: string }> = await example.control('GET', 'apps')
  const [officialApp, websiteApp] = apps.map(app => app.appid) as [string, string]
  const bind = async (appid: string, platform: string | null) => {
    await example.control('PUT', `apps/${appid}/platform`, { platform })
  }
  const numberOf = async (browser: Browser): Promise<number | undefined> =>
    (await browser.fetch(`${example.origin}/api/profile`)).json().id

  await t.test('who comes by both ways', async t => {
    const browser = example.browser()
    for (const via of ['oneclick', 'qr', 'oneclick'] as const) {
      t.equal((await logIn(example, browser, via, 'qinghe')).location, `${example.origin}/account`)
    }
    t.match(example.users(), [{ id: 1, nickname: '青禾🌱', unionid: /^o/ }])
    t.strictSame(example.users()[0]?.appids.split(',').sort(), [officialApp, websiteApp].sort())
  })

  await t.test('who had no unionid at first', async t => {
    const browser = example.browser()
    await bind(officialApp, null)
    await logIn(example, browser, 'oneclick', 'sunny')
    t.match(example.users()[1], { id: 2, unionid: null, appids: officialApp })
    await bind(officialApp, 'platform')
    await logIn(example, browser, 'oneclick', 'sunny')
    t.match(example.users(), [{ id: 1 }, { id: 2, unionid: /^o/, appids: officialApp }])
    await logIn(example, browser, 'qr', 'sunny')
    t.equal(await numberOf(browser), 2)
  })

  await t.test('whose unionid goes away and changes', async t => {
    const browser = example.browser()
    await bind(officialApp, null)
    await logIn(example, browser, 'oneclick', 'sunny')
    t.equal(await numberOf(browser), 2)
    t.match(example.users()[1], { unionid: /^o/ }, 'what WeChat once told is kept')
    const before = example.users()[1]?.unionid
    await bind(officialApp, 'another')
    await logIn(example, browser, 'oneclick', 'sunny')
    t.equal(await numberOf(browser), 2)
    t.not(example.users()[1]?.unionid, before)
    await bind(officialApp, 'platform')
  })

  await t.test('who was two users until WeChat knew better', async t => {
    const [first, second] = [example.browser(), example.browser()]
    await bind(officialApp, null)
    await logIn(example, first, 'oneclick', 'tricky')
    await logIn(example, second, 'qr', 'tricky')
    t.match(example.users().slice(2), [
      { id: 3, unionid: null, appids: officialApp },
      { id: 4, unionid: /^o/, appids: websiteApp }
    ])
    const unionid = example.users()[3]?.unionid
    await bind(officialApp, 'platform')
    const third = example.browser()
    await logIn(example, third, 'oneclick', 'tricky')
    t.match(example.users().slice(2), [{ id: 3, unionid }])
    t.strictSame(
      example.users()[2]?.appids.split(',').sort(),
      [officialApp, websiteApp].sort(),
      'the older user has both identities'
    )
    t.equal(await numberOf(first), 3, 'the older one goes on')
    t.equal((await second.fetch(`${example.origin}/api/profile`)).status, 401, 'the younger one is logged out')
    await logIn(example, second, 'qr', 'tricky')
    t.equal(await numberOf(second), 3, 'and is the older one from now on')
    await logIn(example, example.browser(), 'qr', 'follower')
    t.match(example.users().slice(3), [{ id: 5 }], 'the number of the one who is gone is not given away')
  })
})

test('the pages and the guarded routes', async t => {
  const example = await startExample(t)
  const { origin } = example
  const browser = example.browser()

  await t.test('ask a stranger to log in, and come back', async t => {
    t.match((await browser.get(origin)).body, 'href="/wechat/login"')
    t.equal((await browser.get(`${origin}/account`)).location, `${origin}/wechat/login?redirect=%2Faccount`)
    const refused = await browser.fetch(`${origin}/api/profile`)
    t.equal(refused.status, 401)
    t.match(refused.json(), { code: 'FST_WECHAT_UNAUTHENTICATED', loginUrl: '/wechat/login' })
  })

  await t.test('show a person, escaped, and only what they may', async t => {
    await logIn(example, browser, 'qr', 'tricky')
    for (const path of ['', '/account']) {
      const { body, headers } = await browser.get(origin + path)
      t.match(body, '“引号” &#60;b&#62;&#34;&#38;&#39;\\/&#60;/b&#62; 👨‍👩‍👧')
      t.match(
        body,
        `<img class="avatar ${path === '' ? 'small' : 'large'}" src="${example.simulator}/mmopen/vi_32/tricky/132" ` +
          'alt=""'
      )
      t.equal(headers['cache-control'], 'no-store')
    }
    t.strictSame(
      Object.keys((await browser.fetch(`${origin}/api/profile`)).json()).sort(),
      ['avatar', 'id', 'nickname']
    )
    t.strictSame(
      (await browser.fetch(`${origin}/wechat/me`)).json().user,
      (await browser.fetch(`${origin}/api/profile`)).json()
    )
    await logIn(example, browser, 'oneclick', 'blank')
    t.match(
      (await browser.get(`${origin}/account`)).body,
      /src="\/icon\.svg" alt="" width="96" height="96"> <span>WeChat user/
    )
  })

  await t.test('speak the language of the browser', async t => {
    for (const [language, lang, words] of [
      ['zh-CN,zh;q=0.9,en;q=0.8', 'zh-CN', '用微信登录'],
      ['en-US,en;q=0.9,zh;q=0.5', 'en', 'no password'],
      ['fr', 'en', 'no password']
    ] as const) {
      const { body, headers } = await browser.get(origin, { 'accept-language': language })
      t.match(body, `<html lang="${lang}">`)
      t.match(body, words)
      t.equal(headers.vary, 'accept-language')
    }
  })

  await t.test('log out by a form, also where a browser says nothing but its origin', async t => {
    t.match((await browser.get(`${origin}/account`)).body, '<form method="post" action="/wechat/logout">')
    t.equal((await browser.get(`${origin}/account`)).headers['referrer-policy'], 'same-origin')
    const form = { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html', origin }
    const out = await browser.visit(`${origin}/wechat/logout`, { method: 'POST', headers: form, body: 'redirect=%2F' })
    t.equal(out.status, 303)
    t.equal(out.location, `${origin}/`)
    t.equal((await browser.fetch(`${origin}/api/profile`)).status, 401)
  })

  await t.test('carry a strict policy that lets WeChat in', async t => {
    const { headers, body } = await browser.get(origin)
    t.equal(
      headers['content-security-policy'],
      "default-src 'none';base-uri 'none';style-src 'self';script-src 'self';connect-src 'self';" +
        `img-src 'self' ${example.simulator};frame-src 'self' ${example.simulator};frame-ancestors ` +
        '\'self\';form-action \'self\''
    )
    t.notMatch(body, /<script|<style|style=|javascript:/)
    for (const [path, type] of [['style.css', 'text/css; charset=utf-8'], ['icon.svg', 'image/svg+xml']]) {
      t.equal((await browser.get(`${origin}/${path}`)).headers['content-type'], type)
    }
  })

  await t.test('know what they are not', async t => {
    const page = await browser.get(`${origin}/nothing?code=0123456789abcdef0123`)
    t.equal(page.status, 404)
    t.match(page.body, 'There is no such page')
    t.strictSame(
      (await browser.fetch(`${origin}/nothing`)).json(),
      { statusCode: 404, error: 'Not Found', message: 'There is nothing here' }
    )
  })
})

test('a phone on the same network is sent to addresses that it can open', async t => {
  const port = await freePort()
  const example =
    await startExample(t, { PORT: String(port), PUBLIC_URL: `http://192.168.1.20:${port}`, HOST: '0.0.0.0' })
  t.equal(example.origin, `http://192.168.1.20:${port}`)
  const onNetwork = example.simulator.replace('localhost', '192.168.1.20')
  const phone = new Browser(
    { [`192.168.1.20:${port}`]: `http://localhost:${port}`, [new URL(onNetwork).host]: example.simulator },
    agents.wechat
  )
  const consent = await phone.follow(`${example.origin}/wechat/login`)
  t.match(consent.url, `${onNetwork}/connect/oauth2/authorize?`)
  const account = await phone.follow(`${consent.url.replace(/#.*/, '')}&simulator_answer=allow`)
  t.equal(account.url, `${example.origin}/account`)
  t.match(account.body, `src="${onNetwork}/mmopen/`)
  t.match(account.headers['content-security-policy'], `img-src 'self' ${onNetwork};`)
  t.notMatch(account.headers, { 'strict-transport-security': /./ })
  t.match((await phone.fetch(`${example.origin}/wechat/login`)).json().authorizeUrl, onNetwork)
  const form = { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html', origin: example.origin }
  t.equal(
    (await phone.visit(`${example.origin}/wechat/logout`, { method: 'POST', headers: form, body: '' })).status,
    303
  )
})

test('with accounts of WeChat the same program sends its visitors to WeChat itself', async t => {
  const example = await startExample(t, real)
  t.equal(example.origin, 'https://app.example.com')
  t.notMatch(example.output(), /simulat|模拟/)
  const behindProxy = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.7' }
  for (const [agent, url] of [
    [agents.desktop,
      'https://open.weixin.qq.com/connect/qrconnect?appid=wxfedcba9876543210' +
        '&redirect_uri=https%3A%2F%2Fapp.example.com%2Fwechat%2Fqr&'],
    [agents.wechat,
      'https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx0123456789abcdef' +
        '&redirect_uri=https%3A%2F%2Fapp.example.com%2Fwechat%2Foneclick&']
  ] as const) {
    const browser = example.browser(agent)
    const start = await browser.get(`${example.origin}/wechat/login`, behindProxy)
    t.match(start.location, url)
    t.match(start.setCookies, [/^__Host-wechat-.*; Secure/])
  }
  const browser = example.browser()
  t.equal(
    (await browser.get(`${example.origin}/wechat/login?via=oneclick`, behindProxy)).status,
    400,
    'no browser passes for WeChat\'s own'
  )
  const home = await browser.get(example.origin, behindProxy)
  t.notMatch(home.body, /simulat/)
  t.match(
    home.headers['content-security-policy'],
    "img-src 'self' https://thirdwx.qlogo.cn https://wx.qlogo.cn;frame-src 'self' https://open.weixin.qq.com;"
  )
  t.match(example.output(), '"remoteAddress":"203.0.113.7"', 'a proxy on this machine is believed')
})

test('one account of WeChat is enough', async t => {
  const example = await startExample(t, { ...real, WECHAT_ONECLICK_APPID: '', WECHAT_ONECLICK_SECRET: '' })
  const home = await example.browser().get(example.origin)
  t.match(home.body, 'At a computer')
  t.notMatch(home.body, 'Inside WeChat')
  t.match(
    (await example.browser(agents.wechat).get(`${example.origin}/wechat/login`)).body,
    'Open this page on a computer'
  )
})

test('npm run start:cluster: a login goes over several processes, outlives one of them, and all end together', async t => {
  const { REDIS_URL = '' } = process.env
  if (REDIS_URL === '' && findProgram('redis-server', 'valkey-server') === undefined) {
    return reportMissing(t, 'example/cluster, which needs a Redis: apt-get install redis-server, or set REDIS_URL')
  }
  const example = await startExample(t, { PROCESSES: '3', REDIS_URL }, ['npm', 'run', 'start:cluster'], root)
  t.match(example.output(), /进程 {2}Processes: 3/)
  const { origin, control } = example
  const browser = example.browser()
  // A connection of its own for each request, and so the next process.
  const get = (url: string) => browser.get(url, { connection: 'close' })
  const processOf = ({ headers }: Answer): number => Number(headers['x-process'])
  const start = await get(`${origin}/wechat/login`)
  const { callbackUrl } = await control('POST', 'approve', { url: start.location, user: 'sunny' })
  const back = await get(callbackUrl)
  const account = await get(back.location)
  t.match(account.body, 'Sunny Day')
  const processes = new Set([start, back, account].map(processOf))
  t.equal(processes.size, 3, 'begun at one, finished at another, read at a third')

  const [first] = processes
  process.kill(first!, 'SIGTERM')
  const seen = new Set<number>()
  const statuses = new Set<number>()
  // Until another one has taken its place.
  while (seen.size < 3) {
    const answer = await get(`${origin}/account`)
    statuses.add(answer.status)
    if (processOf(answer) !== first) seen.add(processOf(answer))
  }
  t.strictSame([...statuses], [200])

  process.kill(-example.child.pid!, 'SIGTERM')
  await example.ended
  for (const pid of seen) t.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
})

test('without a Redis the cluster says how to get one', async t => {
  const { output, ended } = run(t, { PATH: t.testdir() }, [...direct, 'cluster'], t.testdir())
  t.strictSame(await ended, [1, null])
  t.match(output().trim(), /^REDIS_URL: missing, and there is no redis-server .*\. See \.env\.example\.$/)
})

test('a Redis of its own that does not start is told with its reason; one whose port is taken is started at another', async t => {
  const folder = t.testdir({
    bin: {
      'redis-server': `#!/bin/sh
echo "$2" >> "$PORTS"
if [ $(wc -l < "$PORTS") -lt 3 ]; then echo 'Warning: bind: Address already in use'; else echo 'no memory is left'; fi
exit 1
`
    }
  })
  chmodSync(join(folder, 'bin/redis-server'), 0o755)
  const { output, ended } = run(
    t,
    { PATH: `${join(folder, 'bin')}:/usr/bin:/bin`, PORTS: join(folder, 'ports') },
    [...direct, 'cluster'],
    folder
  )
  t.strictSame(await ended, [1, null])
  t.equal(
    output().trim(),
    'REDIS_URL: missing, and the redis-server that was started instead ended at once: no memory is left'
  )
  const ports = readFileSync(join(folder, 'ports'), 'utf8').trim().split('\n')
  t.equal(new Set(ports).size, 3)
})

test('a wrong setting is named, and no secret is repeated', async t => {
  const secret = '0123456789abcdef0123456789abcde!'
  const cases: Array<[string, Env]> = [
    ['PORT: a whole number from 1 to 65535, not "http"', { PORT: 'http' }],
    ['PORT: a whole number from 1 to 65535, not "65536"', { PORT: '65536' }],
    ['PORT: a whole number from 1 to 65535, not "0"', { PORT: '0' }],
    ['SIMULATOR_PORT: a whole number from 1 to 65535, not "65536"', { PORT: '65535' }],
    ['SIMULATOR_PORT: a whole number from 1 to 65535, not "1.5"', { SIMULATOR_PORT: '1.5' }],
    ['PUBLIC_URL: an address without a path, such as https://app.example.com, not "app.example.com"',
      { PUBLIC_URL: 'app.example.com' }],
    ['PUBLIC_URL: an address without a path, such as https://app.example.com, not "https://app.example.com/app"',
      { PUBLIC_URL: 'https://app.example.com/app' }],
    ['PUBLIC_URL: an address without a path, such as https://app.example.com, not "https://"',
      { PUBLIC_URL: 'https://' }],
    ['PUBLIC_URL: missing; write the address that your visitors open, such as https://app.example.com',
      { ...real, PUBLIC_URL: '' }],
    ['PUBLIC_URL: WeChat takes no address with a port (error 10003), so not "https://app.example.com:8443"',
      { ...real, PUBLIC_URL: 'https://app.example.com:8443' }],
    ['SESSION_SECRET: missing; `openssl rand -hex 32` makes one', { ...real, SESSION_SECRET: '' }],
    ['SESSION_SECRET: at least 32 bytes; `openssl rand -hex 32` makes one', { SESSION_SECRET: secret.slice(1) }],
    ['WECHAT_ONECLICK_SECRET: missing, though WECHAT_ONECLICK_APPID is set', { ...real, WECHAT_ONECLICK_SECRET: '' }],
    ['WECHAT_QR_APPID: missing, though WECHAT_QR_SECRET is set',
      { ...real, WECHAT_QR_APPID: '', WECHAT_QR_SECRET: secret }],
    ["WECHAT_QR_APPID: an appid is wx and 16 hexadecimal digits, as WeChat's console shows it",
      { ...real, WECHAT_QR_APPID: secret }],
    ['TRUST_PROXY: true, false, or the proxies\' addresses such as 10.0.0.0/8,loopback, not "1"', { TRUST_PROXY: '1' }],
    ['TRUST_PROXY: true, false, or the proxies\' addresses such as 10.0.0.0/8,loopback, not "10.0.0.0/33"',
      { TRUST_PROXY: 'loopback,10.0.0.0/33' }],
    ['LOG_LEVEL: one of fatal, error, warn, info, debug, trace, silent, not "loud"', { LOG_LEVEL: 'loud' }],
    [
      'WECHAT_ONECLICK_APPID and WECHAT_QR_APPID: neither is set, and NODE_ENV is production; ' +
        'the simulator lets anyone in as anyone',
      { NODE_ENV: 'production' }
    ]
  ]
  const script = "const { readConfig } = require('./example/build/config.js'); " +
    'const env = JSON.parse(process.argv[1]); console.log(JSON.stringify(env.map(env => { try { return ' +
    'readConfig(env) } catch (error) { return error.message } })))'
  const read = (t: Test, envs: Env[]) => {
    const { stdout } = spawnSync(
      process.execPath,
      ['-e', script, JSON.stringify(envs)],
      { cwd: root, env: environment({}), encoding: 'utf8' }
    )
    t.notOk(stdout.includes(secret.slice(1)), 'no secret is repeated')
    return JSON.parse(stdout)
  }

  await t.test('the wrong ones', async t => {
    t.strictSame(read(t, cases.map(([, env]) => env)), cases.map(([message]) => `${message}. See .env.example.`))
  })

  await t.test('the right ones', async t => {
    t.match(read(t, [
      {},
      { PORT: '8080', HOST: '::1' },
      { HOST: '10.1.2.3', PUBLIC_URL: 'http://dev.example:3000/' },
      { TRUST_PROXY: 'true' },
      { TRUST_PROXY: 'false', PUBLIC_URL: 'https://app.example.com' },
      { TRUST_PROXY: '10.0.0.0/8, ::1,uniquelocal' },
      { PUBLIC_URL: 'https://app.example.com' }
    ]), [
      {
        host: 'localhost',
        port: 3000,
        simulatorPort: 3001,
        publicUrl: 'http://localhost:3000',
        database: 'example.db',
        trustProxy: false,
        logLevel: 'info'
      },
      { port: 8080, simulatorPort: 8081, publicUrl: 'http://[::1]:8080' },
      { publicUrl: 'http://dev.example:3000' },
      {
        trustProxy: true
      }, { trustProxy: false }, { trustProxy: '10.0.0.0/8, ::1,uniquelocal' }, { trustProxy: 'loopback' }
    ])
    t.match(read(t, [{ HOST: '0.0.0.0' }])[0].publicUrl, /^http:\/\/(?:\d+(?:\.\d+){3}|localhost):3000$/)
  })

  await t.test('the program ends with the message alone', async t => {
    const other = createServer().listen(0, 'localhost')
    t.teardown(() => other.close())
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const folder = t.testdir()
    for (const [message, env] of [
      ['LOG_LEVEL: one of', { LOG_LEVEL: 'loud' }],
      ['DATABASE: "/nowhere/example.db" cannot be opened as a SQLite file', { DATABASE: '/nowhere/example.db' }],
      [`PORT or SIMULATOR_PORT: port ${port} is in use by another program; choose another one.`,
        { PORT: String(port), SIMULATOR_PORT: String(await freePort()) }],
      ['option qr.appid', { ...real, WECHAT_QR_APPID: official.WECHAT_ONECLICK_APPID }]
    ] as Array<[string, Env]>) {
      const { output, ended } =
        run(t, { DATABASE: join(folder, 'example.db'), LOG_LEVEL: 'silent', ...env }, direct, folder)
      t.match(await ended, [1])
      t.match(output(), message)
      t.equal(output().trim().split('\n').length, 1, 'and no stack')
    }
    const cluster =
      run(t, { REDIS_URL: 'redis://localhost', SIMULATOR_PORT: String(port) }, [...direct, 'cluster'], folder)
    t.match(await cluster.ended, [1])
    t.equal(
      cluster.output().trim(),
      `PORT or SIMULATOR_PORT: port ${port} is in use by another program; choose another one.`
    )
  })
})

test('.env.example tells of every setting, and of nothing else', async t => {
  const described =
    [...readFileSync(join(root, '.env.example'), 'utf8').matchAll(/^#?([A-Z_]+)=/gm)].map(match => match[1]!)
  t.strictSame(described.sort(), [...variables].sort())
  const config = readFileSync(join(root, 'example/config.ts'), 'utf8')
  t.strictSame([
    ...new Set([...config.matchAll(/\benv\.([A-Z_]+)|readPort\(env, '([A-Z_]+)'/g)].map(match => match[1] ?? match[2]!))
  ].sort(), [...variables, 'NODE_ENV'].sort())
})
