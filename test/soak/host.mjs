// The host under load, in a process of its own: its sessions in a store as Redis is one (JSON, life times), its clock
// thirty times as fast, so that what is remembered for a quarter of an hour is forgotten while the run lasts. Asked for
// its numbers by messages.

import { createRequire } from 'node:module'
import Fastify from 'fastify'
import fp from 'fastify-plugin'

const require = createRequire(import.meta.url)
const { SpentAttempts } = require('../../dist/attempt/spent-attempts.js')
const { EndedLogins } = require('../../dist/session/ended-logins.js')
const { createPlugin } = require('../../dist/plugin.js')

const { port, options } = JSON.parse(process.argv[2])
const speed = 30
const begun = Date.now()
const now = () => begun + (Date.now() - begun) * speed
const memories = { spent: watch(SpentAttempts, 'run'), ended: watch(EndedLogins, 'add') }
const troubles = []
for (const event of ['unhandledRejection', 'uncaughtException', 'warning']) {
  process.on(event, what => { troubles.push(`${event}: ${what?.stack ?? what}`) })
}

/** The plugin keeps its memories to itself; whoever uses one shows it here. */
function watch (memory, method) {
  const seen = new Set()
  const real = memory.prototype[method]
  memory.prototype[method] = function (...given) {
    seen.add(this)
    return real.apply(this, given)
  }
  return seen
}

const sum = memory => [...memory].reduce((total, { size }) => total + size, 0)

class Store {
  records = new Map()
  get (id, done) {
    setImmediate(() => done(null, this.records.has(id) ? JSON.parse(this.records.get(id).text) : undefined))
  }

  set (id, session, done) {
    // Sessions end by the real clock, which @fastify/session reads; the shared results of attempts by the fast one.
    const clock = session.wechatSpent === undefined ? Date.now : now
    this.records.set(id, { text: JSON.stringify(session), isOver: () => new Date(session.cookie.expires) < clock() })
    setImmediate(() => { done() })
  }

  destroy (id, done) {
    this.records.delete(id)
    setImmediate(() => { done() })
  }

  expire () {
    for (const [id, { isOver }] of this.records) if (isOver()) this.records.delete(id)
  }
}

const store = new Store()
const app = Fastify({ logger: { level: 'warn', stream: { write () {} } } })
const counts = { users: 0 }
await app.register(fp(createPlugin(now), { name: 'fastify-wechat-login' }), {
  ...options,
  client: { ...options.client, timeout: 1000, connections: 32 },
  session: { secret: 'a session secret of the soak, long enough for it', store, cookie: { maxAge: 60_000 } },
  onUser (profile) {
    counts.users++
    return profile
  }
})
app.get('/account', { preHandler: app.requireWechatUser }, async request => ({ nickname: request.wechatUser.nickname }))
await app.listen({ port, host: '127.0.0.1' })

async function answer (question) {
  if (question === 'close') {
    const began = performance.now()
    await app.close()
    process.send({ closedAfter: Math.round(performance.now() - began), troubles })
    process.disconnect()
    return
  }
  store.expire()
  global.gc()
  global.gc()
  const { heapUsed, rss } = process.memoryUsage()
  process.send({
    heap: heapUsed,
    rss,
    spent: sum(memories.spent),
    ended: sum(memories.ended),
    records: store.records.size,
    users: counts.users,
    troubles
  })
}

process.on('message', question => { void answer(question) })
process.send('ready')
