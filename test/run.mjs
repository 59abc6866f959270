// Runs tap with the arguments given, keeps its exit code, and closes with one plain line for any reader of logs:
// N passed, N failed, N skipped

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folder = mkdtempSync(join(tmpdir(), 'tap-'))
const output = join(folder, 'output.tap')

const code = await runTap([`--output-file=${output}`, ...quietly(), ...process.argv.slice(2)])
const { pass = 0, fail = 0, skip = 0, todo = 0 } = readTotals()
rmSync(folder, { recursive: true, force: true })

// Missing coverage fails a run in which every assertion passed, and so does a run that never got as far as its totals.
const failed = code !== 0 && fail === 0 ? 1 : fail
console.log(`\n${pass} passed, ${failed} failed, ${skip + todo} skipped`)
process.exitCode = code

async function runTap (args) {
  const manifest = createRequire(import.meta.url).resolve('tap/package.json')
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8'))
  const [status] = await once(spawn(process.execPath, [join(manifest, '..', bin.tap), ...args], { stdio: 'inherit' }), 'close')
  return status ?? 1
}

/** A terminal gets tap's own reporter, a log only what failed. */
function quietly () {
  return process.stdout.isTTY ? [] : ['--reporter=terse']
}

/** tap ends its output with e.g. `# { total: 13, pass: 4, fail: 6, todo: 1, skip: 2 }`. */
function readTotals () {
  const text = existsSync(output) ? readFileSync(output, 'utf8') : ''
  const totals = text.match(/^# \{ total: .* \}$/gm)?.at(-1) ?? ''
  return Object.fromEntries([...totals.matchAll(/(\w+): (\d+)/g)].map(([, name, count]) => [name, Number(count)]))
}
