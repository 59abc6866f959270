// The browser helper in the browser it is for, against the real routes: everything but the QR code. At the end Chromium
// says what never ran.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { isWechatUserAgent } from '../../src/request-kind'
import { closeHelped, helper, helperTest, missed, openHelped, pages } from '../fixture/helped'
import { app, browserTest, type Sites, weixin } from '../fixture/sites'

const calls = (sites: Sites, path: string): string[] => sites.answers.filter(answer => answer.includes(` ${path}`))

helperTest('checkLogin tells who is logged in, and never takes a failure for nobody', {
  simulator: { consent: 'qinghe' }
}, async (t, { page, run }) => {
  t.equal(await run('w.checkLogin()'), null)
  await page.context().setOffline(true)
  t.strictSame(
    await run('w.checkLogin().catch(fails)'),
    { code: 'NETWORK', statusCode: undefined, message: 'No answer from the server', own: true }
  )
  await page.context().setOffline(false)
  for (const [status, body, expected] of [
    [200, '<!doctype html>',
      { code: 'BAD_ANSWER', statusCode: 200, message: 'Not an answer of the login: /wechat/me', own: true }],
    [204, '', { code: 'BAD_ANSWER', statusCode: 204, message: 'Not an answer of the login: /wechat/me', own: true }],
    [502, '<h1>Bad gateway</h1>',
      { code: 'BAD_ANSWER', statusCode: 502, message: 'Not an answer of the login: /wechat/me', own: true }],
    [500, '{"code":"FST_WECHAT_MISCONFIGURED","message":"Not set up"}',
      { code: 'FST_WECHAT_MISCONFIGURED', statusCode: 500, message: 'Not set up', own: true }]
  ] as const) {
    await page.route('**/wechat/me', route => route.fulfill({ status, body }), { times: 1 })
    t.strictSame(await run('w.checkLogin().catch(fails)'), expected)
  }
  const other = await page.context().newPage()
  await other.goto(`${app}/wechat/login`)
  await other.waitForURL(`${app}/`)
  t.equal((await run('w.checkLogin()')).nickname, '青禾🌱')
})

helperTest('login asks once however often it is clicked, and comes back to the page as it is', {}, async (t, {
  page,
  run,
  until
}, sites) => {
  // What is answered with 204 leaves the browser where it is: WeChat's page stays unseen.
  await page.route(`${weixin}/**`, route => route.fulfill({ status: 204 }))
  const visited = (): Promise<string> => page.waitForRequest(`${weixin}/connect/qrconnect?**`)
    .then(request => new URL(new URL(request.url()).searchParams.get('redirect_uri')!).searchParams.get('redirect')!)
  await run("history.replaceState(0, '', '/主页?tab=2&q=微信#第三节')")
  const [target] =
    await Promise.all([visited(), run('Promise.all([w.login(), w.login()].map(click => click.then(hear("back")))); 0')])
  t.equal(decodeURIComponent(target), '/主页?tab=2&q=微信#第三节')
  t.equal(calls(sites, '/wechat/login').length, 1)

  await run("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: false })); 0")
  t.strictSame(await run('said'), [], 'the page is about to be left')
  // Headless Chromium keeps no page for its back button; this is the event it would send.
  await run("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })); 0")
  await until('said.length === 2')
  t.strictSame(await run('said'), ['back', 'back'], 'back by the back button, not logged in')

  const [elsewhere] = await Promise.all([visited(), run("w.login({ redirect: '/elsewhere' }); 0")])
  t.equal(elsewhere, '/elsewhere')
})

helperTest('login stays on the page and says why where it cannot work, and works later', {}, async (t, {
  page,
  run
}) => {
  await page.context().setOffline(true)
  t.match(await run('w.login().catch(fails)'), { code: 'NETWORK' })
  await page.context().setOffline(false)
  await page.route(
    '**/wechat/login?**',
    route => route.continue({ headers: { ...route.request().headers(), 'user-agent': 'MicroMessenger' } }),
    { times: 1 }
  )
  await run('w.login(); 0')
  await page.waitForURL(`${weixin}/connect/oauth2/authorize?**`)
})

helperTest('login tells a page in the wrong browser', {
  options: { oneclick: undefined } as object
}, async (t, { page, run }) => {
  await page.route('**/wechat/login?**', route =>
    route.continue({ headers: { ...route.request().headers(), 'user-agent': 'MicroMessenger' } }))
  t.match(await run('w.login().catch(fails)'), { code: 'FST_WECHAT_WRONG_BROWSER', statusCode: 400, own: true })
  t.equal(page.url(), `${app}/`)
})

helperTest('logout ends the login, asked once for two clicks', {
  simulator: { consent: 'qinghe' }
}, async (t, { page, run }, sites) => {
  const other = await page.context().newPage()
  await other.goto(`${app}/wechat/login`)
  await other.waitForURL(`${app}/`)
  t.not(await run('w.checkLogin()'), null)
  await run('Promise.all([w.logout(), w.logout()])')
  t.strictSame(calls(sites, '/wechat/logout'), ['POST /wechat/logout 204'])
  t.equal(await run('w.checkLogin()'), null)
  await run('w.logout()')
  t.equal(calls(sites, '/wechat/logout').length, 2)
})

helperTest("isWechatBrowser is the server's own test", {}, async (t, { run }) => {
  const agents: Array<{ userAgent: string }> =
    JSON.parse(readFileSync(join(__dirname, '../data/user-agents.json'), 'utf8'))
  t.ok(agents.length > 20)
  const found =
    await run(`${JSON.stringify(agents.map(({ userAgent }) => userAgent))}.map(ua => w.isWechatBrowser(ua))`)
  t.strictSame(found, agents.map(({ userAgent }) => isWechatUserAgent(userAgent)))
  t.equal(await run('w.isWechatBrowser()'), false)
})

browserTest('the helper finds its routes: under /wechat, where configure says, beside client.js', {
  pages,
  options: { routes: { client: '/deep/in/login.js' } },
  routes: host => { host.get('/bundle.mjs', async (_request, reply) => reply.type('text/javascript').send(helper)) }
}, async (t, sites) => {
  const bundled = await openHelped(sites, '/bundle.mjs')
  t.equal(await bundled.run('w.checkLogin()'), null)
  await bundled.run("w.configure({ base: '/auth/' }); w.checkLogin().catch(() => {})")
  await bundled.run("w.configure({ me: '/who' }); w.checkLogin().catch(() => {})")
  await closeHelped(bundled)
  const served = await openHelped(sites, '/deep/in/login.js?v=1')
  await served.run('w.checkLogin().catch(() => {})')
  t.strictSame(
    sites.answers.filter(answer => /^GET (?!\/favicon).* 40[14]$/.test(answer)),
    ['GET /wechat/me 401', 'GET /auth/me 404', 'GET /who 404', 'GET /deep/in/me 404']
  )
})

const target = '/wechat/login?redirect=/account'
const start = '<!doctype html><title>Start</title><script ' +
  `type="speculationrules">{"prefetch":[{"urls":["${target}"],"eagerness":"immediate"}]}</script><a ` +
  `href="${target}">Log in</a>`

browserTest('T21: a login link that Chromium has fetched ahead of the click works when it is clicked', {
  routes: host => { host.get('/start', async (_request, reply) => reply.type('text/html').send(start)) },
  simulator: { consent: 'qinghe' }
}, async (t, sites) => {
  const page = await sites.page()
  await page.goto(`${app}/start`)
  while (calls(sites, '/wechat/login').length === 0) await page.waitForTimeout(20)
  t.strictSame(calls(sites, '/wechat/login'), [`GET ${target} 403`])
  await page.click('a')
  await page.waitForURL(`${app}/account`)
  t.strictSame(calls(sites, '/wechat/login').slice(1), [`GET ${target} 302`])
})

test('all of the helper but the QR code ran in Chromium', async t => {
  t.strictSame(missed('the rest'), [])
})
