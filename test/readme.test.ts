// What the READMEs show is run, compiled and compared: their programs, their code blocks and every one of their tables.

import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Fastify from 'fastify'
import { test, type Test } from 'tap'
import ts from 'typescript'
import wechatLogin from '../src/index'
import { startWechatSimulator, type WechatSimulator } from '../src/simulator'
import { explainErrcode } from '../src/wechat/errcode-meanings'
import { agents, Browser } from './fixture/browser'
import { startHost } from './fixture/host'
import { logIn } from './fixture/login'
import { reportMissing } from './fixture/missing'
import { sessionSecret } from './fixture/settings'
import { freePort } from './fixture/ports'
import { env, run } from './fixture/program'
import { anchorOf, codeIn, readReadme, root, type Section } from './fixture/readme'
import { findProgram, reachable } from './fixture/machines'

const english = readReadme('README.md')
const account = {
  appid: 'wx0123456789abcdef',
  secret: '0123456789abcdef0123456789abcdef',
  callbackUrl: 'https://app.example.com/wechat/qr'
}

/** The one section of this heading. */
function sectionOf (heading: string): Section {
  const [section, ...others] = english.filter(section => section.heading === heading)
  if (section === undefined || others.length > 0) throw new Error(`the README has not exactly one section "${heading}"`)
  return section
}

function blocks (language: string, sections = english): string[] {
  return sections.flatMap(section => section.blocks).filter(block => block.language === language).map(block =>
    block.code)
}

/** The one block that begins with this comment or has this text in it. */
function blockWith (text: string): string {
  const [found, ...others] = english.flatMap(section => section.blocks).filter(({ code }) => code.includes(text))
  if (found === undefined || others.length > 0) throw new Error(`not exactly one block has "${text}"`)
  return found.code
}

/**
 * A host in a process of its own, and WeChat's side in this one. `begin`: lines before the plugin, `end`: lines after
 * it.
 */
async function startProgram (t: Test, { files, nodeOptions = [], begin = '', end = '' }: {
  files: Record<string, string>
  nodeOptions?: string[]
  begin?: string
  end?: string
}) {
  const port = await freePort()
  const origin = `http://localhost:${port}`
  const wechat = await startWechatSimulator({ callbackOrigin: origin, consent: 'qinghe' })
  t.teardown(() => wechat.close())
  const folder = t.testdir({
    ...files,
    'server.mjs': `import Fastify from 'fastify'
import wechatLogin from 'fastify-wechat-login'
${begin}
const app = Fastify()
await app.register(wechatLogin, { ...${JSON.stringify(wechat.options)}, session: { secret: '${sessionSecret}' } })
${end}
app.get('/account', { preHandler: app.requireWechatUser }, async request => request.wechatUser)
await app.listen({ port: ${port} })
console.log('It listens')
`
  })
  const { printed } = await run(t, folder, [...nodeOptions, 'server.mjs'], /It listens/)
  return { origin, wechat, printed }
}

/** Everything that a login may not leave behind. */
function secretsOf (wechat: WechatSimulator, browser: Browser): string[] {
  return [sessionSecret, ...wechat.control.apps.map(app => app.secret), ...browser.secrets]
}

test('the first program runs as it stands, but for its ports, and logs in by both ways', async t => {
  const [host, simulator] = [await freePort(), await freePort()]
  const program = blocks('js')[0]!
    .replaceAll('3000', String(host))
    .replace('port: 4000', `port: ${simulator}, callbackOrigin: 'http://localhost:${host}', consent: 'qinghe'`)
  t.ok(program.split('\n').length <= 20, 'it is short')
  const { match } = await run(t, t.testdir({ 'server.mjs': program }), ['server.mjs'], /Open (\S+)/)
  const url = match[1]!
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

test('the doctor says what is shown', t => {
  const [command, shown] = sectionOf('Ask the doctor').blocks.map(({ code }) => code)
  const { stdout, status } = spawnSync(
    command!.replace('npx fastify-wechat-login', 'node dist/bin.js'),
    { shell: true, cwd: root, env: { PATH: process.env.PATH, _TAPJS_PROCESSINFO_COVERAGE_: '0' }, encoding: 'utf8' }
  )
  t.equal(stdout.trim(), shown!.trim())
  t.equal(status, 1)
  t.end()
})

test('the program in CommonJS guards its route', async t => {
  const port = await freePort()
  const program = blockWith('server.cjs')
    .replace(/process\.env\.\w+/g, `'${sessionSecret}'`)
    .replace('{ port: 3000 })', `{ port: ${port} }, () => { console.log('It listens') })`)
  await run(t, t.testdir({ 'server.cjs': program }), ['server.cjs'], /It listens/)
  t.equal((await new Browser({}).fetch(`http://localhost:${port}/account`)).status, 401)
})

test('a port of your own works as it is said', async t => {
  const [host, simulator] = [await freePort(), await freePort()]
  const [told] = codeIn(sectionOf('Try it in one minute').prose).filter(code => code.includes('callbackOrigin'))
  const program = blocks('js')[0]!
    .replace('startWechatSimulator({ port: 4000 })', told!)
    .replaceAll('3000', String(host))
    .replace('3001', String(host))
    .replace('port: 4000', `port: ${simulator}, consent: 'qinghe'`)
  const { match } = await run(t, t.testdir({ 'server.mjs': program }), ['server.mjs'], /Open (\S+)/)
  t.equal((await new Browser({}, agents.wechat).follow(match[1]!)).json().nickname, '青禾🌱')
})

test("the test of a user's own application passes", async t => {
  const folder = t.testdir({ 'login.test.mjs': blockWith('login.test.mjs') })
  const { printed } = await run(t, folder, ['--test', '--test-reporter=tap'], /^# duration_ms/m)
  t.match(printed(), /^# pass 2$/m)
  t.match(printed(), /^# fail 0$/m)
})

test('the metrics count logins, refusals and calls, and hold no secret', async t => {
  const { origin, wechat } = await startProgram(t, {
    files: { 'metrics.mjs': blockWith('metrics.mjs') },
    begin: "import { metrics } from './metrics.mjs'",
    end: 'await app.register(metrics)'
  })
  const browser = new Browser({}, agents.wechat)
  t.equal((await browser.follow(`${origin}/account`)).status, 200)
  wechat.control.fault({ endpoint: 'access_token', kind: 'errcode', errcode: 40125 })
  t.equal((await new Browser({}, agents.wechat).follow(`${origin}/account`)).status, 500)
  const { body } = await browser.fetch(`${origin}/metrics`)
  for (const line of [
    'wechat_logins_started_total{via="oneclick"} 2',
    'wechat_logins_succeeded_total{via="oneclick"} 1',
    'wechat_logins_refused_total{route="oneclick",code="FST_WECHAT_MISCONFIGURED",errcode="40125"} 1',
    'wechat_call_seconds_count{endpoint="/sns/oauth2/access_token",code="OK"} 1',
    'wechat_call_seconds_count{endpoint="/sns/oauth2/access_token",code="FST_WECHAT_MISCONFIGURED"} 1',
    'wechat_call_seconds_count{endpoint="/sns/userinfo",code="OK"} 1'
  ]) t.ok(body.split('\n').includes(line), line)
  t.strictSame(secretsOf(wechat, browser).filter(secret => body.includes(secret)), [])
})

const settings: Record<string, RegExp> = {
  undici: /startSpanHook: .*/,
  http: /\{ redactedQueryParamsServer: .* \}/,
  Fastify: /,\n *requestHook: .*/
}

test('the spans of a login hold no secret, code, state or token with the settings shown, and each of the three is needed', async t => {
  const tracing = blockWith('tracing.mjs')
  const trace = async (program: string): Promise<string[]> => {
    const { origin, wechat, printed } =
      await startProgram(t, { files: { 'tracing.mjs': program }, nodeOptions: ['--import', './tracing.mjs'] })
    const browser = new Browser({}, agents.wechat)
    t.equal((await browser.follow(`${origin}/account`)).status, 200)
    const spans = printed()
    t.match(spans, "'/sns/oauth2/access_token'")
    t.match(spans, "'/wechat/oneclick'")
    return [
      ...secretsOf(wechat, browser).filter(secret => spans.includes(secret)),
      ...spans.match(/access_token=\w+/g) ?? []
    ]
  }
  t.strictSame(await trace(tracing), [])
  for (const [name, setting] of Object.entries(settings)) {
    t.match(tracing, setting)
    t.not((await trace(tracing.replace(setting, ''))).length, 0, `without that of ${name} they do`)
  }
})

test('behind the nginx shown a login works and its log holds no secret, and without its settings it does not', async t => {
  if (findProgram('nginx') === undefined) {
    reportMissing(t, "the README's nginx, which is not installed: apt-get install nginx-light")
    return
  }
  const config = blocks('nginx')[0]!
  const host = await startHost(t, { fastify: { https: null, trustProxy: 'loopback' } as object })
  const longTarget = `/account?page=${'%E5%BE%AE'.repeat(215)}`
  const proxied = async (change: (config: string) => string, target: string) => {
    const { address, log } = await startNginx(t, change(config), new URL(host.address).port)
    const browser = new Browser({ 'app.example.com': address })
    host.browsers.push(browser)
    const begun = await browser.get(`${host.origin}/wechat/login?redirect=${encodeURIComponent(target)}`)
    if (begun.status !== 302 || begun.location.startsWith(host.origin)) return { begun, log }
    return { begun, done: await browser.get(host.wechat.control.approve(begun.location)), browser, log }
  }
  const { done, browser, log } = await proxied(config => config, longTarget)
  t.equal(done?.status, 303)
  t.equal(done?.location, host.origin + longTarget)
  t.equal((await browser!.fetch(`${host.origin}/account`)).json().user.nickname, '青禾🌱')
  await browser!.fetch(`${host.origin}/last`)
  const lines = await log(/GET \/last/)
  t.match(lines, /"GET \/wechat\/qr" 303/)
  t.strictSame([...browser!.secrets].filter(secret => lines.includes(secret)), [])

  const without = (...directives: string[]) => (config: string): string => directives.reduce((rest, directive) => {
    t.ok(rest.includes(directive))
    return rest.replace(directive, '')
  }, config)
  t.equal((await proxied(without('proxy_buffer_size 16k;'), longTarget)).begun.status, 502)
  t.equal((await proxied(without('proxy_set_header X-Forwarded-Proto $scheme;'), '/account')).done?.status, 500)
  t.match(host.rawLog(), 'the session cookie is Secure, but this request came over http')
  const hop = (await proxied(
    without('proxy_set_header Host $host;', 'proxy_set_header X-Forwarded-Host $host;'),
    '/account'
  )).begun
  t.equal(new URL(hop.location).host, 'app.example.com')
  t.match(hop.location, '/wechat/login?redirect=%2Faccount&via=qr&hop=1')
})

async function startNginx (
  t: Test, block: string, hostPort: string
): Promise<{ address: string, log: (until: RegExp) => Promise<string> }> {
  const port = await freePort()
  const folder = join(t.testdirName, `nginx-${port}`)
  mkdirSync(folder, { recursive: true })
  const tls = join(__dirname, 'data/tls')
  const server = block
    .replace('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
    .replace(/\S+\.pem/, `${tls}/cert.pem`).replace(/\S+\.key/, `${tls}/key.pem`)
    .replace(/\/var\/log\/nginx\/\S+/, `${folder}/access.log`)
    .replace('127.0.0.1:3000', `127.0.0.1:${hostPort}`)
  const temporary =
    ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(name => `${name}_temp_path ${folder}/${name};`).join(' ')
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/error.log crit;
events {}
http { ${temporary}
${server}}`
  )
  const parameters = ['-c', join(folder, 'nginx.conf'), '-p', folder]
  const withPath = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` }
  const { status, stderr } = spawnSync('nginx', ['-t', ...parameters], { env: withPath, encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  const child = spawn('nginx', parameters, { stdio: 'ignore', env: withPath })
  const ended = new Promise<void>(resolve => { child.once('exit', () => { resolve() }) })
  t.teardown(async () => {
    child.kill('SIGQUIT')
    await ended
  })
  await reachable(port, child)
  const log = async (until: RegExp): Promise<string> => {
    const text = readFileSync(join(folder, 'access.log'), 'utf8')
    return until.test(text) ? text : new Promise(resolve => { setImmediate(() => { resolve(log(until)) }) })
  }
  return { address: `https://127.0.0.1:${port}`, log }
}

test('the users in PostgreSQL are those that test/flows/users.test.ts runs', t => {
  const fixture = readFileSync(join(__dirname, 'fixture/postgres-users.ts'), 'utf8')
  const bare = (text: string): string => text.replace(/\s+/g, '')
  t.ok(bare(fixture).includes(bare(blocks('sql')[0]!)))
  const shown = /function upsertUser [^]*?\n}\n/.exec(blockWith('function upsertUser'))![0]
  const body = (text: string): string => bare(text.slice(text.indexOf('{\n')))
  t.ok(bare(fixture).includes(body(shown)))
  t.end()
})

// The native one: it is asked once for each block that declares something for all.
const compiler = join(dirname(require.resolve('typescript-native/package.json')), 'bin/tsc')

test('every TypeScript block compiles as a user would compile it, and so does what a diff leads to', t => {
  const given = `import Fastify from 'fastify'
import wechatLogin, { requireWechatUser } from 'fastify-wechat-login'
declare const appid: string, secret: string, users: { upsert: (openid: string, nickname?: string) => Promise<any> }
const app = Fastify()
`
  const diffs = blocks('diff').map(text =>
    given + text.split('\n').filter(line => !line.startsWith('-')).map(line => line.slice(1)).join('\n'))
  t.equal(diffs.length, 3)
  const files = [...blocks('ts'), ...diffs]
  const folder = t.testdir(Object.fromEntries(files.map((text, index) => [`block-${index}.mts`, text])))
  const paths = files.map((_text, index) => join(folder, `block-${index}.mts`))
  // The rest of an application, which registers the plugin.
  const rest = join(folder, 'rest.mts')
  writeFileSync(rest, "import 'fastify-wechat-login'")
  const augmenting = paths.filter((_path, index) => files[index]!.includes('declare module'))
  const plain = paths.filter(path => !augmenting.includes(path))
  for (const group of [[...plain, rest], ...augmenting.map(path => [path, rest])]) {
    const options = '--ignoreConfig --strict --noEmit --skipLibCheck --module nodenext --moduleDetection force --target es2022 --types node'.split(' ')
    const { stdout, stderr } =
      spawnSync(process.execPath, [compiler, ...options, ...group], { cwd: folder, env, encoding: 'utf8' })
    t.equal(stdout + stderr, '')
  }
  t.end()
})

// By name, for who looks for packages that nothing uses.
const resolved: Record<string, string> = {
  '@fastify/otel': require.resolve('@fastify/otel'),
  '@fastify/session': require.resolve('@fastify/session'),
  '@opentelemetry/api': require.resolve('@opentelemetry/api'),
  '@opentelemetry/instrumentation': require.resolve('@opentelemetry/instrumentation'),
  '@opentelemetry/instrumentation-http': require.resolve('@opentelemetry/instrumentation-http'),
  '@opentelemetry/instrumentation-undici': require.resolve('@opentelemetry/instrumentation-undici'),
  '@opentelemetry/sdk-trace-node': require.resolve('@opentelemetry/sdk-trace-node'),
  'prom-client': require.resolve('prom-client')
}

test('every JavaScript block is one, and the packages it imports are there', t => {
  for (const code of blocks('js')) {
    const { diagnostics = [] } = ts.transpileModule(code, { reportDiagnostics: true, fileName: 'block.mjs' })
    t.strictSame(diagnostics.map(({ messageText }) => messageText), [], code.slice(0, 60))
  }
  const packages = blocks('js').flatMap(code => [...code.matchAll(/ from '([^'.][^']*)'/g)].map(([, name]) => name!))
  t.strictSame(
    [...new Set(packages)]
      .filter(name => !(name in resolved) && !name.startsWith('node:') && !name.startsWith('fastify'))
      .sort(),
    ['connect-pg-simple', 'pg']
  )
  t.end()
})

const checkRows = (t: Test, heading: string, expected: string[], columns: number[] = [0], table = 0): void => {
  const shown =
    sectionOf(heading).tables[table]!.map(row => columns.map(column => row[column]!.replaceAll('`', '')).join(' | '))
  t.strictSame(shown.sort(), expected.sort())
}

test('the table of options names them all', async t => {
  const refused = await Fastify()
    .register(wechatLogin, { nothing: 1 } as never)
    .ready()
    .then(() => '', (error: Error) => error.message)
  checkRows(t, 'Options', refused.split('known here are ')[1]!.split(', '))
})

test('the table of errors has every code, its status and its errcodes', t => {
  const byCode = new Map<string, number[]>()
  const codes = new Map<unknown, string>()
  for (let errcode = 40_000; errcode < 70_000; errcode++) {
    const { Refusal } = explainErrcode(errcode)
    const code = codes.get(Refusal) ?? new Refusal().code
    codes.set(Refusal, code)
    if (!byCode.has(code)) byCode.set(code, [])
    byCode.get(code)!.push(errcode)
  }
  byCode.delete('FST_WECHAT_API_ERROR')
  t.equal(new (explainErrcode(-1).Refusal)().code, 'FST_WECHAT_API_ERROR')
  const made = Object.values(wechatLogin.errors).filter(made => made !== wechatLogin.errors.WechatError)
    .map(Made => new (Made as new (text: string) => { code: string, statusCode: number })(''))
  checkRows(t, 'Errors', made.map(({ code, statusCode }) => [
    code,
    code === 'FST_WECHAT_INVALID_OPTIONS' ? 'boot' : statusCode,
    code === 'FST_WECHAT_API_ERROR' ? 'all others, and -1' : byCode.get(code)?.join(', ') ?? ''
  ].join(' | ')), [0, 1, 2])
  t.end()
})

test('the table of routes has every route', async t => {
  const app = Fastify()
  const routes: string[] = []
  // Hidden are those that refuse all other methods.
  app.addHook('onRoute', ({ method, url, schema }) => {
    if (!(schema as { hide?: boolean } | undefined)?.hide) routes.push(`${method} ${url}`)
  })
  await app.register(wechatLogin, {
    qr: account,
    oneclick: { ...account, appid: 'wxfedcba9876543210', callbackUrl: 'https://app.example.com/wechat/oneclick' },
    session: { secret: sessionSecret }
  })
  t.strictSame(sectionOf('Routes').tables[0]!.flatMap(([cell]) => codeIn(cell!)).sort(), routes.sort())
})

test('the table of cookies has every cookie that a login and a logout set', async t => {
  const host = await startHost(t)
  const browser = host.browser()
  await logIn(host, browser)
  await browser.post(`${host.origin}/wechat/logout`, {}, { 'sec-fetch-site': 'same-origin' })
  const seen = browser.answers.flatMap(answer => answer.setCookies).map(line =>
    line.split('=')[0]!.replace(/[0-9a-f]{12}$/, '<12 digits>'))
  checkRows(t, 'Cookies', [...new Set(seen)])
  for (const line of browser.answers.flatMap(answer => answer.setCookies)) {
    for (const attribute of ['HttpOnly', 'Secure', 'SameSite=Lax', 'Path=/']) {
      t.ok(line.split('; ').includes(attribute), `${line.split('=')[0]} has ${attribute}`)
    }
  }
})

test('the table of channels has every event, its fields and its level in the log', t => {
  const path = join(root, 'src/events.ts')
  const program = ts.createProgram(
    [path],
    { strict: true, exactOptionalPropertyTypes: true, noEmit: true, types: [], lib: ['lib.es5.d.ts'] }
  )
  const checker = program.getTypeChecker()
  const source = program.getSourceFile(path)!
  const events = source.statements.find((node): node is ts.InterfaceDeclaration =>
    ts.isInterfaceDeclaration(node) && node.name.text === 'WechatLoginEvents')!
  const expected = checker.getTypeAtLocation(events).getProperties().map(event => {
    const fields = checker.getTypeOfSymbol(event).getProperties().map(field =>
      field.name + (field.flags & ts.SymbolFlags.Optional ? '?' : ''))
    const level = new RegExp(`'${event.name}': \\['(\\w+)'`).exec(source.text)![1]!
    return `${event.name} | ${fields.join(', ')} ` +
      `| ${level}${fields.includes('statusCode') ? ', error from 500 on' : ''}`
  })
  t.ok(expected.length > 7)
  checkRows(t, 'Metrics and traces', expected, [0, 2, 3])
  t.end()
})

test('what the tables say of the simulator and of the browser helper is there', async t => {
  const wechat = await startWechatSimulator()
  t.teardown(() => wechat.close())
  const named =
    sectionOf('Test your application').tables[0]!.flatMap(([cell]) => codeIn(cell!)).map(code => /^\w+/.exec(code)![0])
  t.ok(named.length > 10)
  t.strictSame(named.filter(name => !(name in wechat.control)), [])
  const options = [
    ...readFileSync(join(root, 'src/simulator/types.ts'), 'utf8')
      .matchAll(/^export interface WechatSimulator(?:Server)?Options [^]*?\n}/gm)
  ]
    .flatMap(([text]) => [...text.matchAll(/^ {2}(\w+)\?:/gm)].map(([, name]) => name!))
  t.ok(options.length > 20)
  t.strictSame(sectionOf('Test your application').tables[1]!.flatMap(([cell]) => codeIn(cell!)).sort(), options.sort())
  const helper = readFileSync(join(root, 'src/browser/index.mts'), 'utf8')
  const exported = [...helper.matchAll(/^export (?:async )?function (\w+)/gm)].map(([, name]) => name!)
  t.strictSame(sectionOf('Single-page apps').tables[0]!.map(([cell]) => /\w+/.exec(cell!)![0]).sort(), exported.sort())
  const callbacks = [...readFileSync(join(root, 'src/browser/types.mts'), 'utf8').matchAll(/^ {2}(on\w+)\?:/gm)]
    .map(([, name]) => name!)
  t.strictSame(
    sectionOf('A QR code in your own page').tables[1]!.map(([cell]) => /\w+/.exec(cell!)![0]).sort(),
    callbacks.sort()
  )
})

test('the picture of src has every file and folder of its first level', t => {
  const picture = readReadme('CONTRIBUTING.md').find(({ heading }) => heading === 'How it is built')!.blocks[0]!.code
  for (const name of readdirSync(join(root, 'src'))) t.ok(picture.includes(name), name)
  const named = [...picture.matchAll(/^ {2}(\S+)/gm)].map(([, name]) => name!)
  t.strictSame(named.filter(name => !existsSync(join(root, 'src', name))), [])
  t.end()
})

test('every link leads somewhere, and every command is one', t => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const anchors = new Set(english.map(({ heading }) => anchorOf(heading)))
  for (const { prose, heading } of english) {
    for (const [, target] of prose.matchAll(/\]\(([^)]+)\)/g)) {
      if (target!.startsWith('https:')) continue
      t.ok(
        target!.startsWith('#') ? anchors.has(target!.slice(1)) : existsSync(join(root, target!)),
        `${target} under "${heading}"`
      )
    }
    for (const [, script] of prose.matchAll(/`npm run ([\w:]+)/g)) t.ok(script! in scripts, `npm run ${script}`)
  }
  t.end()
})
