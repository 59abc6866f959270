// Several test files, as many at a time as there are cores.

import { runFile } from './run-file.mjs'

/**
 * `files`: `name`, and what runFile() wants but the guard. One line a file goes to `print` as it ends, and after it,
 * whole, what failed or was skipped in it. Resolves with the counts of all, and with the seconds of each by its name.
 */
export async function runFiles (files, { jobs, guard, print }) {
  const totals = { passed: 0, failed: 0, skipped: 0, seconds: {} }
  const waiting = [...files]
  const work = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const result = await runFile({ ...file, guard })
      for (const count of ['passed', 'failed', 'skipped']) totals[count] += result[count]
      totals.seconds[file.name] = result.seconds
      print(describe(file, result))
    }
  }
  await Promise.all(Array.from({ length: jobs }, work))
  return totals
}

function describe ({ name, log }, { passed, failed, skipped, seconds, shown, problem }) {
  const lines = [
    `${failed > 0 ? 'FAILED ' : ''}${name}: ${passed} passed, ${failed} failed, ${skipped} ` +
      `skipped, ${seconds.toFixed(1)} s`,
    ...shown.map(line => `    ${line}`)
  ]
  if (problem !== undefined) lines.push(`not ok - ${name} ${problem}`)
  if (failed > 0) lines.push(`(all that it printed: ${log})`)
  return lines.join('\n')
}
