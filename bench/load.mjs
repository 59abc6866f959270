// The visitors: keep-alive connections, one a visitor, and just enough of a browser. Resolves each job to { seconds,
// operations }.

import { randomBytes, randomInt } from 'node:crypto'
import { Agent, request } from 'node:http'

const userAgent =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'
let agent
let port

function ask (path, headers, expected) {
  return new Promise((resolve, reject) => {
    request({
      agent,
      port,
      host: '127.0.0.1',
      path,
      headers: { host: `localhost:${port}`, 'user-agent': userAgent, ...headers }
    }, reply => {
      let body = ''
      reply.setEncoding('utf8').on('data', chunk => { body += chunk }).on('end', () => {
        if (!expected.includes(reply.statusCode)) {
          reject(new Error(`${path.split('?')[0]} answered ${reply.statusCode}: ${body.slice(0, 300)}`))
        } else {
          resolve({ reply, body })
        }
      })
    }).on('error', reject).end()
  })
}

const page = { accept: 'text/html' }
const script = { accept: 'application/json' }

function cookiesOf (reply, before = new Map()) {
  const jar = new Map(before)
  for (const line of reply.headers['set-cookie'] ?? []) {
    const [pair] = line.split(';', 1)
    const name = pair.slice(0, pair.indexOf('='))
    if (/max-age=0(;|$)|expires=Thu, 01 Jan 1970/i.test(line)) jar.delete(name)
    else jar.set(name, pair.slice(name.length + 1))
  }
  return jar
}

const headerOf = jar => [...jar].map(([name, value]) => `${name}=${value}`).join('; ')

async function logIn (target = '/wechat/login', jar = new Map()) {
  let start = await ask(target, { ...page, ...(jar.size > 0 && { cookie: headerOf(jar) }) }, [302, 303])
  let authorize = new URL(start.reply.headers.location, `http://localhost:${port}`)
  let begun = cookiesOf(start.reply, jar)
  // Some contenders begin on a second route of their own.
  if (authorize.hostname === 'localhost') {
    start = await ask(authorize.pathname, { ...page, cookie: headerOf(begun) }, [302, 303])
    authorize = new URL(start.reply.headers.location)
    begun = cookiesOf(start.reply, begun)
  }
  const callback = new URL(authorize.searchParams.get('redirect_uri'))
  const state = authorize.searchParams.get('state')
  callback.searchParams.set('code', randomBytes(16).toString('hex'))
  if (state !== null) callback.searchParams.set('state', state)
  const before = begun
  let back = await ask(callback.pathname + callback.search, { ...page, cookie: headerOf(before) }, [302, 303])
  let after = cookiesOf(back.reply, before)
  // Some contenders end on a second page of their own.
  const next = new URL(back.reply.headers.location, `http://localhost:${port}`)
  if (next.pathname === '/finish') {
    back = await ask(next.pathname + next.search, { ...page, cookie: headerOf(after) }, [302, 303])
    after = cookiesOf(back.reply, after)
  }
  return after
}

const operations = {
  start: () => ask('/wechat/login', page, [302, 303]),
  login: () => logIn(),
  guard: ({ cookie }) => ask('/account', { ...script, cookie }, [200]),
  refuse: () => ask('/account', script, [401]),
  public: () => ask('/public', page, [200]),
  'public-logged-in': ({ cookie }) => ask('/public', { ...page, cookie }, [200]),
  'login-of-tenants': ({ tenants }) => logIn(`/wechat/login?tenant=${randomInt(tenants)}`),
  'login-with-attempts': ({ jar }) => logIn('/wechat/login', jar)
}

async function work ({ job, port: to, concurrency, count, attempts = 0, tenants }) {
  try {
    port = to
    agent = new Agent({ keepAlive: true, maxSockets: concurrency })
    const prepared = { tenants }
    if (job === 'guard' || job === 'public-logged-in') {
      const jar = await logIn()
      prepared.cookie = headerOf(jar)
    }
    if (attempts > 0) {
      prepared.jar = new Map()
      for (let index = 0; index < attempts; index++) {
        prepared.jar = cookiesOf(
          (await ask('/wechat/login', { ...page, cookie: headerOf(prepared.jar) }, [302, 303])).reply,
          prepared.jar
        )
      }
    }
    process.send({ prepared: true })
    await new Promise(resolve => process.once('message', resolve))
    const begin = performance.now()
    let left = count
    await Promise.all(
      Array.from({ length: concurrency }, async () => { while (left-- > 0) await operations[job](prepared) })
    )
    process.send({ answer: { seconds: (performance.now() - begin) / 1000, operations: count } })
  } catch (error) {
    process.send({ answer: { error: error.message } })
  } finally {
    agent.destroy()
  }
}

process.on('message', message => { if (!message.go) void work(message) })
process.on('disconnect', () => process.exit(0))
process.send({ ready: true })
