// npm run build: compiles what has changed since the last time, the package into dist/.
// node build.mjs tests: what the tests run on as well, example/ into example/build/ and src/ with test/ into build/.
// node build.mjs types: looks at the types of the tests, too, and writes nothing more.

import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('.', import.meta.url))
// The native compiler, for its speed. The tests, lint and tstyche load TypeScript 6 under its own name: as a library
// there is no other.
const compiler = fileURLToPath(new URL('bin/tsc', import.meta.resolve('typescript-native/package.json')))

const thePackage = ['tsconfig.build.json', 'src/browser']
const projects = {
  package: thePackage,
  example: [...thePackage, 'example'],
  tests: [...thePackage, 'example', 'test/tsconfig.build.json'],
  mutants: ['test/tsconfig.build.json'],
  types: [...thePackage, 'example', 'test']
}

/**
 * Compiles what has changed. Problems are printed. `what`: a name in `projects`. `checks`: false leaves the types for
 * the next time, which is quicker. Returns whether all is well.
 */
export function build (what, { checks = true } = {}) {
  removeOrphans()
  const parameters = [compiler, '-b', ...projects[what], ...checks ? [] : ['--noCheck']]
  const isGood = spawnSync(process.execPath, parameters, { cwd: root, stdio: 'inherit' }).status === 0
  if (isGood) for (const folder of ['dist', 'build/src']) embedHelper(`${root}${folder}/routes/client-text.js`)
  return isGood
}

/**
 * Puts the browser helper's text into what the compiler has made of src/routes/client-text.ts. The lines stay where
 * they are.
 */
function embedHelper (file) {
  if (!existsSync(file)) return
  const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
  const texts = { helper: readFileSync(`${root}dist/browser/index.mjs`, 'utf8'), version }
  const compiled = readFileSync(file, 'utf8')
  const filled = compiled.replace(
    /^exports\.(helper|version) = ["'].*$/gm,
    (_line, name) => `exports.${name} = ${JSON.stringify(texts[name])};`
  )
  if (filled !== compiled) writeFileSync(file, filled)
}

/**
 * A compiler that works incrementally leaves in dist/ what it made of a source that is gone, and it would be packed.
 */
function removeOrphans () {
  if (!existsSync(`${root}dist`)) return
  for (const path of readdirSync(`${root}dist`, { recursive: true })) {
    const source = path.replace(/(\.d)?\.(m?)[jt]s$/, '.$2ts')
    if (source !== path && !existsSync(`${root}src/${source}`)) rmSync(`${root}dist/${path}`)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url) && !build(process.argv[2] ?? 'package')) process.exitCode = 1
