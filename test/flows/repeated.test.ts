// Callbacks that come more than once: WeChat's browser asks twice, visitors reload, go back, share the address, lose
// the network. One attempt is one login, and each answer, taken alone, leaves the visitor in it.

import { once } from 'node:events'
import { connect } from 'node:tls'
import { test, type Test } from 'tap'
import { Agent } from 'undici'
import { copyOf, withOnly } from '../fixture/alone'
import { tls } from '../fixture/data'
import { gate } from '../fixture/gate'
import { type Host, type HostOptions, startHost } from '../fixture/host'
import { beginLogin, codeIn, logIn, logOut, me, stateIn } from '../fixture/login'
import { sessionCookie } from '../fixture/session-cookie'
import { SessionStore } from '../fixture/session-store'
import { origin, sameOrigin, sessionSecret, site } from '../fixture/settings'
import { agents, type Answer, type Browser } from '../fixture/browser'
import type { WechatLoginOptions, WechatProfile } from '../../src/types'

const day = 24 * 3600 * 1000

interface Counted { host: Host, store: SessionStore, users: () => number }

async function startCounted (t: Test, given: HostOptions = {}): Promise<Counted> {
  const store = new SessionStore()
  let users = 0
  const { onUser = (profile: WechatProfile) => profile, ...options } =
    (given.options ?? {}) as Partial<WechatLoginOptions>
  const host = await startHost(t, {
    ...given,
    options: {
      session: { secret: sessionSecret, store },
      ...options,
      onUser: (profile, context) => {
        users++
        return onUser(profile, context)
      }
    }
  })
  return { host, store, users: () => users }
}

/** Two processes behind one address, as far as one process can play them: only the store and the secrets are shared. */
async function startTwo (t: Test, given: HostOptions = {}): Promise<{
  one: Counted
  two: Counted
  store: SessionStore
  browser: Browser
  at: (host: Host) => Browser
  users: () => number
}> {
  const one = await startCounted(t, given)
  const options = given.options as Partial<WechatLoginOptions> | undefined
  const two = await startCounted(t, {
    ...given,
    wechat: one.host.wechat,
    options: { ...options, session: { secret: sessionSecret, store: one.store } }
  })
  const browser = one.host.browser(agents.wechat)
  two.host.browsers.push(browser)
  const at = ({ address }: Host): Browser => {
    browser.hosts[site] = address
    return browser
  }
  return { one, two, store: one.store, browser, at, users: () => one.users() + two.users() }
}

/** An onUser that waits for `open`; `entered` resolves when it begins. */
function slowOnUser () {
  const { entered, open, pass } = gate()
  const onUser = async (profile: WechatProfile): Promise<WechatProfile> => {
    await pass()
    return profile
  }
  return { entered, open, onUser }
}

async function whoIs (browser: Browser): Promise<string | undefined> {
  const answer = await me(browser)
  return answer.status === 200 ? answer.json().user.openid : undefined
}

/** Every answer sends the visitor on; each, taken alone, leaves them logged in, and all in one session. */
async function checkAnswers (
  t: Test, { host, store }: Pick<Counted, 'host' | 'store'>, before: Browser, answers: Answer[]
): Promise<void> {
  t.strictSame([...new Set(answers.map(answer => answer.status))], [303], 'every answer sends the visitor on')
  t.strictSame(
    answers.map(answer => answer.setCookies.filter(line => /^__Host-session=;/.test(line))).flat(),
    [],
    'no answer takes the session away'
  )
  const cookies = new Set<string | undefined>()
  for (const answer of answers) {
    const browser = withOnly(host, before, answer)
    t.type(await whoIs(browser), 'string', 'this answer alone leaves the visitor logged in')
    cookies.add(browser.jar(site).get('__Host-session'))
  }
  t.equal(cookies.size, 1, 'all in the same session')
  t.equal(store.logins().length, 1, 'and there is no other')
}

for (const agent of ['wechat', 'desktop'] as const) {
  test(`the same callback twice, one after the other, is one login (${agent})`, async t => {
    const { host, users, store } = await startCounted(t)
    const browser = host.browser(agents[agent])
    const callback = await beginLogin(host, browser, { redirect: '/account' })
    const first = await browser.get(callback)
    const second = await browser.get(callback)
    t.strictSame(
      [first.status, first.location, second.status, second.location],
      [303, `${origin}/account`, 303, `${origin}/account`]
    )
    t.notOk(sessionCookie(second), 'the second one has nothing to set')
    t.type(await whoIs(browser), 'string')
    t.equal(users(), 1)
    t.equal(host.wechat.control.count('access_token'), 1)
    t.equal(store.logins().length, 1)
  })
}

test('T18: the same callback twenty times at once is one login, whichever answer the visitor gets', async t => {
  const counted = await startCounted(t)
  const { host, users } = counted
  const browser = host.browser(agents.wechat)
  const callback = await beginLogin(host, browser)
  const before = withOnly(host, browser, browser.answers.at(-1)!)
  const answers = await Promise.all(Array.from({ length: 20 }, () => browser.get(callback)))
  await checkAnswers(t, counted, before, answers)
  t.equal(users(), 1)
  t.equal(host.wechat.control.count('access_token'), 1)
  t.equal(host.wechat.control.count('userinfo'), 1)
})

test('the same callback twenty times at once over the login of before is one login in a new session', async t => {
  const counted = await startCounted(t)
  const { host, users } = counted
  const browser = host.browser(agents.wechat)
  await logIn(host, browser, { user: 'sunny' })
  const callback = await beginLogin(host, browser, { user: 'qinghe' })
  const before = withOnly(host, browser, browser.answers.at(-1)!)
  const answers = await Promise.all(Array.from({ length: 20 }, () => browser.get(callback)))
  await checkAnswers(t, counted, before, answers)
  t.equal(users(), 2)
})

test('the same callback as GET and as POST at once is one login', async t => {
  const counted = await startCounted(t)
  const { host, users } = counted
  const browser = host.browser(agents.wechat)
  const callback = await beginLogin(host, browser)
  const { searchParams, pathname } = new URL(callback)
  const body = { code: searchParams.get('code'), state: searchParams.get('state') }
  const before = withOnly(host, browser, browser.answers.at(-1)!)
  const [page, script] = await Promise.all([browser.get(callback), browser.post(origin + pathname, body, sameOrigin)])
  t.equal(script.status, 200)
  await checkAnswers(t, counted, before, [page, { ...script, status: 303 }])
  t.equal(users(), 1)
})

for (const how of ['at once', 'one after the other'] as const) {
  test(`two codes for one state, ${how}, are one login`, async t => {
    const counted = await startCounted(t)
    const { host, users } = counted
    const browser = host.browser(agents.wechat)
    const urls = host.wechat.control.duplicateCallbackUrls(await beginLogin(host, browser), 'fresh')
    const before = withOnly(host, browser, browser.answers.at(-1)!)
    const answers: Answer[] = how === 'at once'
      ? await Promise.all(urls.map(url => browser.get(url)))
      : [await browser.get(urls[0]), await withOnly(host, before, browser.answers.at(-1)!).get(urls[1])]
    await checkAnswers(t, counted, before, how === 'at once' ? answers : [answers[0]!])
    t.equal(answers[1]!.status, 303)
    t.equal(users(), 1)
    t.equal(host.wechat.control.count('access_token'), 1)
  })
}

test('a second code that comes with the first cookies, long after the login, lands in the same session', async t => {
  const counted = await startCounted(t)
  const { host, users } = counted
  const browser = host.browser(agents.wechat)
  const urls = host.wechat.control.duplicateCallbackUrls(await beginLogin(host, browser), 'fresh')
  const late = withOnly(host, browser, browser.answers.at(-1)!)
  const before = withOnly(host, browser, browser.answers.at(-1)!)
  const answers = [await browser.get(urls[0]), await late.get(urls[1])]
  await checkAnswers(t, counted, before, answers)
  t.equal(users(), 1)
  t.equal(host.wechat.control.count('access_token'), 1)
})

for (const how of ['at once', 'one after the other'] as const) {
  test(`one code that WeChat gives to two tabs, ${how}, is one login`, async t => {
    const now = Date.now()
    const { host, users, store } = await startCounted(t, { now: () => now })
    const browser = host.browser(agents.wechat)
    const first = await beginLogin(host, browser, { redirect: '/public?tab=1' })
    const second = await beginLogin(host, browser, { redirect: '/public?tab=2' })
    const sameCode = second.replace(codeIn(second), codeIn(first))
    const answers = how === 'at once'
      ? await Promise.all([browser.get(first), browser.get(sameCode)])
      : [await browser.get(first), await browser.get(sameCode)]
    t.strictSame(
      answers.map(answer => [answer.status, answer.location]),
      [[303, `${origin}/public?tab=1`], [303, `${origin}/public?tab=2`]]
    )
    t.type(await whoIs(browser), 'string')
    t.equal(users(), 1)
    t.equal(store.logins().length, 1)
  })
}

test('T16: a code that somebody else has used logs nobody in, and shows nobody the other session', async t => {
  const { host, users, store } = await startCounted(t, { options: { client: { timeout: 1000 } } })
  const victim = host.browser(agents.wechat)
  const thief = host.browser(agents.wechat)
  const theirs = await beginLogin(host, victim)
  const own = await beginLogin(host, thief)
  await victim.get(theirs)
  const stolen = await thief.get(own.replace(codeIn(own), codeIn(theirs)))
  t.equal(stolen.status, 400)
  t.notOk(sessionCookie(stolen))
  t.equal(await whoIs(thief), undefined)
  t.type(await whoIs(victim), 'string')
  t.equal(users(), 1)
  t.equal(store.logins().length, 1)
})

test('a used code does not pass for a login that was there before the attempt began', async t => {
  let now = Date.now()
  const { host } = await startCounted(t, { now: () => now, options: { client: { timeout: 1000 } } })
  const browser = host.browser(agents.wechat)
  await logIn(host, browser, { user: 'sunny' })
  now += 60_000
  const other = host.browser(agents.wechat)
  const used = await beginLogin(host, other, { user: 'qinghe' })
  await other.get(used)
  const own = await beginLogin(host, browser, { user: 'qinghe' })
  t.equal((await browser.get(own.replace(codeIn(own), codeIn(used)))).status, 400)
})

test('a used code of one app does not pass for a login that the browser has made by the other app meanwhile', async t => {
  const { host } = await startCounted(t, { options: { client: { timeout: 1000 } } })
  const browser = host.browser(agents.wechat)
  const callback = await beginLogin(host, browser)
  await host.app.wechatLogin.oneclick!.exchangeCode(codeIn(callback))
  browser.userAgent = agents.desktop
  t.equal((await logIn(host, browser)).status, 303)
  browser.userAgent = agents.wechat
  t.equal((await browser.get(callback)).status, 400)
})

test('a code that WeChat gives to two tabs serves the second one where the first could not reach WeChat', async t => {
  const store = new SessionStore()
  const agent = new Agent({ connect: { ca: tls.cert } })
  t.teardown(() => agent.destroy())
  let unreachable = 1
  const dispatcher = agent.compose(dispatch => (options, handler) => {
    if (unreachable-- > 0) throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
    return dispatch(options, handler)
  })
  const { host, users } = await startCounted(t, {
    options: { session: { secret: sessionSecret, store }, client: { retries: 0, dispatcher } }
  })
  const browser = host.browser(agents.wechat)
  const first = await beginLogin(host, browser)
  const second = await beginLogin(host, browser)
  const late = copyOf(host, browser)
  const [firstLooks, secondLooks, secondMayGo] = [gate(), gate(), gate()]
  let looks = 0
  store.before = operation => {
    if (operation !== 'get') return undefined
    if (++looks === 1) {
      firstLooks.open()
      return secondLooks.opened
    }
    secondLooks.open()
    return secondMayGo.opened
  }
  const answering = browser.get(first)
  await firstLooks.opened
  const waiting = late.get(second.replace(codeIn(second), codeIn(first)))
  const answer = await answering
  t.equal(answer.status, 504)
  t.strictSame(answer.setCookies, [], 'its attempt may be tried again')
  secondMayGo.open()
  t.equal((await waiting).status, 303)
  t.type(await whoIs(late), 'string')
  t.strictSame([users(), host.wechat.control.count('access_token')], [1, 1])
})

test('T17: reload and back button, days later, lead to the wanted page while the login lasts', async t => {
  let now = Date.now()
  const { host, users } = await startCounted(t, { now: () => now })
  const browser = host.browser()
  const callback = await beginLogin(host, browser, { redirect: '/account' })
  await browser.get(callback)
  const session = browser.jar(site).get('__Host-session')
  for (const days of [0, 1, 20]) {
    now += days * day
    host.wechat.control.advance(days * 86400)
    const again = await browser.get(callback)
    t.equal(again.status, 303, `after ${days} days`)
    t.equal(again.location, `${origin}/account`)
    t.strictSame(again.setCookies, [])
  }
  t.equal(browser.jar(site).get('__Host-session'), session)
  t.type(await whoIs(browser), 'string')
  t.equal(users(), 1)
  t.equal(host.wechat.control.count('access_token'), 1)
})

test('T17: reload and back button after the login has ended ask for a new one and call nobody', async t => {
  let now = Date.now()
  const { host, users } = await startCounted(t, { now: () => now, options: { maxAge: 3600 } })
  const desktop = host.browser()
  const callback = await beginLogin(host, desktop, { redirect: '/account' })
  await desktop.get(callback)
  now += 2 * day
  const page = await desktop.get(callback)
  t.equal(page.status, 403)
  t.match(page.body, '/wechat/login?redirect=%2Faccount')
  t.equal(await whoIs(desktop), undefined)
  t.equal(users(), 1)
  t.equal(host.wechat.control.count('access_token'), 1)
})

test('T67: a callback URL shared with another person logs that person in as nobody else', async t => {
  const { host, users, store } = await startCounted(t)
  const browser = host.browser(agents.wechat)
  const callback = await beginLogin(host, browser, { redirect: '/account' })
  await browser.get(callback)
  const friend = host.browser(agents.wechat)
  const restart = await friend.get(callback)
  t.equal(restart.status, 302, 'in WeChat: a login of their own')
  t.match(restart.location, `${host.wechat.url}/connect/oauth2/authorize`)
  t.notOk(sessionCookie(restart))
  t.equal(await whoIs(friend), undefined)
  const own = await friend.get(host.wechat.control.approve(restart.location, { user: 'sunny' }))
  t.equal(own.location, `${origin}/account`)
  t.not(await whoIs(friend), await whoIs(browser))
  t.equal(users(), 2)
  t.equal(store.logins().length, 2)
  const qr = await beginLogin(host, host.browser())
  const stranger = host.browser()
  t.equal((await stranger.get(qr)).status, 403, 'elsewhere: a page')
  t.equal(await whoIs(stranger), undefined)
  t.equal(host.wechat.control.count('access_token'), 2)
})

test('a reply of WeChat that is lost after the code was spent is not asked for again, and a new login works', async t => {
  const { host, users, store } = await startCounted(t)
  const browser = host.browser(agents.wechat)
  const callback = await beginLogin(host, browser)
  const kept = withOnly(host, browser, browser.answers.at(-1)!)
  host.wechat.control.fault({ endpoint: 'access_token', kind: 'lost-reply' })
  t.equal((await browser.get(callback)).status, 504)
  t.equal((await kept.get(callback)).status, 403)
  t.equal(host.wechat.control.count('access_token'), 1)
  t.equal(users(), 0)
  t.equal(store.records.size, 0)
  t.equal((await logIn(host, browser)).status, 303)
  t.type(await whoIs(browser), 'string')
})

test('a slow onUser is asked once, however often an impatient visitor comes back', async t => {
  const { entered, open, pass } = gate()
  const counted = await startCounted(t, {
    options: {
      onUser: async profile => {
        await pass()
        return profile
      }
    }
  })
  const { host, users } = counted
  const browser = host.browser(agents.wechat)
  const callback = await beginLogin(host, browser)
  const before = withOnly(host, browser, browser.answers.at(-1)!)
  const first = browser.get(callback)
  await entered
  const more = Array.from({ length: 5 }, () => browser.get(callback))
  t.equal((await browser.get(`${origin}/public`)).status, 200, 'others are served meanwhile')
  open()
  await checkAnswers(t, counted, before, await Promise.all([first, ...more]))
  t.equal(users(), 1)
})

test('a visitor who hangs up during the login finds it done on coming back', async t => {
  const { entered, open, pass } = gate()
  const { host, store, users } = await startCounted(t, {
    options: {
      onUser: async profile => {
        await pass()
        return profile
      }
    }
  })
  const stored = new Promise<void>(resolve => { store.before = operation => { if (operation === 'set') resolve() } })
  const browser = host.browser(agents.wechat)
  const { pathname, search } = new URL(await beginLogin(host, browser))
  const accepted = once(host.app.server, 'secureConnection')
  const socket = connect({ port: Number(new URL(host.address).port), host: '127.0.0.1', rejectUnauthorized: false })
  socket.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: ${site}\r\nCookie: ${browser.cookieHeader(site)}\r\n\r\n`)
  await entered
  const [connection] = await accepted
  socket.destroy()
  await once(connection, 'close')
  open()
  await stored
  const again = await browser.get(origin + pathname + search)
  t.equal(again.status, 303)
  t.type(await whoIs(browser), 'string')
  t.equal(users(), 1)
  t.equal(store.logins().length, 1)
})

test('a login that fails after its code has left is not tried again with that code', async t => {
  const { host } = await startCounted(t)
  const browser = host.browser(agents.wechat)
  const callback = await beginLogin(host, browser)
  const kept = withOnly(host, browser, browser.answers.at(-1)!)
  host.wechat.control.fault({ endpoint: 'userinfo', kind: 'errcode', errcode: 48001 })
  t.equal((await browser.get(callback)).status, 500)
  t.equal((await browser.get(callback)).status, 302, 'its cookie is gone: a new attempt')
  t.equal((await kept.get(callback)).status, 403, 'with its cookie kept: refused')
  t.equal(host.wechat.control.count('access_token'), 1)
})

test('T26: after a logout neither kept cookies nor the URL bring the login back', async t => {
  const { host, store } = await startCounted(t)
  for (const agent of [agents.wechat, agents.desktop]) {
    const browser = host.browser(agent)
    const callback = await beginLogin(host, browser)
    const during = withOnly(host, browser, browser.answers.at(-1)!)
    await browser.get(callback)
    const after = withOnly(host, browser, browser.answers.at(-1)!)
    t.equal((await logOut(browser)).status, 204)
    t.equal((await browser.get(callback)).status, 403, 'the browser itself')
    t.equal((await during.get(callback)).status, 403, 'with the cookies of before the login')
    t.equal((await after.get(callback)).status >= 300, true)
    for (const one of [browser, during, after]) t.equal(await whoIs(one), undefined)
  }
  t.equal(store.logins().length, 0)
})

test('a session that a slow request has brought back after the logout is not handed out by the callback', async t => {
  const { host, store } = await startCounted(t)
  const browser = host.browser(agents.wechat)
  const callback = await beginLogin(host, browser)
  const kept = withOnly(host, browser, browser.answers.at(-1)!)
  await browser.get(callback)
  const { id } = store.logins()[0]!
  const record = store.records.get(id)!
  await logOut(browser)
  store.records.set(id, record)
  const again = await kept.get(callback)
  t.equal(again.status, 403)
  t.notOk(sessionCookie(again), 'the refusal carries no session')
})

test('a login that is followed by another one in the same browser is not brought back by its own callback', async t => {
  const { host, store } = await startCounted(t)
  const browser = host.browser(agents.wechat)
  const callback = await beginLogin(host, browser, { user: 'sunny' })
  const kept = withOnly(host, browser, browser.answers.at(-1)!)
  await browser.get(callback)
  await logIn(host, browser, { user: 'qinghe' })
  t.equal((await kept.get(callback)).status, 403)
  t.equal(store.logins().length, 1)
})

test('T18: over two processes, twenty callbacks at once are one onUser and one session', async t => {
  const { one, two, store, browser, at, users } = await startTwo(t)
  const callback = await beginLogin(one.host, at(one.host))
  const before = withOnly(one.host, browser, browser.answers.at(-1)!)
  const answers =
    await Promise.all(Array.from({ length: 20 }, (_, index) => at(index % 2 === 0 ? one.host : two.host).get(callback)))
  await checkAnswers(t, { host: one.host, store }, before, answers)
  t.equal(users(), 1)
  t.equal(one.host.wechat.control.count('access_token', { accepted: true }), 1)
})

test('over two processes, a callback on one and later on the other is one login', async t => {
  const { one, two, store, browser, at, users } = await startTwo(t)
  const callback = await beginLogin(one.host, at(one.host))
  const before = withOnly(one.host, browser, browser.answers.at(-1)!)
  const first = await at(one.host).get(callback)
  const late = withOnly(two.host, before, { ...first, setCookies: [] })
  const second = await late.get(callback)
  await checkAnswers(t, { host: two.host, store }, before, [first, second])
  t.equal(users(), 1)
  t.equal(one.host.wechat.control.count('access_token'), 1, 'the code is not sent a second time')
})

test('over two processes, a second code of a finished attempt is not even sent', async t => {
  const { one, two, store, browser, at, users } = await startTwo(t)
  const [url, fresh] = one.host.wechat.control.duplicateCallbackUrls(await beginLogin(one.host, at(one.host)), 'fresh')
  const before = withOnly(one.host, browser, browser.answers.at(-1)!)
  const first = await at(one.host).get(url)
  const second = await withOnly(two.host, before, { ...first, setCookies: [] }).get(fresh)
  await checkAnswers(t, { host: two.host, store }, before, [first, second])
  t.equal(users(), 1)
  t.equal(one.host.wechat.control.count('access_token'), 1)
})

test('T18: over two processes, a slow onUser on one holds the other until the login is there', async t => {
  const { entered, open, onUser } = slowOnUser()
  const { one, two, store, browser, at, users } = await startTwo(t, { options: { onUser } })
  const callback = await beginLogin(one.host, at(one.host))
  const before = withOnly(one.host, browser, browser.answers.at(-1)!)
  const first = at(one.host).get(callback)
  await entered
  const reads = store.counts.get
  const waits = new Promise<void>(resolve => { store.before = () => { if (store.counts.get >= reads + 3) resolve() } })
  const second = at(two.host).get(callback)
  await waits
  open()
  await checkAnswers(t, { host: two.host, store }, before, await Promise.all([first, second]))
  t.equal(users(), 1)
})

test('over two processes, one that has given up waiting still finds the login afterwards', async t => {
  const { entered, open, onUser } = slowOnUser()
  const { one, two, store, browser, at, users } = await startTwo(t, { options: { client: { timeout: 1500 }, onUser } })
  const callback = await beginLogin(one.host, at(one.host))
  const before = withOnly(one.host, browser, browser.answers.at(-1)!)
  const first = at(one.host).get(callback)
  await entered
  const impatient = await withOnly(two.host, before, { ...browser.answers.at(-1)!, setCookies: [] }).get(callback)
  t.equal(impatient.status, 400)
  open()
  const answers = [await first]
  answers.push(await withOnly(two.host, before, { ...answers[0]!, setCookies: [] }).get(callback))
  await checkAnswers(t, { host: two.host, store }, before, answers)
  t.equal(users(), 1)
})

test('T26: over two processes, a logout on one ends the login on both, and no kept cookie brings it back', async t => {
  const { one, two, store, browser, at } = await startTwo(t)
  const callback = await beginLogin(one.host, at(one.host))
  const kept = withOnly(one.host, browser, browser.answers.at(-1)!)
  await at(one.host).get(callback)
  await logOut(at(two.host))
  for (const { host } of [one, two]) {
    const again = copyOf(host, kept)
    t.equal((await again.get(callback)).status, 403)
    t.equal(await whoIs(again), undefined)
  }
  t.equal(store.logins().length, 0)
})

test('what marks a spent attempt in the store is no session, tells no secret, and has an end', async t => {
  const { host, store } = await startCounted(t)
  const browser = host.browser(agents.wechat)
  const callback = await beginLogin(host, browser)
  const state = stateIn(callback)
  await browser.get(callback)
  t.equal(store.records.size, 2, 'the session and the shared result')
  const login = store.logins()[0]!
  const [key, sharedResult] = [...store.records].find(([id]) => id !== login.id)!
  t.notMatch(key, state)
  for (const secret of [state, login.id, browser.jar(site).get('__Host-session')!, codeIn(callback)]) {
    t.notOk(sharedResult.includes(secret))
  }
  const { cookie } = JSON.parse(sharedResult) as { cookie: Record<string, any> }
  t.match(cookie, { path: '/', httpOnly: true, secure: true }, 'shaped as a session, for stores that read its cookie')
  const left = Date.parse(cookie.expires) - Date.now()
  t.ok(left > 15 * 60_000 && left < 17 * 60_000)
  for (const name of ['maxAge', 'originalMaxAge']) {
    t.ok(Math.abs(cookie[name] - left) < 60_000, `${name}, for stores that read it alone`)
  }
  t.equal(store.counts.destroy, 0)
})

test('a login costs the store one look for a shared result, one new session and one shared result', async t => {
  const { host, store } = await startCounted(t)
  const browser = host.browser()
  const callback = await beginLogin(host, browser)
  t.strictSame(store.counts, { get: 0, set: 0, destroy: 0 }, 'nothing before the callback')
  await browser.get(callback)
  t.strictSame(store.counts, { get: 1, set: 2, destroy: 0 })
  await browser.get(callback)
  t.strictSame(store.counts, { get: 2, set: 2, destroy: 0 }, 'a reload reads the session')
})

test("how often the store is asked for another process's login: while that may still come, and not longer than a call to WeChat may take", async t => {
  const { host, store } = await startCounted(t, { options: { client: { timeout: 1750, retries: 0 } } })
  const cost = async (prepare: (callback: string) => Promise<string>): Promise<[status: number, reads: number]> => {
    const browser = host.browser(agents.wechat)
    const callback = await prepare(await beginLogin(host, browser))
    const before = store.counts.get
    const { status } = await browser.get(callback)
    return [status, store.counts.get - before]
  }
  t.strictSame(
    await cost(async callback => {
      await host.app.wechatLogin.oneclick!.exchangeCode(codeIn(callback))
      return callback
    }),
    [400, 7],
    'a code that was used: before the call, after it, and 50, 150, 350, 750 and 1,250 ms later; ' +
      'the next look would come too late'
  )
  t.strictSame(
    await cost(async callback => callback.replace(codeIn(callback), 'a-code-of-nobody')),
    [400, 2],
    'a code that is none: before and after'
  )
  t.strictSame(await cost(async callback => {
    host.wechat.control.fault({ endpoint: 'access_token', kind: 'html-502' })
    return callback
  }), [502, 1], 'a failure that tells nothing of the code: before')
})
