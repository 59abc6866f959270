// What the host's own hooks write into a session on the login's routes, and a store that takes nothing back.

import { test } from 'tap'
import { logIn } from '../fixture/login'
import { sessionCookies } from '../fixture/session-cookie'
import { origin } from '../fixture/settings'
import { startStoredHost } from '../fixture/stored-host'

test("what a hook of the host writes into a visitor's session on a route of the login is kept", async t => {
  const { store, browser } = await startStoredHost(t, {
    routes: app => {
      app.get('/visits', async request => ({ visits: (request.session as { visits?: number }).visits }))
    },
    before: app => {
      app.addHook('preHandler', async request => {
        if (request.url === '/wechat/me') Object.assign(request.session, { visits: 1 })
      })
    }
  })
  const answer = await browser.fetch(`${origin}/wechat/me`)
  t.strictSame([answer.status, sessionCookies(answer).length, store.records.size], [401, 1, 1])
  t.equal((await browser.fetch(`${origin}/visits`)).json().visits, 1)
})

test('a store that cannot take the login out of a session keeps nobody logged in, and is not asked again', async t => {
  let isWelcome = true
  const { host, store, browser } = await startStoredHost(t, {
    options: { loadUser: stored => isWelcome && stored }
  })
  await logIn(host, browser)
  isWelcome = false
  let sets = 0
  store.before = operation => {
    // The first tells the other machines that the login has ended.
    if (operation === 'set' && ++sets > 1) throw new Error('the store is down')
  }
  const answer = await browser.fetch(`${origin}/wechat/me`)
  t.strictSame([answer.status, sessionCookies(answer), sets], [401, [], 2])
  store.before = () => {}
  isWelcome = true
  t.equal((await browser.fetch(`${origin}/wechat/me`)).status, 401)
  t.ok(host.logs.some(({ msg, err }) => /could not be told/.test(msg) && err.message === 'the store is down'))
})
