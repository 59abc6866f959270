// node -r ./test/runner/register.cjs test/flows/login.test.ts: runs a TypeScript file by what `node build.mjs tests`
// made of it.
//
// A module keeps the place and the name of its source: __dirname leads to the data beside it, a stack to its lines,
// and `../src/plugin` is found without anybody rewriting it.

const { readFileSync } = require('node:fs')
const Module = require('node:module')
const { dirname, join, relative, resolve, sep } = require('node:path')

const root = resolve(__dirname, '../..')
const build = join(root, 'build')

process.setSourceMapsEnabled(true)
// For a file that is run alone: tap's own limit, half a minute, is no guard on a busy machine.
process.env.TAP_TIMEOUT ??= '900'

Module._extensions['.ts'] = (module, path) => {
  const compiled = join(build, relative(root, path).replace(/ts$/, 'js'))
  // The map is named relative to the compiled file, and is looked for beside the source.
  const text = readFileSync(compiled, 'utf8').replace(/(?<=\n\/\/# sourceMappingURL=)(?=[^\n]+\s*$)/, () => dirname(compiled) + sep)
  module._compile(text, path)
}

const { COVERAGE_FOLDER } = process.env
if (COVERAGE_FOLDER) require('./count-coverage.cjs')(COVERAGE_FOLDER, join(root, 'src'), join(build, 'src'))
