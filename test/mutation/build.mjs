// In Stryker's sandbox: the packages, the built package as it is without mutants (for tests that start it in a process
// of its own), and what test/runner/register.cjs loads in place of the sources and tests.

import { spawnSync } from 'node:child_process'
import { existsSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'

for (const folder of ['node_modules', 'dist']) {
  if (!existsSync(folder)) symlinkSync(join(process.env.MUTATION_ROOT, folder), folder)
}
const { status } = spawnSync(
  process.execPath,
  ['node_modules/typescript-native/bin/tsc', '-p', 'test/tsconfig.build.json'],
  { stdio: 'inherit' }
)
process.exitCode = status
