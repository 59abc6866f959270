// Several accounts of WeChat's in one host: picked for each request, kept apart at the callback, or each in a scope of
// its own.

import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { type Test, test } from 'tap'
import { Agent } from 'undici'
import { createPlugin } from '../../src/plugin'
import { startWechatSimulator, type WechatSimulator } from '../../src/simulator'
import type { WechatApp, WechatLoginOptions } from '../../src/types'
import type { Via } from '../../src/via'
import { agents, type Answer, Browser } from '../fixture/browser'
import { tls } from '../fixture/data'
import { type Host, startHost } from '../fixture/host'
import { beginLogin } from '../fixture/login'
import { origin, sameOrigin, sessionSecret, site } from '../fixture/settings'

type Name = 'shop' | 'cafe'
const names: Name[] = ['shop', 'cafe']
const people = Array.from({ length: 25 }, (_, index) => ({ id: `person${index}` }))

/** Two accounts a tenant; `place` says where a tenant's callbacks are. */
function accounts (place: (name: Name) => string) {
  return names.flatMap(name => (['official', 'website'] as const).map(kind => ({
    kind,
    name: `${name} ${kind}`,
    callbackDomain: new URL(place(name)).hostname,
    callbackUrl: `${place(name)}/wechat/${kind === 'official' ? 'oneclick' : 'qr'}`
  })))
}

function appOf ({ control }: WechatSimulator, name: Name, via: Via): WechatApp {
  const { appid, secret, callbackUrl } =
    control.apps.find(app => app.name === `${name} ${via === 'oneclick' ? 'official' : 'website'}`)!
  return { appid, secret, callbackUrl }
}

interface TenantHost extends Host { browserOf: (name: Name, via: Via) => Browser, originOf: (name: Name) => string }

/** A host whose tenants are told apart by this function; a new object each time, as from a database. */
async function startTenants (
  t: Test,
  tenantOf: (request: FastifyRequest) => Name | undefined,
  place: (name: Name) => string,
  more: Partial<WechatLoginOptions> = {}
): Promise<TenantHost> {
  const host = await startHost(t, {
    simulator: { apps: accounts(place), users: people, consent: null },
    options (wechat) {
      const pick = (via: Via) => async (request: FastifyRequest): Promise<WechatApp | undefined> => {
        const name = tenantOf(request)
        await new Promise(resolve => { setImmediate(resolve) })
        return name && appOf(wechat, name, via)
      }
      return { oneclick: pick('oneclick'), qr: pick('qr'), ...more }
    }
  })
  return Object.assign(host, {
    originOf: (name: Name) => new URL(place(name)).origin,
    browserOf (name: Name, via: Via) {
      const browser = host.browser(via === 'qr' ? agents.desktop : agents.wechat)
      browser.hosts[new URL(place(name)).host] = host.address
      return browser
    }
  })
}

const byHost = (name: Name): string => `https://${name}.example.com`
const nameOfHost = ({ hostname }: FastifyRequest): Name | undefined =>
  names.find(name => hostname === `${name}.example.com`)
const onOneHost = (): string => origin

const ways: Array<[
  title: string,
  tenantOf: (request: FastifyRequest) => Name | undefined,
  place: (name: Name) => string,
  headers: (name: Name) => Record<string, string>
]> = [
  ['host name', nameOfHost, byHost, () => ({})],
  // The target rides in the callback URL too.
  ['path',
    ({ query, body }) => names.find(name => `${Object(body).redirect ?? Object(query).redirect}`
      .startsWith(`/${name}/`)), onOneHost, () => ({})],
  ['header', ({ headers }) => names.find(name => name === headers['x-tenant']), onOneHost,
    name => ({ 'x-tenant': name })]
]

for (const [title, tenantOf, place, headers] of ways) {
  test(`told apart by ${title}, two tenants with two accounts each log in 100 visitors, forty at a time`, async t => {
    const host = await startTenants(t, tenantOf, place)
    const logins =
      names.flatMap(name => (['oneclick', 'qr'] as const).flatMap(via => people.map(({ id }) => ({ name, via, id }))))
    // Interleaved: neighbours differ in tenant and way.
    logins.sort((a, b) => a.id.localeCompare(b.id))
    const wrong: string[] = []
    const logInOne = async ({ name, via, id }: typeof logins[number]): Promise<void> => {
      const browser = host.browserOf(name, via)
      const origin = host.originOf(name)
      const start = await browser.get(`${origin}/wechat/login?redirect=/${name}/orders`, headers(name))
      const back = await browser.get(host.wechat.control.approve(start.location, { user: id }), headers(name))
      const { user } = (await browser.fetch(`${origin}/account`, { headers: headers(name) })).json()
      const { appid } = appOf(host.wechat, name, via)
      const right = back.location === `${origin}/${name}/orders` &&
        user?.appid === appid &&
        user.openid === host.wechat.control.openid(appid, id) &&
        user.via === via
      if (!right) wrong.push(`${name} ${via} ${id}: ${back.status} ${JSON.stringify(user)}`)
    }
    // Forty under way at any time: of more connections at once a busy machine leaves some waiting for too long.
    await Promise.all(Array.from({ length: 40 }, async () => {
      for (let login = logins.shift(); login !== undefined; login = logins.shift()) await logInOne(login)
    }))
    t.strictSame(wrong.slice(0, 3), [])
    t.equal(host.wechat.control.count('access_token', { accepted: true }), 100)
  })
}

for (const via of ['oneclick', 'qr'] as const) {
  test(`T19: a ${via} login of one tenant is refused at another tenant's callback, with its cookie too`, async t => {
    const host = await startTenants(t, nameOfHost, byHost)
    const browser = host.browserOf('shop', via)
    browser.hosts['cafe.example.com'] = host.address
    const start = await browser.get('https://shop.example.com/wechat/login')
    const callback = host.wechat.control.approve(start.location, { user: 'person1' })
    for (const [name, value] of browser.jar('shop.example.com')) browser.jar('cafe.example.com').set(name, value)
    const there = await browser.fetch(callback.replace('shop.example.com', 'cafe.example.com'))
    t.equal(there.json().code, 'FST_WECHAT_INVALID_STATE')
    t.equal(host.wechat.control.count('access_token'), 0, 'the code never left')
    t.equal((await browser.get(callback)).status, 303, 'and is still good where it belongs')
  })
}

test("T19: a code of one account does not finish the other account's login", async t => {
  const host = await startTenants(t, nameOfHost, byHost)
  const [victim, attacker] = [host.browserOf('shop', 'qr'), host.browserOf('cafe', 'qr')]
  const start = await victim.get('https://shop.example.com/wechat/login')
  const foreign = await attacker.get('https://cafe.example.com/wechat/login')
  const callback = new URL(host.wechat.control.approve(start.location, { user: 'person1' }))
  callback.searchParams
    .set('code', new URL(host.wechat.control.approve(foreign.location, { user: 'person2' })).searchParams.get('code')!)
  t.equal((await victim.fetch(callback.href)).json().code, 'FST_WECHAT_INVALID_CODE')
})

test('a login under way is refused when its tenant has another account by now', async t => {
  const swapped: { by?: Name } = {}
  const host = await startTenants(t, () => swapped.by ?? 'shop', onOneHost)
  const browser = host.browserOf('shop', 'qr')
  const callback = await beginLogin(host, browser, { user: 'person1' })
  swapped.by = 'cafe'
  t.equal((await browser.fetch(callback)).json().code, 'FST_WECHAT_INVALID_STATE')
})

test('whom one tenant let in, the other refuses, where loadUser compares: the worked example of the README', async t => {
  const host = await startTenants(t, nameOfHost, byHost, {
    onUser: (profile, { request }) => ({ ...profile, tenant: request.hostname }),
    loadUser: (stored, request) => (stored as unknown as { tenant: string }).tenant === request.hostname ? stored : null
  })
  const browser = host.browserOf('shop', 'qr')
  browser.hosts['cafe.example.com'] = host.address
  const start = await browser.get('https://shop.example.com/wechat/login')
  await browser.get(host.wechat.control.approve(start.location, { user: 'person1' }))
  t.equal((await browser.fetch('https://shop.example.com/account')).status, 200)
  const thief = host.browserOf('cafe', 'qr')
  t.equal(
    (await thief.fetch('https://cafe.example.com/account', {
      headers: { cookie: browser.cookieHeader('shop.example.com') }
    })).status,
    401
  )
})

test('a request of no tenant gets no login, and a bad app is an error of the site', async t => {
  let bad = false
  const host = await startTenants(t, () => bad ? 'shop' : undefined, () => origin, {
    qr: () =>
      bad ? { appid: 'wrong', secret: 'x'.repeat(32), callbackUrl: 'https://app.example.com/wechat/qr' } : undefined
  })
  const browser = host.browser()
  for (const userAgent of [agents.desktop, agents.wechat]) {
    const answer = await host.browser(userAgent).fetch(`${host.origin}/wechat/login`)
    t.strictSame([answer.status, answer.json().code], [400, 'FST_WECHAT_INVALID_REQUEST'], 'no other browser would do')
  }
  const nobodys = await browser.fetch(`${host.origin}/wechat/qr?code=a&state=${'0'.repeat(32)}`)
  t.strictSame([nobodys.status, nobodys.json().code], [400, 'FST_WECHAT_INVALID_REQUEST'])
  t.notOk(host.logs.some(({ level }) => level >= 50), 'anybody can ask for no tenant: it wakes nobody')
  bad = true
  const refused = await browser.fetch(`${host.origin}/wechat/login`)
  t.equal(refused.status, 500)
  t.equal(refused.json().code, 'FST_WECHAT_MISCONFIGURED')
  t.notOk(host.rawLog().includes('x'.repeat(32)))
})

test('a secret that comes from a vault is asked at each exchange: it may change while a login is under way', async t => {
  const vault: { secret?: string, asked: number, down: boolean } = { asked: 0, down: false }
  const host = await startHost(t, {
    options: ({ options: { qr } }) => ({
      qr: {
        ...qr,
        async secret () {
          vault.asked++
          if (vault.down) throw new Error('the vault is down')
          return vault.secret ?? qr.secret
        }
      }
    })
  })
  const browser = host.browser()
  const callback = await beginLogin(host, browser)
  t.equal(vault.asked, 0)
  vault.secret = 'f'.repeat(32)
  host.wechat.control.setSecret(host.wechat.options.qr.appid, vault.secret)
  vault.down = true
  t.ok((await browser.fetch(callback)).status >= 500)
  vault.down = false
  t.equal((await browser.get(callback)).status, 303, 'a vault that is down has cost no code')
  t.equal((await browser.fetch(`${host.origin}/account`)).status, 200)
  t.equal(vault.asked, 2)
})

test('a client is made once for an appid, however new its object is, and 1,000 are kept', async t => {
  let current: WechatApp
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(fp(createPlugin()), { qr: () => ({ ...current }), session: { secret: sessionSecret } })
  const appAt = (index: number): WechatApp => ({
    appid: `wx${index.toString(16).padStart(16, '0')}`,
    secret: 'a'.repeat(32),
    callbackUrl: 'https://app.example.com/wechat/qr'
  })
  const clientAt = (index: number, change = {}) => {
    current = { ...appAt(index), ...change }
    return app.wechatLogin.client({} as FastifyRequest, 'qr')
  }
  const first = await clientAt(0)
  t.equal(await clientAt(0), first)
  t.equal(first.appid, appAt(0).appid)
  for (let index = 1; index < 1000; index++) await clientAt(index)
  t.equal(await clientAt(0), first)
  await clientAt(1000)
  t.not(await clientAt(0), first, 'the oldest of 1,001 is gone')
  const before = await clientAt(500)
  t.not(await clientAt(500, { secret: 'b'.repeat(32) }), before, 'a new secret is a new client')
})

/** One host, the same plugin in two scopes, each with accounts and a session of its own. */
async function startSiblings (t: Test) {
  const wechat = await startWechatSimulator({ apps: accounts(name => `${origin}/${name}`), users: people, https: tls })
  const dispatcher = new Agent({ connect: { ca: tls.cert } })
  const app = Fastify({ https: tls }) as unknown as FastifyInstance
  t.teardown(async () => {
    await app.close()
    await wechat.close()
    await dispatcher.destroy()
  })
  for (const name of names) {
    await app.register(async scope => {
      await scope.register(fp(createPlugin(), { name: 'fastify-wechat-login' }), {
        oneclick: appOf(wechat, name, 'oneclick'),
        qr: appOf(wechat, name, 'qr'),
        client: { ...wechat.options.client, dispatcher },
        session: { secret: sessionSecret, cookieName: `__Host-${name}` }
      })
      scope.get('/account', { preHandler: scope.requireWechatUser }, async request => request.wechatUser)
    }, { prefix: `/${name}` })
  }
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  const browser = (): Browser => new Browser({ [site]: address })
  const logIn = async (visitor: Browser, name: Name, user: string): Promise<Answer> => {
    const start = await visitor.get(`${origin}/${name}/wechat/login`)
    return visitor.get(wechat.control.approve(start.location, { user }))
  }
  return { origin, wechat, browser, logIn }
}

test('in sibling scopes a visitor may be logged in at both, as different people, and leave one', async t => {
  const { origin, wechat, browser, logIn } = await startSiblings(t)
  const visitor = browser()
  t.equal((await logIn(visitor, 'shop', 'person1')).status, 303)
  t.equal((await visitor.fetch(`${origin}/cafe/account`)).status, 401)
  t.equal((await logIn(visitor, 'cafe', 'person2')).status, 303)
  for (const [name, person] of [['shop', 'person1'], ['cafe', 'person2']] as const) {
    const { appid, openid } = (await visitor.fetch(`${origin}/${name}/account`)).json()
    t.equal(appid, appOf(wechat, name, 'qr').appid)
    t.equal(openid, wechat.control.openid(appid, person))
  }
  t.equal((await visitor.post(`${origin}/shop/wechat/logout`, {}, sameOrigin)).status, 204)
  t.equal((await visitor.fetch(`${origin}/shop/account`)).status, 401)
  t.equal((await visitor.fetch(`${origin}/cafe/account`)).status, 200)
})

test("a login of one scope is refused at the other scope's callback, and so is its session", async t => {
  const { origin, wechat, browser, logIn } = await startSiblings(t)
  const visitor = browser()
  const start = await visitor.get(`${origin}/shop/wechat/login`)
  const callback = wechat.control.approve(start.location, { user: 'person1' })
  t.equal((await visitor.fetch(callback.replace('/shop/', '/cafe/'))).json().code, 'FST_WECHAT_INVALID_STATE')
  await logIn(visitor, 'shop', 'person1')
  const cookie = `__Host-cafe=${visitor.jar(site).get('__Host-shop')}`
  t.equal((await browser().fetch(`${origin}/cafe/account`, { headers: { cookie } })).status, 401)
})

test('one authorised domain serves many sites: begun at any, finished there, and back where the visitor was', async t => {
  const sites = ['https://shop.example.com', 'https://cafe.example.com']
  const host = await startHost(t, {
    simulator: {
      apps: ['official' as const, 'website' as const].map(kind => ({
        kind,
        callbackDomain: 'login.example.com',
        callbackUrl: `https://login.example.com/wechat/${kind === 'official' ? 'oneclick' : 'qr'}`
      }))
    },
    options: { redirect: { origins: sites }, session: { secret: sessionSecret, cookie: { domain: 'example.com' } } }
  })
  for (const userAgent of [agents.desktop, agents.wechat]) {
    const browser = host.browser(userAgent)
    for (const site of [...sites, 'https://login.example.com', 'https://evil.example.net']) {
      browser.hosts[new URL(site).host] = host.address
    }
    const refused = await browser.get('https://shop.example.com/account?tab=2')
    t.match(refused.location, 'https://shop.example.com/wechat/login')
    const hop = await browser.get(refused.location)
    t.match(hop.location, /^https:\/\/login\.example\.com\/wechat\/login\?redirect=https%3A%2F%2Fshop\.example\.com%2Faccount%3Ftab%3D2&via=(oneclick|qr)&hop=1$/)
    const start = await browser.get(hop.location)
    const back = await browser.get(host.wechat.control.approve(start.location))
    t.equal(back.location, 'https://shop.example.com/account?tab=2')
    t.notMatch(back.location, /code|state/, 'no site ever sees a code')
    for (const site of sites) t.equal((await browser.fetch(`${site}/account`)).json().user.nickname, '青禾🌱')
    t.equal((await browser.post('https://cafe.example.com/wechat/logout', {}, sameOrigin)).status, 204)
    for (const site of sites) t.equal((await browser.fetch(`${site}/account`)).status, 401)

    const elsewhere = await browser.get('https://evil.example.net/wechat/login?redirect=/account')
    t.match(
      elsewhere.location,
      'https://login.example.com/wechat/login?redirect=%2Faccount',
      'an unlisted site gets nobody back'
    )
    const planted = await browser.get(`https://login.example.com/wechat/login?redirect=${encodeURIComponent('https://evil.example.net/')}`)
    t.equal((await browser.get(host.wechat.control.approve(planted.location))).location, 'https://login.example.com/')
  }
})
