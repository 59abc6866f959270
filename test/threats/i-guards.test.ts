// What a guard lets in: users, and nothing else; those who are still logged in; and wherever it stands, it is there.

import { test } from 'tap'
import type { StoredUser, WechatUser } from '../../src/types'
import { begin, isLoggedIn, logIn } from '../fixture/login'
import { sameOrigin } from '../fixture/settings'
import { startStoredHost } from '../fixture/stored-host'

/** What a host's function may write for nobody: `return user.active && user`. */
const nobodies: unknown[] = [null, undefined, false, 0, -0, 0n, '', NaN]

test('T31: whatever loadUser returns that is not a user is nobody to the guards, to me and to loadWechatUser, and ends the login', async t => {
  let loaded: unknown
  let reached = 0
  const { host, store } = await startStoredHost(t, {
    options: { loadUser: stored => (loaded === 'a user' ? stored : loaded) as WechatUser },
    routes: app => {
      app.get('/verified', { preHandler: app.verifyWechatUser }, async () => { reached++; return {} })
      app.get('/required', { onRequest: app.requireWechatUser }, async () => { reached++; return {} })
      app.get('/by-hand', async request => ({ user: await request.loadWechatUser(), known: request.wechatUser }))
    }
  })
  for (const nobody of nobodies) {
    for (const path of ['/verified', '/required', '/account', '/wechat/me', '/by-hand']) {
      const browser = host.browser()
      loaded = 'a user'
      await logIn(host, browser)
      loaded = nobody
      const answer = await browser.fetch(host.origin + path)
      if (path === '/by-hand') t.strictSame(answer.json(), { user: null, known: null }, `${path} ${String(nobody)}`)
      else t.strictSame([answer.status, answer.json().code], [401, 'FST_WECHAT_UNAUTHENTICATED'], `${path} ${String(nobody)}`)
      t.equal(store.logins().length, 0, 'another process would not take it either')
      loaded = 'a user'
      t.notOk(await isLoggedIn(host, browser), `${path} ${String(nobody)}`)
    }
  }
  t.equal(reached, 0)
})

test('T31: whatever loadUser returns that is not a user is refused by the POST callback', async t => {
  let loaded: unknown
  const { host, store } = await startStoredHost(t, { options: { loadUser: () => loaded as WechatUser } })
  for (const nobody of nobodies) {
    loaded = nobody
    const browser = host.browser()
    const { code, state } = await begin(host, browser)
    const answer = await browser.post(`${host.origin}/wechat/qr`, { code, state }, sameOrigin)
    t.strictSame([answer.status, answer.json().code, store.logins().length], [403, 'FST_WECHAT_ACCESS_DENIED', 0], String(nobody))
  }
})

test('T29: an onUser that returns something falsy refuses; one that returns nothing, or what is not JSON, is a mistake', async t => {
  let made: unknown
  const { host, store } = await startStoredHost(t, { options: { onUser: () => made as StoredUser } })
  const refusals = nobodies.filter(nobody => nobody !== undefined).map(nobody => [nobody, 403, 'FST_WECHAT_ACCESS_DENIED'] as const)
  const mistakes = [undefined, Infinity, () => {}, 1n, Symbol('user'), { toJSON: () => null }, { toJSON: () => '' }].map(mistake => [mistake, 500, 'FST_WECHAT_INVALID_USER'] as const)
  for (const [returned, status, code] of [...refusals, ...mistakes]) {
    made = returned
    const browser = host.browser()
    const answer = await browser.fetch((await begin(host, browser)).callback)
    t.strictSame([answer.status, answer.json().code, store.logins().length], [status, code, 0], String(returned))
    t.notOk(await isLoggedIn(host, browser))
  }
})
