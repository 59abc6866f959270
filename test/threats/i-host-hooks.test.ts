// What the host's own hooks and handlers see and do while a login goes through its application.

import cookie from '@fastify/cookie'
import type { FastifyRequest } from 'fastify'
import { test } from 'tap'
import { startHost } from '../fixture/host'
import type { WechatLoginOptions, WechatUser } from '../../src/types'
import { begin, isLoggedIn, logIn } from '../fixture/login'
import { origin, sameOrigin } from '../fixture/settings'

/** Every place of a request in which a code or a state may stand. */
function textOf ({ raw, url, originalUrl, query, body, params }: FastifyRequest): string {
  const { originalUrl: rawOriginal } = raw as typeof raw & { originalUrl?: string }
  return JSON.stringify([raw.url, rawOriginal, url, originalUrl, query, body, params])
}

for (const method of ['GET', 'POST', 'HEAD', 'PUT'] as const) {
  test(`T77: neither hook nor error handler of the host sees the code and the state of a callback (${method})`, async t => {
    const seen: string[] = []
    const see = (request: FastifyRequest): void => { seen.push(textOf(request)) }
    const host = await startHost(t, {
      options: { renderPage: false, onUser: () => null },
      before: app => {
        app.addHook('preParsing', async request => see(request))
        app.addHook('preValidation', async request => see(request))
        app.addHook('preHandler', async request => see(request))
        app.addHook('onError', async request => see(request))
        app.addHook('onSend', async request => see(request))
        app.addHook('onResponse', async request => see(request))
        app.setErrorHandler((_error, request, reply) => {
          see(request)
          return reply.code(418).send('refused')
        })
      }
    })
    const browser = host.browser()
    const { callback, code, state } = await begin(host, browser)
    const answer = method === 'POST'
      ? await browser.post(`${origin}/wechat/qr`, { code, state }, { 'sec-fetch-site': 'same-origin' })
      : await browser.fetch(callback, { method })
    t.ok(answer.status >= 400, String(answer.status))
    t.ok(seen.length > 0)
    for (const text of seen) t.notOk(text.includes(code) || text.includes(state), text.replace(code, 'CODE'))
  })
}

test('T77: a rewritten URL does not keep them either', async t => {
  let seen = ''
  const host = await startHost(t, {
    fastify: { rewriteUrl: request => request.url!.replace('/zh/', '/') },
    before: app => { app.addHook('onSend', async request => { seen += textOf(request) }) }
  })
  const browser = host.browser()
  const { callback, code, state } = await begin(host, browser)
  t.equal((await browser.get(callback.replace('/wechat/', '/zh/wechat/'))).status, 303)
  t.ok(seen.length > 0)
  t.notOk(seen.includes(code) || seen.includes(state))
})

test('T77: a hook of the host that read the address before us changes nothing, and one added later sees neither', async t => {
  const seen: string[] = []
  const see = (request: FastifyRequest): void => { seen.push(textOf(request)) }
  const host = await startHost(t, {
    before: app => {
      app.addHook('onRequest', async request => { t.type(request.originalUrl, 'string') })
      app.addHook('onSend', async request => see(request))
    },
    routes: app => { app.addHook('onRequest', async request => see(request)) }
  })
  const browser = host.browser()
  const { callback, code, state } = await begin(host, browser)
  t.equal((await browser.get(callback)).status, 303)
  t.ok(seen.length >= 2, String(seen.length))
  for (const text of seen) t.notOk(text.includes(code) || text.includes(state), text.replace(code, 'CODE'))
})

test('T77: neither do names that are written with percent signs keep them', async t => {
  let seen = ''
  const host = await startHost(t, {
    before: app => { app.addHook('onSend', async request => { seen += textOf(request) }) }
  })
  const browser = host.browser()
  const { callback, code, state } = await begin(host, browser)
  const written = callback.replace('code=', 'c%6fde=').replace('state=', '%73tate=')
  t.equal((await browser.get(`${written}&%=1`)).status, 303)
  t.ok(seen.length > 0)
  t.notOk(seen.includes(code) || seen.includes(state))
})

test('T77: what is no code and no state is refused before anything else, in every spelling', async t => {
  const host = await startHost(t)
  for (const query of ['code=a&code=b', 'state=a&state=b', `code=${'a'.repeat(513)}`, `state=${'a'.repeat(129)}`]) {
    t.equal((await host.browser().fetch(`${origin}/wechat/qr?${query}`)).status, 400, query.slice(0, 20))
  }
  for (const body of [{ code: 1 }, { state: [] }, { code: 'a'.repeat(513) }, { state: {} }]) {
    const answer = await host.browser().post(`${origin}/wechat/qr`, body, { 'sec-fetch-site': 'same-origin' })
    t.equal(answer.status, 400, JSON.stringify(body).slice(0, 20))
  }
})

test('T78: the helper that caches may keep carries no cookie, whatever the host writes', async t => {
  const host = await startHost(t, {
    before: async app => {
      await app.register(cookie)
      app.addHook('onRequest', async (_request, reply) => { reply.setCookie('seen', '1') })
      app.addHook('preHandler', async request => { Object.assign(request.session, { visits: 1 }) })
    }
  })
  for (const query of ['', '?v=1.0.0']) {
    const answer = await host.browser().fetch(`${origin}/wechat/client.js${query}`)
    t.match(answer.headers['cache-control'], /^public/)
    t.strictSame([answer.status, answer.setCookies], [200, []])
    const again = await host.browser().fetch(`${origin}/wechat/client.js${query}`, {
      headers: { 'if-none-match': String(answer.headers.etag) }
    })
    t.strictSame([again.status, again.setCookies], [304, []])
  }
})

test('T79: the words of a 4xx that a library throws in onUser or loadUser are not shown, those that say so are', async t => {
  const words = 'GET https://vault.internal/key?token=hunter2 answered 404'
  for (const [expose, expected] of [
    [undefined, 'The login was refused'],
    [false, 'The login was refused'],
    [true, words]
  ]) {
    const fail = (): never => { throw Object.assign(new Error(words), { statusCode: 404, expose }) }
    const host = await startHost(t, { options: { onUser: fail, renderPage: false } })
    const browser = host.browser()
    const { code, state } = await begin(host, browser)
    const answer = await browser.post(`${origin}/wechat/qr`, { code, state }, { 'sec-fetch-site': 'same-origin' })
    t.strictSame([answer.status, answer.json().message], [404, expected])
    t.notOk(await isLoggedIn(host, browser))
  }
})

test('T79: nor are those of onLogin, publicUser, renderPage and the function of an app', async t => {
  const words = 'GET https://vault.internal/key?token=hunter2 answered 404'
  let expose: boolean | undefined
  const fail = (): never => { throw Object.assign(new Error(words), { statusCode: 404, expose }) }
  const places: Array<[what: string, options: Partial<WechatLoginOptions>]> = [
    ['onLogin', { onLogin: fail, renderPage: false }],
    ['publicUser', { publicUser: fail, renderPage: false }],
    ['renderPage', { onUser: () => null, renderPage: fail }],
    ['qr', { qr: fail, renderPage: false }]
  ]
  for (const [what, options] of places) {
    const host = await startHost(t, { options })
    for (expose of [undefined, true]) {
      const browser = host.browser()
      let answer
      if (what === 'qr') {
        answer = await browser.fetch(`${origin}/wechat/login`)
      } else {
        const { callback, code, state } = await begin(host, browser)
        answer = what === 'renderPage'
          ? await browser.get(callback)
          : await browser.post(`${origin}/wechat/qr`, { code, state }, sameOrigin)
      }
      t.strictSame([answer.status, answer.json().message], [404, expose ? words : 'The login was refused'], what)
    }
  }
})

test('T79: in a guard of the host\'s routes loadUser\'s error is its error handler\'s, as it was thrown', async t => {
  const thrown = Object.assign(new Error('the database says no'), { statusCode: 404 })
  let fails = false
  const seen: unknown[] = []
  const host = await startHost(t, {
    before: app => {
      app.setErrorHandler((error, _request, reply) => {
        seen.push(error)
        return reply.code(404).send('mine')
      })
    },
    options: { loadUser: user => { if (fails) throw thrown; return user as WechatUser } }
  })
  const browser = host.browser()
  await logIn(host, browser)
  fails = true
  t.equal((await browser.fetch(`${origin}/account`)).body, 'mine')
  t.equal(seen[0], thrown)
})
