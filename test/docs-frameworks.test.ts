// docs/with-other-frameworks.md: each example is written into a folder as it stands, but for its ports, started as its
// readers start it, and logged in to.

import { spawnSync } from 'node:child_process'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { test, type Test } from 'tap'
import ts from 'typescript'
import { agents, Browser } from './fixture/browser'
import { sameOrigin, sessionSecret } from './fixture/settings'
import { freePort } from './fixture/ports'
import { env, run } from './fixture/program'
import { anchorOf, codeIn, readReadme, root, type Section, withoutComments } from './fixture/readme'

const sections = readReadme('docs/with-other-frameworks.md')

function sectionOf (heading: string): Section {
  return sections.find(section => section.heading === heading)!
}

function blockOf (heading: string, language: string): string {
  return sectionOf(heading).blocks.find(block => block.language === language)!.code
}

/** The files that a section names in the first line of a block each, and the one that all share. */
function filesOf (heading: string): Record<string, string> {
  const blocks = [sections[0]!, sectionOf(heading)].flatMap(section => section.blocks)
  return Object.fromEntries(blocks.flatMap(({ code }) => {
    const name = /^(?:\/\/|<!--) ([\w./-]+\.\w+)/.exec(code)?.[1]
    return name === undefined ? [] : [[name, code] as const]
  }))
}

interface Example { files: Record<string, string>, ports: Record<number, number> }

/**
 * With free ports in the place of those that are written down, and a simulated WeChat whose user says yes to
 * everything.
 */
async function prepare (heading: string, written: number[]): Promise<Example> {
  const ports =
    Object.fromEntries(await Promise.all([...written, 4000].map(async port => [port, await freePort()] as const)))
  const files = Object.entries(filesOf(heading)).map(([name, code]) => [name, code
    .replace('port: 4000', "port: 4000, consent: 'qinghe'")
    .replace(/process\.env\.\w+!?/g, `'${sessionSecret}'`)
    .replace(/\b(?:3000|4000|5173)\b/g, port => String(ports[Number(port)]!))] as const)
  return { ports, files: Object.fromEntries(files) }
}

/** A folder of a user's own project, in which this package is installed. */
function createProject (t: Test, files: Record<string, string>): string {
  const tree: Record<string, any> = { 'package.json': '{ "name": "example", "private": true, "type": "module" }' }
  for (const [path, code] of Object.entries(files)) {
    const folders = path.split('/')
    const name = folders.pop()!
    const folder = folders.reduce((parent, child) => (parent[child] ??= {}), tree)
    folder[name] = code
  }
  const project = t.testdir(tree)
  for (const part of ['package.json', 'dist']) {
    cpSync(join(root, part), join(project, 'node_modules/fastify-wechat-login', part), { recursive: true })
  }
  return project
}

/** What must hold of every example, at the origin that its visitor sees. */
async function checkLogin (t: Test, origin: string, path = '/account'): Promise<Browser> {
  const account = origin + path
  const refused = await new Browser({}).fetch(account)
  t.equal(refused.status, 401)
  t.match(refused.json(), { loginUrl: '/wechat/login' })
  const browser = new Browser({}, agents.wechat)
  const page = await browser.follow(`${origin}/wechat/login?redirect=${path}`)
  t.equal(page.url, account, 'the login ends where it began')
  t.equal(page.json().nickname, '青禾🌱')
  t.equal((await browser.fetch(`${origin}/wechat/me`)).json().user.nickname, '青禾🌱')
  t.equal((await browser.post(`${origin}/wechat/logout`, {}, sameOrigin)).status, 204)
  const nobody = await browser.fetch(`${origin}/wechat/me`)
  t.equal(nobody.status, 401)
  t.match(nobody.json(), { loginUrl: '/wechat/login' })
  return browser
}

/** A page of nobody's is sent to the login by its guard, and shown afterwards. */
async function checkPage (t: Test, origin: string): Promise<void> {
  const page = await new Browser({}, agents.wechat).follow(`${origin}/account`)
  t.equal(page.url, `${origin}/account`)
  t.equal(page.json().nickname, '青禾🌱')
}

test('NestJS: its guard sends pages to the login, and its filter keeps loginUrl', async t => {
  const { files: { 'main.ts': main, ...files }, ports } = await prepare('NestJS', [3000])
  const compiled = ts.transpileModule(main!, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      experimentalDecorators: true,
      emitDecoratorMetadata: true
    }
  })
  const folder = createProject(t, { ...files, 'main.js': compiled.outputText })
  await run(t, folder, ['main.js'], /Open http/)
  const origin = `http://localhost:${ports[3000]}`
  await checkLogin(t, origin)
  await checkPage(t, origin)
})

test('fastify-cli: what autoload finds in its folders is a login and a guarded route', async t => {
  const { files, ports } = await prepare('fastify-cli with autoload', [3000])
  const command = blockOf('fastify-cli with autoload', 'sh').trim().replace('3000', String(ports[3000]))
  const [npx, name, ...parameters] = command.split(' ')
  t.strictSame([npx, name], ['npx', 'fastify'])
  await run(t, createProject(t, files), [join(root, 'node_modules/fastify-cli/cli.js'), ...parameters], /listening at/)
  const origin = `http://localhost:${ports[3000]}`
  await checkLogin(t, origin)
  await checkPage(t, origin)
})

test('fastify/demo: the host has a session of its own, and its error handler logs no code and no state', async t => {
  const { files, ports } = await prepare('In the manner of fastify/demo', [3000])
  const { printed, waitFor } = await run(t, createProject(t, files), ['server.js'], /listening at/)
  const origin = `http://localhost:${ports[3000]}`
  const browser = await checkLogin(t, origin)
  await checkPage(t, origin)
  const callback = browser.answers.find(({ url }) => url.includes('code='))!.url
  const refused = await browser.fetch(callback) // the same one again, after the logout
  t.equal(refused.status, 403)
  t.strictSame(Object.keys(refused.json()), ['message'])
  const [logged] = await waitFor(/^.*"url":"\/wechat\/oneclick.*An error has occurred.*$/m)
  t.match(JSON.parse(logged), { request: { method: 'GET', url: '/wechat/oneclick' } })
  t.ok(browser.secrets.size > 3)
  t.strictSame([...browser.secrets].filter(secret => printed().includes(secret)), [])
})

test('Vite: its development server shows one origin, and the login ends there', async t => {
  const { files, ports } = await prepare('Vite', [3000, 5173])
  const project = createProject(t, files)
  await run(t, project, ['server.js'], /Now start Vite/)
  await run(t, project, [join(root, 'node_modules/vite/bin/vite.js')], /ready in/)
  const origin = `http://localhost:${ports[5173]}`
  const browser = await checkLogin(t, origin, '/api/account')
  t.notOk(
    browser.answers.some(({ location }) => location.includes('hop=')),
    'Fastify sees the host that the visitor sees'
  )
  const page = await browser.follow(`${origin}/wechat/login`)
  t.equal(page.url, `${origin}/`)
  t.match(page.body, 'src="/main.ts"')
  const script = await browser.fetch(`${origin}/main.ts`)
  const helper = /from "(\/[^"]+)"/.exec(script.body)![1]!
  t.match((await browser.fetch(origin + helper)).body, 'checkLogin')
})

test('the TypeScript compiles in a strict project', t => {
  const { 'main.ts': nest, 'wechat.js': wechat } = filesOf('NestJS')
  const compilerOptions = {
    ...{
      strict: true,
      noEmit: true,
      allowJs: true,
      skipLibCheck: true,
      target: 'es2022',
      module: 'node16',
      lib: ['es2022', 'dom']
    },
    ...{ types: ['node'], experimentalDecorators: true, emitDecoratorMetadata: true }
  }
  const project = createProject(t, {
    'nest.ts': nest!,
    'wechat.js': wechat!,
    'page.ts': filesOf('Vite')['main.ts']!,
    'tsconfig.json': JSON.stringify({ compilerOptions, files: ['nest.ts', 'page.ts'] })
  })
  const compiler = join(root, 'node_modules/typescript-native/bin/tsc')
  const { stdout, status } =
    spawnSync(process.execPath, [compiler, '-p', project], { cwd: project, env, encoding: 'utf8' })
  t.equal(stdout, '')
  t.equal(status, 0)
  t.end()
})

const numbersIn = (text: string): string[] => text.match(/\d+/g) ?? []

test('the Chinese page shows the same code, and names the same things and numbers', t => {
  const chinese = readReadme('docs/zh-CN/with-other-frameworks.md')
  t.equal(chinese.length, sections.length)
  for (const [index, { heading, level, blocks, prose }] of sections.entries()) {
    const zh = chinese[index]!
    t.equal(zh.level, level, heading)
    t.match(zh.heading, heading === 'NestJS' || heading === 'Vite' ? heading : /\p{Script=Han}/u)
    t.strictSame(zh.blocks.map(withoutComments), blocks.map(withoutComments), heading)
    t.strictSame(codeIn(zh.prose).sort(), codeIn(prose).sort(), heading)
    t.strictSame(numbersIn(zh.prose), numbersIn(prose), heading)
  }
  t.end()
})

test('every link of both pages to a README leads to a section there', t => {
  for (const [file, readme] of [
    ['docs/with-other-frameworks.md', 'README.md'],
    ['docs/zh-CN/with-other-frameworks.md', 'README.zh-CN.md']
  ] as const) {
    const links = [
      ...readReadme(file).map(({ prose }) => prose).join('').matchAll(/\]\((?:\.\.\/)+(README[\w.-]*)#([^)]+)\)/g)
    ]
    const anchors = readReadme(readme).map(({ heading }) => anchorOf(heading))
    t.equal(links.length, 2)
    for (const [, name, anchor] of links) t.ok(name === readme && anchors.includes(anchor!), anchor!)
  }
  t.end()
})
