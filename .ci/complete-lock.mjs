// Completes package-lock.json after an `npm install` that has added tools with a binary for each platform: where a
// registry mirror lacks the binaries of some platforms, npm leaves them out of the lock, and `npm ci` then refuses the
// lock as incomplete, on every machine. They need no more than a name, a version and a platform: npm does not fetch
// what is made for another one.

import { readFileSync, writeFileSync } from 'node:fs'

const platform =
  /(aix|android|darwin|freebsd|linux|openharmony|sunos|win32)-(arm64|arm|ia32|loong64|ppc64|riscv64|s390x|x64)/
const libcs = { glibc: /-gnu(eabihf)?$/, musl: /-musl(eabihf)?$/ }

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'))
for (const [path, { optionalDependencies = {}, dev }] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const [, os, cpu] = platform.exec(name) ?? []
    if (os === undefined || lock.packages[`${path}/node_modules/${name}`] || lock.packages[`node_modules/${name}`]) {
      continue
    }
    const libc = Object.keys(libcs).find(key => libcs[key].test(name))
    lock.packages[`node_modules/${name}`] =
      { version, cpu: [cpu], ...(dev && { dev }), ...(libc && { libc: [libc] }), optional: true, os: [os] }
    console.log(`added ${name}`)
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en')))
writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`)
