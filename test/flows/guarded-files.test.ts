// What a guard let in leaves private, whoever wrote its Cache-Control, unless its route says that it may be cached.

import { connect } from 'node:http2'
import { Readable } from 'node:stream'
import cookie from '@fastify/cookie'
import session from '@fastify/session'
import files from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { test, type Test } from 'tap'
import { tls } from '../fixture/data'
import { type Host, startHost } from '../fixture/host'
import { logIn } from '../fixture/login'
import { origin, sessionSecret, site } from '../fixture/settings'

type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown

const json: Handler = async () => ({ hello: 'you' })
const bytes = (): Buffer => Buffer.alloc(100_000, 'x')
const says = (value: string | string[], body: () => unknown = () => 'x'): Handler => async (_request, reply) => {
  reply.header('Cache-Control', value)
  return reply.send(body())
}

const folderOf = (t: Test): string => t.testdir({ 'photo.jpg': bytes(), deep: { 'index.html': bytes() } })

/** Cache-Control of these paths for a visitor who is logged in. */
async function cacheControl (
  host: Host, paths: string[], headers: Record<string, string> = {}
): Promise<Record<string, unknown>> {
  const browser = host.browser()
  await logIn(host, browser)
  const seen: Record<string, unknown> = {}
  for (const path of paths) {
    const answer = await browser.visit(origin + path, { headers: { accept: '*/*', ...headers } })
    if (answer.status >= 400) throw new Error(`${path}: ${answer.status}`)
    seen[path] = answer.headers['cache-control']
  }
  return seen
}

const all = (paths: string[], value: unknown) => Object.fromEntries(paths.map(path => [path, value]))

const rules: Array<[given: string | string[], sent: string]> = [
  ['public, max-age=0', 'no-store'],
  ['PUBLIC', 'no-store'],
  ['max-age=60', 'no-store'],
  ['no-cache', 'no-store'],
  ['immutable', 'no-store'],
  ['', 'no-store'],
  ['private, s-maxage=60', 'no-store'],
  ['private, S-MaxAge=60', 'no-store'],
  ['public, private', 'no-store'],
  ['public, no-store', 'no-store'],
  ['private="set-cookie", max-age=60', 'no-store'],
  ['x-private', 'no-store'],
  [['public', 'max-age=60'], 'no-store'],
  ['no-store', 'no-store'],
  ['private', 'private'],
  ['private, max-age=60', 'private, max-age=60'],
  ['Private,no-cache', 'Private,no-cache'],
  ['no-store, max-age=0', 'no-store, max-age=0'],
  ['max-age=0 , NO-STORE', 'max-age=0 , NO-STORE']
]

for (const guard of ['requireWechatUser', 'verifyWechatUser'] as const) {
  test(`T45: ${guard}: what says that everybody may keep it, or not who may not, is not stored; what is private stays as it is`, async t => {
    const host = await startHost(t, {
      routes: app => {
        for (const [index, [given]] of rules.entries()) app.get(`/${index}`, { preHandler: app[guard] }, says(given))
      }
    })
    const seen = await cacheControl(host, rules.map((_rule, index) => `/${index}`))
    for (const [index, [given, sent]] of rules.entries()) t.equal(seen[`/${index}`], sent, String(given))
  })
}

/** Everything that an answer can be made of. */
const answers: Record<string, Handler> = {
  text: says('public'),
  json: says('public', () => ({ a: 1 })),
  buffer: says('public', bytes),
  stream: says('public', () => Readable.from([bytes(), bytes()])),
  'web-stream': says('public', () => Readable.toWeb(Readable.from([bytes()]))),
  response: async () => new Response('x', { headers: { 'cache-control': 'public' } }),
  'response-stream': async () => new Response(new Blob([bytes()]).stream(), { headers: { 'cache-control': 'public' } }),
  empty: async (_request, reply) => reply.code(204).header('cache-control', 'public').send(),
  'not-modified': async (_request, reply) => reply.code(304).header('cache-control', 'public').send(),
  raw: async (_request, reply) => { reply.raw.setHeader('cache-control', 'public'); return 'x' },
  'raw-under-ours': async (_request, reply) => {
    reply.removeHeader('cache-control')
    reply.raw.setHeader('Cache-Control', 'public')
    return Readable.from(['x'])
  },
  removed: async (_request, reply) => reply.removeHeader('cache-control').send('x'),
  trailers: async (_request, reply) => {
    reply.header('cache-control', 'public').trailer('x', (_reply, _payload, done) => { done(null, 'y') })
    return 'x'
  },
  redirect: async (_request, reply) => reply.header('cache-control', 'public').redirect('/public')
}

test('T45: of every kind of answer, over HTTP/1.1 and HTTP/2', async t => {
  const routes = (app: FastifyInstance): void => {
    for (const [name, handler] of Object.entries(answers)) {
      app.get(`/${name}`, { preHandler: app.requireWechatUser }, handler as never)
    }
  }
  const paths = Object.keys(answers).map(name => `/${name}`)
  t.strictSame(await cacheControl(await startHost(t, { routes }), paths), all(paths, 'no-store'))

  const host = await startHost(t, { routes, fastify: { http2: true, https: { ...tls, allowHTTP1: true } } as never })
  const browser = host.browser()
  await logIn(host, browser)
  const session = connect(host.address, { rejectUnauthorized: false })
  t.teardown(() => { session.close() })
  for (const path of paths) {
    const head = await new Promise<Record<string, unknown>>((resolve, reject) => {
      const stream = session.request({ ':path': path, ':authority': site, cookie: browser.cookieHeader(site) })
      stream.on('response', resolve).on('error', reject).resume()
    })
    t.ok(Number(head[':status']) < 400, `${path} over HTTP/2`)
    t.equal(head['cache-control'], 'no-store', `${path} over HTTP/2`)
  }
})

test('T45: of @fastify/static: files, ranges, what has not changed, HEAD and sendFile, under a guard of the scope or of the route', async t => {
  const root = folderOf(t)
  const routes = async (app: FastifyInstance): Promise<void> => {
    await app.register(async scope => {
      scope.addHook('onRequest', app.requireWechatUser)
      await scope.register(files, { root, prefix: '/files/' })
    })
    await app.register(async scope => {
      scope.addHook('preHandler', app.verifyWechatUser)
      await scope.register(
        files,
        { root, prefix: '/old/', wildcard: false, maxAge: '1d', immutable: true, decorateReply: false }
      )
    })
    await app.register(async scope => {
      await scope.register(files, { root, serve: false })
      scope.get(
        '/photo',
        { preHandler: app.requireWechatUser },
        async (_request, reply) => reply.sendFile('photo.jpg', { maxAge: '1d' })
      )
      scope.get('/open', async (_request, reply) => reply.sendFile('photo.jpg'))
    })
  }
  const host = await startHost(t, { routes })
  const paths = ['/files/photo.jpg', '/files/deep/', '/old/photo.jpg', '/photo']
  t.strictSame(await cacheControl(host, paths), all(paths, 'no-store'))
  t.strictSame(await cacheControl(host, paths, { range: 'bytes=0-10' }), all(paths, 'no-store'))
  t.strictSame(
    await cacheControl(host, paths, { 'if-modified-since': new Date(Date.now() + 60_000).toUTCString() }),
    all(paths, 'no-store')
  )
  t.strictSame(await cacheControl(host, ['/open']), { '/open': 'public, max-age=0' }, 'what nobody guards is as it was')
  const browser = host.browser()
  await logIn(host, browser)
  const { status, headers, body } = await browser.visit(`${origin}/files/photo.jpg`, { method: 'HEAD' })
  t.strictSame([status, headers['cache-control'], headers['content-length'], body], [200, 'no-store', '100000', ''])
  const whole = await browser.fetch(`${origin}/files/photo.jpg`)
  t.strictSame([whole.status, whole.body.length, whole.headers['content-length']], [200, 100_000, '100000'])
  t.equal((await browser.fetch(`${origin}/files/none.jpg`)).headers['cache-control'], 'no-store')
})

test('a route that says so is cached as it says; its refusals are not', async t => {
  const cache = { config: { wechatLogin: { cache: true } } }
  const root = folderOf(t)
  const host = await startHost(t, {
    routes: async app => {
      app.get('/shared', { ...cache, preHandler: app.requireWechatUser }, async (_request, reply) =>
        reply.headers({ 'cache-control': 'public, max-age=60', 'cdn-cache-control': 'max-age=60' }).send('x'))
      app.get('/silent', { ...cache, preHandler: app.requireWechatUser }, json as never)
      app.get(
        '/not',
        { config: { wechatLogin: { cache: false } }, preHandler: app.requireWechatUser },
        says('public') as never
      )
      await app.register(files, { root, serve: false })
      app.get(
        '/file',
        { ...cache, preHandler: app.verifyWechatUser },
        async (_request, reply) => reply.sendFile('photo.jpg')
      )
    }
  })
  t.strictSame(
    await cacheControl(host, ['/shared', '/silent', '/not', '/file']),
    { '/shared': 'public, max-age=60', '/silent': 'no-store', '/not': 'no-store', '/file': 'public, max-age=0' }
  )
  const browser = host.browser()
  await logIn(host, browser)
  t.equal((await browser.fetch(`${origin}/shared`)).headers['cdn-cache-control'], 'max-age=60')
  for (const path of ['/shared', '/file']) {
    for (const ask of ['get', 'fetch'] as const) {
      t.equal((await host.browser()[ask](origin + path)).headers['cache-control'], 'no-store', path)
    }
  }
})

test('what tells shared caches alone is withdrawn too', async t => {
  const names = ['cdn-cache-control', 'surrogate-control', 'x-accel-expires', 'cloudflare-cdn-cache-control']
  const host = await startHost(t, {
    routes: app => {
      for (const name of names) {
        app.get(
          `/${name}`,
          { preHandler: app.requireWechatUser },
          async (_request, reply) => reply.header(name, '600').header('cache-control', 'private').send('x')
        )
        app.get(
          `/raw-${name}`,
          { preHandler: app.requireWechatUser },
          async (_request, reply) => { reply.raw.setHeader(name, '600'); return 'x' }
        )
      }
    }
  })
  const browser = host.browser()
  await logIn(host, browser)
  for (const name of names) {
    const { headers } = await browser.fetch(`${origin}/${name}`)
    t.strictSame([headers[name], headers['cache-control']], [undefined, 'private'], name)
    t.equal((await browser.fetch(`${origin}/raw-${name}`)).headers[name], undefined, name)
  }
})

test('hooks and handlers of the host that speak last do not change it: onSend, errors, 404', async t => {
  const host = await startHost(t, {
    routes: async app => {
      await app.register(async scope => {
        scope.addHook('onRequest', app.requireWechatUser)
        scope.addHook('onSend', async (_request, reply) => { reply.header('cache-control', 'public, max-age=60') })
        scope.setErrorHandler(async (_error, _request, reply) =>
          reply.code(400).header('cache-control', 'public').send({}))
        scope.setNotFoundHandler(
          { preHandler: app.requireWechatUser },
          async (_request, reply) => reply.code(404).header('cache-control', 'public').send({})
        )
        scope.get('/in/ok', json as never)
        scope.get('/in/twice', { preHandler: [app.verifyWechatUser, app.requireWechatUser] }, json as never)
        scope.get('/in/fails', async () => { throw new Error('x') })
      }, { prefix: '' })
    }
  })
  const browser = host.browser()
  await logIn(host, browser)
  for (const visitor of [browser, host.browser()]) {
    for (const path of ['/in/ok', '/in/twice', '/in/fails']) {
      t.equal((await visitor.fetch(origin + path)).headers['cache-control'], 'no-store', path)
    }
  }
  t.equal((await browser.fetch(`${origin}/in/ok`)).status, 200)
  t.equal((await browser.fetch(`${origin}/in/fails`)).status, 400)
})

test('a guard that a scope beside ours uses keeps what it let in private as well', async t => {
  let guard: FastifyInstance['requireWechatUser'] | undefined
  const host = await startHost(t, {
    prefix: '/app',
    options: { secret: sessionSecret },
    before: async app => {
      await app.register(cookie)
      await app.register(session, { secret: sessionSecret, saveUninitialized: false, cookie: { path: '/' } })
      app.get('/beside', { preHandler: (request, reply) => guard!.call(app, request, reply) }, says('public') as never)
    },
    routes: app => { guard = app.requireWechatUser }
  })
  const browser = host.browser()
  await logIn({ ...host, origin: `${origin}/app` }, browser)
  for (const [visitor, status] of [[browser, 200], [host.browser(), 401]] as const) {
    const answer = await visitor.fetch(`${origin}/beside`)
    t.strictSame([answer.status, answer.headers['cache-control']], [status, 'no-store'])
  }
})

test('what is hijacked is the host\'s to answer', async t => {
  const host = await startHost(t, {
    routes: app => {
      app.get('/hijacked', { preHandler: app.requireWechatUser }, async (_request, reply) => {
        reply.hijack()
        reply.raw.writeHead(200, { 'cache-control': 'public' }).end('x')
      })
    }
  })
  t.strictSame(await cacheControl(host, ['/hijacked']), { '/hijacked': 'public' })
})

test('the helper stays cacheable under a guard of everything', async t => {
  const host = await startHost(t, { routes: app => { app.addHook('onRequest', app.requireWechatUser) } })
  t.equal((await host.browser().get(`${origin}/wechat/client.js`)).headers['cache-control'], 'public, no-cache')
})
