// How much of a visitor's connection the browser helper takes: printed, and refused above the limit.

import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const limit = 3 * 1024
const file = 'dist/browser/index.mjs'
const text = readFileSync(new URL(`../${file}`, import.meta.url))
const size = gzipSync(text, { level: 9 }).length

console.log(`${file}: ${text.length} bytes, ${size} gzipped, at most ${limit}`)
if (size > limit) process.exitCode = 1
