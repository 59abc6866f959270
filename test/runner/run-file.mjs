// One test file in a process of its own, from its start to its counts.

import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { endGroup, endTree } from './process-tree.mjs'
import { readTap } from './tap-text.mjs'

/** The processes of the files that run at this moment. */
const running = new Set()

/** Ends the files that run, for a run that is interrupted. */
export function endRunning () {
  for (const pid of running) endTree(pid)
}

/**
 * Runs node with `parameters`; `log` takes what it prints, `guard` are the seconds after which it is ended. Resolves
 * with the counts, the seconds it took and the lines to show. A file that does not come to its end by itself has
 * failed, whatever it said of itself before.
 */
export async function runFile ({ parameters, env, log, guard }) {
  const began = process.hrtime.bigint()
  const end = await waitFor(start(parameters, env, log), guard)
  const seconds = Number((process.hrtime.bigint() - began) / 1_000_000n) / 1000
  const { hasPlan, shown, ...counts } = readTap(readFileSync(log, 'utf8'))
  const problem = problemOf(end, hasPlan, counts, guard)
  const { passed = 0, failed = 0, skipped = 0 } = counts
  return { passed, failed: problem === undefined ? failed : failed + 1, skipped, seconds, shown, problem }
}

/**
 * Its output goes straight into a file: whatever it leaves running cannot hold that open, and nothing is lost when it
 * dies.
 */
function start (parameters, env, log) {
  mkdirSync(dirname(log), { recursive: true })
  const output = openSync(log, 'w')
  // A group of its own, so that it can be ended with all that it has started.
  const child = spawn(process.execPath, parameters, { env, detached: true, stdio: ['ignore', output, output] })
  closeSync(output)
  return child
}

async function waitFor (child, guard) {
  running.add(child.pid)
  let hangs = false
  const timer = setTimeout(() => {
    hangs = true
    endTree(child.pid)
  }, guard * 1000)
  const end = await new Promise((resolve, reject) => {
    child.once('exit', (code, signal) => { resolve({ code, signal }) })
    child.once('error', reject)
  })
  clearTimeout(timer)
  running.delete(child.pid)
  endGroup(child.pid)
  return { ...end, hangs }
}

function problemOf ({ code, signal, hangs }, hasPlan, { failed }, guard) {
  if (hangs) return `did not end within ${guard} s`
  if (signal !== null) return `was ended by ${signal}`
  if (!hasPlan || failed === undefined) return `ended with exit code ${code} before it printed its plan and its counts`
  if (code !== 0 && failed === 0) return `ended with exit code ${code} though nothing in it had failed`
}
