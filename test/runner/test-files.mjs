// Which test files there are, which of them are meant, and in which order they are run.

import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import { root } from './root.mjs'

const durationsFile = join(root, 'build/durations.json')

/** Paths from the repository's root, with slashes: `test/flows/login.test.ts`. */
export function allTestFiles (folder = 'test') {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap(entry => {
    const path = `${folder}/${entry.name}`
    // test/mutation has packages of its own, some with their tests in them.
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : allTestFiles(path)
    return path.endsWith('.test.ts') ? [path] : []
  })
}

/**
 * Those that are named or lie in a folder that is. Throws for a name that leads to none: a run of nothing is not a run
 * that passed.
 */
export function filesNamed (names) {
  const all = allTestFiles()
  const found = names.flatMap(name => {
    const path = relative(root, resolve(name)).split(sep).join('/')
    const meant =
      all.filter(file => file === path || file === `${path}.test.ts` || file.startsWith(`${path}/`) || path === '')
    if (meant.length === 0) {
      throw new Error(existsSync(resolve(name)) ? `${name} holds no tests` : `there is no ${name}`)
    }
    return meant
  })
  return [...new Set(found)]
}

/**
 * Longest first, so that none is left alone at the end: by the seconds of the last run, or else by the size, a second
 * for each 2 kB.
 */
export function longestFirst (files) {
  const durations = readDurations()
  const seconds = file => durations[file] ?? statSync(join(root, file)).size / 2000
  return [...files].sort((a, b) => seconds(b) - seconds(a))
}

/** By the names of files. */
export function rememberDurations (seconds) {
  writeFileSync(durationsFile, JSON.stringify({ ...readDurations(), ...seconds }, null, 2))
}

function readDurations () {
  try {
    return JSON.parse(readFileSync(durationsFile, 'utf8'))
  } catch {
    return {}
  }
}
