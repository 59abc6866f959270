// The runner of the tests: nothing that goes wrong in a file may look like a run that passed.

import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Test, test } from 'tap'

interface Totals { passed: number, failed: number, skipped: number, seconds: Record<string, number> }
type RunFiles =
  (files: object[], options: { jobs: number, guard: number, print: (text: string) => void }) => Promise<Totals>
type FindGaps = (options: { raw: string, sources: string }) => Promise<string[]>

/** What a module of the runner exports. */
async function load<T> (module: string): Promise<T> {
  return await import(pathToFileURL(join(__dirname, module)).href) as T
}

/** Runs these programs as test files. `limit`: an option of node's, for each. */
async function run (
  t: Test, programs: Record<string, string>, { guard = 600, limit = '--no-warnings' } = {}
): Promise<Totals & { printed: string }> {
  const { runFiles } = await load<{ runFiles: RunFiles }>('run-files.mjs')
  const folder = t.testdir(programs)
  const files = Object.keys(programs).map(
    name => ({ name, parameters: [limit, join(folder, name)], env: process.env, log: join(folder, 'output', name) })
  )
  const printed: string[] = []
  const totals = await runFiles(files, { jobs: 2, guard, print: text => { printed.push(text) } })
  return { ...totals, printed: printed.join('\n') }
}

test('every assertion counts once, also inside subtests, over all files', async t => {
  const { seconds, printed, ...counts } = await run(t, {
    'nested.cjs': `
      const t = require('tap')
      t.pass('outside')
      t.test('outer', async t => { t.pass('a'); await t.test('inner', async t => { t.pass('b'); t.pass('c') }) })`,
    'mixed.cjs': `
      const t = require('tap')
      t.test('a rule', async t => {
        t.pass('said of no one')
        t.equal(1, 2, 'one is two')
      })
      t.test('a rule of another machine', { skip: 'NO MACHINE' }, () => {})
      t.test('a rule to come', { todo: true })`
  })
  t.strictSame(counts, { passed: 5, failed: 1, skipped: 2 })
  t.strictSame(Object.keys(seconds).sort(), ['mixed.cjs', 'nested.cjs'])
  t.match(printed, 'nested.cjs: 4 passed, 0 failed, 0 skipped, ')
  t.match(printed, 'FAILED mixed.cjs: 1 passed, 1 failed, 2 skipped, ')
  t.match(
    printed,
    /not ok 2 - one is two\n[^]*-2\n *\+1\n[^]*not ok 1 - a rule/,
    'what failed is shown, with its reasons'
  )
  t.match(printed, 'NO MACHINE', 'and what was skipped, with its own')
  t.notMatch(printed, 'ok 1 - said of no one')
})

test('a file that does not come to its end fails by its name, whatever passed in it before', async t => {
  const programs = {
    'silent.cjs': '',
    'leaves.cjs': "const t = require('tap'); t.pass('so far'); process.reallyExit(0)",
    'dies.cjs': "const t = require('tap'); t.pass('so far'); process.kill(process.pid, 'SIGKILL')",
    'says-no.cjs': "const t = require('tap'); t.pass('so far'); process.once('exit', () => process.reallyExit(3))",
    'throws.cjs': "throw new Error('before the first test')"
  }
  const { passed, failed, printed } = await run(t, programs)
  t.match(printed, /^not ok - silent\.cjs ended with exit code 0 before it printed its plan and its counts$/m)
  t.match(printed, /^not ok - leaves\.cjs ended with exit code 0 before/m)
  t.match(printed, /^not ok - dies\.cjs was ended by SIGKILL$/m)
  t.match(printed, /^not ok - says-no\.cjs ended with exit code 3 /m)
  t.match(printed, /^not ok - throws\.cjs ended with exit code 1 before/m)
  t.match(printed, 'before the first test')
  t.equal(failed, Object.keys(programs).length)
  t.ok(passed <= 1)
})

test('a file that needs more memory than there is fails by its name', async t => {
  const { failed, printed } = await run(
    t,
    { 'grows.cjs': 'const all = []; for (;;) all.push(new Array(1000).fill({}))' },
    { limit: '--max-old-space-size=20' }
  )
  t.equal(failed, 1)
  t.match(printed, /^not ok - grows\.cjs (was ended by SIG|ended with exit code [^0])/m)
})

test('a file that hangs is ended with all that it has started, and fails by its name', async t => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const closed = once(server, 'connection').then(async ([socket]) => once(socket.resume(), 'close'))
  // It waits for its child, which has a process group of its own, and for ever.
  const child = `require('net').connect(${port}, '127.0.0.1').on('error', () => {}); setInterval(() => {}, 1e6)`
  const { failed, printed } = await run(
    t,
    {
      'hangs.cjs':
        `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { detached: true })`
    },
    { guard: 5 }
  )
  t.equal(failed, 1)
  t.match(printed, /^not ok - hangs\.cjs did not end within 5 s$/m)
  await closed
  server.close()
})

test('what no test runs is named by its file and its lines, also a file that none loads', async t => {
  const { findGaps } = await load<{ findGaps: FindGaps }>('coverage.mjs')
  const folder = t.testdir({
    src: {
      'half.js': 'exports.half = number => {\n  if (number > 1) return 1\n  return 2\n}\n\nexports.never = () ' +
        '=> {\n  return 3\n}\n',
      'whole.js': 'exports.whole = () => 1\n',
      'unknown.js': 'exports.unknown = 1\n'
    },
    'main.js': "require('./src/half.js').half(1)\nrequire('./src/whole.js').whole()\n"
  })
  const [src, raw] = [join(folder, 'src'), join(folder, 'raw')]
  const count =
    `require(${JSON.stringify(join(__dirname, 'count-coverage.cjs'))})(...${JSON.stringify([raw, src, src])})`
  spawnSync(
    process.execPath,
    ['-e', `${count}; require(${JSON.stringify(join(folder, 'main.js'))})`],
    { stdio: 'inherit' }
  )
  const gaps = await findGaps({ raw, sources: relative('', src) })
  t.strictSame(gaps.map(gap => relative(folder, gap)), [
    'src/half.js:2: a branch was never taken',
    'src/half.js:6-8: nothing called exports.never',
    'src/half.js:7-8: never ran',
    'src/unknown.js: no test loads it'
  ])
})

test('a run of nothing is not a run that passed', async t => {
  const { status, stdout, stderr } =
    spawnSync(process.execPath, [join(__dirname, 'main.mjs'), 'test/flows/logni.test.ts'], { encoding: 'utf8' })
  t.equal(status, 1)
  t.match(stderr, 'there is no test/flows/logni.test.ts')
  t.match(stdout, /^0 passed, 1 failed, 0 skipped$/m)
})
