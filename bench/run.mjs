// The bench: contenders, upstream and visitors in processes of their own, interleaved over rounds, each number divided
// by the floor's of the same round. node bench/run.mjs [--quick] [--rounds 7] [--only login,guard] [--contenders
// ours,floor] [--redis redis://…]

import { fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { packageFacts } from './package-facts.mjs'

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean' },
    rounds: { type: 'string' },
    only: { type: 'string' },
    contenders: { type: 'string' },
    redis: { type: 'string' }
  }
})
const rounds = Number(options.rounds ?? (options.quick ? 1 : 21))
const scale = options.quick ? 0.02 : 1
const everybody = ['floor', 'ours', 'pasted', 'oauth2', 'grant', 'authjs']
const contenders = options.contenders?.split(',') ?? everybody
const withContent = options.contenders ? contenders : ['floor', 'floor-full', ...contenders.slice(1)]
const certificate = new URL('../test/data/tls/cert.pem', import.meta.url).pathname

const series = [
  { name: 'start of a login', job: 'start', count: 2000, concurrency: 16, warm: 6000 },
  ...[0, 30].flatMap(delay => [1, 16, 64].map(concurrency => ({
    name: `whole login, ${concurrency} at once, WeChat ${delay} ms`,
    job: 'login',
    count: delay === 0 ? 600 : 10 * concurrency,
    concurrency,
    warm: delay === 0 ? 4000 : 300,
    delay
  }))),
  { name: 'guarded route, logged in', job: 'guard', count: 2500, concurrency: 16, warm: 8000, contenders: withContent },
  { name: 'refusal without a cookie', job: 'refuse', count: 2500, concurrency: 16, warm: 8000 },
  {
    name: "the host's other routes, anonymous",
    job: 'public',
    count: 2500,
    concurrency: 16,
    warm: 8000,
    contenders: ['bare', 'ours'],
    base: 'bare'
  },
  {
    name: "the host's other routes, logged in",
    job: 'public-logged-in',
    count: 2500,
    concurrency: 16,
    warm: 8000,
    contenders: ['bare', 'ours'],
    base: 'bare'
  }
].filter(({ job }) => options.only === undefined || options.only.split(',').includes(job))

const freePort = async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

function start (file, args = [], env = {}) {
  const child = fork(new URL(file, import.meta.url), args, {
    env: { ...process.env, ...env },
    execArgv: ['--expose-gc'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc']
  })
  const ended = once(child, 'exit').then(() => { throw new Error(`${[file, ...args].join(' ')} has ended`) })
  ended.catch(() => {}) // Sooner or later each of them does.
  const next = async () => {
    const [message] = await Promise.race([once(child, 'message'), ended])
    return message
  }
  return { child, next, async ask (message) { child.send(message); return (await next()).answer } }
}

const upstream = start('./upstream.mjs')
const { ready: upstreamPort } = await upstream.next()
const visitors = start('./load.mjs')
await visitors.next()

async function startHost (name, settings = {}) {
  const port = await freePort()
  const host = start(
    './host.mjs',
    [
      name,
      JSON.stringify({ port, upstream: `https://localhost:${upstreamPort}`, redisUrl: options.redis, ...settings })
    ],
    { NODE_EXTRA_CA_CERTS: certificate, NODE_ENV: 'production' }
  )
  await host.next()
  return { ...host, port, stop: async () => { host.child.disconnect(); await once(host.child, 'exit') } }
}

/** Microseconds of CPU and operations a second of one job against one host. */
async function measure (host, { job, concurrency, count, attempts, tenants }) {
  visitors.child.send({ job, port: host.port, concurrency, count, attempts, tenants })
  const prepared = await visitors.next()
  if (prepared.answer?.error) throw new Error(prepared.answer.error)
  const before = await host.ask({})
  const { seconds, error } = await visitors.ask({ go: true })
  if (error) throw new Error(error)
  const after = await host.ask({})
  return { cpu: (after.cpu - before.cpu) / count, rate: count / seconds }
}

const median = numbers => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]
const spread = numbers => [1, 3]
  .map(quarter => numbers.toSorted((a, b) => a - b)[Math.floor(quarter * numbers.length / 4)].toFixed(2))
  .join('–')
const sized = count => Math.max(20, Math.round(count * scale))

async function runSeries (
  { name, job, count, concurrency, warm, delay = 0, contenders: chosen = contenders, base = 'floor' }
) {
  await upstream.ask({ delay })
  const hosts = {}
  const failed = {}
  for (const contender of chosen) {
    try {
      hosts[contender] = await startHost(contender)
      await measure(hosts[contender], { job, concurrency, count: sized(warm) })
    } catch (error) {
      failed[contender] = error.message
    }
  }
  const seen = Object.fromEntries(Object.keys(hosts).filter(each => !(each in failed)).map(each => [each, []]))
  for (let round = 0; round < rounds; round++) {
    // Each round begins with another one, so that nobody always comes after the same neighbour.
    const order = Object.keys(seen)
    for (const contender of [...order.slice(round % order.length), ...order.slice(0, round % order.length)]) {
      seen[contender].push(await measure(hosts[contender], { job, concurrency, count: sized(count) }))
    }
  }
  console.log(`\n### ${name}\n\n| contender | CPU an operation | of ${base} | middle half | operations a second | ` +
    `of ${base} | middle half |\n| --- | --- | --- | --- | --- | --- | --- |`)
  for (const [contender, runs] of Object.entries(seen)) {
    const cpu = runs.map((run, round) => run.cpu / seen[base][round].cpu)
    const rate = runs.map((run, round) => run.rate / seen[base][round].rate)
    console.log(`| ${contender} | ${median(runs.map(run => run.cpu)).toFixed(0)} µs | ${median(cpu).toFixed(2)} ` +
      `| ${spread(cpu)} | ${median(runs.map(run => run.rate)).toFixed(0)} | ${median(rate).toFixed(2)} ` +
      `| ${spread(rate)} |`)
  }
  for (const [contender, why] of Object.entries(failed)) {
    console.log(`| ${contender} | does not run: ${why} |`)
    process.exitCode = 1
  }
  await Promise.all(Object.values(hosts).map(host => host.stop()))
}

async function countConnections () {
  await upstream.ask({ delay: 0 })
  console.log('\n### TLS connections to WeChat for 1,000 logins, 16 at once\n\n| contender | cold | the next 1,000, ' +
    'after 5 s of idling |\n| --- | --- | --- |')
  for (const contender of contenders) {
    const host = await startHost(contender)
    const counts = []
    for (const pause of [0, options.quick ? 10 : 5000]) {
      await new Promise(resolve => setTimeout(resolve, pause))
      await upstream.ask({ reset: true })
      await measure(host, { job: 'login', concurrency: 16, count: sized(1000) })
      counts.push((await upstream.ask({})).connections)
    }
    console.log(`| ${contender} | ${counts.join(' | ')} |`)
    await host.stop()
  }
}

async function countVisits () {
  const visits = sized(100_000)
  console.log(`\n### ${visits} anonymous visits to the login route\n\n| contender | store entries | heap |\n| --- | ` +
    '--- | --- |')
  for (const contender of contenders) {
    const host = await startHost(contender)
    await measure(host, { job: 'start', concurrency: 16, count: sized(5000) })
    const before = await host.ask({ memory: true })
    await measure(host, { job: 'start', concurrency: 16, count: visits })
    const after = await host.ask({ memory: true })
    console.log(`| ${contender} | ${after.store ?? 'no store'} ` +
      `| ${((after.heap - before.heap) / 1048576).toFixed(1)} MB more |`)
    await host.stop()
  }
}

async function growth () {
  console.log('\n### How the cost of a whole login grows (ours, 16 at once)\n\n| with | CPU a login | operations a ' +
    'second |\n| --- | --- | --- |')
  const print = (label, { cpu, rate }) => { console.log(`| ${label} | ${cpu.toFixed(0)} µs | ${rate.toFixed(0)} |`) }
  const host = await startHost('ours')
  await measure(host, { job: 'login', concurrency: 16, count: sized(1500) })
  for (const attempts of [0, 1, 4]) {
    print(
      `${attempts} other attempts in the browser`,
      await measure(host, { job: 'login-with-attempts', concurrency: 16, count: sized(1500), attempts })
    )
  }
  for (let turn = 0; turn < 2; turn++) {
    await measure(host, { job: 'login', concurrency: 64, count: sized(10_000) })
    const { store } = await host.ask({})
    print(`${store} entries in the store`, await measure(host, { job: 'login', concurrency: 16, count: sized(1500) }))
  }
  await host.stop()
  for (const tenants of [1, 100, 1000]) {
    const hosting = await startHost('ours', { tenants })
    await measure(hosting, { job: 'login-of-tenants', concurrency: 16, count: sized(1500), tenants })
    print(
      `${tenants} tenants, one app each`,
      await measure(hosting, { job: 'login-of-tenants', concurrency: 16, count: sized(1500), tenants })
    )
    await hosting.stop()
  }
}

const commit = spawnSync('git', ['log', '-1', '--format=%h'], { encoding: 'utf8' }).stdout.trim()
console.log(`Node ${process.version}, ${cpus().length} ` +
  `× ${cpus()[0].model.trim()}, ${new Date().toISOString().slice(0, 10)}, commit ${commit}, ${rounds} rounds, ` +
  `store: ${options.redis ? 'Redis' : 'memory'}`)
for (const each of series) await runSeries(each)
if (options.only === undefined) {
  await countConnections()
  await countVisits()
  await growth()
  packageFacts(rounds)
}
upstream.child.disconnect()
visitors.child.disconnect()
