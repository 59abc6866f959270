// Rules that only a few hosts meet, through the public interface.

import cookie from '@fastify/cookie'
import session from '@fastify/session'
import { test } from 'tap'
import { agents } from '../fixture/browser'
import { beginLogin, logIn, sessionSecret, startHost } from '../fixture/host'

test('a route of the host starts a login by authorizeUrl, in the way that it names', async t => {
  const host = await startHost(t, {
    routes: app => {
      app.get('/start', async (request, reply) => reply.redirect(await app.wechatLogin.authorizeUrl(request, reply, { via: 'qr', redirect: '/account' })))
      app.get('/start-plain', async (request, reply) => reply.redirect(await app.wechatLogin.authorizeUrl(request, reply)))
    }
  })
  for (const [path, target] of [['/start', '/account'], ['/start-plain', '/']] as const) {
    const browser = host.browser()
    const start = await browser.get(host.origin + path)
    t.equal((await browser.get(host.wechat.control.approve(start.location))).location, host.origin + target)
  }
})

test('isWechatBrowser of the host decides, and a way that is not set up is no request', async t => {
  const host = await startHost(t, { options: { oneclick: undefined as never, isWechatBrowser: request => request.headers['x-app'] === 'wechat' } })
  const browser = host.browser(agents.wechat)
  t.equal((await browser.get(`${host.origin}/wechat/login`)).status, 302, 'a QR code, whatever the user agent says')
  t.equal((await browser.fetch(`${host.origin}/wechat/login?via=oneclick`)).json().code, 'FST_WECHAT_INVALID_REQUEST')
  t.equal((await browser.fetch(`${host.origin}/wechat/login`, { headers: { 'x-app': 'wechat' } })).json().code, 'FST_WECHAT_WRONG_BROWSER')
})

test('a callback URL keeps the query of its own', async t => {
  const host = await startHost(t, { options: (wechat, origin) => ({ qr: { ...wechat.options.qr, callbackUrl: `${origin}/wechat/qr?shop=7` } }) })
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

test('a tenant that is gone when its visitor comes back is a fault of the set-up', async t => {
  let open = true
  const host = await startHost(t, { options: wechat => ({ qr: () => open ? wechat.options.qr : undefined }) })
  const browser = host.browser()
  const callback = await beginLogin(host, browser)
  open = false
  t.equal((await browser.fetch(callback)).json().code, 'FST_WECHAT_MISCONFIGURED')
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
