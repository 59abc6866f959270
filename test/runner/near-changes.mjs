// Which test files are near what git says is changed.

import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { areas } from '../mutation/areas.mjs'
import { root } from './root.mjs'
import { allTestFiles } from './test-files.mjs'

/** Those near a file that differs from the last commit, or that git does not know yet. */
export function filesNearChanges () {
  const git = (...parameters) =>
    execFileSync('git', parameters, { cwd: root, encoding: 'utf8' }).split('\n').filter(Boolean)
  return filesNear([...git('diff', '--name-only', 'HEAD'), ...git('ls-files', '--others', '--exclude-standard')])
}

/**
 * A test is near the sources that it imports itself or through test code, near those of src/x if it is test/x.test.ts
 * or lies in test/x/, and near those whose mutants it must notice (test/mutation/areas.mjs). It is near any other file
 * whose name or folder it names.
 */
function filesNear (changed) {
  const kin = changed.filter(file => file.startsWith('src/')).flatMap(file => [
    ...Object.values(areas)
      .filter(({ mutate }) => mutate.some(pattern => matches(file, pattern)))
      .flatMap(({ tests }) => tests),
    file.replace(/^src\/([^/.]+).*$/, 'test/$1.test.ts'),
    file.replace(/^src\/([^/.]+).*$/, 'test/$1/*.test.ts')
  ])
  return allTestFiles().filter(test => {
    if (kin.some(pattern => matches(test, pattern))) return true
    const texts = readWithImports(test)
    const all = [...texts.values()].join('')
    return changed.some(file => texts.has(file) || namesOf(file).some(name => all.includes(name)))
  })
}

/** What a test says that is about a file which no code imports: `README.md`, `example/`. */
function namesOf (file) {
  if (/^(src|test)\/.*\.ts$/.test(file)) return []
  return file.startsWith('test/') ? [posix.basename(file)] : [posix.basename(file), `${file.split('/')[0]}/`]
}

/**
 * The texts by their paths: of the test, of the test code that it imports, and of the sources that those import, but no
 * further.
 */
function readWithImports (test) {
  const texts = new Map()
  const read = path => {
    if (texts.has(path) || !existsSync(join(root, path))) return
    const text = readFileSync(join(root, path), 'utf8')
    texts.set(path, path.startsWith('test/') ? text : '')
    if (!path.startsWith('test/')) return
    for (const [, target] of text.matchAll(/(?:from|import|require)[ (]'(\.[^']+)'/g)) {
      const imported = posix.join(posix.dirname(path), target)
      read(`${imported}.ts`)
      read(`${imported}/index.ts`)
    }
  }
  read(test)
  return texts
}

function matches (path, pattern) {
  const expression = pattern.replaceAll('.', '\\.').replaceAll('**/', '(?:.+/)?').replaceAll(/(?<!\.)\*/g, '[^/]*')
  return new RegExp(`^${expression}$`).test(path)
}
