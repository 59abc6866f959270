// The 401 of a guard, as a script gets it: Fastify's own body with loginUrl, or whatever the host's error handlers make
// of the error.

import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { test } from 'tap'
import { errors } from '../../src'
import { type HostOptions, startHost } from '../fixture/host'

const whole = {
  statusCode: 401,
  code: 'FST_WECHAT_UNAUTHENTICATED',
  error: 'Unauthorized',
  message: 'Log in with WeChat first',
  loginUrl: '/wechat/login'
}
const guards = ['requireWechatUser', 'verifyWechatUser'] as const

const mine = (error: FastifyError & { loginUrl?: string }, _request: FastifyRequest, reply: FastifyReply): unknown =>
  reply.code(error.statusCode ?? 500).send({
    isError: error instanceof Error,
    isOurs: error instanceof errors.UnauthenticatedError,
    code: error.code,
    loginUrl: error.loginUrl
  })
const shaped = { isError: true, isOurs: true, code: whole.code, loginUrl: whole.loginUrl }

/** A route for each guard, by both hooks. */
function guarded (app: FastifyInstance, options: object = {}): void {
  for (const guard of guards) {
    app.get(`/${guard}/early`, { ...options, onRequest: app[guard] }, async () => ({}))
    app.get(`/${guard}/late`, { ...options, preHandler: app[guard] }, async () => ({}))
  }
}

const paths = guards.flatMap(guard => [`/${guard}/early`, `/${guard}/late`])

const hosts: Record<string, HostOptions & { body: object }> = {
  'without an error handler': { routes: app => { guarded(app) }, body: whole },
  'with one of the host, set before the plugin': {
    before: app => { app.setErrorHandler(mine) },
    routes: app => { guarded(app) },
    body: shaped
  },
  'with one of the host, set after the routes': {
    routes: app => { guarded(app); app.setErrorHandler(mine) },
    body: shaped
  },
  'with one of a scope of its own': {
    routes: async app => { await app.register(async scope => { scope.setErrorHandler(mine); guarded(scope) }) },
    body: shaped
  },
  'with one of a scope beside it alone': {
    routes: async app => { await app.register(async scope => { scope.setErrorHandler(mine) }); guarded(app) },
    body: whole
  },
  'with one of the route itself': { routes: app => { guarded(app, { errorHandler: mine }) }, body: shaped },
  'with one that sends the error on': {
    before: app => { app.setErrorHandler((error, _request, reply) => reply.send(error)) },
    routes: app => { guarded(app) },
    body: whole
  },
  'with one that throws it again': {
    before: app => { app.setErrorHandler(error => { throw error }) },
    routes: app => { guarded(app) },
    body: whole
  },
  'with one that a minifier has named': {
    before: app => { app.setErrorHandler(Object.defineProperty(mine.bind(null), 'name', { value: 'a' })) },
    routes: app => { guarded(app) },
    body: shaped
  },
  'with a response schema that names loginUrl': {
    routes: app => {
      guarded(app, {
        schema: {
          response: { 401: { type: 'object', properties: { code: { type: 'string' }, loginUrl: { type: 'string' } } } }
        }
      })
    },
    body: { code: whole.code, loginUrl: whole.loginUrl }
  }
}

for (const [title, { body, ...given }] of Object.entries(hosts)) {
  test(`a host ${title} tells a refused script where to log in`, async t => {
    const seen: string[] = []
    const host = await startHost(t, {
      ...given,
      before: async app => {
        app.addHook('onError', async (_request, _reply, error) => { seen.push(error.code) })
        await given.before?.(app)
      }
    })
    const browser = host.browser()
    for (const path of paths) {
      const answer = await browser.fetch(host.origin + path)
      t.equal(answer.status, 401, path)
      t.strictSame(answer.json(), body, path)
      t.match(answer.headers, {
        'content-type': 'application/json; charset=utf-8',
        'content-length': String(Buffer.byteLength(answer.body)),
        'cache-control': 'no-store'
      })
    }
    t.strictSame(seen, paths.map(() => whole.code), 'and the onError hooks run once for each')
  })
}

test('a refusal is a line in the log, and no stack trace', async t => {
  const host = await startHost(t, { routes: app => { guarded(app) } })
  for (const path of paths) await host.browser().fetch(host.origin + path)
  const refusals = host.logs.filter(({ err }) => err?.code === whole.code)
  t.equal(refusals.length, paths.length)
  t.ok(refusals.every(({ level, err }) => level === 30 && err.message === whole.message && !err.stack))
})

test('a HEAD request is told the length that GET has', async t => {
  const host = await startHost(t, { routes: app => { guarded(app) } })
  const browser = host.browser()
  for (const path of paths) {
    const { headers } = await browser.fetch(host.origin + path)
    t.equal(
      (await browser.fetch(host.origin + path, { method: 'HEAD' })).headers['content-length'],
      headers['content-length']
    )
  }
})

test('without a login route Fastify answers alone, and a hook of the host sees what is sent', async t => {
  const sent: unknown[] = []
  const host = await startHost(t, {
    options: { routes: { login: false } },
    routes: app => {
      guarded(app)
      app.addHook('onSend', async (_request, _reply, payload) => { sent.push(payload); return payload })
    }
  })
  const { loginUrl, ...known } = whole
  const answer = await host.browser().fetch(`${host.origin}/verifyWechatUser/late`)
  t.strictSame(answer.json(), known)
  t.strictSame(sent, [answer.body])
})

test('an answer of the host that only looks like a refusal is left alone', async t => {
  const { loginUrl, ...known } = whole
  const answers: Record<string, unknown> = {
    '/similar': { ...known, message: 'Log in' },
    '/empty': undefined,
    '/text': 'Log in with WeChat first',
    '/bytes': Buffer.from(JSON.stringify(known))
  }
  const host = await startHost(t, {
    routes: app => {
      for (const [path, answer] of Object.entries(answers)) {
        app.get(path, async (_request, reply) => reply.code(401).send(answer))
      }
    }
  })
  for (const [path, answer] of Object.entries(answers)) {
    const { body } = await host.browser().fetch(host.origin + path)
    t.equal(
      body,
      typeof answer === 'object' && !Buffer.isBuffer(answer) ? JSON.stringify(answer) : String(answer ?? ''),
      path
    )
  }
})
