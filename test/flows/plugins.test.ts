// The plugin beside the packages that hosts really use.

import auth from '@fastify/auth'
import cookie from '@fastify/cookie'
import csrf, { type FastifyCsrfProtectionOptions } from '@fastify/csrf-protection'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import responseValidation from '@fastify/response-validation'
import session from '@fastify/session'
import underPressure from '@fastify/under-pressure'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import { test } from 'tap'
import { Agent } from 'undici'
import { z } from 'zod'
import { checkAllRoutes, form } from '../fixture/all-routes'
import { tls } from '../fixture/data'
import { type HostOptions, startHost } from '../fixture/host'
import { logIn } from '../fixture/login'
import { sameOrigin, sessionSecret } from '../fixture/settings'
import { agents, type Browser } from '../fixture/browser'

const page = { accept: 'text/html', 'sec-fetch-mode': 'navigate' }

async function verifyApiKey (request: FastifyRequest): Promise<void> {
  if (request.headers['x-api-key'] !== 'key') {
    throw Object.assign(new Error('no key'), { statusCode: 403, code: 'NO_KEY' })
  }
}

for (const order of ['login first', 'key first'] as const) {
  test(`@fastify/auth lets in who has a login or a key, the ${order}`, async t => {
    const host = await startHost(t, {
      routes: async app => {
        await app.register(auth)
        const checks = order === 'login first'
          ? [app.verifyWechatUser, verifyApiKey]
          : [verifyApiKey, app.verifyWechatUser]
        app.get(
          '/either',
          { preHandler: app.auth(checks) },
          async request => ({ user: request.wechatUser?.nickname ?? null })
        )
        app.get(
          '/either-early',
          { onRequest: app.auth(checks) },
          async request => ({ user: request.wechatUser?.nickname ?? null })
        )
        app.get('/both', { preHandler: app.auth(checks, { relation: 'and' }) }, async () => 'both')
      }
    })
    const browser = host.browser()
    const key = { headers: { 'x-api-key': 'key' } }
    for (const path of ['/either', '/either-early']) {
      const refused = await browser.fetch(host.origin + path)
      t.equal(refused.status, order === 'login first' ? 403 : 401, 'the last check speaks')
      t.equal(refused.json().code, order === 'login first' ? 'NO_KEY' : 'FST_WECHAT_UNAUTHENTICATED')
      t.strictSame((await browser.fetch(host.origin + path, key)).json(), { user: null })
    }
    t.notOk((await browser.fetch(`${host.origin}/both`, key)).status === 200)
    await logIn(host, browser)
    for (const path of ['/either', '/either-early']) {
      t.strictSame((await browser.fetch(host.origin + path)).json(), { user: '青禾🌱' })
    }
    t.equal((await browser.fetch(`${host.origin}/both`)).status, 403)
    t.equal((await browser.fetch(`${host.origin}/both`, key)).body, 'both')
  })
}

test('T70: @fastify/rate-limit before the plugin limits its routes too, and its refusal is as private as ours', async t => {
  const host = await startHost(t, {
    before: async app => { await app.register(rateLimit, { max: 2, timeWindow: '10 minutes' }) }
  })
  const browser = host.browser()
  for (const left of ['1', '0']) {
    t.equal((await browser.get(`${host.origin}/wechat/login`)).headers['x-ratelimit-remaining'], left)
  }
  const refused = await browser.fetch(`${host.origin}/wechat/login`)
  t.equal(refused.status, 429)
  t.strictSame(refused.json(), {
    statusCode: 429,
    error: 'Too Many Requests',
    message: 'Rate limit exceeded, retry in 10 minutes'
  })
  const shown = await browser.get(`${host.origin}/wechat/login`, page)
  t.equal(shown.status, 429)
  t.match(shown.headers['content-type'], 'text/html')
  t.match(shown.body, 'href="/wechat/login"')
  for (const { headers, setCookies } of [refused, shown]) {
    t.match(headers, { 'cache-control': 'no-store', 'retry-after': /^(?:600|59\d)$/, 'referrer-policy': 'no-referrer' })
    t.strictSame(setCookies, [])
  }
  t.equal((await browser.fetch(`${host.origin}/wechat/me`)).status, 429, 'all routes have one count')
})

test('T70: with @fastify/rate-limit a host limits the routes of the login alone', async t => {
  const host = await startHost(t, {
    before: async app => {
      // First: the other package reads each route's config in a hook of this kind.
      app.addHook('onRoute', route => {
        if (route.url.startsWith('/wechat/')) {
          route.config = {
            ...route.config,
            rateLimit: { max: 1, errorResponseBuilder: () => ({ statusCode: 429, mine: true, message: 'slowly' }) }
          }
        }
      })
      await app.register(rateLimit, { global: false })
    }
  })
  const browser = host.browser()
  t.equal((await browser.get(`${host.origin}/wechat/login`)).status, 302)
  const refused = await browser.fetch(`${host.origin}/wechat/login`)
  t.equal(refused.status, 429)
  t.equal(refused.json().message, 'slowly')
  for (let count = 0; count < 3; count++) t.equal((await browser.fetch(`${host.origin}/public`)).status, 200)
})

test('after the plugin @fastify/rate-limit does not see its routes', async t => {
  const host = await startHost(t, { routes: async app => { await app.register(rateLimit, { max: 1 }) } })
  for (let count = 0; count < 3; count++) t.equal((await host.browser().get(`${host.origin}/wechat/login`)).status, 302)
})

for (const options of [{}, { enableCSPNonces: true, referrerPolicy: { policy: 'same-origin' as const } }]) {
  test(`T43: with @fastify/helmet ${JSON.stringify(options)} the login works, and our pages keep their own policy`, async t => {
    const host = await startHost(t, { before: async app => { await app.register(helmet, options) } })
    await checkAllRoutes(t, host)
    const browser = host.browser()
    const shown = await browser.get(`${host.origin}/wechat/qr`, page)
    t.match(shown.headers, {
      'content-security-policy': /^default-src 'none'; style-src 'sha256-[^;]+; base-uri 'none'; form-action 'none'; frame-ancestors 'self'$/,
      'x-frame-options': 'SAMEORIGIN',
      'referrer-policy': 'no-referrer',
      'strict-transport-security': String
    })
    await logIn(host, browser)
    const out = await browser.visit(`${host.origin}/wechat/logout`, {
      method: 'POST',
      body: '',
      headers: { ...form, origin: 'null' }
    })
    t.equal(out.status, 303, "a form's logout, whose Origin helmet's no-referrer makes null")
  })
}

test('@fastify/under-pressure lets visitors in while all is well, and turns them away with its own status when it is not', async t => {
  const watch = (healthy: boolean) => async (app: FastifyInstance): Promise<void> => {
    await app.register(underPressure, { healthCheck: async () => healthy, healthCheckInterval: 1_000_000 })
  }
  await checkAllRoutes(t, await startHost(t, { before: watch(true) }))
  const busy = await startHost(t, { before: watch(false) })
  const browser = busy.browser()
  for (const path of ['/wechat/login', '/wechat/me', '/wechat/qr?code=x&state=y', '/public']) {
    const refused = await browser.fetch(busy.origin + path)
    t.equal(refused.status, 503, path)
    t.match(refused.json(), { statusCode: 503, code: 'FST_UNDER_PRESSURE', message: 'Service Unavailable' })
    t.equal(refused.headers['retry-after'], '10')
  }
  const shown = await browser.get(`${busy.origin}/wechat/login`, page)
  t.equal(shown.status, 503)
  t.match(shown.headers, { 'content-type': /text\/html/, 'retry-after': '10', 'cache-control': 'no-store' })
  t.strictSame(shown.setCookies, [])
})

const csrfHosts: Record<string, FastifyCsrfProtectionOptions & { given: HostOptions }> = {
  'sessions that the host brings': {
    sessionPlugin: '@fastify/session',
    given: {
      before: async app => {
        await app.register(cookie)
        await app.register(session, { secret: sessionSecret, saveUninitialized: false })
      },
      options: { secret: sessionSecret }
    }
  },
  'sessions that the plugin brings': { sessionPlugin: '@fastify/session', given: {} },
  cookies: { sessionPlugin: '@fastify/cookie', given: {} }
}

for (const [title, { given, ...options }] of Object.entries(csrfHosts)) {
  test(`@fastify/csrf-protection with ${title} protects the host's forms before and after a login, and stays out of ours`, async t => {
    const host = await startHost(t, {
      ...given,
      routes: async app => {
        await app.register(csrf, options as FastifyCsrfProtectionOptions)
        app.get('/token', async (_request, reply) => ({ token: reply.generateCsrf() }))
        app.post(
          '/change',
          { preHandler: app.csrfProtection },
          async request => ({ by: request.wechatUser?.nickname ?? null })
        )
      }
    })
    const browser = host.browser()
    const change = async (token: string) => browser.post(`${host.origin}/change`, {}, { 'csrf-token': token })
    const takeToken = async (): Promise<string> => (await browser.fetch(`${host.origin}/token`)).json().token
    t.equal((await change('none')).status, 403)
    const before = await takeToken()
    t.strictSame((await change(before)).json(), { by: null })
    await logIn(host, browser)
    if (options.sessionPlugin === '@fastify/session') {
      t.equal(
        (await change(before)).status,
        403,
        'a token of the session before the login is worth nothing in the one after it'
      )
    }
    t.strictSame((await change(await takeToken())).json(), { by: '青禾🌱' })
    t.equal((await browser.post(`${host.origin}/wechat/logout`, {}, sameOrigin)).status, 204)
    await checkAllRoutes(t, host)
  })
}

test('@fastify/response-validation before the plugin checks the answers of the host, and leaves ours to us', async t => {
  const host = await startHost(t, {
    before: async app => { await app.register(responseValidation) },
    routes: app => {
      app.get(
        '/wrong',
        { schema: { response: { 200: { type: 'object', properties: { count: { type: 'integer' } } } } } },
        async () => ({ count: 'many' })
      )
    }
  })
  t.equal((await host.browser().fetch(`${host.origin}/wrong`)).status, 500)
  await checkAllRoutes(t, host)
})

test("with zod as the host's type provider its routes are zod's and ours are ours", async t => {
  const host = await startHost(t, {
    before: app => {
      app.setValidatorCompiler(validatorCompiler)
      app.setSerializerCompiler(serializerCompiler)
    },
    routes: app => {
      app.withTypeProvider<ZodTypeProvider>().post('/age', {
        preHandler: app.requireWechatUser,
        schema: {
          body: z.object({ age: z.coerce.number().int() }),
          response: { 200: z.object({ age: z.number(), by: z.string() }) }
        }
      }, async request => ({ age: request.body.age + 1, by: request.wechatUser!.nickname!, more: 1 }))
    }
  })
  await checkAllRoutes(t, host)
  const browser = host.browser()
  await logIn(host, browser)
  t.strictSame((await browser.post(`${host.origin}/age`, { age: '41' })).json(), { age: 42, by: '青禾🌱' })
  t.equal((await browser.post(`${host.origin}/age`, { age: 'old' })).status, 400)
  t.equal((await browser.fetch(`${host.origin}/wechat/login?via=x`)).json().code, 'FST_WECHAT_INVALID_REQUEST')
})

for (const allowHTTP1 of [false, true]) {
  test(`over HTTP/2 ${allowHTTP1 ? 'and HTTP/1.1 on one port' : 'alone'} the login is the same`, async t => {
    const host = await startHost(t, {
      fastify: { http2: true, https: { ...tls, allowHTTP1 } } as object,
      routes: app => { app.get('/version', async request => request.raw.httpVersion) }
    })
    const dispatcher = new Agent({ allowH2: true, connect: { rejectUnauthorized: false } })
    t.teardown(() => dispatcher.destroy())
    const onHttp2 = (browser: Browser): Browser => Object.assign(browser, { dispatcher })
    t.equal((await onHttp2(host.browser()).fetch(`${host.origin}/version`)).body, '2.0')
    await checkAllRoutes(t, { ...host, browser: userAgent => onHttp2(host.browser(userAgent)) })
    if (!allowHTTP1) return
    t.equal((await host.browser().fetch(`${host.origin}/version`)).body, '1.1')
    await checkAllRoutes(t, host)
  })
}

for (const secure of [false, true]) {
  test(`with fastify.inject a host's own test logs in ${secure ? 'under an https address, with the header of its proxy' : 'on localhost'}`, async t => {
    const { app, wechat, origin } = await startHost(t, { secure, fastify: { trustProxy: secure } })
    const headers = {
      host: new URL(origin).host,
      'user-agent': agents.wechat,
      ...(secure && { 'x-forwarded-proto': 'https' })
    }
    const start = await app.inject({ url: '/wechat/login', query: { redirect: '/account' }, headers })
    t.equal(start.statusCode, 302)
    const { pathname, search } = new URL(wechat.control.approve(String(start.headers.location)))
    const back = await app.inject({ url: pathname + search, headers, cookies: cookiesOf(start) })
    t.equal(back.statusCode, 303)
    const account = await app.inject({ url: String(back.headers.location), headers, cookies: cookiesOf(back) })
    t.equal(account.json().user.via, 'oneclick')
  })
}

function cookiesOf (reply: Awaited<ReturnType<FastifyInstance['inject']>>): Record<string, string> {
  return Object.fromEntries(reply.cookies.filter(({ value }) => value !== '').map(({ name, value }) => [name, value]))
}
