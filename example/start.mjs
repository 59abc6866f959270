// `npm start` and `npm run start:cluster`: compiles what has changed since the last time, then runs the example in this process.

import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

compile('src', 'dist/index.js', 'npm run build')
compile('example', 'example/build/server.js', 'node node_modules/typescript/bin/tsc -p example --noEmitOnError')
await import(process.argv[2] === 'cluster' ? './build/cluster/server.js' : './build/server.js')

function compile (folder, output, command) {
  if (newestSource(folder) < changedAt(output)) return
  console.log(`${folder}: ${command}`)
  const { status } = spawnSync(command, { cwd: root, shell: true, stdio: 'inherit' })
  if (status !== 0) process.exit(1)
}

function newestSource (folder) {
  const sources = readdirSync(root + folder, { recursive: true }).filter(name => /\.[cm]?ts$|tsconfig\.json$/.test(name))
  return Math.max(...sources.map(name => changedAt(`${folder}/${name}`)))
}

function changedAt (file) {
  return statSync(root + file, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
