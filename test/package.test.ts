// The packed tarball, not the tree: what is in it, and what a host that has installed it can do with it. `npm test`
// builds it first.

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, posix, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { build as esbuild } from 'esbuild'
import t from 'tap'
import ts from 'typescript'

const run = promisify(execFile)
const root = resolve(__dirname, '..')
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const expected = JSON.parse(readFileSync(join(__dirname, 'consumer/expected.json'), 'utf8'))
// tap's own loader and coverage come with the environment and have no business in a host.
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) =>
  !/^(NODE_OPTIONS|NODE_V8_COVERAGE|TAP|_TAP.*)$/.test(name)))

t.setTimeout(600_000) // compilers, on machines that are busy with other things

/** A host's folder below the repository, so that the peers are found in the repository's own node_modules. */
const host = t.testdir({ 'package.json': '{ "name": "consumer", "private": true }' })
let packed: Packed

interface Packed { filename: string, size: number, integrity: string, files: Array<{ path: string }> }

t.before(async () => {
  packed = await pack(host)
  await install(host)
})

t.test('the tarball holds these files and no other', async t => {
  // After a change that is meant: npm pack --dry-run --json | node -e
  // "console.log(JSON.parse(fs.readFileSync(0))[0].files.map(({ path }) => path).sort().join('\\n'))"
  t.equal(
    packed.files.map(({ path }) => path).sort().join('\n'),
    readFileSync(join(__dirname, 'data/packed.txt'), 'utf8').trimEnd()
  )
})

t.test('the tarball can be made again, byte for byte', async t => {
  t.strictSame((await pack(t.testdir())).integrity, packed.integrity)
})

t.test('the declarations are those that the entries name, and of other packages they name few', async t => {
  const { files, packages } = declarationsOf(['index.d.ts', 'browser/index.d.mts', 'simulator/index.d.ts'])
  t.strictSame(packed.files.map(({ path }) => path).filter(path => /\.d\.m?ts$/.test(path)).sort(), files)
  // Neither TypeBox nor undici, and nothing that only we install.
  t.strictSame(packages, ['@fastify/cookie', '@fastify/error', '@fastify/session', 'fastify'])
})

t.test('it is small', async t => {
  t.ok(packed.size <= 250_000, `${packed.size} bytes`)
  t.ok(Object.keys(manifest.dependencies).length <= 5, Object.keys(manifest.dependencies).join(', '))
})

t.test('the dependencies at run time, and theirs, have the licences that CONTRIBUTING.md lists', async t => {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  const found: string[] = []
  const names = Object.keys(manifest.dependencies)
  for (const name of names) {
    const { license, dependencies = {} } = packages[`node_modules/${name}`]
    found.push(`| \`${name}\` | ${license} |`)
    t.match(license, /^(MIT|ISC|BSD-[23]-Clause|Apache-2\.0)$/)
    names.push(...Object.keys(dependencies).filter(dependency => !names.includes(dependency)))
  }
  const listed = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8').match(/^\| `@?[\w/-]+` \| .+/gm)
  t.strictSame(listed, found)
})

/** Of Fastify: what each has mended is in CONTRIBUTING.md, under Floors. */
const securityReleases = ['5.8.3', '5.8.5', '5.12.1', '5.12.2', '5.12.5']

t.test('no security release of Fastify lies above the floor', async t => {
  const floor = /^\^(\d+\.\d+\.\d+)$/.exec(manifest.peerDependencies.fastify)![1]!
  const isAbove = (release: string): boolean => release.localeCompare(floor, 'en', { numeric: true }) > 0
  t.strictSame(securityReleases.filter(isAbove), [])
  t.match(readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8'), `- Fastify ${floor}: `)
})

t.test('each action of the workflows is pinned to a commit, and its version stands beside it', async t => {
  const folder = join(root, '.github/workflows')
  const uses =
    readdirSync(folder).flatMap(file => readFileSync(join(folder, file), 'utf8').match(/^.*\buses:.*$/gm) ?? [])
  t.ok(uses.length > 0)
  for (const line of uses) t.match(line, /^ +- uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
})

t.test('what is published next stands in the changelog, with its date', async t => {
  t.match(
    readFileSync(join(root, 'CHANGELOG.md'), 'utf8'),
    new RegExp(`^## \\[${manifest.version}\\] - \\d{4}-\\d\\d-\\d\\d$`, 'm')
  )
})

t.test('require and import give the same names, and each way to register works', async t => {
  t.strictSame(await runProgram('names.cjs'), expected['names.cjs'])
})

t.test('a visitor logs in and out, oneclick and qr', async t => {
  t.strictSame(await runProgram('login.mjs'), expected['login.mjs'])
})

// An application in one file, as it is put into a container or a function: nothing of the package may be missing in it.
for (const format of ['cjs', 'esm'] as const) {
  t.test(`bundled by esbuild (${format}) and alone in a folder, a visitor logs in and out`, async t => {
    const alone = mkdtempSync(join(tmpdir(), 'bundle-'))
    t.teardown(() => { rmSync(alone, { recursive: true, force: true }) })
    const outfile = join(alone, format === 'cjs' ? 'login.cjs' : 'login.mjs')
    // What esbuild asks of every bundle in ESM that holds CommonJS.
    const banner = format === 'cjs'
      ? {}
      : { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)" }
    await esbuild({
      entryPoints: [join(host, 'login.mjs')],
      bundle: true,
      platform: 'node',
      format,
      outfile,
      banner,
      logLevel: 'error'
    })
    const { stdout } = await run(process.execPath, [outfile], { cwd: alone, env })
    t.strictSame(JSON.parse(stdout), expected['login.mjs'])
  })
}

t.test('its command is where a package manager links it', async t => {
  const { stdout } = await run(
    process.execPath,
    [join(host, 'node_modules', manifest.name, manifest.bin[manifest.name]), 'doctor', '--help'],
    { cwd: host, env }
  )
  t.match(stdout, 'Usage: fastify-wechat-login doctor')
})

t.test('its command starts the simulator, which says where it is, and ends when told to', async t => {
  const child = spawn(
    process.execPath,
    [join(host, 'node_modules', manifest.name, manifest.bin[manifest.name]), 'simulator', '--port', '0', '--json'],
    { cwd: host, env }
  )
  const ended = once(child, 'close')
  t.teardown(() => { child.kill('SIGKILL') })
  const [line] = await once(createInterface(child.stdout), 'line')
  const { client, qr } = JSON.parse(line)
  const apps = await (await fetch(`${client.openHost}/simulator/apps`)).json() as Array<{ appid: string }>
  t.ok(apps.some(({ appid }) => appid === qr.appid))
  child.kill('SIGINT')
  t.strictSame(await ended, [0, null])
})

t.test('without @fastify/cookie or @fastify/session the boot error says what to install', async t => {
  for (const missing of ['@fastify/cookie', '@fastify/session']) {
    // Outside the repository, where a package that is not linked is not found.
    const bare = mkdtempSync(join(tmpdir(), 'consumer-'))
    t.teardown(() => { rmSync(bare, { recursive: true, force: true }) })
    await install(bare)
    for (const name of [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)]) {
      if (name !== missing) link(name, bare)
    }
    const { stderr } = await run(process.execPath, ['names.cjs'], { cwd: bare, env }).catch(error => error)
    t.match(stderr, 'FST_WECHAT_INVALID_OPTIONS')
    t.match(stderr, `option session needs ${missing}, which is not installed; run: npm install ${missing}`)
  }
})

// The native compiler, which reads all of them in a quarter of the time; TypeScript 5.9 and 6.0 read our types in `npm
// run test:types`.
const compiler = join(dirname(require.resolve('typescript-native/package.json')), 'bin/tsc')

// attw and publint have been green on packages whose types did not compile: here hosts compile, the declarations of the
// libraries too.
interface Compilation { files: string[], module: string, moduleResolution: string, [option: string]: unknown }
const compilations: Record<string, Compilation> = {
  'NodeNext, with our types': {
    module: 'nodenext',
    moduleResolution: 'nodenext',
    files: ['plain.mts', 'plain.cts', 'instances.mts']
  },
  'NodeNext, with types of its own': { module: 'nodenext', moduleResolution: 'nodenext', files: ['augmented.mts'] },
  'node16, with types of its own': { module: 'node16', moduleResolution: 'node16', files: ['augmented.cts'] },
  'a bundler, with types of its own': { module: 'esnext', moduleResolution: 'bundler', files: ['augmented.mts'] },
  'NodeNext, and writes its own declarations': {
    module: 'nodenext',
    moduleResolution: 'nodenext',
    declaration: true,
    noEmit: false,
    emitDeclarationOnly: true,
    outDir: 'declarations',
    files: ['library.mts']
  },
  'a bundler, and writes its own declarations': {
    module: 'esnext',
    moduleResolution: 'bundler',
    declaration: true,
    noEmit: false,
    emitDeclarationOnly: true,
    outDir: 'declarations',
    files: ['library.mts']
  }
}

for (const [title, compilation] of Object.entries(compilations)) {
  t.test(`a TypeScript host compiles: ${title}`, async t => {
    t.equal(await compile(compiler, title, compilation), '')
  })
}

t.test('a TypeScript host compiles: node10, of TypeScript 5 and before', async t => {
  // TypeScript 7 has forgotten it.
  const typescript = require.resolve('typescript/bin/tsc')
  t.equal(
    await compile(typescript, 'node10', {
      module: 'commonjs',
      moduleResolution: 'node10',
      ignoreDeprecations: '6.0',
      lib: ['es2023', 'dom'],
      files: ['node10.ts']
    }),
    ''
  )
})

t.test('who returns a user of his own from onUser is told of WechatLoginTypes', async t => {
  const printed =
    await compile(compiler, 'own user', { module: 'nodenext', moduleResolution: 'nodenext', files: ['own-user.mts'] })
  for (const line of [7, 8]) {
    t.match(printed, new RegExp(`own-user\\.mts\\(${line},\\d+\\)(?:(?!own-user\\.mts)[^])*WechatLoginTypes`))
  }
})

/** What the compiler prints. */
async function compile (compiler: string, title: string, { files, ...modes }: Compilation): Promise<string> {
  const config = join(host, `${title.replaceAll(/\W+/g, '-')}.json`)
  const compilerOptions = {
    target: 'es2022',
    types: ['node'],
    esModuleInterop: true,
    strict: true,
    skipLibCheck: false,
    noEmit: true,
    ...modes
  }
  writeFileSync(config, JSON.stringify({ compilerOptions, files }))
  const { stdout, stderr } =
    await run(process.execPath, [compiler, '-p', config], { cwd: host, env }).catch(error => error)
  return `${stdout}${stderr}`
}

async function pack (folder: string): Promise<Packed> {
  // Scripts would build again, under the feet of other tests.
  const npm = process.env['npm_execpath'] ?? join(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js')
  const { stdout } = await run(
    process.execPath,
    [npm, 'pack', '--ignore-scripts', '--json', '--pack-destination', folder],
    { cwd: root, env }
  )
  return JSON.parse(stdout)[0]
}

/** What a compiler reads that is given these files of dist/: all that they name, and whatever those name. */
function declarationsOf (entries: string[]): { files: string[], packages: string[] } {
  const files = new Set(entries.map(entry => `dist/${entry}`))
  const packages = new Set<string>()
  for (const file of files) {
    const { importedFiles, typeReferenceDirectives } =
      ts.preProcessFile(readFileSync(join(root, file), 'utf8'), true, true)
    for (const { fileName } of [...importedFiles, ...typeReferenceDirectives]) {
      if (fileName.startsWith('.')) {
        files.add(
          posix.join(dirname(file), fileName.endsWith('.mjs') ? fileName.replace('.mjs', '.d.mts') : `${fileName}.d.ts`)
        )
      } else {
        packages.add(fileName)
      }
    }
  }
  return { files: [...files].sort(), packages: [...packages].sort() }
}

/** What `npm install` would do with the tarball, without asking a registry. */
async function install (folder: string): Promise<void> {
  const target = join(folder, 'node_modules', manifest.name)
  mkdirSync(target, { recursive: true })
  await run('tar', ['-xzf', join(host, packed.filename), '-C', target, '--strip-components=1'])
  cpSync(join(__dirname, 'consumer'), folder, { recursive: true })
}

function link (name: string, folder: string): void {
  const from = createRequire(join(root, 'package.json')).resolve.paths(name)?.map(path => join(path, name)).find(path =>
    existsSync(path))
  mkdirSync(join(folder, 'node_modules', dirname(name)), { recursive: true })
  symlinkSync(from ?? '', join(folder, 'node_modules', name), 'junction')
}

/** The JSON that the program prints. */
async function runProgram (program: string): Promise<unknown> {
  const { stdout } = await run(process.execPath, [program], { cwd: host, env })
  return JSON.parse(stdout)
}
