// In Stryker's sandbox: the packages, the built package as it is without mutants (for tests that start it in a process
// of its own), and what test/runner/register.cjs loads in place of the sources and tests.

import { existsSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'

for (const folder of ['node_modules', 'dist']) {
  if (!existsSync(folder)) symlinkSync(join(process.env.MUTATION_ROOT, folder), folder)
}
// Only now: the compiler is one of the packages.
const { build } = await import('../../build.mjs')
if (!build('mutants')) process.exitCode = 1
