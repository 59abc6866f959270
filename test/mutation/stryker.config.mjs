// What is mutated and which tests must notice; run.mjs chooses the area. The tests are compiled once, beside their sources in the sandbox.

const areas = {
  wechat: ['test/wechat/*.test.js', 'test/properties.test.js'],
  login: [
    'test/login/*.test.js', 'test/properties.test.js',
    ...['login', 'repeated', 'host-faults', 'lost-cookies', 'tokens'].map(name => `test/flows/${name}.test.js`)
  ]
}

const area = process.env.MUTATION_AREA ?? 'login'

export default {
  plugins: ['@stryker-mutator/tap-runner'],
  testRunner: 'tap',
  tap: { testFiles: areas[area], nodeArgs: ['-r', '{{hookFile}}', '{{testFile}}'], forceBail: true },
  mutate: [`src/${area}/**/*.ts`],
  ignorePatterns: ['dist', 'bench', 'example', 'types', '*.md', '.stryker', 'screenshots'],
  buildCommand: 'node test/mutation/build.mjs',
  coverageAnalysis: 'perTest',
  concurrency: 2,
  timeoutMS: 15_000,

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
