// What the README shows is run, compiled and compared: its programs, its code blocks and every one of its tables.

import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import Fastify from 'fastify'
import { test } from 'tap'
import ts from 'typescript'
import wechatLogin from '../src/index'
import { agents, Browser } from './fixture/browser'
import { freePort, logIn, sessionSecret, startHost } from './fixture/host'

const root = join(__dirname, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const account = { appid: 'wx0123456789abcdef', secret: '0123456789abcdef0123456789abcdef', callbackUrl: 'https://app.example.com/wechat/qr' }

function blocks (language: string): string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(match => match[1]!)
}

/** First column and the whole row of a section's table. */
function rows (heading: string): string[][] {
  const section = readme.split(`\n## ${heading}\n`)[1]!.split('\n## ')[0]!
  return section.split('\n').filter(line => line.startsWith('| ')).slice(2)
    .map(line => line.split(/(?<!\\) \| |^\| | \|$/).filter(cell => cell !== '').map(cell => cell.trim()))
}

const names = (heading: string): string[] => rows(heading).map(row => row[0]!.replaceAll('`', ''))

test('the first program runs as it stands, but for its ports, and logs in by both ways', async t => {
  const [host, simulator] = [await freePort(), await freePort()]
  const program = blocks('js')[0]!.replaceAll('3000', String(host)).replace('port: 4000', `port: ${simulator}, callbackOrigin: 'http://localhost:${host}', consent: 'qinghe'`)
  t.ok(program.split('\n').length <= 20, 'it is short')
  const folder = t.testdir({ 'server.mjs': program })
  const child = spawn(process.execPath, [join(folder, 'server.mjs')], { env: { ...process.env, NODE_OPTIONS: '', _TAPJS_PROCESSINFO_COVERAGE_: '0' } })
  t.teardown(() => child.kill())
  const [line] = await new Promise<string[]>((resolve, reject) => {
    child.stdout.once('data', chunk => { resolve(String(chunk).split('\n')) })
    child.stderr.once('data', chunk => { reject(new Error(String(chunk))) })
  })
  const url = line!.replace('Open ', '')
  const phone = await new Browser({}, agents.wechat).follow(url)
  t.equal(phone.json().nickname, '青禾🌱')
  t.equal(phone.json().via, 'oneclick')
  const desktop = new Browser({})
  const page = await desktop.follow(url)
  t.match(page.body, /connect\/qrcode\//)
  const uuid = /connect\/qrcode\/(\w+)/.exec(page.body)![1]!
  const poll = await desktop.fetch(`http://127.0.0.1:${simulator}/connect/l/qrconnect?uuid=${uuid}&f=json`)
  const { redirect_uri: redirectUri, state } = Object.fromEntries(new URL(page.url).searchParams)
  const done = await desktop.follow(`${redirectUri}&code=${poll.json().wx_code}&state=${state}`)
  t.equal(done.json().via, 'qr')
  t.equal(done.json().unionid, phone.json().unionid)
})

test('every TypeScript block compiles as a user would compile it', async t => {
  const files = blocks('ts')
  t.ok(files.length > 4)
  const folder = t.testdir(Object.fromEntries(files.map((text, index) => [`block-${index}.mts`, text])))
  const paths = files.map((_text, index) => join(folder, `block-${index}.mts`))
  const augmenting = paths.filter((_path, index) => files[index]!.includes('declare module'))
  const plain = paths.filter(path => !augmenting.includes(path))
  for (const group of [plain, ...augmenting.map(path => [path])]) {
    const program = ts.createProgram(group, { strict: true, noEmit: true, skipLibCheck: true, module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, target: ts.ScriptTarget.ES2022, types: ['node'] })
    const problems = ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => `${file?.fileName.split('/').pop()}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`)
    t.strictSame(problems, [])
  }
})

test('the table of options names them all', async t => {
  const app = Fastify()
  const refused = await app.register(wechatLogin, { nothing: 1 } as never).ready().then(() => '', (error: Error) => error.message)
  t.strictSame(names('Options').sort(), refused.split('known here are ')[1]!.split(', ').sort())
})

test('the table of errors has every code and its status', async t => {
  const made = Object.values(wechatLogin.errors).filter(made => made !== wechatLogin.errors.WechatError)
    .map(Made => new (Made as new (text: string) => { code: string, statusCode: number })(''))
  t.strictSame(
    rows('Errors').map(([code, status]) => `${code} ${status}`.replaceAll('`', '')).sort(),
    made.map(({ code, statusCode }) => `${code} ${code === 'FST_WECHAT_INVALID_OPTIONS' ? 'boot' : statusCode}`).sort()
  )
})

test('the table of routes has every route', async t => {
  const app = Fastify()
  const routes: string[] = []
  app.addHook('onRoute', ({ method, url }) => { routes.push(`${method} ${url}`) })
  await app.register(wechatLogin, { qr: account, oneclick: { ...account, appid: 'wxfedcba9876543210', callbackUrl: 'https://app.example.com/wechat/oneclick' }, session: { secret: sessionSecret } })
  t.strictSame(names('Routes').flatMap(cell => cell.split(', ')).sort(), routes.sort())
})

test('the table of cookies has every cookie that a login and a logout set', async t => {
  const host = await startHost(t)
  const browser = host.browser()
  await logIn(host, browser)
  await browser.post(`${host.origin}/wechat/logout`, {}, { 'sec-fetch-site': 'same-origin' })
  const seen = browser.answers.flatMap(answer => answer.setCookies).map(line => line.split('=')[0]!.replace(/[0-9a-f]{12}$/, '<12 digits>'))
  t.strictSame([...new Set(seen)].sort(), names('Cookies').sort())
  for (const line of browser.answers.flatMap(answer => answer.setCookies)) {
    for (const attribute of ['HttpOnly', 'Secure', 'SameSite=Lax', 'Path=/']) t.ok(line.split('; ').includes(attribute), `${line.split('=')[0]} has ${attribute}`)
  }
})
