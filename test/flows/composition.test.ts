// The plugin beside whatever else a host has: neither disturbs the other.

import cookie from '@fastify/cookie'
import formbody from '@fastify/formbody'
import session from '@fastify/session'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { test } from 'tap'
import type { WechatPage } from '../../src/types'
import { checkAllRoutes, form } from '../fixture/all-routes'
import { type Host, type HostOptions, recordLog, startHost } from '../fixture/host'
import { beginLogin, logIn } from '../fixture/login'
import { SessionStore } from '../fixture/session-store'
import { sameOrigin, sessionSecret, site } from '../fixture/settings'
import { agents, Browser } from '../fixture/browser'

const secret = 'a signing secret of the host, long enough'

type Options = NonNullable<Exclude<HostOptions['options'], Function>>

const withSession = (options: object = {}) => async (app: FastifyInstance): Promise<void> => {
  await app.register(cookie)
  await app.register(session, { secret: sessionSecret, ...options })
}

const sessions: Record<string, HostOptions & { cookies: string[] }> = {
  'neither cookies nor sessions': { cookies: ['__Host-session'] },
  'cookies alone': {
    before: async app => {
      await app.register(cookie, { parseOptions: { domain: 'example.com', path: '/x', sameSite: 'none' } })
    },
    cookies: ['__Host-session']
  },
  'cookies and sessions': { before: withSession(), options: { secret }, cookies: ['sessionId'] },
  'sessions with names of its own': {
    before: withSession({ cookieName: 'sid', cookiePrefix: 's:' }),
    options: { secret },
    cookies: ['sid']
  },
  'sessions that save and roll always': {
    before: withSession({ saveUninitialized: true, rolling: true }),
    options: { secret },
    cookies: ['sessionId']
  }
}

for (const [title, { cookies, ...given }] of Object.entries(sessions)) {
  test(`a host that brings ${title} has all of the login`, async t => {
    const host = await startHost(t, given)
    await checkAllRoutes(t, host)
    const browser = host.browser()
    await logIn(host, browser)
    t.strictSame([...browser.jar(site).keys()].filter(name => !name.startsWith('__Host-wechat-')), cookies)
    t.strictSame(
      [...browser.jar(site).keys()].filter(name => name.startsWith('__Host-wechat-')),
      [],
      'and its attempt is cleared away'
    )
  })
}

/** Compilers that know the host's own kind of schema alone, as those of zod do. */
function useForeignCompilers (app: FastifyInstance): void {
  const check = (schema: any): void => {
    if (typeof schema.parse !== 'function') throw new TypeError('this is no schema of mine')
  }
  app.setValidatorCompiler(({ schema }: { schema: any }) => {
    check(schema)
    return value => ({ value: schema.parse(value) })
  })
  app.setSerializerCompiler(({ schema }: { schema: any }) => {
    check(schema)
    return data => JSON.stringify({ foreign: schema.parse(data) })
  })
}

function foreignRoute (app: FastifyInstance): void {
  const schema = { parse: (value: object) => ({ ...value, parsed: true }) }
  app.post('/foreign', { schema: { body: schema, response: { 200: schema } } }, async request => request.body)
}

for (const when of ['before', 'after'] as const) {
  test(`compilers of another kind, set ${when} the plugin, serve the host alone`, async t => {
    const host = await startHost(t, {
      before: app => { if (when === 'before') useForeignCompilers(app) },
      routes: app => {
        if (when === 'after') useForeignCompilers(app)
        foreignRoute(app)
      }
    })
    await checkAllRoutes(t, host)
    t.strictSame(
      (await host.browser().post(`${host.origin}/foreign`, { a: 1 })).json(),
      { foreign: { a: 1, parsed: true } }
    )
  })

  test(`@fastify/formbody registered ${when} the plugin parses the host's forms, and ours are parsed as well`, async t => {
    const host = await startHost(t, {
      before: async app => { if (when === 'before') await app.register(formbody) },
      routes: async app => {
        if (when === 'after') await app.register(formbody)
        app.post('/form', async request => request.body)
      }
    })
    await checkAllRoutes(t, host)
    t.strictSame(
      (await host.browser().fetch(`${host.origin}/form`, { method: 'POST', body: 'a=1&a=2', headers: form })).json(),
      { a: ['1', '2'] }
    )
  })

  test(`content type parsers that the host sets ${when} the plugin stay the host's`, async t => {
    const setParsers = (app: FastifyInstance): void => {
      app.removeAllContentTypeParsers()
      app.addContentTypeParser(
        ['application/json', 'application/x-www-form-urlencoded'],
        { parseAs: 'string' },
        (_request, _body, done) => { done(null, 'mine') }
      )
      app.addContentTypeParser('*', (_request, _payload, done) => { done(new Error('the host takes nothing else')) })
    }
    const host = await startHost(t, {
      before: app => { if (when === 'before') setParsers(app) },
      routes: app => {
        if (when === 'after') setParsers(app)
        app.post('/echo', async request => ({ body: request.body }))
      }
    })
    await checkAllRoutes(t, host)
    t.strictSame((await host.browser().post(`${host.origin}/echo`, { a: 1 })).json(), { body: 'mine' })
  })
}

test('without @fastify/formbody the host takes no more kinds of bodies than before', async t => {
  const host = await startHost(t, { routes: app => { app.post('/echo', async request => ({ body: request.body })) } })
  t.equal(
    (await host.browser().fetch(`${host.origin}/echo`, { method: 'POST', body: 'a=1', headers: form })).status,
    415
  )
  t.equal(
    (await host.browser().fetch(`${host.origin}/echo`, {
      method: 'POST',
      body: '',
      headers: { 'content-type': 'application/json' }
    })).status,
    400,
    'nor empty JSON'
  )
})

for (const customOptions of [
  { removeAdditional: 'all' as const },
  { coerceTypes: false as const },
  { coerceTypes: 'array' as const, useDefaults: true },
  { allErrors: true, verbose: true }
]) {
  test(`with the host's ajv options ${JSON.stringify(customOptions)} the login is the same`, async t => {
    const host = await startHost(t, { fastify: { ajv: { customOptions } } })
    await checkAllRoutes(t, host)
    const browser = host.browser()
    const twice = await browser.fetch(`${host.origin}/wechat/login?via=qr&via=oneclick`)
    t.equal(twice.json().code, 'FST_WECHAT_INVALID_REQUEST')
    t.strictSame(
      Object.keys(twice.json()),
      ['statusCode', 'code', 'error', 'message', 'loginUrl'].filter(name => name in twice.json()),
      'with no word of the schema'
    )
    t.equal((await browser.get(`${host.origin}/wechat/login?more=1&redirect=/a&redirect=/b`)).status, 302)
  })
}

test("the host's reply serializer, hooks and schema formatter leave a login whole", async t => {
  const seen: string[] = []
  const host = await startHost(t, {
    before: app => {
      app.setSchemaErrorFormatter(() => new Error('formatted by the host'))
      app.addHook('onRequest', async request => { seen.push(request.url.split('?', 1)[0]!) })
      app.addHook('onSend', async (_request, reply) => { reply.header('x-host', '1') })
    }
  })
  await checkAllRoutes(t, host)
  t.ok(seen.includes('/wechat/login'), "the host's hooks run on our routes as on all others")
  const answer = await host.browser().fetch(`${host.origin}/wechat/login?via=x`)
  t.equal(answer.headers['x-host'], '1')
  t.equal(answer.json().message, 'The request is not well formed')
})

for (const exposeHeadRoutes of [true, false]) {
  test(`T21: with exposeHeadRoutes ${exposeHeadRoutes} no HEAD request, nor one of another method, runs a handler of ours, nor is its code logged`, async t => {
    const host = await startHost(t, { fastify: { exposeHeadRoutes } })
    const browser = host.browser()
    const callback = await beginLogin(host, browser)
    for (const url of [callback, callback.replace('/wechat/qr', '/wechat/oneclick')]) {
      for (const method of ['HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'] as const) {
        const answer = await browser.visit(url, { method, headers: { accept: 'text/html' } })
        t.equal(answer.status, 405, method)
        t.equal(answer.headers.allow, 'GET, POST')
        t.equal(answer.headers['cache-control'], 'no-store')
        t.strictSame(answer.setCookies, [])
      }
    }
    for (const path of ['login', 'me', 'logout', 'embed', 'client.js']) {
      const answer =
        await browser.visit(`${host.origin}/wechat/${path}`, { method: 'HEAD', headers: { accept: 'text/html' } })
      t.equal(answer.status, 404, path)
      t.strictSame(answer.setCookies, [])
    }
    t.equal(host.wechat.control.count('access_token'), 0, 'no code was spent')
    t.equal((await browser.get(callback)).status, 303, 'and the login goes on')
  })
}

test('in a prefixed scope every route, link and redirect carries the prefix', async t => {
  const host = await startHost(t, { prefix: '/api/v1' })
  await checkAllRoutes(t, host, '/api/v1')
  const browser = host.browser()
  t.equal((await browser.fetch(`${host.origin}/api/v1/account`)).json().loginUrl, '/api/v1/wechat/login')
  t.equal((await browser.fetch(`${host.origin}/api/v1/wechat/me`)).json().loginUrl, '/api/v1/wechat/login')
  t.match(
    (await browser.get(`${host.origin}/api/v1/wechat/qr?redirect=/x`)).body,
    'href="/api/v1/wechat/login?redirect=%2Fx"'
  )
  for (const path of ['login', 'me', 'qr']) {
    t.equal((await browser.get(`${host.origin}/wechat/${path}`)).status, 404, `nothing at /wechat/${path}`)
  }
  const start = await browser.get(`${host.origin}/api/v1/wechat/login?redirect=/api/v1/wechat/logout`)
  t.match(
    start.location,
    `redirect_uri=${encodeURIComponent(`${host.origin}/api/v1/wechat/qr`)}&`,
    'the routes of the scope are no targets'
  )
  t.ok(start.setCookies.every(line => line.includes('; Path=/;')))
})

test('the scope above and the scope beside know nothing of the login', async t => {
  const host = await startHost(t, {
    prefix: '/in',
    before: app => {
      app.post('/above', async (request: FastifyRequest & { wechatUser?: unknown }) => ({
        session: request.session,
        user: request.wechatUser,
        cookies: request.cookies
      }))
      app.register(async beside => {
        beside.get('/beside', async (request: FastifyRequest & { wechatUser?: unknown }) => ({
          session: request.session,
          user: request.wechatUser,
          decorated: beside.hasDecorator('wechatLogin')
        }))
      })
    }
  })
  const browser = host.browser()
  await logIn({ ...host, origin: `${host.origin}/in` }, browser)
  t.strictSame((await browser.fetch(`${host.origin}/beside`)).json(), { decorated: false })
  t.strictSame((await browser.post(`${host.origin}/above`, {})).json(), {})
  t.equal((await browser.fetch(`${host.origin}/above`, { method: 'POST', body: 'a=1', headers: form })).status, 415)
  for (const name of ['wechatLogin', 'requireWechatUser', 'verifyWechatUser', 'decryptSession']) {
    t.notOk(host.app.hasDecorator(name), name)
  }
  for (const name of ['wechatUser', 'loadWechatUser', 'wechatAccessToken', 'session']) {
    t.notOk(host.app.hasRequestDecorator(name), name)
  }
  t.notOk(host.app.hasContentTypeParser('application/x-www-form-urlencoded'))
})

const guarding: Record<string, Pick<HostOptions, 'before' | 'routes'>> = {
  'an onRequest hook after the plugin': { routes: app => { app.addHook('onRequest', app.requireWechatUser) } },
  'a preHandler hook after the plugin': { routes: app => { app.addHook('preHandler', app.requireWechatUser) } },
  'a preHandler hook that was there before it': {
    before: app => { app.addHook('preHandler', (request, reply) => app.requireWechatUser(request, reply)) }
  }
}

for (const [title, given] of Object.entries(guarding)) {
  test(`a guard of the whole scope by ${title} lets the login itself pass`, async t => {
    const host = await startHost(t, {
      ...given,
      routes: async app => {
        await given.routes?.(app)
        app.get('/private', async () => 'private')
        app.get('/*', async () => 'everything else')
      }
    })
    const browser = host.browser()
    t.equal((await browser.fetch(`${host.origin}/private`)).status, 401)
    const refused = await browser.get(`${host.origin}/private`)
    const start = await browser.get(refused.location)
    t.equal(start.status, 302)
    t.equal(new URL(start.location).origin, host.wechat.url)
    const back = await browser.get(host.wechat.control.approve(start.location))
    t.equal(back.location, `${host.origin}/private`)
    const arrived = await browser.get(back.location)
    t.equal(arrived.body, 'private')
    t.equal(arrived.headers['cache-control'], 'no-store', 'and is not kept for the back button')
    t.equal((await browser.post(`${host.origin}/wechat/logout`, {}, sameOrigin)).status, 204)
    t.equal((await browser.fetch(`${host.origin}/wechat/me`)).status, 401)
    t.equal((await browser.fetch(`${host.origin}/private`)).status, 401)
  })
}

const misplaced: Record<string, HostOptions> = {
  'before the session of its own request': {
    before: app => { app.addHook('onRequest', (request, reply) => app.requireWechatUser(request, reply)) }
  },
  'before it, and throws': {
    before: app => { app.addHook('onRequest', (request, reply) => app.verifyWechatUser(request, reply)) }
  },
  'outside the path of the session cookie': { options: { session: { secret, cookie: { path: '/wechat' } } } }
}

for (const [title, given] of Object.entries(misplaced)) {
  test(`a guard that runs ${title} is a mistake that is told, and no endless way to the login and back`, async t => {
    const host = await startHost(t, given)
    const browser = host.browser()
    const back = await logIn(host, browser, { redirect: '/account' })
    t.equal(back.status, 303)
    const answer = await browser.get(back.location)
    t.equal(answer.status, 500)
    t.match(answer.json(), { code: 'FST_WECHAT_MISCONFIGURED' })
    t.ok(host.logs.some(({ level, msg }) => level === 50 && /a guard ran where there is no session.*add its hook after the plugin, and let session.cookie.path cover the route/.test(msg)))
  })
}

test('a guard that is called where it should be named says so, and does not boot', async t => {
  for (const name of ['requireWechatUser', 'verifyWechatUser'] as const) {
    const routes = (app: FastifyInstance): void => {
      app.get('/mine', { preHandler: (app[name] as unknown as () => typeof app[typeof name])() }, async () => 'mine')
    }
    await t.rejects(startHost(t, { routes }), {
      code: 'FST_WECHAT_INVALID_OPTIONS',
      message:
        `fastify-wechat-login: ${name} is the hook itself; write { preHandler: app.${name} }, without parentheses`
    })
  }
})

test('verifyWechatUser throws, for pages too, and as a hook of the scope lets the login pass', async t => {
  const caught: unknown[] = []
  const host = await startHost(t, {
    before: app => {
      app.addHook('preHandler', async function (request, reply) {
        try {
          await app.verifyWechatUser(request, reply)
        } catch (error) {
          caught.push((error as { code?: string }).code)
          throw error
        }
      })
    }
  })
  const browser = host.browser()
  const refused = await browser.get(`${host.origin}/public`)
  t.equal(refused.status, 401)
  t.equal(refused.headers.location, undefined)
  t.match(refused.json(), { statusCode: 401, code: 'FST_WECHAT_UNAUTHENTICATED' })
  t.strictSame(caught, ['FST_WECHAT_UNAUTHENTICATED'])
  await logIn(host, browser)
  t.equal((await browser.fetch(`${host.origin}/public`)).status, 200)
  t.equal(caught.length, 1)
})

/** An error handler of the host's, and what it and the onError hooks have seen. */
function observer () {
  const handled: string[] = []
  const hooked: string[] = []
  return {
    handled,
    hooked,
    onError: (app: FastifyInstance) => {
      app.addHook('onError', async (_request, _reply, error) => { hooked.push(error.code) })
    },
    setHandler: (app: FastifyInstance) => {
      app.setErrorHandler((error: { code: string, statusCode?: number, loginUrl?: string }, _request, reply) => {
        handled.push(error.code)
        return reply.code(error.statusCode ?? 500).send({ mine: error.code, loginUrl: error.loginUrl })
      })
    }
  }
}

for (const when of ['before', 'after'] as const) {
  test(`an error handler that the host sets ${when} the plugin shapes the JSON, and an onError hook runs once for each error`, async t => {
    const seen = observer()
    const host = await startHost(t, {
      before: app => {
        seen.onError(app)
        if (when === 'before') seen.setHandler(app)
      },
      routes: app => { if (when === 'after') seen.setHandler(app) }
    })
    const browser = host.browser()
    const cases: Array<[path: string, code: string]> = [
      ['/wechat/me', 'FST_WECHAT_UNAUTHENTICATED'],
      ['/wechat/qr', 'FST_WECHAT_ACCESS_DENIED'],
      ['/wechat/qr?code=x&state=y', 'FST_WECHAT_INVALID_STATE'],
      ['/wechat/login?via=x', 'FST_WECHAT_INVALID_REQUEST'],
      ['/wechat/login?via=oneclick', 'FST_WECHAT_WRONG_BROWSER']
    ]
    for (const [path, code] of cases) t.equal((await browser.fetch(host.origin + path)).json().mine, code)
    t.equal(
      (await browser.fetch(`${host.origin}/wechat/logout`, {
        method: 'POST',
        headers: { 'sec-fetch-site': 'cross-site' }
      })).json().mine,
      'FST_WECHAT_CROSS_SITE'
    )
    t.equal(
      (await browser.fetch(`${host.origin}/wechat/logout`, {
        method: 'POST',
        body: '{',
        headers: { ...sameOrigin, 'content-type': 'application/json' }
      })).json().mine,
      'FST_WECHAT_INVALID_REQUEST'
    )
    const codes = [...cases.map(([, code]) => code), 'FST_WECHAT_CROSS_SITE', 'FST_WECHAT_INVALID_REQUEST']
    t.strictSame(seen.handled, codes)
    t.strictSame(seen.hooked, codes)
    const page = await browser.get(`${host.origin}/wechat/qr`)
    t.match(page.headers['content-type'], 'text/html', 'a visitor gets our page all the same')
    t.strictSame(seen.handled, codes)
    t.strictSame(seen.hooked, [...codes, 'FST_WECHAT_ACCESS_DENIED'])
  })
}

for (const when of ['before', 'after'] as const) {
  test(`an error handler, set ${when} the plugin, may answer later, by promise or by reply.send`, async t => {
    for (const answer of [async () => ({ late: true }), (_error: unknown, _request: unknown, reply: FastifyReply) => {
      setImmediate(() => { reply.send({ late: true }) })
    }]) {
      const set = (app: FastifyInstance): void => { app.setErrorHandler(answer) }
      const host = await startHost(t, when === 'before' ? { before: set } : { routes: set })
      t.strictSame((await host.browser().fetch(`${host.origin}/wechat/me`)).json(), { late: true })
    }
  })
}

test('an error handler of the host shapes what the guards refuse, with loginUrl at hand', async t => {
  const seen = observer()
  const host = await startHost(t, {
    before: app => {
      seen.onError(app)
      seen.setHandler(app)
    },
    routes: app => { app.get('/verified', { preHandler: app.verifyWechatUser }, async () => 'verified') }
  })
  const browser = host.browser()
  for (const path of ['/account', '/verified']) {
    t.strictSame((await browser.fetch(host.origin + path)).json(), {
      mine: 'FST_WECHAT_UNAUTHENTICATED',
      loginUrl: '/wechat/login'
    })
  }
  t.equal(seen.handled.length, 2)
  t.equal(seen.hooked.length, 2)
  t.equal((await browser.get(`${host.origin}/account`)).status, 302, 'a page is still sent to the login')
})

for (const kind of ['sends it on', 'throws it again'] as const) {
  test(`an error handler that ${kind} leaves Fastify's own body, and ours is whole`, async t => {
    let handled = 0
    const host = await startHost(t, {
      before: app => {
        app.setErrorHandler((error, _request, reply) => {
          handled++
          if (kind === 'throws it again') throw error
          return reply.send(error)
        })
      }
    })
    const { status, headers, json } = await host.browser().fetch(`${host.origin}/wechat/me`)
    t.equal(status, 401)
    t.match(headers['content-type'], 'application/json')
    t.equal(headers['cache-control'], 'no-store')
    t.strictSame(json(), {
      statusCode: 401,
      code: 'FST_WECHAT_UNAUTHENTICATED',
      error: 'Unauthorized',
      message: 'Log in with WeChat first',
      loginUrl: '/wechat/login'
    })
    t.equal(handled, 1)
  })
}

test("without an error handler of the host's scripts get Fastify's body, with loginUrl, and the host's hooks run", async t => {
  const seen = observer()
  const host = await startHost(t, { before: seen.onError })
  const browser = host.browser()
  const body = {
    statusCode: 401,
    code: 'FST_WECHAT_UNAUTHENTICATED',
    error: 'Unauthorized',
    message: 'Log in with WeChat first',
    loginUrl: '/wechat/login'
  }
  t.strictSame((await browser.fetch(`${host.origin}/wechat/me`)).json(), body)
  t.strictSame(seen.hooked, ['FST_WECHAT_UNAUTHENTICATED'])
  t.strictSame((await browser.fetch(`${host.origin}/account`)).json(), body, 'from the guard as well')
})

test("what goes wrong in the host's own code is told to the log alone", async t => {
  const seen = observer()
  const host = await startHost(t, {
    before: seen.onError,
    options: { onUser: () => { throw new Error('the table users is locked') } }
  })
  const browser = host.browser()
  const callback = new URL(await beginLogin(host, browser))
  const answer = await browser.fetch(callback.href)
  t.equal(answer.status, 500)
  t.strictSame(answer.json(), {
    statusCode: 500,
    error: 'Internal Server Error',
    message: 'The login could not be completed'
  })
  t.equal(seen.hooked.length, 1)
  t.match(host.rawLog(), 'the table users is locked')
})

const options = (given: Options): Options => given

test('renderPage of the host shows errors and the notice of a logout, with kind and code', async t => {
  const pages: WechatPage[] = []
  const host = await startHost(t, {
    options: options({
      renderPage: page => {
        pages.push(page)
        return `<h1>${page.kind}</h1>`
      }
    })
  })
  const browser = host.browser()
  t.equal((await browser.get(`${host.origin}/wechat/qr`)).body, '<h1>error</h1>')
  await logIn(host, browser)
  await browser.post(`${host.origin}/wechat/logout`, {}, sameOrigin)
  const notice = await browser.get(`${host.origin}/account?a=b`)
  t.equal(notice.body, '<h1>signed-out</h1>')
  t.equal(notice.status, 401)
  t.match(pages, [{ kind: 'error', code: 'FST_WECHAT_ACCESS_DENIED' }, {
    kind: 'signed-out',
    code: 'FST_WECHAT_UNAUTHENTICATED',
    action: { href: '/wechat/login?redirect=%2Faccount%3Fa%3Db' }
  }])
})

test('a renderPage that fails tells its visitor nothing of why', async t => {
  const host = await startHost(t, {
    options: options({ renderPage: () => { throw new Error('no template in /srv/app') } })
  })
  const answer = await host.browser().get(`${host.origin}/wechat/qr`)
  t.equal(answer.status, 500)
  t.strictSame(answer.json(), {
    statusCode: 500,
    error: 'Internal Server Error',
    message: 'The login could not be completed'
  })
  t.match(host.rawLog(), 'no template in /srv/app')
})

test('with renderPage false visitors get both from the host\'s error handler', async t => {
  const seen = observer()
  const host = await startHost(t, { before: seen.setHandler, options: options({ renderPage: false }) })
  const browser = host.browser()
  t.strictSame((await browser.get(`${host.origin}/wechat/qr`)).json(), { mine: 'FST_WECHAT_ACCESS_DENIED' })
  await logIn(host, browser)
  await browser.post(`${host.origin}/wechat/logout`, {}, sameOrigin)
  t.strictSame(
    (await browser.get(`${host.origin}/account`)).json(),
    { mine: 'FST_WECHAT_UNAUTHENTICATED', loginUrl: '/wechat/login' }
  )
})

test('1,000 visits to the login route are 1,000 states and no entry in the session store', async t => {
  const store = new SessionStore()
  const { app } = await startHost(t, { options: options({ session: { secret, store } }) })
  const states = new Set<string | null>()
  for (let count = 0; count < 1000; count++) {
    const { headers } =
      await app.inject({ url: '/wechat/login', headers: { host: site, 'user-agent': agents.desktop } })
    states.add(new URL(String(headers.location)).searchParams.get('state'))
  }
  t.equal(states.size, 1000)
  t.ok([...states].every(state => /^[A-Za-z0-9]{22,128}$/.test(String(state))))
  t.equal(store.counts.set, 0)
})

for (const saving of [false, true]) {
  test(`T28: an anonymous visit to any route writes nothing, also with the host's saveUninitialized and rolling ${saving}`, async t => {
    const store = new SessionStore()
    const host = await startHost(t, {
      before: withSession({ store, saveUninitialized: saving, rolling: saving }),
      options: options({ secret })
    })
    const visit = async (browser: Browser): Promise<void> => {
      const callback = `${host.origin}/wechat/qr`
      for (const url of [
        `${host.origin}/wechat/login`,
        `${host.origin}/wechat/me`,
        callback,
        `${callback}?code=x&state=y`,
        `${callback}?code=x&state=${'a'.repeat(32)}`,
        `${host.origin}/wechat/oneclick?code=x&state=${'a'.repeat(32)}`
      ]) {
        await browser.get(url)
        await browser.fetch(url)
      }
      await browser.post(callback, { code: 'x', state: 'a'.repeat(32) }, sameOrigin)
      await browser.post(`${host.origin}/wechat/logout`, {}, { 'sec-fetch-site': 'cross-site' })
    }
    const browser = host.browser()
    await visit(browser)
    t.equal(store.counts.set, 0)
    t.notOk(browser.jar(site).has('sessionId'))
    await visit(host.browser(agents.wechat))
    t.equal(store.counts.set, 0, "in WeChat's browser neither")
    const stale = host.browser()
    stale.jar(site).set('sessionId', 'of-a-session-that-is-gone.signature')
    await visit(stale)
    t.equal(store.counts.set, 0, 'nor with the cookie of a session that is gone')
    t.ok(stale.jar(site).has('sessionId'), 'which stays: another answer may have renewed it')
  })
}

test("a request on another host name goes to the callback URL's host once, and ends there", async t => {
  const host = await startHost(t)
  const browser = twoHosts(host)
  const hop = await browser.get('https://www.example.com/wechat/login?redirect=/cart%3Fa=b')
  t.equal(hop.status, 302)
  t.equal(hop.location, 'https://app.example.com/wechat/login?redirect=%2Fcart%3Fa%3Db&via=qr&hop=1')
  t.strictSame(hop.setCookies, [], 'the attempt begins on the other host')
  const start = await browser.get(hop.location)
  t.equal(new URL(start.location).origin, host.wechat.url)
  t.match(start.setCookies[0], /^__Host-wechat-/)
  t.equal((await browser.get(host.wechat.control.approve(start.location))).location, 'https://app.example.com/cart?a=b')
})

test('with its origin listed the login ends on the host where it began', async t => {
  const host = await startHost(t, { options: options({ redirect: { origins: ['https://www.example.com'] } }) })
  const browser = twoHosts(host)
  for (const [redirect, location] of [
    ['?redirect=/cart', 'https://www.example.com/cart'],
    ['', 'https://www.example.com/'],
    ['?redirect=https://evil.example/', 'https://www.example.com/'],
    ['?redirect=https://www.example.com/x', 'https://www.example.com/x']
  ]) {
    const { url } = await browser.follow(`https://www.example.com/wechat/login${redirect}`)
    t.equal((await browser.get(host.wechat.control.approve(url))).location, location)
  }
})

test('behind a proxy that changes the Host header the login begins all the same, and does not go in circles', async t => {
  const host = await startHost(t)
  const browser = twoHosts(host)
  const start = await browser.get('https://www.example.com/wechat/login?hop=1&redirect=/x')
  t.equal(new URL(start.location).origin, host.wechat.url)
  t.match(start.location, encodeURIComponent('https://app.example.com/wechat/qr?redirect='))
})

test('a script on another host name gets the URL of that step', async t => {
  const host = await startHost(t)
  const browser = twoHosts(host)
  const answer = await browser.fetch('https://www.example.com/wechat/login?redirect=/cart')
  t.strictSame(answer.json(), {
    authorizeUrl: 'https://app.example.com/wechat/login?redirect=%2Fcart&via=qr&hop=1',
    via: 'qr'
  })
  t.strictSame(answer.setCookies, [])
  t.equal(new URL((await browser.get(answer.json().authorizeUrl)).location).origin, host.wechat.url)
  const direct = await browser.fetch(`${host.origin}/wechat/login`)
  t.strictSame(Object.keys(direct.json()), ['authorizeUrl', 'via'])
  t.equal(new URL(direct.json().authorizeUrl).origin, host.wechat.url, 'on the right host it is WeChat\'s')
})

test('T39: headers that a visitor may set choose no host', async t => {
  const host = await startHost(t)
  const browser = host.browser()
  const clean = new URL((await browser.get(`${host.origin}/wechat/login`)).location)
  clean.searchParams.delete('state')
  for (const [name, value] of [
    ['x-forwarded-host', 'evil.example'],
    ['x-forwarded-proto', 'http'],
    ['forwarded', 'host=evil.example;proto=http'],
    ['x-host', 'evil.example'],
    ['x-original-url', '/evil'],
    ['origin', 'https://evil.example']
  ] as const) {
    const { location } = await browser.get(`${host.origin}/wechat/login`, { [name]: value })
    const dirty = new URL(location)
    dirty.searchParams.delete('state')
    t.equal(dirty.href, clean.href, name)
  }
  for (const evil of [
    'evil.example', 'a@evil.example', 'evil.example/?x=', 'app.example.com:8443', 'app.example.com.evil.example'
  ]) {
    const { headers } =
      await host.app.inject({ url: '/wechat/login', headers: { host: evil, 'user-agent': agents.desktop } })
    t.equal(headers.location, 'https://app.example.com/wechat/login?redirect=%2F&via=qr&hop=1', evil)
  }
})

function twoHosts (host: Host): Browser {
  const browser = new Browser({ [site]: host.address, 'www.example.com': host.address })
  host.browsers.push(browser)
  return browser
}

for (const serializers of [
  undefined,
  { req: (request: FastifyRequest) => ({ url: request.url, headers: request.headers }) }
]) {
  test(`T50: the log shows our routes without their query, also where the host's serializers are ${serializers ? 'its own' : "Fastify's"}`, async t => {
    const { logger, logs, rawLog } = recordLog()
    const host = await startHost(t, {
      fastify: { logger: { ...logger, ...(serializers && { serializers }) } },
      options: options({ onUser: () => { throw new Error('down') } })
    })
    const browser = host.browser()
    const callback = await beginLogin(host, browser, { redirect: '/account?private=1' })
    await browser.get(callback)
    await browser.fetch(`${host.origin}/wechat/me?private=1`)
    await browser.fetch(callback.replace('code=', 'c='))
    t.strictSame(
      logs.filter(({ req }) => req !== undefined).map(({ req }) => req.url),
      ['/wechat/login', '/wechat/qr', '/wechat/me', '/wechat/qr']
    )
    t.ok(logs.some(({ level }) => level === 50), 'of errors too')
    t.notMatch(rawLog(), 'private')
    for (const known of browser.secrets) t.notMatch(rawLog(), known)
  })
}

test('two hosts of one process do not share their memory of logins', async t => {
  const first = await startHost(t)
  const second = await startHost(t, { wechat: first.wechat })
  const browser = first.browser()
  await logIn(first, browser)
  t.equal(
    (await second.browser().fetch(`${second.origin}/wechat/me`, { headers: { cookie: browser.cookieHeader(site) } }))
      .status,
    401
  )
})
