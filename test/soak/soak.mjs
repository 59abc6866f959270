// node test/soak/soak.mjs [minutes]: logins, floods of anonymous visits, bad callbacks and a WeChat with faults, all at
// once, for so long. Prints what was done and how memory went; exits with 1 where memory grew (of less than a minute
// nobody can say), a map did, a login was lost or a promise was left alone.

import { fork } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { attack, bringBadCode, closeConnections, flood, logIn } from './visitors.mjs'

const minutes = Number(process.argv[2] ?? 5)
if (!(minutes > 0)) throw new Error('usage: node test/soak/soak.mjs [minutes]')
const end = performance.now() + minutes * 60_000

const port = await freePort()
const origin = `http://localhost:${port}`
const wechat = fork(new URL('./wechat.mjs', import.meta.url), [origin])
const [{ options }] = await started(wechat)
const host =
  fork(new URL('./host.mjs', import.meta.url), [JSON.stringify({ port, options })], { execArgv: ['--expose-gc'] })
await started(host)

/** The first message of a child; one that ends without it ends the run. */
function started (child) {
  const ended = once(child, 'exit').then(([code]) => {
    wechat.kill()
    throw new Error(`a process of the soak ended with ${code} before it had started`)
  })
  return Promise.race([once(child, 'message'), ended])
}

const counts = {
  logins: 0,
  callbacks: 0,
  logouts: 0,
  refusedByFaults: 0,
  anonymous: 0,
  attacks: 0,
  badCodes: 0,
  faults: 0,
  lost: []
}
const samples = []
const mib = bytes => (bytes / 2 ** 20).toFixed(1)

const workers = [
  ...Array(6).fill(logIn),
  ...Array(3).fill(flood),
  ...Array(2).fill(attack),
  bringBadCode
].map(async work => {
  while (performance.now() < end) {
    try {
      await work(origin, counts)
    } catch (error) {
      counts.lost.push(`${work.name}: ${error.stack}`)
    }
    await pause(randomInt(5))
  }
})

// A fault or two at a time, each for one request.
const faults = (async () => {
  const kinds = [
    'slow', 'reset', 'silence', 'lost-reply', 'cut', 'html-502', 'empty-200', 'busy', 'busy-after', 'rate-limit',
    'truncated', 'wrong-types', 'json-null', 'oversized'
  ]
  while (performance.now() < end) {
    wechat.send({
      endpoint: ['access_token', 'userinfo'][randomInt(2)],
      kind: kinds[randomInt(kinds.length)],
      ...(randomInt(2) === 0 && { bytes: 200_000 })
    })
    counts.faults++
    await pause(250)
  }
})()

const every = Math.max(1000, Math.min(10_000, minutes * 60_000 / 18))
const watching = (async () => {
  while (performance.now() < end) {
    await pause(every)
    samples.push(await ask('numbers'))
    const { heap, rss, spent, ended, records } = samples.at(-1)
    console.log(`${String(Math.round((minutes * 60_000 - (end - performance.now())) / 1000)).padStart(4)} s  ` +
      `heap ${mib(heap)} MiB  rss ${mib(rss)} MiB  spent ${spent}  ended ${ended}  records ${records}  ` +
      `logins ${counts.logins}  anonymous ${counts.anonymous}  lost ${counts.lost.length}`)
  }
})()

await Promise.all([...workers, faults, watching])
const { troubles, closedAfter } = await ask('close')
await closeConnections()
wechat.disconnect()
report()

async function ask (question) {
  host.send(question)
  const [answer] = await once(host, 'message')
  return answer
}

function report () {
  // The first third fills caches and memories; the last two must not differ by more than the noise.
  const third = Math.floor(samples.length / 3)
  const mean = (name, from, to) =>
    samples.slice(from, to).reduce((total, sample) => total + sample[name], 0) / Math.max(1, to - from)
  const growth = name => mean(name, samples.length - third, samples.length) - mean(name, third, samples.length - third)
  const { spent, ended } = samples.at(-1)
  const failures = [
    ...(minutes >= 1 && growth('heap') > Math.max(4 * 2 ** 20, 0.15 * mean('heap', third, 2 * third))
      ? [`the heap grew by ${mib(growth('heap'))} MiB`]
      : []),
    ...(minutes >= 3 && spent > counts.logins * 0.9 ? [`${spent} attempts are still remembered`] : []),
    ...(minutes >= 3 && ended > counts.logins * 0.9 ? [`${ended} ended logins are still remembered`] : []),
    ...(closedAfter > 5000 ? [`the server needed ${closedAfter} ms to close`] : []),
    ...troubles,
    ...counts.lost
  ]
  const { lost, ...done } = counts
  console.log(JSON.stringify({
    minutes,
    ...done,
    lost: lost.length,
    heapGrowthMiB: Number(mib(growth('heap'))),
    closedAfter,
    troubles: troubles.length
  }))
  for (const failure of failures.slice(0, 20)) console.error(failure)
  console.log(failures.length === 0 ? 'soak: all well' : `soak: ${failures.length} failures`)
  process.exitCode = failures.length === 0 ? 0 : 1
}

async function freePort () {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  await new Promise(resolve => { server.close(resolve) })
  return port
}
