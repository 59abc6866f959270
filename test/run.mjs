// Runs tap with the arguments given, keeps its exit code, and closes with one plain line for any reader of logs:
// N passed, N failed, N skipped
//
// Of tap's own output it shows one line a file and whatever failed or was skipped. (tap's reporters paint frames over one another,
// which a log cannot hold, and in a pipe the last one, with the failures in it, is sometimes lost.)

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const manifest = createRequire(import.meta.url).resolve('tap/package.json')
const { bin } = JSON.parse(readFileSync(manifest, 'utf8'))
const tap = spawn(process.execPath, [join(manifest, '..', bin.tap), '--reporter=tap', ...process.argv.slice(2)], { stdio: ['inherit', 'pipe', 'inherit'] })

let totals = ''
let explains = false // in the YAML below a result
for await (const line of createInterface({ input: tap.stdout })) {
  if (line.startsWith('# { total: ')) totals = line
  if (/^ *---$/.test(line)) explains = true
  if (explains || !isNoise(line)) console.log(line)
  if (/^ *\.\.\.$/.test(line)) explains = false
}

if (tap.exitCode === null && tap.signalCode === null) await once(tap, 'exit')
const { pass = 0, fail = 0, skip = 0, todo = 0 } = readTotals()
// Missing coverage fails a run in which every assertion passed, and so does a run that never got as far as its totals.
const failed = tap.exitCode !== 0 && fail === 0 ? 1 : fail
console.log(`\n${pass} passed, ${failed} failed, ${skip + todo} skipped`)
process.exitCode = tap.exitCode ?? 1

/** Passing results inside a file, plans, headings, and the blank lines between. A directive, `# ` and capitals, says what did not run: those stay. */
function isNoise (line) {
  return /^ +(ok \d+(?!.*# [A-Z]{4})|\d+\.\.\d+|# )/.test(line) || /^( *|# Subtest: .*|TAP version \d+|\d+\.\.\d+)$/.test(line)
}

/** tap's output ends with e.g. `# { total: 13, pass: 4, fail: 6, todo: 1, skip: 2 }`. */
function readTotals () {
  return Object.fromEntries([...totals.matchAll(/(\w+): (\d+)/g)].map(([, name, count]) => [name, Number(count)]))
}
