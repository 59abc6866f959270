// npm run mutation [-- wechat | login | login-attempts …] [-- --mutate src/login/spent-attempts.ts]: changes the code
// in small ways, and sees whether a test notices. Prints the survivors and the score, and writes the scores of a whole
// area to scores.json. Slow: an hour and more on two cores.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { areas } from './areas.mjs'

const folder = fileURLToPath(new URL('.', import.meta.url))
const root = resolve(folder, '../..')
const stryker = join(folder, 'node_modules/@stryker-mutator/core/bin/stryker.js')
const scoresFile = join(folder, 'scores.json')
const given = process.argv.slice(2)
const named = given.filter(word => Object.keys(areas).some(area => isOf(area, word)))
const chosen = Object.keys(areas).filter(area => named.length === 0 || named.some(word => isOf(area, word)))
const rest = given.filter(word => !named.includes(word))

for (const area of chosen) {
  const { status } = spawnSync(process.execPath, [stryker, 'run', 'test/mutation/stryker.config.mjs', ...rest], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, MUTATION_ROOT: root, MUTATION_AREA: area }
  })
  if (status !== 0) process.exit(status ?? 1)
  if (rest.length === 0) record(area)
}

function isOf (area, word) {
  return area === word || area.startsWith(`${word}-`)
}

/** Mutants that a test noticed, of all that could be noticed, as Stryker counts them. */
function record (area) {
  const { files } = JSON.parse(readFileSync(join(root, `.stryker/${area}.json`), 'utf8'))
  const scores = existsSync(scoresFile) ? JSON.parse(readFileSync(scoresFile, 'utf8')) : {}
  const rows = Object.entries(files).map(([file, { mutants }]) => [file, count(mutants)])
  const all = count(Object.values(files).flatMap(({ mutants }) => mutants))
  scores[area] = {
    date: new Date().toISOString().slice(0, 10),
    ...all,
    files: Object.fromEntries(rows.map(([file, { score }]) => [file, score]))
  }
  writeFileSync(scoresFile, `${JSON.stringify(scores, null, 2)}\n`)
  console.log(`${area}: ${all.score} % of ${all.mutants} mutants were noticed`)
}

function count (mutants) {
  const of = (...states) => mutants.filter(({ status }) => states.includes(status)).length
  const noticed = of('Killed', 'Timeout')
  const total = noticed + of('Survived', 'NoCoverage')
  return {
    score: total === 0 ? 100 : Math.round(1000 * noticed / total) / 10,
    mutants: total,
    survived: of('Survived'),
    uncovered: of('NoCoverage')
  }
}
