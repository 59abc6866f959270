// What the answers of a login and of a logout do with the session: what is stored, how often, which cookie goes out.

import cookie from '@fastify/cookie'
import session, { type FastifySessionOptions } from '@fastify/session'
import type { FastifyRequest } from 'fastify'
import { test, type Test } from 'tap'
import { copyOf } from '../fixture/alone'
import { gate } from '../fixture/gate'
import { type HostOptions, startHost } from '../fixture/host'
import { beginLogin, logIn, logOut, me } from '../fixture/login'
import { sessionCookie } from '../fixture/session-cookie'
import { SessionStore } from '../fixture/session-store'
import { origin, sessionSecret, site } from '../fixture/settings'
import { startStoredHost, type Stored, type StoredOptions } from '../fixture/stored-host'

/** A session as its owner uses it. */
type Session = FastifyRequest['session'] & Record<string, any>

function startWithStore (t: Test, { options, ...given }: StoredOptions = {}): Promise<Stored> {
  return startStoredHost(t, {
    ...given,
    options: { ...options, session: { cookie: { maxAge: 3_600_000 }, ...options?.session } as FastifySessionOptions }
  })
}

const recordOf = (store: SessionStore): Record<string, any> => JSON.parse(store.records.get(store.logins()[0]!.id)!)

const changes: Array<{
  what: string
  change: (session: Session) => unknown
  stored: (record: Record<string, any>) => unknown
  sets: number
}> = [
  { what: 'nothing', change: () => {}, stored: record => record.cart.length === 1, sets: 0 },
  {
    what: 'a new value',
    change: session => { session.seen = 'now' },
    stored: record => record.seen === 'now',
    sets: 1
  },
  {
    what: 'a value inside a kept one',
    change: session => session.cart.push('pear'),
    stored: record => record.cart.length === 2,
    sets: 1
  },
  {
    what: 'a kept value, away',
    change: session => { delete session.cart },
    stored: record => record.cart === undefined,
    sets: 1
  },
  {
    what: 'how long the session lives',
    change: session => { session.options({ maxAge: 60_000 }) },
    stored: record => record.cookie.originalMaxAge === 60_000,
    sets: 1
  },
  {
    what: 'nothing, and saves all the same',
    change: async session => { await session.save() },
    stored: record => record.cart.length === 1,
    sets: 1
  }
]

for (const { what, change, stored, sets } of changes) {
  for (const callback of ['first', 'repeated'] as const) {
    test(`a hook of the host that changes ${what} while the ${callback} callback is answered costs the store ${sets} more writes, and loses nothing`, async t => {
      let answering = ''
      const { host, store, browser } = await startWithStore(t, {
        options: { keepSessionKeys: ['cart'] },
        before: app => {
          app.addHook('onSend', async request => {
            if (answering !== '' && request.url.startsWith('/wechat/qr')) await change(request.session as Session)
          })
        },
        routes: app => {
          app.get('/fill', async request => { (request.session as Session).cart = ['apple']; return 'filled' })
        }
      })
      await browser.get(`${origin}/fill`)
      const url = await beginLogin(host, browser)
      const late = copyOf(host, browser)
      if (callback === 'repeated') await browser.get(url)
      const before = store.counts.set
      answering = callback
      const answer = await late.get(url)
      answering = ''
      t.equal(answer.status, 303)
      t.type(sessionCookie(answer), 'string')
      const ofLogin = callback === 'first' ? 2 : 0 // the session and the shared result
      t.equal(store.counts.set - before, ofLogin + sets)
      t.ok(stored(recordOf(store)))
      t.equal((await me(late)).status, 200)
    })
  }
}

test('a login that the store fails keeps nothing of what onUser wrote, sends no cookie, and leaves the hooks of the host the session they had', async t => {
  const seen: string[] = []
  const { host, store, browser } = await startWithStore(t, {
    options: {
      onUser: (profile, { request }) => {
        seen.push(request.session.sessionId)
        Object.assign(request.session, { cart: ['apple'] })
        return profile
      }
    },
    before: app => {
      app.addHook('onResponse', async request => {
        if (request.url.startsWith('/wechat/qr')) {
          seen.push(request.session.sessionId, String((request.session as Session).cart))
        }
      })
    }
  })
  let failing = true
  store.before = operation => { if (operation === 'set' && failing) throw new Error('no space left') }
  const answer = await browser.get(await beginLogin(host, browser))
  t.equal(answer.status, 500)
  t.match(answer.headers['content-type'], 'text/html')
  t.notOk(sessionCookie(answer))
  t.equal(store.records.size, 0)
  await store.quiet()
  const [first] = seen
  t.strictSame(seen, [first, first, 'apple'])
  failing = false
  t.equal((await logIn(host, browser)).status, 303)
  t.equal((await me(browser)).status, 200)
})

test('a login over another one that the store fails, after silence, ends neither the login of before nor its session', async t => {
  const { host, store, browser } = await startWithStore(t, { options: { client: { timeout: 1500 } } })
  await logIn(host, browser)
  const before = [...store.records.keys()]
  const { opened, open } = gate()
  let asked = 0
  store.before = async operation => {
    if (operation !== 'set' || ++asked > 1) return
    await opened
    throw new Error('the connection was lost')
  }
  const kept = copyOf(host, browser)
  t.equal((await browser.get(await beginLogin(host, browser, { user: 'sunny' }))).status, 500)
  t.strictSame([asked, before.every(id => store.records.has(id))], [1, true])
  t.equal((await me(kept)).json().user.nickname, '青禾🌱')
  open()
  await store.quiet()
  t.equal((await me(kept)).json().user.nickname, '青禾🌱')
  t.equal(store.logins().length, 1, 'and what the store made too late is gone')
})

/** The host's own session, with the options of its own. */
function hostSession (options: Partial<FastifySessionOptions>): Pick<HostOptions, 'before' | 'options'> {
  return {
    before: async app => {
      await app.register(cookie)
      await app.register(session, {
        secret: sessionSecret,
        saveUninitialized: false,
        ...options
      } as FastifySessionOptions)
    },
    options: { secret: sessionSecret }
  }
}

test('a logout clears the session cookie in its own domain and path, and with its own SameSite, or a frame on another site would keep it', async t => {
  for (const [attributes, line] of [
    [{ domain: 'example.com', sameSite: 'none', secure: true, path: '/' },
      'sessionId=; Max-Age=0; Domain=example.com; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; ' +
        'SameSite=None'],
    [{ secure: true, path: '/' },
      'sessionId=; Max-Age=0; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Lax'],
    [{ secure: true, path: '/', partitioned: true }, 'sessionId=; Max-Age=0; Path=/; Expires=Thu, ' +
      '01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; Partitioned; SameSite=Lax']
  ] as const) {
    const host = await startHost(t, hostSession({ cookie: attributes as NonNullable<FastifySessionOptions['cookie']> }))
    const browser = host.browser()
    await logIn(host, browser)
    t.equal((await me(browser)).status, 200)
    const out = await logOut(browser)
    t.strictSame(out.setCookies.filter(cookie => cookie.startsWith('sessionId=')), [line])
    t.equal((await me(browser)).status, 401)
  }
})

test('a logout clears a session cookie that has a prefix', async t => {
  const store = new SessionStore()
  const host = await startHost(t, hostSession({ cookiePrefix: 's:', store }))
  const browser = host.browser()
  await logIn(host, browser)
  t.equal(store.logins().length, 1)
  const out = await logOut(browser)
  t.match(out.setCookies.find(line => line.startsWith('sessionId=')), /^sessionId=; /)
  t.equal(store.counts.set, 3, 'nothing is stored once more but the tombstone')
  t.equal(store.logins().length, 0)
})

test('a logout right after the secret of the session was rotated ends the login and clears the cookie', async t => {
  const store = new SessionStore()
  const secrets = ['the newer secret of the two, long enough', sessionSecret]
  const before = await startHost(t, { options: { session: { secret: sessionSecret, store }, secret: sessionSecret } })
  const after = await startHost(t, {
    options: { session: { secret: secrets, store }, secret: sessionSecret },
    wechat: before.wechat
  })
  const browser = before.browser()
  await logIn(before, browser)
  browser.hosts[site] = after.address
  const kept = copyOf(after, browser)
  t.equal((await me(browser)).status, 200)
  const sets = store.counts.set
  const out = await logOut(browser)
  t.equal(out.status, 204)
  t.notOk(browser.jar(site).has('__Host-session'))
  t.equal(store.counts.set, sets + 1, 'the tombstone')
  for (const one of [browser, kept]) t.equal((await me(one)).status, 401)
  t.equal(store.logins().length, 0)
})

test('a logout clears a session cookie that the signer of the host has made, and no other', async t => {
  const store = new SessionStore()
  const signer = {
    sign: (value: string): string => `signed~${value}`,
    unsign: (value: string) => value.startsWith('signed~')
      ? { valid: true, renew: false, value: value.slice('signed~'.length) }
      : { valid: false, renew: false, value: null }
  }
  const host = await startHost(t, hostSession({ store, secret: signer }))
  const browser = host.browser()
  browser.jar(site).set('another', 'value')
  await logIn(host, browser)
  t.equal((await me(browser)).status, 200)
  await logOut(browser)
  t.strictSame([...browser.jar(site).keys()], ['another', '__Host-wechat-signed-out'])
  t.equal(store.logins().length, 0)
})

test('a logout of a session that came by no cookie of this request ends it, and clears none', async t => {
  const { store, browser } = await startWithStore(t, {
    before: app => {
      app.addHook('preHandler', async request => {
        if (request.url !== '/wechat/logout') return
        Object.assign(request.session, { cart: ['apple'] })
        await request.session.save()
      })
    }
  })
  browser.jar(site).set('another', 'value')
  const out = await logOut(browser)
  t.equal(out.status, 204)
  t.strictSame(out.setCookies.map(line => line.split('=')[0]), ['__Host-wechat-signed-out'])
  t.strictSame([store.counts.set, store.records.size], [1, 0])
})

test('what JSON cannot hold takes nothing from what a hook writes while a repeated callback is answered', async t => {
  let answering = false
  const host = await startHost(t, {
    options: { keepSessionKeys: ['big'] },
    before: app => {
      app.addHook('onSend', async request => { if (answering) Object.assign(request.session, { seen: 'now' }) })
    },
    routes: app => {
      app.get('/fill', async request => { Object.assign(request.session, { big: 7n, filled: true }); return 'filled' })
      app.get('/seen', async request => ({
        big: String((request.session as Session).big),
        seen: (request.session as Session).seen
      }))
    }
  })
  const browser = host.browser()
  await browser.get(`${origin}/fill`)
  const url = await beginLogin(host, browser)
  const late = copyOf(host, browser)
  await browser.get(url)
  answering = true
  t.equal((await late.get(url)).status, 303)
  answering = false
  t.strictSame((await late.fetch(`${origin}/seen`)).json(), { big: '7', seen: 'now' })
})

test('a logout makes no new session for keys that the old one does not hold', async t => {
  const { host, store, browser } = await startWithStore(t, { options: { keepSessionKeys: ['cart'] } })
  await logIn(host, browser)
  const sets = store.counts.set
  const out = await logOut(browser)
  t.match(out.setCookies.find(line => line.startsWith('__Host-session=')), /^__Host-session=; /)
  t.equal(store.counts.set, sets + 1, 'the tombstone')
})

test('a logout after the host itself has destroyed the session still remembers that the visitor has left', async t => {
  const { host, store, browser } = await startWithStore(t, {
    routes: app => {
      app.get('/leave', async (request, reply) => {
        await request.session.destroy()
        await app.wechatLogin.logout(request, reply)
        return { user: request.wechatUser }
      })
    }
  })
  await logIn(host, browser)
  const answer = await browser.fetch(`${origin}/leave`)
  t.strictSame([answer.status, answer.json()], [200, { user: null }])
  t.equal(browser.jar(site).get('__Host-wechat-signed-out'), '1')
  t.equal(store.logins().length, 0)
  t.equal((await me(browser)).status, 401)
})

test('a loadUser that destroys the session and throws is heard as it is', async t => {
  const { host, browser } = await startWithStore(t, {
    options: {
      loadUser: async (_stored, request) => {
        await request.session.destroy()
        throw Object.assign(new Error('closed for today'), { statusCode: 410 })
      }
    }
  })
  await logIn(host, browser)
  const answer = await browser.fetch(`${origin}/account`)
  t.strictSame([answer.status, answer.json().message], [410, 'closed for today'])
})

test('a logout of nobody asks the store nothing; one with a session that holds nothing any more ends that', async t => {
  let removed = false
  const { host, store, browser } = await startWithStore(t, { options: { loadUser: stored => removed ? null : stored } })
  t.equal((await logOut(browser)).status, 204)
  t.strictSame(store.counts, { get: 0, set: 0, destroy: 0 })
  await logIn(host, browser)
  const id = store.logins()[0]!.id
  removed = true
  t.equal((await me(browser)).status, 401)
  t.strictSame([store.records.has(id), store.logins()], [true, []])
  const out = await logOut(browser)
  t.match(out.setCookies.find(line => line.startsWith('__Host-session=')), /^__Host-session=; /)
  t.notOk(store.records.has(id))
})
