// `npm start` and `npm run start:cluster`: compiles what has changed since the last time, then runs the example in this
// process.

import { existsSync } from 'node:fs'
import { build } from '../build.mjs'

if (!existsSync(new URL('build', import.meta.url))) console.log('It is compiled first.')
if (!build('example')) process.exit(1)
await import(process.argv[2] === 'cluster' ? './build/cluster/server.js' : './build/server.js')
