// One area of areas.mjs; run.mjs chooses it. The tests are compiled once and run as `npm test` runs them.

import { areas } from './areas.mjs'

const area = process.env.MUTATION_AREA
const { mutate, tests } = areas[area]

export default {
  plugins: ['@stryker-mutator/tap-runner'],
  testRunner: 'tap',
  tap: {
    testFiles: tests,
    nodeArgs: ['-r', '{{hookFile}}', '-r', './test/runner/register.cjs', '{{testFile}}'],
    forceBail: true
  },
  mutate,
  ignorePatterns: ['dist', 'build', 'bench', 'example', 'types', '*.md', '.stryker', 'screenshots'],
  buildCommand: 'node test/mutation/build.mjs',
  coverageAnalysis: 'perTest',
  // More than there are cores, for the tests wait half of their time; and so with time to spare.
  concurrency: 3,
  timeoutMS: 20_000,
  timeoutFactor: 3,

  symlinkNodeModules: false,
  tempDirName: '.stryker',
  cleanTempDir: 'always',
  incremental: true,
  incrementalFile: `.stryker/${area}.incremental.json`,
  reporters: ['clear-text', 'json', 'progress-append-only'],
  clearTextReporter: { allowColor: false, allowEmojis: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: `.stryker/${area}.json` },
  allowConsoleColors: false,
  disableTypeChecks: true
}
