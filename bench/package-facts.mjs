// What the package costs before the first request: time to require and to register, its size, and how many packages it
// brings.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync, readdirSync } from 'node:fs'

const root = new URL('..', import.meta.url).pathname

const base = "const Fastify = require('fastify'); const cookie = require('@fastify/cookie'); " +
  "const session = require('@fastify/session'); require('undici')"
const programs = {
  'fastify, session and undici alone':
    `${base}; const app = Fastify(); app.register(cookie); app.register(session, { secret: 'x'.repeat(32) })`,
  ours: `${base}; const app = Fastify(); app.register(require('${root}dist/index.js'), { qr: { appid: ` +
    '\'wx0123456789abcdef\', secret: \'0\'.repeat(32), callbackUrl: \'https://app.example.com/wechat/qr\' }, ' +
    'session: ' +
    '{ secret: \'x\'.repeat(32) } })'
}

/** Milliseconds from an empty process to a ready application. */
function boot (program) {
  const text = `const begin = performance.now(); ${program}; app.ready().then(() => { console.log(performance.now() ` +
    '- begin); process.exit(0) })'
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', text], { cwd: root, encoding: 'utf8' })
  if (status !== 0) throw new Error(`an application does not start:\n${stderr}`)
  return Number(stdout)
}

function sizeOf (folder) {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => sum +
    (entry.isDirectory() ? sizeOf(`${folder}/${entry.name}`) : statSync(`${folder}/${entry.name}`).size), 0)
}

export function packageFacts (rounds) {
  const times = Array.from({ length: rounds * 3 }, () => Object.values(programs).map(boot))
  const ratios = times.map(([alone, ours]) => ours / alone).sort((a, b) => a - b)
  const middle = which => times.map(pair => pair[which]).sort((a, b) => a - b)[Math.floor(times.length / 2)]
  const { dependencies } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
  const seen = new Set()
  const collect = name => {
    const folder = `${root}node_modules/${name}`
    if (seen.has(name) || !existsSync(folder)) return
    seen.add(name)
    Object.keys(JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')).dependencies ?? {}).forEach(collect)
  }
  Object.keys(dependencies).forEach(collect)
  const size = [...seen].reduce((sum, name) => sum + sizeOf(`${root}node_modules/${name}`), sizeOf(`${root}dist`))
  console.log('\n### The package\n\n| what | measured |\n| --- | --- |')
  console.log(`| require and register, median of ${times.length} | ${middle(1).toFixed(0)} ` +
    `ms; ${Object.keys(programs)[0]} ${middle(0).toFixed(0)} ms; ` +
    `ratio ${ratios[Math.floor(ratios.length / 2)].toFixed(2)} (${ratios[0].toFixed(2)}–${ratios.at(-1).toFixed(2)}) |`)
  console.log(`| dependencies of its own | ${Object.keys(dependencies).length}, with theirs ${seen.size} |`)
  console.log(`| size on disk with them | ${(size / 1048576).toFixed(1)} MB |`)
}
