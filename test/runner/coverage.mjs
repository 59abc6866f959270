// What of some sources no test has run, from what V8 counted in each process.

import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { mergeProcessCovs } from '@bcoe/v8-coverage'
import istanbul from 'istanbul-lib-coverage'
import v8ToIstanbul from 'v8-to-istanbul'

/**
 * `raw`: the folder into which count-coverage.cjs wrote. `sources`: a folder, `except`: a folder in it that does not
 * count; paths from the working directory, as in the answer. Resolves with one line for each gap, e.g.
 * `src/login/login.ts:12-14: never ran`, in the order of the sources. A file that no process has loaded is one gap.
 */
export async function findGaps ({ raw, sources, except }) {
  const map = await readCounts(raw)
  const loaded = new Set(map.files())
  return sourcesIn(sources, except).flatMap(path => {
    if (!loaded.has(path)) return `${relative('', path)}: no test loads it`
    return gapsOf(map.fileCoverageFor(path)).map(({ from, to, text }) =>
      `${relative('', path)}:${from}${to > from ? `-${to}` : ''}: ${text}`)
  })
}

/** By the lines of the sources, which v8-to-istanbul finds in the maps beside what was compiled. */
async function readCounts (raw) {
  const { result } = mergeProcessCovs(readdirSync(raw).map(file => JSON.parse(readFileSync(join(raw, file), 'utf8'))))
  const map = istanbul.createCoverageMap()
  for (const { url, functions } of result) {
    const converter = v8ToIstanbul(fileURLToPath(url), 0)
    await converter.load()
    converter.applyCoverage(functions)
    map.merge(converter.toIstanbul())
  }
  return map
}

function sourcesIn (folder, except) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map(path => join(folder, path))
    .filter(path => /\.[jt]s$/.test(path) && (except === undefined || relative(except, path).startsWith('..')))
    .sort()
    .map(path => resolve(path))
}

function gapsOf (file) {
  const lines = file.getUncoveredLines().map(Number)
  const functions = Object.entries(file.f).filter(([, count]) => count === 0).map(([id]) => file.fnMap[id])
  const branches = Object.entries(file.b)
    .flatMap(([id, counts]) => counts.map((count, index) => count === 0 && file.branchMap[id].locations[index]))
    .filter(Boolean)
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
