// What of some sources no test has run, from what V8 counted in each process.

import { relative } from 'node:path'
import { Report } from 'c8'

/**
 * `raw`: the folder that NODE_V8_COVERAGE named. `root`: where the paths in the answer begin. `include`, `exclude`: patterns of paths from
 * there. Resolves with one line for each gap, e.g. `src/login/login.ts:12-14: never ran`, in the order of the sources. A file that nothing has
 * loaded is one gap.
 */
export async function findGaps ({ raw, root, include, exclude }) {
  const report = new Report({ tempDirectory: raw, src: [root], include, exclude, extension: ['.ts', '.js'], all: true, resolve: '', omitRelative: true })
  const map = await report.getCoverageMapFromAllCoverageFiles()
  return map.files().sort().flatMap(path => gapsOf(map.fileCoverageFor(path)).map(({ from, to, text }) => {
    return `${relative(root, path)}:${from}${to > from ? `-${to}` : ''}: ${text}`
  }))
}

function gapsOf (file) {
  const lines = file.getUncoveredLines().map(Number)
  const functions = Object.entries(file.f).filter(([, count]) => count === 0).map(([id]) => file.fnMap[id])
  const branches = Object.entries(file.b).flatMap(([id, counts]) => counts.map((count, index) => count === 0 && file.branchMap[id].locations[index])).filter(Boolean)
  return [
    ...rangesOf(lines).map(([from, to]) => ({ from, to, text: 'never ran' })),
    ...functions.map(({ name, loc }) => ({ from: loc.start.line, to: loc.end.line, text: `nothing called ${name}` })),
    ...branches.map(({ start, end }) => ({ from: start.line, to: end.line, text: 'a branch was never taken' }))
  ].sort((a, b) => a.from - b.from)
}

/** Lines that follow one another, as first and last. */
function rangesOf (lines) {
  const ranges = []
  for (const line of lines) {
    const last = ranges.at(-1)
    if (last?.[1] === line - 1) last[1] = line
    else ranges.push([line, line])
  }
  return ranges
}
