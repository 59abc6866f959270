// How many bytes of the heap a stranger's request may leave behind, by real requests as large as Node takes them.

import { once } from 'node:events'
import { Agent, type IncomingMessage, request as ask } from 'node:http'
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import fp from 'fastify-plugin'
import { type Test, test } from 'tap'
import { createPlugin } from '../../src/plugin'
import { usedMemory } from '../fixture/memory'
import { serve } from '../fixture/servers'
import { accounts, sameOrigin, sessionSecret, site } from '../fixture/settings'
import { person, tokens } from '../fixture/fake-api'
import type { Store } from '../fixture/stores'

const round = 300
const visits = 4 * round + 1
const pad = 'x'.repeat(15_000)
const code = (count: number): string => String(count).padStart(32, '0')

/**
 * A store on another machine, as far as this process's memory goes: notes take nothing, and what is deleted frees
 * nothing.
 */
function storeElsewhere (keepsSessions: boolean): Store {
  const entries = new Map<string, string>()
  const gone = new Set<string>()
  return {
    get (id: string, done: (error: null, session: unknown) => void) {
      setImmediate(() => { done(null, entries.has(id) && !gone.has(id) ? JSON.parse(entries.get(id)!) : null) })
    },
    set (id: string, session: object, done: () => void) {
      if (keepsSessions && 'wechatLogin' in session) entries.set(id, JSON.stringify(session))
      setImmediate(done)
    },
    destroy (id: string, done: () => void) {
      // An id of its own: the one that is given may be cut from a header.
      for (const known of entries.keys()) if (known === id) gone.add(known)
      setImmediate(done)
    }
  } as unknown as Store
}

async function start (t: Test, { keepsSessions = false, about = '' } = {}) {
  const wechat = await serve(t, ({ url }) => {
    if (url!.startsWith('/sns/userinfo')) return person
    return url!.includes('code=bad') ? { errcode: 40029, errmsg: 'invalid code' } : tokens
  })
  const app = Fastify({ trustProxy: true })
  await app.register(fp(createPlugin()), {
    qr: accounts.qr,
    session: { secret: sessionSecret, store: storeElsewhere(keepsSessions) },
    client: { apiHosts: [wechat.origin], retries: 0 },
    onUser: profile => ({ ...profile, about })
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(async () => {
    agent.destroy()
    await app.close()
  })
  const { port } = app.server.address() as AddressInfo

  async function visit (path: string, cookie = '', method = 'GET'): Promise<IncomingMessage> {
    const headers = {
      host: site,
      'x-forwarded-proto': 'https',
      ...sameOrigin,
      ...(cookie && { cookie }),
      ...(method === 'POST' && { 'content-type': 'application/json' })
    }
    const sent =
      ask({ port, host: '127.0.0.1', path, method, headers, agent }).end(method === 'POST' ? '{}' : undefined)
    const [answer] = await once(sent, 'response') as [IncomingMessage]
    wechat.requests.length = 0
    answer.resume()
    await once(answer, 'end')
    return answer
  }

  /** A login that has begun: what the browser holds of it, and where WeChat would send it to. */
  async function begin (given: string): Promise<{ path: string, cookie: string }> {
    const { headers } = await visit('/wechat/login')
    const state = new URL(headers.location!).searchParams.get('state')
    return {
      path: `/wechat/qr?code=${given}&state=${state}`,
      cookie: headers['set-cookie']!.map(line => line.split(';')[0]).join('; ')
    }
  }
  return { visit, begin }
}

/**
 * Bytes that stay of each visit, each of which is answered with this status. Compilers, collectors and maps that grow
 * have moments of their own: what stays of every visit stays in each round.
 */
async function weigh<Given> (
  given: Given[], status: number, visit: (one: Given) => Promise<IncomingMessage>
): Promise<number> {
  const rounds: number[] = []
  // An assertion for each would be weighed, too.
  const others = new Set<number | undefined>()
  let used = 0
  for (const [index, one] of given.entries()) {
    const { statusCode } = await visit(one)
    if (statusCode !== status) others.add(statusCode)
    if (index % round !== 0) continue
    const now = await usedMemory()
    rounds.push((now - used) / round)
    used = now
  }
  if (others.size > 0) throw new Error(`answered with ${[...others].join()}`)
  return Math.round(Math.min(...rounds.slice(1)))
}

async function many<Made> (count: number, make: (index: number) => Promise<Made>): Promise<Made[]> {
  const made: Made[] = []
  for (let index = 0; index < count; index++) made.push(await make(index))
  return made
}

test('T60: an attempt that failed is remembered in a kilobyte, however long its request was', async t => {
  const { visit, begin } = await start(t)
  const begun = await many(visits, index => begin(`bad${code(index).slice(3)}`))
  const bytes = await weigh(begun, 400, ({ path, cookie }) => visit(`${path}&pad=${pad}`, cookie))
  t.ok(bytes < 1024, `${bytes} bytes an attempt`)
})

test('T60: an attempt that logged somebody in is remembered in a kilobyte, however long its request was', async t => {
  const { visit, begin } = await start(t)
  const begun = await many(visits, index => begin(code(index)))
  const bytes = await weigh(begun, 303, ({ path, cookie }) => visit(`${path}&pad=${pad}`, cookie))
  t.ok(bytes < 1024, `${bytes} bytes an attempt`)
})

test('T60: a logout is remembered in half a kilobyte, whatever the size of its Cookie header and of the user', async t => {
  const { visit, begin } = await start(t, { keepsSessions: true, about: 'y'.repeat(20_000) })
  const cookies = await many(visits, async index => {
    const { path, cookie } = await begin(code(index))
    const { headers } = await visit(path, cookie)
    return headers['set-cookie']!.find(line => line.startsWith('__Host-session='))!.split(';')[0]!
  })
  const bytes =
    await weigh(cookies, 204, cookie => visit('/wechat/logout', `${cookie}; pad=${pad.slice(1000)}`, 'POST'))
  t.ok(bytes < 512, `${bytes} bytes a logout`)
})
