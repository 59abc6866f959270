// Rules that only a few hosts meet, through the public interface.

import cookie from '@fastify/cookie'
import session, { MemoryStore } from '@fastify/session'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { test } from 'tap'
import type { Apps } from '../../src/login/apps'
import { createContext, sweep } from '../../src/login/context'
import { maxTargetLength } from '../../src/redirect-target'
import type { Settings } from '../../src/options/parse-options'
import { agents } from '../fixture/browser'
import { startHost } from '../fixture/host'
import { beginLogin, logIn } from '../fixture/login'
import { getRaw } from '../fixture/raw'
import { sessionSecret, site } from '../fixture/settings'

test('a route of the host starts a login by authorizeUrl, in the way that it names', async t => {
  const host = await startHost(t, {
    routes: app => {
      app.get('/start', async (request, reply) =>
        reply.redirect(await app.wechatLogin.authorizeUrl(request, reply, { via: 'qr', redirect: '/account' })))
      app.get('/start-plain', async (request, reply) =>
        reply.redirect(await app.wechatLogin.authorizeUrl(request, reply)))
    }
  })
  for (const [path, target] of [['/start', '/account'], ['/start-plain', '/']] as const) {
    const browser = host.browser()
    const start = await browser.get(host.origin + path)
    t.equal((await browser.get(host.wechat.control.approve(start.location))).location, host.origin + target)
  }
  const ofHost = () =>
    host.logs.filter(({ msg }) => /another host than the callback URL's/.test(msg)).map(({ level }) => level)
  t.strictSame(ofHost(), [])
  const browser = host.browser()
  browser.hosts['www.example.com'] = browser.hosts[new URL(host.origin).host]!
  t.equal((await browser.get('https://www.example.com/start')).status, 302, 'a proxy may have changed the Host header')
  t.strictSame(ofHost(), [40], 'but most likely its cookie will be missing')
  await browser.get('https://www.example.com/start', { referer: `${host.origin}/page` })
  t.strictSame(ofHost(), [40], 'unless the page itself is on the right host')
  await browser.get('https://www.example.com/start', { referer: 'https://www.example.com/page' })
  t.strictSame(ofHost(), [40, 40])
})

test('isWechatBrowser of the host decides, and a way that is not set up is no request', async t => {
  const host = await startHost(t, {
    options: { oneclick: undefined as never, isWechatBrowser: request => request.headers['x-app'] === 'wechat' }
  })
  const browser = host.browser(`${agents.desktop} MicroMessenger/8.0`)
  t.equal((await browser.get(`${host.origin}/wechat/login`)).status, 302, 'a QR code, whatever the user agent says')
  t.equal((await browser.fetch(`${host.origin}/wechat/login?via=oneclick`)).json().code, 'FST_WECHAT_INVALID_REQUEST')
  t.equal(
    (await browser.fetch(`${host.origin}/wechat/login`, { headers: { 'x-app': 'wechat' } })).json().code,
    'FST_WECHAT_WRONG_BROWSER'
  )
})

test('where no way is set up for anybody, no other browser is recommended', async t => {
  const host = await startHost(t, { options: { oneclick: () => undefined, qr: () => undefined } })
  for (const agent of [agents.wechat, agents.desktop]) {
    t.equal((await host.browser(agent).fetch(`${host.origin}/wechat/login`)).json().code, 'FST_WECHAT_INVALID_REQUEST')
  }
})

test('WeChat is given the callback URL as it was set, and nothing rides in it but a target that is not the default', async t => {
  const host = await startHost(t)
  for (const [query, ride] of [
    ['', ''],
    ['?redirect=/', ''],
    ['?redirect=//evil.example', ''],
    ['?redirect=/account', '?redirect=%2Faccount']
  ] as const) {
    const { location } = await host.browser().get(`${host.origin}/wechat/login${query}`)
    t.equal(new URL(location).searchParams.get('redirect_uri'), `${host.origin}/wechat/qr${ride}`)
  }
  t.equal(
    host.logs.filter(({ msg }) => /a redirect target .* was replaced by redirect.default/.test(msg)).length,
    1,
    'the log tells of the one that was not taken'
  )
})

test('a callback URL keeps the query of its own', async t => {
  const host = await startHost(t, {
    options: (wechat, origin) => ({ qr: { ...wechat.options.qr, callbackUrl: `${origin}/wechat/qr?shop=7` } })
  })
  const callback = await beginLogin(host, host.browser(), { redirect: '/account' })
  t.match(callback, `${host.origin}/wechat/qr?shop=7&redirect=%2Faccount&code=`)
})

test('a callback outside the path of the host\'s session cookie is refused with the reason in the log, and spends no code', async t => {
  const host = await startHost(t, {
    before: async app => {
      await app.register(cookie)
      await app.register(session, { secret: sessionSecret, saveUninitialized: false, cookie: { path: '/inside' } })
    },
    options: { secret: sessionSecret }
  })
  const answer = await logIn(host, host.browser())
  t.equal(answer.status, 500)
  t.equal(host.wechat.control.count('access_token'), 0)
  t.ok(host.logs.some(({ msg }) => msg.includes('session.cookie.path')))
})

test('an app that a function returns is checked as at boot: what looks wrong is a warning, what is none an error, and nothing is nothing', async t => {
  let given: (app: object) => unknown = () => null
  const host = await startHost(t, { options: wechat => ({ qr: () => given(wechat.options.qr) as never }) })
  const ask = async (): Promise<[number, string | undefined, string[]]> => {
    const seen = host.logs.length
    const answer = await host.browser().fetch(`${host.origin}/wechat/login`, {
      headers: { accept: 'application/json' }
    })
    return [
      answer.status,
      answer.json().code,
      host.logs.slice(seen).filter(({ level, msg }) => level >= 40 && msg.includes('qr')).map(({ level, msg, err }) =>
        `${level} ${msg} ${err?.message ?? ''}`)
    ]
  }
  t.strictSame(await ask(), [400, 'FST_WECHAT_WRONG_BROWSER', []])
  t.strictSame(
    Object.keys(host.app.wechatLogin).filter(name => name === 'qr' || name === 'oneclick'),
    ['oneclick'],
    'nor is there one client for all requests'
  )
  given = () => ({})
  t.match(
    await ask(),
    [500, 'FST_WECHAT_MISCONFIGURED', [/^50 fastify-wechat-login: option qr returned what is no app .*qr\.appid/]]
  )
  given = app => ({ ...app, secret: 'not hexadecimal' })
  t.match(await ask(), [200, undefined, [/^40 fastify-wechat-login: option qr\.secret is not 32 hexadecimal digits/]])
  t.strictSame(await ask(), [200, undefined, []], 'once for each new app')
})

test('without a login route of ours a page is refused as a script is, and no URL is named', async t => {
  const host = await startHost(t, { options: { routes: { login: false } } })
  const answer = await host.browser().get(`${host.origin}/account`)
  t.equal(answer.status, 401)
  t.strictSame(
    answer.json(),
    { statusCode: 401, code: 'FST_WECHAT_UNAUTHENTICATED', error: 'Unauthorized', message: answer.json().message }
  )
  t.equal((await host.browser().get(`${host.origin}/wechat/login`)).status, 404)
  const page = await host.browser().get(`${host.origin}/wechat/qr?redirect=/account`)
  t.strictSame([page.status, /href="[^#]/.test(page.body)], [403, false], 'nor does a page lead there')
})

test('what only its user may see is not stored, unless the host says otherwise', async t => {
  const host = await startHost(t, {
    routes: app => {
      const cached = async (_request: unknown, reply: FastifyReply): Promise<void> => {
        reply.header('cache-control', 'private, max-age=60')
      }
      app.get('/cached', { preHandler: [cached, app.requireWechatUser] }, async () => ({}))
    }
  })
  const browser = host.browser()
  await logIn(host, browser)
  t.equal((await browser.fetch(`${host.origin}/cached`)).headers['cache-control'], 'private, max-age=60')
  t.equal((await browser.fetch(`${host.origin}/account`)).headers['cache-control'], 'no-store')
})

test('a visitor who comes back to a tenant that is gone has no app to log in with', async t => {
  let open = true
  const host = await startHost(t, { options: wechat => ({ qr: () => open ? wechat.options.qr : undefined }) })
  const browser = host.browser()
  const callback = await beginLogin(host, browser)
  open = false
  t.equal((await browser.fetch(callback)).json().code, 'FST_WECHAT_INVALID_REQUEST')
})

test('the guard that throws asks loadUser too', async t => {
  let stored = 0
  const host = await startHost(t, {
    options: { loadUser: async user => { stored++; return user } },
    routes: app => {
      app.get(
        '/verified',
        { preHandler: app.verifyWechatUser },
        async request => ({ user: request.wechatUser !== null })
      )
    }
  })
  const browser = host.browser()
  await logIn(host, browser)
  t.strictSame([(await browser.fetch(`${host.origin}/verified`)).json(), stored], [{ user: true }, 1])
})

test('where the host wants a session for every visitor, the answer of a guard gives it to one who has none, and clears none', async t => {
  const host = await startHost(t, { options: { session: { secret: sessionSecret, saveUninitialized: true } } })
  const newcomer = await host.browser().fetch(`${host.origin}/account`)
  t.equal(newcomer.status, 401)
  t.match(newcomer.setCookies.join(), /^__Host-session=[^;]/)
  const browser = host.browser()
  browser.jar(site).set('__Host-session', 'of.another')
  t.strictSame((await browser.fetch(`${host.origin}/account`)).setCookies, [])
})

test('a guard sends a visitor back to any page whose address is no longer than a target may be', async t => {
  const host = await startHost(t)
  for (const [length, back] of [
    [maxTargetLength, '/account?'.padEnd(maxTargetLength, 'x')],
    [maxTargetLength + 1, '/account']
  ] as const) {
    const page = '/account?'.padEnd(length, 'x')
    t.equal(
      (await host.browser().get(host.origin + page)).location,
      `${host.origin}/wechat/login?redirect=${encodeURIComponent(back)}`
    )
  }
})

test('a guard takes a request whose target is a whole URL, as proxies send it, for one of nobody', async t => {
  const host = await startHost(t)
  const { status } =
    await getRaw(host.address, `${host.origin}/account`, ['Host: app.example.com', 'Accept: application/json'])
  t.equal(status, 401)
  t.notOk(host.logs.some(({ level }) => level >= 50))
})

test('loadUser is asked once a request, and until then nobody is known', async t => {
  let asked = 0
  const host = await startHost(t, {
    options: { loadUser: user => { asked++; return user } },
    routes: app => {
      app.get('/seen', async request => {
        const before = request.wechatUser
        await Promise.all([request.loadWechatUser(), request.loadWechatUser()])
        return { before, after: request.wechatUser !== null }
      })
    }
  })
  const browser = host.browser()
  await logIn(host, browser)
  t.strictSame((await browser.fetch(`${host.origin}/seen`)).json(), { before: null, after: true })
  t.equal(asked, 1)
})

test('junk in an attempt\'s cookie counts as the oldest, and goes first', async t => {
  const host = await startHost(t)
  const browser = host.browser()
  browser.jar(site).set('__Host-wechat-aaaaaaaaaaaa', '!')
  for (let count = 0; count < 5; count++) await browser.get(`${host.origin}/wechat/login`)
  t.notOk(browser.jar(site).has('__Host-wechat-aaaaaaaaaaaa'))
  t.equal(browser.jar(site).size, 5)
})

test('what the process remembers of attempts and logins goes with time', async t => {
  let now = 1_000_000
  const context = createContext({ prefix: '', paths: {} } as unknown as Settings, [], {} as Apps, () => now)
  await context.spent.run(
    'key',
    { state: 'state', code: 'code', endsAt: now },
    async () => ({ sessionRef: { session: 'session', loginId: 'key' } })
  )
  context.ended.add('login', now, async () => false)
  now += 3_600_000
  sweep(context)
  await new Promise(resolve => setImmediate(resolve)) // the store has answered
  t.strictSame([context.spent.size, context.ended.size], [0, 0])
})

test('what JSON cannot hold may stay in the session of the memory store through a login', async t => {
  const host = await startHost(t, {
    options: { keepSessionKeys: ['big'] },
    routes: app => {
      app.get('/put', async request => { Object.assign(request.session, { big: 7n, seen: true }); return {} })
      app.get(
        '/big',
        { preHandler: app.requireWechatUser },
        async request => ({ big: String((request.session as { big?: bigint }).big) })
      )
    }
  })
  const browser = host.browser()
  await browser.get(`${host.origin}/put`)
  t.equal((await logIn(host, browser)).status, 303)
  t.strictSame((await browser.fetch(`${host.origin}/big`)).json(), { big: '7' })
})

test('tokens of a tenant that is gone cannot be refreshed, nor any while the store is down; the login stands', async t => {
  let clock = Date.now()
  let [open, broken] = [true, false]
  const host = await startHost(t, {
    now: () => clock,
    options: wechat => ({ keepTokens: true, qr: () => open ? wechat.options.qr : undefined }),
    routes: app => {
      app.get('/token', { preHandler: app.verifyWechatUser }, async request => {
        const get = request.sessionStore.get
        if (broken) {
          Object.assign(request.sessionStore, {
            get: (_id: string, done: (error: Error) => void) => { done(new Error('down')) }
          })
        }
        return request.wechatAccessToken().then(() => ({ good: true })).finally(() => {
          Object.assign(request.sessionStore, { get })
        })
      })
    }
  })
  const browser = host.browser()
  await logIn(host, browser)
  clock += 3 * 3_600_000
  open = false
  t.equal((await browser.fetch(`${host.origin}/token`)).json().code, 'FST_WECHAT_MISCONFIGURED')
  ;[open, broken] = [true, true]
  t.equal((await browser.fetch(`${host.origin}/token`)).status, 500)
  broken = false
  t.equal((await browser.fetch(`${host.origin}/wechat/me`)).status, 200)
})

test('the host ends a login by a route of its own; where there is no session there is nothing to end, and the next login asks all the same', async t => {
  const host = await startHost(t, {
    before: async app => {
      await app.register(cookie)
      await app.register(session, {
        secret: sessionSecret,
        saveUninitialized: false,
        cookie: { path: '/', maxAge: 60_000 }
      })
      app.addHook('onRequest', async request => {
        if (request.url === '/outside') Object.assign(request, { session: {} })
      })
    },
    routes: app => {
      for (const path of ['/bye', '/outside']) {
        app.get(path, async (request, reply) => {
          await app.wechatLogin.logout(request, reply)
          return { user: request.wechatUser }
        })
      }
    },
    options: { secret: sessionSecret }
  })
  const browser = host.browser()
  await logIn(host, browser)
  const outside = await browser.fetch(`${host.origin}/outside`)
  t.equal(outside.status, 200)
  t.strictSame(outside.setCookies.map(name => name.split('=')[0]), ['__Host-wechat-signed-out'])
  t.equal((await browser.fetch(`${host.origin}/account`)).status, 200, 'the session itself was out of reach')
  t.strictSame((await browser.fetch(`${host.origin}/bye`)).json(), { user: null })
  t.equal((await browser.fetch(`${host.origin}/account`)).status, 401)
})

test('a login of a way that the host has given up is over', async t => {
  const shared = { secret: sessionSecret, store: new MemoryStore() }
  const before = await startHost(t, { options: { session: shared } })
  const browser = before.browser(agents.wechat)
  await logIn(before, browser)
  t.equal((await browser.fetch(`${before.origin}/account`)).status, 200)
  const after = await startHost(t, { wechat: before.wechat, options: { session: shared, oneclick: undefined } })
  browser.hosts[new URL(before.origin).host] = after.address
  t.equal((await browser.fetch(`${before.origin}/account`)).status, 401)
})

test('the client of a request that has no app is a bad request', async t => {
  const host = await startHost(t, { options: { qr: () => undefined } })
  await t.rejects(host.app.wechatLogin.client({} as FastifyRequest, 'qr'), { code: 'FST_WECHAT_INVALID_REQUEST' })
  t.equal(
    (await host.app.wechatLogin.client({} as FastifyRequest, 'oneclick')).appid,
    host.wechat.options.oneclick.appid
  )
})
