// npm test [-- FILE or FOLDER… | --changed] [--coverage | --no-coverage] [--jobs N] [--guard SECONDS]
//
// Compiles what has changed, runs each test file as a process of plain node, longest first, and closes with one plain
// line for any reader of logs: N passed, N failed, N skipped. When everything is run, what of src/ no test has run is
// named, and fails the run.

import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from '../../build.mjs'
import { fontWarning } from './fonts.mjs'
import { filesNearChanges } from './near-changes.mjs'
import { root } from './root.mjs'
import { endRunning } from './run-file.mjs'
import { runFiles } from './run-files.mjs'
import { startServices } from './services.mjs'
import { allTestFiles, filesNamed, longestFirst, rememberDurations } from './test-files.mjs'

const register = join(root, 'test/runner/register.cjs')

process.chdir(root)

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    changed: { type: 'boolean', default: false },
    coverage: { type: 'boolean' },
    'no-coverage': { type: 'boolean', default: false },
    jobs: { type: 'string', default: String(availableParallelism()) },
    guard: { type: 'string', default: '900' }
  }
})

const covers = values.coverage ?? (!values['no-coverage'] && positionals.length === 0 && !values.changed)

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => { void interrupt(signal) })
let cleanUp = async () => {}

const counts = await main().catch(error => {
  console.error(error)
  return { passed: 0, failed: 1, skipped: 0 }
})
console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
if (counts.failed > 0) process.exitCode = 1

async function main () {
  const files = chooseFiles()
  if (files.length === 0) console.log('No test is near what has changed.')
  // Who names files waits for them.
  if (!build('tests', { checks: positionals.length === 0 })) return { passed: 0, failed: 1, skipped: 0 }
  if (process.env.SCREENSHOTS) console.log(fontWarning() ?? '')
  // Of this run alone: another may run beside it.
  const raw = mkdtempSync(join(root, 'build/coverage-'))
  const { env, skipped, stop } = await startServices(files)
  cleanUp = async () => {
    rmSync(raw, { recursive: true, force: true })
    await stop()
  }
  try {
    const totals = await run(files, { ...env, ...covers && { COVERAGE_FOLDER: raw } })
    for (const line of skipped) console.log(`NOT TESTED: ${line}`)
    const isIncomplete = process.env.CI === 'true' && skipped.length > 0
    const hasGaps = covers && await reportGaps(raw)
    return { ...totals, failed: totals.failed + Number(isIncomplete) + Number(hasGaps) }
  } finally {
    await cleanUp()
  }
}

function chooseFiles () {
  if (values.changed) return filesNearChanges()
  return positionals.length > 0 ? filesNamed(positionals) : allTestFiles()
}

async function run (names, env) {
  const guard = Number(values.guard)
  // tap's own limit comes first, for it knows which test hangs.
  const all = { ...process.env, TAP_TIMEOUT: String(guard * 0.95), ...env }
  const files = longestFirst(names).map(
    name => ({ name, env: all, parameters: ['-r', register, name], log: join(root, 'build/output', `${name}.tap`) })
  )
  const totals = await runFiles(files, { jobs: Number(values.jobs), guard, print: console.log })
  rememberDurations(totals.seconds)
  return totals
}

async function reportGaps (raw) {
  const { findGaps } = await import('./coverage.mjs')
  const gaps = await findGaps({ raw, sources: 'src', except: 'src/browser' })
  console.log(gaps.length === 0 ? '\nCoverage: all of src' : `\nNot covered:\n${gaps.join('\n')}`)
  return gaps.length > 0
}

async function interrupt (signal) {
  endRunning()
  await cleanUp()
  endRunning() // for others have begun in their places
  console.log(`\nended by ${signal}: 0 passed, 1 failed, 0 skipped`)
  process.exit(1)
}
