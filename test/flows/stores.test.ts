// One login over two instances of a host that share nothing but a session store, on the stores that people use; and
// what a login costs them.

import { MemoryStore } from '@fastify/session'
import { type Test, test } from 'tap'
import { hashState } from '../../src/attempt/attempt-cookie'
import type { WechatLoginOptions } from '../../src/types'
import type { Answer, Browser } from '../fixture/browser'
import { type Host, startHost } from '../fixture/host'
import { beginLogin, logIn, type LoginSteps } from '../fixture/login'
import { SessionStore } from '../fixture/session-store'
import { sessionSecret } from '../fixture/settings'
import { startStoredHost } from '../fixture/stored-host'
import { maxAgeStore, postgresStore, redisStore, type SharedStore, type Store } from '../fixture/stores'

const hostName = 'app.example.com'
const minute = 60
const own = { 'sec-fetch-site': 'same-origin' }

/** A store that both have in this process. */
function oneProcess (): Pick<SharedStore, 'open'> {
  const store = new SessionStore()
  return { open: async () => store }
}

interface Pair { a: Host, b: Host, users: () => number }

/** Two instances as two machines have them: what they share is the store, and WeChat. */
async function startPair (
  t: Test, shared: Pick<SharedStore, 'open'>, options: Partial<WechatLoginOptions> = {}
): Promise<Pair> {
  let users = 0
  const start = async (more: object): Promise<Host> => {
    const store = await shared.open()
    return startHost(t, {
      ...more,
      options: {
        session: { secret: sessionSecret, store, cookie: { maxAge: 3_600_000 } },
        onUser: profile => { users++; return profile },
        ...options
      }
    })
  }
  const a = await start({})
  const b = await start({ wechat: a.wechat })
  return { a, b, users: () => users }
}

const turnTo = (host: Host, browser: Browser): void => { browser.hosts[hostName] = host.address }

function sessionOf (answer: Answer): string | undefined {
  return answer.setCookies.find(line => line.startsWith('__Host-session='))?.split(';')[0]
}

function stateOf (callback: string): string {
  return new URL(callback).searchParams.get('state')!
}

const stores: Record<string, (t: Test) => Promise<SharedStore | undefined>> = {
  'connect-redis on Redis': redisStore,
  'connect-pg-simple on PostgreSQL': postgresStore,
  'a store that reads cookie.maxAge alone': maxAgeStore
}

for (const [name, openStore] of Object.entries(stores)) {
  test(`with ${name}`, async t => {
    const shared = await openStore(t)
    if (shared === undefined) return

    await t.test('a login starts at one instance, comes back to another and is read at both', async t => {
      const { a, b } = await startPair(t, shared)
      const browser = a.browser()
      const callback = await beginLogin(a, browser, { redirect: '/account' })
      turnTo(b, browser)
      t.equal((await browser.get(callback)).status, 303)
      for (const host of [a, b]) {
        turnTo(host, browser)
        t.equal((await browser.fetch(`${host.origin}/account`)).json().user.nickname, '青禾🌱')
      }
    })

    await t.test('the same callback at both at once is one login with one onUser and one session', async t => {
      const { a, b, users } = await startPair(t, shared)
      for (let turn = 1; turn <= 20; turn++) {
        const browser = a.browser()
        const callback = await beginLogin(a, browser)
        const cookie = browser.cookieHeader(hostName)
        const answers = await Promise.all([a, b].map(host => host.browser().get(callback, { cookie })))
        t.strictSame(answers.map(answer => answer.status), [303, 303])
        t.type(sessionOf(answers[0]!), 'string')
        t.equal(sessionOf(answers[0]!), sessionOf(answers[1]!))
        t.equal(users(), turn)
      }
    })

    await t.test('the same callback later at the other instance lands in the same session, while that stands', async t => {
      const { a, b, users } = await startPair(t, shared)
      const browser = a.browser()
      const callback = await beginLogin(a, browser)
      const cookie = browser.cookieHeader(hostName)
      const first = await browser.get(callback)
      const second = await b.browser().get(callback, { cookie })
      t.equal(second.status, 303)
      t.equal(sessionOf(second), sessionOf(first))
      t.equal(users(), 1)
      turnTo(b, browser)
      t.equal((await browser.post(`${b.origin}/wechat/logout`, {}, own)).status, 204)
      const third = await a.browser().fetch(callback, { headers: { cookie } })
      t.equal(third.json().code, 'FST_WECHAT_INVALID_STATE', 'and never makes one again')
      t.equal(users(), 1)
    })

    await t.test('a logout at one instance holds at both', async t => {
      const { a, b } = await startPair(t, shared)
      const browser = a.browser()
      await logIn(a, browser)
      const cookie = browser.cookieHeader(hostName)
      turnTo(b, browser)
      t.equal((await browser.post(`${b.origin}/wechat/logout`, {}, own)).status, 204)
      for (const host of [a, b]) {
        t.equal((await host.browser().fetch(`${host.origin}/account`, { headers: { cookie } })).status, 401)
      }
    })

    await t.test('a logout leaves a quarter of an hour of what tells the other machines, and nothing else', async t => {
      const { a } = await startPair(t, shared)
      const browser = a.browser()
      await logIn(a, browser)
      const before = await shared.keys()
      t.equal((await browser.post(`${a.origin}/wechat/logout`, {}, own)).status, 204)
      const added = (await shared.keys()).filter(key => !before.includes(key))
      t.equal(added.length, 1)
      const left = await shared.secondsLeft(added[0]!)
      t.ok(left > 14 * minute && left <= 15 * minute + 1, `${left} seconds`)
    })

    await t.test("a login leaves a session and a shared result, which ends a minute after its attempt's own end", async t => {
      const { a, b } = await startPair(t, shared)
      const before = await shared.keys()
      const browser = a.browser()
      const callback = await beginLogin(a, browser)
      t.strictSame(await shared.keys(), before, 'nothing before the callback')
      await browser.get(callback)
      const resultKey = hashState(stateOf(callback))
      const added = (await shared.keys()).filter(key => !before.includes(key))
      t.equal(added.length, 2)
      t.ok(added.includes(resultKey))
      const left = await shared.secondsLeft(resultKey)
      t.ok(left > 15 * minute && left <= 16 * minute + 1, `${left} seconds`)
      const forged = { cookie: `__Host-session=${resultKey}.${sessionOf(browser.answers.at(-1)!)!.split('.')[1]}` }
      t.equal((await b.browser().fetch(`${b.origin}/account`, { headers: forged })).status, 401)
    })
  })
}

test('a shared result is no session even under a cookie that the host itself signs', async t => {
  const { a } = await startPair(t, oneProcess())
  const browser = a.browser()
  const callback = await beginLogin(a, browser)
  await browser.get(callback)
  const { Signer } = require('@fastify/cookie')
  const signed: string = new Signer(sessionSecret).sign(hashState(stateOf(callback)))
  const thief = a.browser()
  const refused = await thief.fetch(`${a.origin}/account`, {
    headers: { cookie: `__Host-session=${encodeURIComponent(signed)}` }
  })
  t.equal(refused.status, 401)
})

test('the built-in MemoryStore, which is one process\'s own and forgets nothing, gets a session and no shared result; a store made from it gets both', async t => {
  const added = async (Store: typeof MemoryStore): Promise<{ entries: number, reads: number }> => {
    const entries = new Map<string, never>()
    const store = new Store(entries)
    let reads = 0
    const { get } = store
    store.get = (...given) => {
      reads++
      Reflect.apply(get, store, given)
    }
    const host = await startHost(t, { options: { session: { secret: sessionSecret, store: store as Store } } })
    const browser = host.browser()
    const callback = await beginLogin(host, browser)
    for (let time = 0; time < 2; time++) t.equal((await browser.get(callback)).status, 303)
    return { entries: entries.size, reads }
  }
  class Elsewhere extends MemoryStore {}
  t.strictSame(await added(MemoryStore), { entries: 1, reads: 1 }, 'read at the second visit, for its session')
  t.strictSame(await added(Elsewhere), { entries: 2, reads: 2 })
})

test('a store that says ENOENT of what is not there, as those on files do, lets logins in and out', async t => {
  const { host, store, browser } = await startStoredHost(t)
  store.before = (operation, id) => {
    if (operation === 'get' && !store.records.has(id)) {
      throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
    }
  }
  const callback = await beginLogin(host, browser)
  for (let time = 0; time < 2; time++) t.equal((await browser.get(callback)).status, 303)
  t.equal((await browser.fetch(`${host.origin}/account`)).status, 200)
  t.equal((await browser.post(`${host.origin}/wechat/logout`, {}, own)).status, 204)
  t.equal((await browser.fetch(`${host.origin}/account`)).status, 401)
})

/** A store that writes down what is asked of it. */
function countingStore () {
  const calls: string[] = []
  const inner = new MemoryStore()
  const note = (name: 'get' | 'set' | 'destroy') => (...given: [string, ...never[]]) => {
    calls.push(name)
    Reflect.apply(inner[name], inner, given)
  }
  const store = { get: note('get'), set: note('set'), destroy: note('destroy') } as unknown as Store
  return { store, take: () => calls.splice(0).join(' ') }
}

test('what a login costs the session store: calls at each step, as the README says', async t => {
  const { store, take } = countingStore()
  const host = await startHost(t, {
    options: { session: { secret: sessionSecret, store } },
    routes: app => { app.get('/write', async request => { Object.assign(request.session, { seen: 1 }); return '' }) }
  })
  const browser = host.browser()
  const costs: Record<string, string> = {}
  const step = async (name: string, run: () => Promise<Answer>): Promise<void> => {
    await run()
    costs[name] = take()
  }
  await step('an anonymous visit', () => browser.get(`${host.origin}/public`))
  await step('a guard that refuses', () => browser.get(`${host.origin}/account`))
  let callback = ''
  await step('the start', async () => {
    callback = await beginLogin(host, browser, { redirect: '/account' })
    return browser.answers.at(-1)!
  })
  const cookie = browser.cookieHeader(hostName)
  await step('the callback', () => browser.get(callback))
  await step('the callback once more, same process', () => host.browser().get(callback, { cookie }))
  await step('a guarded read', () => browser.get(`${host.origin}/account`))
  await step('a request that changes the session', () => browser.get(`${host.origin}/write`))
  await step('me', () => browser.fetch(`${host.origin}/wechat/me`))
  await step('the start, by one who is logged in', async () => {
    callback = await beginLogin(host, browser, { redirect: '/account' })
    return browser.answers.at(-1)!
  })
  await step('the callback of one who is logged in', () => browser.get(callback))
  await step('the logout', () => browser.post(`${host.origin}/wechat/logout`, {}, own))
  t.strictSame(costs, {
    'an anonymous visit': '',
    'a guard that refuses': '',
    'the start': '',
    'the callback': 'get set set', // is there a result; the session; the result
    'the callback once more, same process': 'get',
    'a guarded read': 'get',
    'a request that changes the session': 'get get set get',
    me: 'get',
    'the start, by one who is logged in': 'get',
    'the callback of one who is logged in': 'get get set set destroy set',
    'the logout': 'get set destroy'
  })
})

test('two visitors at two instances are never each other', async t => {
  const { a, b } = await startPair(t, oneProcess())
  const steps: LoginSteps[] = [{ user: 'qinghe' }, { user: 'sunny' }, { user: 'follower' }]
  const names = await Promise.all(Array.from({ length: 30 }, async (_, index) => {
    const browser = a.browser()
    const callback = await beginLogin(a, browser, steps[index % 3]!)
    turnTo(b, browser)
    await browser.get(callback)
    const { openid, appid } = (await browser.fetch(`${b.origin}/account`)).json().user
    return openid === a.wechat.control.openid(appid, steps[index % 3]!.user!)
  }))
  t.strictSame([...new Set(names)], [true])
})
