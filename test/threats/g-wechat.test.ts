// Threats G: what is peculiar to WeChat.

import { test } from 'tap'
import { agents } from '../fixture/browser'
import { askingApi, person, startFakeApi, tokens } from '../fixture/fake-api'
import { startHost } from '../fixture/host'
import { begin, beginLogin, exchanges, isLoggedIn, logIn, logOut, stateIn, whoIs } from '../fixture/login'
import { checkRefused } from '../fixture/refusal'
import { site } from '../fixture/settings'
import { startStoredHost } from '../fixture/stored-host'
import type { WechatProfile } from '../../src/types'

test("T62: WeChat's virtual snapshot users, whom many visitors share, are nobody", async t => {
  const api = await startFakeApi(t)
  let users = 0
  const host = await startHost(t, { options: askingApi(api, { onUser: profile => { users++; return profile } }) })
  const base = { ...tokens, scope: 'snsapi_userinfo' }
  const snapshots: Array<[token: object, userinfo: object]> = [
    [{ ...base, is_snapshotuser: 1 }, person],
    [{ ...base, is_snapshotuser: '1' }, person],
    [{ ...base, is_snapshotuser: true }, person],
    [{ ...base, access_token: '', refresh_token: '', is_snapshotuser: 1 }, person],
    [base, { ...person, is_snapshotuser: 1 }],
    [base, { ...person, is_snapshotuser: '1' }],
    [{ ...base, scope: 'snsapi_base' }, person]
  ]
  for (const [token, userinfo] of snapshots) {
    Object.assign(api, { token: JSON.stringify(token), userinfo: JSON.stringify(userinfo) })
    const browser = host.browser(agents.wechat)
    const answer = await browser.get(await beginLogin(host, browser))
    t.strictSame(
      [answer.status, users, await isLoggedIn(host, browser)],
      [403, 0, false],
      JSON.stringify([token, userinfo]).slice(0, 200)
    )
    t.match(answer.body, '使用完整服务')
    t.notMatch(answer.body, /<a |<button/, 'nothing to tap that cannot work in a snapshot')
  }
  for (const flag of [
    {},
    { is_snapshotuser: 0 },
    { is_snapshotuser: '0' },
    { is_snapshotuser: null },
    { is_snapshotuser: false }
  ]) {
    Object.assign(api, {
      token: JSON.stringify({ ...base, ...flag }),
      userinfo: JSON.stringify({ ...person, ...flag })
    })
    const browser = host.browser(agents.wechat)
    t.equal((await logIn(host, browser)).status, 303, JSON.stringify(flag))
    t.equal((await whoIs(host, browser))?.snapshot, false)
  }
})

test('T62: where snapshot users are allowed, each of them is marked, also one that only the missing scope gives away', async t => {
  const api = await startFakeApi(t)
  const host = await startHost(t, { options: askingApi(api, { snapshotUsers: 'allow' }) })
  const base = { ...tokens, scope: 'snsapi_userinfo' }
  const logins: Array<[token: object, userinfo: object, snapshot: boolean]> = [
    [base, person, false],
    [{ ...base, scope: 'snsapi_base,snsapi_userinfo' }, person, false],
    [{ ...base, is_snapshotuser: 1 }, person, true],
    [base, { ...person, is_snapshotuser: 1 }, true],
    [{ ...base, scope: 'snsapi_base' }, person, true]
  ]
  for (const [token, userinfo, snapshot] of logins) {
    Object.assign(api, { token: JSON.stringify(token), userinfo: JSON.stringify(userinfo) })
    const browser = host.browser(agents.wechat)
    t.equal((await logIn(host, browser)).status, 303)
    const user = await whoIs(host, browser)
    t.strictSame([user?.snapshot, 'is_snapshotuser' in user!], [snapshot, false])
  }
})

test('T63: an identity is an openid and its appid; equal openids of two apps are two people', async t => {
  const api = await startFakeApi(t)
  const profiles: WechatProfile[] = []
  const host = await startHost(t, {
    options: askingApi(api, { onUser: profile => { profiles.push(profile); return profile } })
  })
  const [inWechat, elsewhere] = [host.browser(agents.wechat), host.browser()]
  for (const browser of [inWechat, elsewhere]) await logIn(host, browser)
  t.strictSame(
    profiles.map(({ via, appid, openid }) => [via, appid, openid]),
    (['oneclick', 'qr'] as const).map(via => [via, host.wechat.options[via].appid, person.openid])
  )
})

test('T63: who logs in by another app with an equal openid keeps nothing of the session before', async t => {
  const api = await startFakeApi(t)
  const host = await startHost(t, {
    options: askingApi(api, { keepSessionKeys: ['cart'] }),
    routes: app => {
      app.get('/fill', async request => { Object.assign(request.session, { cart: 'apple' }); return {} })
      app.get('/cart', async request => ({ cart: (request.session as { cart?: string }).cart ?? null }))
    }
  })
  const browser = host.browser(agents.wechat)
  await logIn(host, browser)
  await browser.get(`${host.origin}/fill`)
  await logIn(host, browser)
  t.strictSame((await browser.fetch(`${host.origin}/cart`)).json(), { cart: 'apple' })
  browser.userAgent = agents.desktop
  await logIn(host, browser)
  t.strictSame((await browser.fetch(`${host.origin}/cart`)).json(), { cart: null })
})

test('T63: token and profile must be of one person', async t => {
  const api = await startFakeApi(t)
  const host = await startHost(t, { options: askingApi(api) })
  const [union, otherUnion] = ['oUnion-0000000000000000001', 'oUnion-0000000000000000002']
  const login = async (token: object, userinfo: object): Promise<[status: number, unionid: unknown]> => {
    Object.assign(api, {
      token: JSON.stringify({ ...tokens, ...token }),
      userinfo: JSON.stringify({ ...person, ...userinfo })
    })
    const browser = host.browser()
    const { status } = await logIn(host, browser)
    return [status, (await whoIs(host, browser))?.unionid]
  }
  t.strictSame(await login({}, { openid: 'oSomebodyElse-00000000001' }), [502, undefined])
  t.strictSame(await login({ unionid: union }, { unionid: otherUnion }), [502, undefined])
  t.strictSame(await login({ unionid: union }, {}), [303, union])
  t.strictSame(await login({}, { unionid: union }), [303, union])
  t.strictSame(await login({ unionid: union }, { unionid: union }), [303, union])
  for (const unionid of ['', 'x', null, 7]) {
    t.strictSame(
      await login({ unionid: unionid as string }, { unionid: unionid as string }),
      [303, undefined],
      'an empty or short one is none'
    )
  }
})

test('T63: a callback while somebody is logged in joins nobody to anybody', async t => {
  const seen: Array<string | undefined> = []
  const { host, store } = await startStoredHost(t, {
    options: {
      onUser: (profile, { request }) => {
        seen.push((request.wechatUser as WechatProfile | null)?.openid)
        return profile
      }
    }
  })
  const { appid } = host.wechat.options.qr
  const browser = host.browser()
  await logIn(host, browser, { user: 'sunny' })
  await logIn(host, browser, { user: 'tricky' })
  t.strictSame(
    seen,
    [undefined, host.wechat.control.openid(appid, 'sunny')],
    'onUser may see who was there before, and it alone decides'
  )
  t.strictSame(store.logins().map(({ login }) => login.user.openid), [host.wechat.control.openid(appid, 'tricky')])
})

test('T64: a state that WeChat, or a proxy, cut, folded or decorated on its way is refused', async t => {
  const host = await startHost(t)
  for (const alter of [
    (state: string) => state.toUpperCase(),
    (state: string) => state.slice(0, 16),
    (state: string) => `${state}#wechat_redirect`,
    (state: string) => encodeURIComponent(`"${state}"`),
    (state: string) => `${state}%20`
  ]) {
    const browser = host.browser()
    const { callback, state } = await begin(host, browser)
    if (!/[a-f]/.test(state)) continue
    await checkRefused(
      t,
      host,
      browser,
      await browser.get(callback.replace(state, alter(state)).replace('#', '%23')),
      alter('state')
    )
  }
})

test('T65: an attempt that is over is refused, though WeChat has accepted the scan', async t => {
  let clock = Date.now()
  const host = await startHost(t, { now: () => clock })
  const browser = host.browser()
  const { location } = await browser.get(`${host.origin}/wechat/login`)
  clock += 15 * 60_000 + 1
  await checkRefused(t, host, browser, await browser.get(host.wechat.control.approve(location)), 'scanned late')
})

test('T66: the User-Agent chooses a way to log in and grants nothing; no query changes scope or appid', async t => {
  const host = await startHost(t)
  for (const userAgent of [agents.wechat, 'MicroMessenger', 'x MICROMESSENGER/9']) {
    const browser = host.browser(userAgent)
    const start = await browser.get(`${host.origin}/wechat/login?scope=snsapi_base&appid=wx0000000000000000` +
      '&response_type=token&forcePopup=true')
    const query = new URL(start.location).searchParams
    t.match(start.location, `${host.wechat.url}/connect/oauth2/authorize?`)
    t.strictSame(
      [query.get('appid'), query.get('scope'), query.get('response_type'), query.getAll('scope').length],
      [host.wechat.options.oneclick.appid, 'snsapi_userinfo', 'code', 1]
    )
    t.notOk(await isLoggedIn(host, browser))
    t.equal((await browser.get(`${host.origin}/account`)).status, 302)
  }
  t.equal((await host.browser('wxwork MicroMessenger').get(`${host.origin}/wechat/login?via=oneclick`)).status, 400)
})

test('T66: a grant of less than was asked for leaves the profile without those fields, or is no login', async t => {
  const api = await startFakeApi(t)
  const fields: string[][] = []
  const onUser = (profile: WechatProfile): WechatProfile => {
    fields.push(Object.keys(profile).sort())
    return profile
  }
  const host = await startHost(t, {
    options: askingApi(api, wechat => ({ onUser, oneclick: { ...wechat.options.oneclick, scope: 'snsapi_base' } }))
  })
  api.token = JSON.stringify({ access_token: tokens.access_token, openid: person.openid, scope: 'snsapi_base' })
  const browser = host.browser(agents.wechat)
  await logIn(host, browser)
  const user = await whoIs(host, browser)
  t.strictSame([Object.keys(user!).sort(), api.asked.length], [['appid', 'openid', 'scope', 'snapshot', 'via'], 1])
  api.userinfo = JSON.stringify({ openid: person.openid })
  api.token = JSON.stringify({ access_token: tokens.access_token, openid: person.openid })
  const elsewhere = host.browser()
  await logIn(host, elsewhere)
  t.strictSame(Object.keys((await whoIs(host, elsewhere))!).sort(), ['appid', 'openid', 'snapshot', 'via'])
  t.strictSame(
    fields,
    [['appid', 'openid', 'scope', 'snapshot', 'via'], ['appid', 'openid', 'snapshot', 'via']],
    'nor does onUser see any that are undefined'
  )
})

test('the profile is asked for in the language that the host wants', async t => {
  for (const [given, asked] of [[{}, 'zh_CN'], [{ lang: 'en' }, 'en']] as const) {
    const api = await startFakeApi(t)
    const host = await startHost(t, { options: askingApi(api, given) })
    await logIn(host, host.browser())
    t.match(api.asked, [/^\/sns\/oauth2\/access_token\?/, new RegExp(`^/sns/userinfo\\?.*&lang=${asked}$`)])
  }
})

test('T67: a forwarded or bookmarked callback logs nobody else in, and its sharer is sent to a URL that can be shared', async t => {
  const host = await startHost(t)
  const sharer = host.browser(agents.wechat)
  const { callback, code, state } = await begin(host, sharer, { redirect: '/account' })
  const back = await sharer.get(callback)
  t.strictSame([back.status, back.location], [303, `${host.origin}/account`])
  t.notOk([code, state].some(text => back.location.includes(text)))
  for (const userAgent of [agents.desktop, agents.wechat]) {
    const friend = host.browser(userAgent)
    const answer = await friend.get(callback)
    t.match(answer.location, `${host.wechat.url}/connect/`, 'a login of their own starts')
    t.not(stateIn(answer.location), state)
    t.notOk(await isLoggedIn(host, friend))
    await checkRefused(t, host, friend, await friend.get(`${callback}&restarted=1`), 'or a page asks them to log in', 1)
  }
  t.equal(exchanges(host), 1)
})

test('T68: after a logout no page logs the visitor in again without being asked', async t => {
  const host = await startHost(t, {
    options: wechat => ({ oneclick: { ...wechat.options.oneclick, scope: 'snsapi_base' } })
  })
  const browser = host.browser(agents.wechat)
  const { callback } = await begin(host, browser, { redirect: '/account' })
  await browser.get(callback)
  const other = await begin(host, browser)
  t.ok(await isLoggedIn(host, browser))
  await logOut(browser)
  const guarded = await browser.get(`${host.origin}/account`)
  t.strictSame([guarded.status, guarded.location], [401, ''])
  t.match(guarded.body, 'href="/wechat/login?redirect=%2Faccount"')
  t.equal((await browser.get(callback)).status, 403, 'nor does the old callback')
  browser.jar(site).forEach((_, name) => {
    if (/^__Host-wechat-[0-9a-f]{12}$/.test(name)) browser.jar(site).delete(name)
  })
  t.equal(
    (await browser.get(other.callback)).status,
    403,
    'nor one whose cookie is lost: it does not start over by itself'
  )
  t.notOk(await isLoggedIn(host, browser))
  const asked = await browser.get(`${host.origin}/wechat/login?redirect=%2Faccount`)
  t.equal((await browser.get(host.wechat.control.approve(asked.location))).status, 303)
  t.ok(await isLoggedIn(host, browser), 'the button does')
  t.notOk(browser.jar(site).has('__Host-wechat-signed-out'))
})
