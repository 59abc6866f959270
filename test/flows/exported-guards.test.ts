// The guards that the package exports: there when a route is written, wherever and whenever the plugin is registered,
// and shut where it is not.

import auth from '@fastify/auth'
import cookie from '@fastify/cookie'
import session from '@fastify/session'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { test } from 'tap'
import { requireWechatUser, verifyWechatUser } from '../../src'
import { createPlugin } from '../../src/plugin'
import { startWechatSimulator } from '../../src/simulator'
import { recordLog, startHost } from '../fixture/host'
import { logIn, logOut, me } from '../fixture/login'
import { accounts, origin, sessionSecret } from '../fixture/settings'

const guards = { requireWechatUser, verifyWechatUser }
const names = Object.keys(guards) as Array<keyof typeof guards>
const name = async (request: FastifyRequest): Promise<object> => ({ user: request.wechatUser?.nickname })

const places: Record<string, (app: FastifyInstance, guard: typeof requireWechatUser) => unknown> = {
  'as preHandler': (app, guard) => app.get('/mine', { preHandler: guard }, name),
  'as onRequest, in a list': (app, guard) => app.get('/mine', { onRequest: [guard] }, name),
  'as a preHandler hook of the scope': (app, guard) => { app.addHook('preHandler', guard).get('/mine', name) },
  'as an onRequest hook of a scope within': async (app, guard) =>
    app.register(async scope => { scope.addHook('onRequest', guard).get('/mine', name) }),
  'on the handler of what is not found': (app, guard) => {
    app.setNotFoundHandler({ preHandler: guard }, async (request, reply) => reply.code(200).send(await name(request)))
  },
  'on the handler of what is not found in a scope within': async (app, guard) => app.register(async scope => {
    scope.setNotFoundHandler({ preHandler: guard }, async (request, reply) => reply.code(200).send(await name(request)))
  }, { prefix: '/mine' }),
  'through @fastify/auth': async (app, guard) => {
    await app.register(auth)
    app.get(
      '/mine',
      {
        preHandler: app.auth([guard, async () => {
          throw Object.assign(new Error('no key'), {
            statusCode: 401,
            code: 'FST_WECHAT_UNAUTHENTICATED',
            loginUrl: '/wechat/login'
          })
        }])
      },
      name
    )
  },
  'by hand': (app, guard) => app.get(
    '/mine',
    async (request, reply) => { await guard(request, reply); return reply.sent ? reply : name(request) }
  )
}

for (const guard of names) {
  for (const [place, write] of Object.entries(places)) {
    test(`${guard} ${place} is the guard of the plugin`, async t => {
      const host = await startHost(t, { routes: async app => { await write(app, guards[guard]) } })
      const browser = host.browser()
      const refused = await browser.fetch(`${host.origin}/mine`)
      t.equal(refused.status, 401)
      t.equal(refused.json().code, 'FST_WECHAT_UNAUTHENTICATED')
      const page = await browser.get(`${host.origin}/mine`)
      if (place !== 'through @fastify/auth') {
        t.strictSame(
          [page.status, page.location],
          guard === 'requireWechatUser' ? [302, `${host.origin}/wechat/login?redirect=%2Fmine`] : [401, '']
        )
      }
      t.equal((await logIn(host, browser)).status, 303)
      t.strictSame((await browser.fetch(`${host.origin}/mine`)).json(), { user: '青禾🌱' })
      t.equal((await logOut(browser)).status, 204)
      t.equal((await browser.fetch(`${host.origin}/mine`)).status, 401)
    })
  }
}

const early: Record<string, (app: FastifyInstance) => void> = {
  'a route': app => { app.get('/early', { preHandler: requireWechatUser }, name) },
  'a hook of the whole scope': app => { app.addHook('preHandler', requireWechatUser).get('/early', name) }
}

for (const [what, write] of Object.entries(early)) {
  test(`${what} that is written before the plugin is registered is guarded all the same`, async t => {
    const host = await startHost(t, { before: write })
    const browser = host.browser()
    t.equal((await browser.fetch(`${host.origin}/early`)).status, 401)
    await logIn(host, browser)
    t.strictSame((await browser.fetch(`${host.origin}/early`)).json(), { user: '青禾🌱' })
    t.equal((await me(browser)).status, 200)
  })
}

test('without await the routes that follow are guarded', async t => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.register(
    fp(createPlugin(), { name: 'fastify-wechat-login' }),
    { qr: accounts.qr, session: { secret: sessionSecret } }
  )
  app.get('/mine', { preHandler: requireWechatUser }, name)
  app.get('/yours', { preHandler: verifyWechatUser }, name)
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  for (const path of ['/mine', '/yours']) {
    const answer = await fetch(address + path)
    t.strictSame([answer.status, (await answer.json() as { code: string }).code], [401, 'FST_WECHAT_UNAUTHENTICATED'])
  }
})

/** Each leaves a route open where a guard is looked up when the route is written. */
const missing: Record<string, (app: FastifyInstance) => void> = {
  'nobody has registered it': () => {},
  'it is in a plugin file without fp': app => { app.register(async function (scope) { await register(scope) }) },
  'it is registered in a scope below': app => {
    app.register(async scope => { await scope.register(async inner => { await register(inner) }) })
  }
}

async function register (scope: FastifyInstance): Promise<void> {
  await scope.register(
    fp(createPlugin(), { name: 'fastify-wechat-login' }),
    { qr: accounts.qr, session: { secret: sessionSecret } }
  )
}

function routes (app: FastifyInstance): void {
  for (const guard of names) {
    for (const hook of ['onRequest', 'preHandler']) {
      app.get(`/${guard}/${hook}`, { [hook]: guards[guard] }, async () => 'open')
    }
  }
}

for (const [why, write] of Object.entries(missing)) {
  test(`T31: where the plugin is not in the scope, because ${why}, nobody passes, and the log says what to write`, async t => {
    const { logger, logs } = recordLog()
    const app = Fastify({ logger }) as unknown as FastifyInstance
    t.teardown(() => app.close())
    write(app)
    routes(app)
    const address = await app.listen({ port: 0, host: '127.0.0.1' })
    for (const guard of names) {
      for (const hook of ['onRequest', 'preHandler']) {
        for (const accept of ['text/html', 'application/json']) {
          const answer = await fetch(`${address}/${guard}/${hook}`, { headers: { accept } })
          t.strictSame(
            [answer.status, await answer.json()],
            [500, {
              statusCode: 500,
              code: 'FST_WECHAT_MISCONFIGURED',
              error: 'Internal Server Error',
              message: 'The WeChat login of this site is not set up correctly'
            }]
          )
          const { level, err } = logs.findLast(line => line.err !== undefined)!
          t.equal(level, 50)
          for (const lang of ['en', 'zh']) {
            t.match(
              err.hint[lang],
              new RegExp(`^${guard} .*fastify-wechat-login.*await app\\.register\\(wechatLogin, …\\).*fp\\(\\)`)
            )
          }
        }
      }
    }
  })
}

test('a scope that was made before the plugin, under sessions of the host, is guarded, and its handlers know the user', async t => {
  const host = await startHost(t, {
    options: { secret: sessionSecret },
    before: async app => {
      await app.register(cookie)
      await app.register(session, { secret: sessionSecret, cookieName: '__Host-session' })
      await app.register(async scope => { scope.get('/mine', { preHandler: requireWechatUser }, name) })
    }
  })
  const browser = host.browser()
  t.equal((await browser.fetch(`${origin}/mine`)).status, 401)
  await logIn(host, browser)
  t.strictSame((await browser.fetch(`${origin}/mine`)).json(), { user: '青禾🌱' })
})

test('in sibling scopes each route goes by the registration of its own scope', async t => {
  const wechat = await startWechatSimulator({ callbackOrigin: origin, consent: 'qinghe' })
  t.teardown(() => wechat.close())
  const { qr, client } = wechat.options
  const host = await startHost(t, {
    wechat,
    options: { secret: sessionSecret },
    prefix: '/shop',
    routes: shop => { shop.get('/mine', { preHandler: requireWechatUser }, name) },
    before: async app => {
      await app.register(cookie)
      await app.register(session, { secret: sessionSecret, cookieName: '__Host-session' })
      await app.register(async admin => {
        await admin.register(
          fp(createPlugin(), { name: 'fastify-wechat-login' }),
          { qr: { ...qr, callbackUrl: `${origin}/admin/wechat/qr` }, client, secret: sessionSecret }
        )
        admin.get('/mine', { preHandler: requireWechatUser }, name)
      }, { prefix: '/admin' })
      app.get('/mine', { preHandler: requireWechatUser }, name)
    }
  })
  const browser = host.browser()
  const start = await browser.get((await browser.get(`${origin}/admin/mine`)).location)
  t.equal((await browser.get(wechat.control.approve(start.location))).location, `${origin}/admin/mine`)
  t.strictSame((await browser.fetch(`${origin}/admin/mine`)).json(), { user: '青禾🌱' })
  const beside = await browser.fetch(`${origin}/shop/mine`)
  t.strictSame([beside.status, beside.json().loginUrl], [401, '/shop/wechat/login'])
  t.equal(
    (await browser.fetch(`${origin}/mine`)).json().code,
    'FST_WECHAT_MISCONFIGURED',
    'and above them there is none'
  )
})

for (const guard of names) {
  test(`${guard} called where it should be named says so, and does not boot`, t => {
    const app = Fastify()
    const call = guards[guard] as unknown as () => typeof requireWechatUser
    t.throws(() => app.get('/mine', { preHandler: call() }, name), {
      code: 'FST_WECHAT_INVALID_OPTIONS',
      message: `fastify-wechat-login: ${guard} is the hook itself; write { preHandler: ${guard} }, without parentheses`
    })
    t.end()
  })
}
