// In Stryker's sandbox: the packages, and the sources and tests compiled beside themselves.

import { spawnSync } from 'node:child_process'
import { existsSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'

if (!existsSync('node_modules')) symlinkSync(join(process.env.MUTATION_ROOT, 'node_modules'), 'node_modules')
const { status } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'test/mutation/tsconfig.json'], { stdio: 'inherit' })
process.exitCode = status
