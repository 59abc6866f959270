// Requests on one machine that save their session while the login in it ends on another. What the machines share is the
// store, and WeChat.

import type { FastifyRequest } from 'fastify'
import { type Test, test } from 'tap'
import type { WechatLoginOptions } from '../../src/types'
import type { Answer, Browser } from '../fixture/browser'
import { gate } from '../fixture/gate'
import { type Host, type HostOptions, startHost } from '../fixture/host'
import { beginLogin, isLoggedIn, logIn, logOut, whoIs } from '../fixture/login'
import { sessionCookies, sessionIdOf } from '../fixture/session-cookie'
import { SessionStore } from '../fixture/session-store'
import { sessionSecret, site } from '../fixture/settings'
import { maxAgeStore, postgresStore, redisStore, type Store } from '../fixture/stores'

type Options = Partial<WechatLoginOptions>

const write = (request: FastifyRequest): void => { Object.assign(request.session, { seen: 'now' }) }
const turnTo = (host: Host, browser: Browser): void => { browser.hosts[site] = host.address }

async function startMachines (
  t: Test, open: () => Promise<Store>, given: Omit<HostOptions, 'options'> & { options?: Options } = {}
): Promise<[a: Host, b: Host, c: Host]> {
  const start = async (more: object = {}): Promise<Host> => startHost(t, {
    ...given,
    ...more,
    options: {
      keepTokens: true,
      ...given.options,
      session: { secret: sessionSecret, cookie: { maxAge: 3_600_000 }, ...given.options?.session, store: await open() }
    }
  })
  const a = await start()
  return [a, await start({ wechat: a.wechat }), await start({ wechat: a.wechat })]
}

/** The cookie of a login that has ended is good nowhere. */
async function checkEnded (t: Test, hosts: Host[], cookie: string): Promise<void> {
  for (const host of hosts) {
    t.equal((await host.browser().fetch(`${host.origin}/account`, { headers: { cookie } })).status, 401)
  }
}

// What a slow request may do with its session, once it goes on.
const writes: Record<string, (request: FastifyRequest) => unknown> = {
  'changes it': write,
  'saves it': async request => { write(request); await request.session.save() },
  'reloads and changes it': async request => { await request.session.reload(); write(request) },
  'takes the login into a new one': request => request.session.regenerate(['wechatLogin'] as never)
}

const shared: Record<string, (t: Test) => Promise<{ open: () => Promise<Store> } | undefined>> = {
  'connect-redis on Redis': redisStore,
  'connect-pg-simple on PostgreSQL': postgresStore,
  'a store that reads cookie.maxAge alone': maxAgeStore,
  'a store in this process': async () => { const store = new SessionStore(); return { open: async () => store } }
}

for (const [name, openStore] of Object.entries(shared)) {
  test(`T26: a logout on one machine holds on all, whatever a slow request on another does with its session, with ${name}`, async t => {
    const store = await openStore(t)
    if (store === undefined) return
    let [slow, change] = [gate(), write as (request: FastifyRequest) => unknown]
    for (const rolling of [false, true]) {
      const machines = await startMachines(t, store.open, {
        options: { session: { secret: sessionSecret, rolling } },
        routes: app => { app.get('/slow', async request => { await slow.pass(); await change(request); return '' }) }
      })
      const [a, b] = machines
      for (const [what, run] of Object.entries(writes)) {
        slow = gate()
        change = run
        const browser = a.browser()
        await logIn(a, browser)
        const cookie = browser.cookieHeader(site)
        turnTo(b, browser)
        const running = browser.get(`${b.origin}/slow`)
        await slow.entered
        turnTo(a, browser)
        t.equal((await logOut(browser)).status, 204)
        await logIn(a, browser, { user: 'sunny' })
        const next = sessionIdOf(browser)
        slow.open()
        const late = await running
        // A session that is gone is reloaded as an empty one, which nobody is logged in to.
        if (what !== 'reloads and changes it') {
          t.strictSame(sessionCookies(late), [], `${what}: the late answer gives the browser no session`)
        }
        await checkEnded(t, machines, cookie)
        if (what !== 'reloads and changes it') {
          t.equal(sessionIdOf(browser), next, "nor does it turn the next person's login back")
        }
        t.not((await whoIs(a, browser))?.nickname, '青禾🌱')
      }
    }
  })
}

/** Two machines on one store; at its nth call from now on that B makes, A logs the browser out. */
async function startRace (t: Test, given: Parameters<typeof startMachines>[2]) {
  const store = new SessionStore()
  const [a, b] = await startMachines(t, async () => store as unknown as Store, given)
  async function race (
    nth: number, run: (browser: Browser) => Promise<Answer>
  ): Promise<{ answer: Answer, calls: number }> {
    store.before = () => {}
    const browser = a.browser()
    await logIn(a, browser)
    const [cookie, id] = [browser.cookieHeader(site), sessionIdOf(browser)]
    const leaving = a.browser()
    leaving.jar(site).set('__Host-session', browser.jar(site).get('__Host-session')!)
    let calls = 0
    let isOurs = false
    store.before = async () => {
      if (isOurs || ++calls !== nth) return
      isOurs = true
      await logOut(leaving)
      isOurs = false
    }
    turnTo(b, browser)
    const answer = await run(browser)
    await store.quiet()
    const made = calls
    store.before = () => {}
    if (nth <= made) {
      t.notOk(store.logins().some(login => login.id === id), `a logout at call ${nth} of ${made}`)
      await checkEnded(t, [a, b], cookie)
    }
    return { answer, calls: made }
  }
  /** The race at every call that the request makes. */
  async function raceAll (
    run: (browser: Browser) => Promise<Answer>, check: (answer: Answer, nth: number) => void
  ): Promise<number> {
    for (let nth = 1; ; nth++) {
      const { answer, calls } = await race(nth, run)
      if (nth > calls) return calls
      check(answer, nth)
    }
  }
  return { a, b, store, raceAll }
}

test('T26: a logout between any two calls of a save to the store holds, and no cookie goes out', async t => {
  const { b, raceAll } = await startRace(t, {
    routes: app => { app.get('/write', async request => { write(request); return '' }) }
  })
  // At the first call the session is not there any more: the write goes into a new one, of nobody's.
  t.equal(
    await raceAll(
      browser => browser.get(`${b.origin}/write`),
      (answer, nth) => { if (nth > 1) t.strictSame(sessionCookies(answer), []) }
    ),
    4
  )
})

test('T26: a logout at any moment of wechatAccessToken holds: it gives no token of a login that it has seen end', async t => {
  let clock = Date.now()
  const { b, raceAll } = await startRace(t, {
    now: () => clock,
    routes: app => { app.get('/token', async request => ({ token: (await request.wechatAccessToken()).length })) }
  })
  const statuses: number[] = []
  const calls = await raceAll(browser => {
    clock += 2 * 3_600_000
    return browser.fetch(`${b.origin}/token`)
  }, answer => { statuses.push(answer.status) })
  t.equal(calls, 5, 'the session, is it stored, and the look, the write and the look again')
  t.strictSame(statuses, [401, 401, 401, 401, 401])
})

test('T26: a logout at any moment while loadUser ends the login holds, and nobody is logged in by what is saved', async t => {
  const { b, raceAll } = await startRace(t, { options: { loadUser: () => null } })
  const calls =
    await raceAll(browser => browser.fetch(`${b.origin}/account`), answer => { t.equal(answer.status, 401) })
  t.equal(calls, 4, 'the session, the tombstone, is it stored, and the session without the login')
})

test('T26: a logout elsewhere while onUser is slow ends the login of before, though onUser saves its session; the login under way is another one, and stands', async t => {
  const store = new SessionStore()
  const held = gate()
  let isSlow = false
  const machines = await startMachines(t, async () => store, {
    options: {
      async onUser (profile, { request }) {
        if (isSlow) await held.pass()
        write(request)
        await request.session.save()
        return profile
      }
    }
  })
  const [a, b] = machines
  const browser = a.browser()
  await logIn(a, browser)
  const cookie = browser.cookieHeader(site)
  const callback = await beginLogin(a, browser, { user: 'sunny' })
  turnTo(b, browser)
  isSlow = true
  const running = browser.get(callback)
  await held.entered
  turnTo(a, browser)
  await logOut(browser)
  held.open()
  t.equal((await running).status, 303)
  await checkEnded(t, machines, cookie)
  t.equal((await whoIs(a, browser))?.nickname, 'Sunny Day ☀️')
})

test('T26: an attempt that began before a logout is a login of its own, and logs its visitor in', async t => {
  const store = new SessionStore()
  const [a, b] = await startMachines(t, async () => store)
  const browser = a.browser()
  await logIn(a, browser)
  const callback = await beginLogin(a, browser)
  await logOut(browser)
  t.notOk(await isLoggedIn(a, browser))
  turnTo(b, browser)
  t.equal((await browser.get(callback)).status, 303)
  t.ok(await isLoggedIn(b, browser))
})

test('T26: a store that takes no tombstone does not keep the session of a logout alive, and the log tells', async t => {
  const { a, store } = await startRace(t, {})
  const browser = a.browser()
  await logIn(a, browser)
  store.before = operation => { if (operation === 'set') throw new Error('read only') }
  t.equal((await logOut(browser)).status, 204)
  t.equal(store.logins().length, 0)
  t.ok(a.logs.some(({ level, msg }) =>
    level === 40 && /a login has ended, and other processes could not be told/.test(msg)))
})
