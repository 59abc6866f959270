// A guarded page whose URL is longer than a login may carry: it is kept as far as it fits, and the log says what is
// lost.

import { test, type Test } from 'tap'
import { type Host, startHost } from '../fixture/host'
import { origin } from '../fixture/settings'

const start = (t: Test): Promise<Host> =>
  startHost(t, { routes: app => { app.get('/search/*', { preHandler: app.requireWechatUser }, async () => 'found') } })
const warningsOf = (host: Host): string[] => host.logs.filter(({ level }) => level === 40).map(({ msg }) => msg)

async function endOf (host: Host, path: string): Promise<string> {
  const browser = host.browser()
  const guarded = await browser.get(origin + path)
  const login = await browser.get(guarded.location)
  return (await browser.get(host.wechat.control.approve(login.location))).location
}

test('220 Chinese characters in a query come back as they were', async t => {
  const host = await start(t)
  const path = `/search/?q=${'字'.repeat(220)}`
  t.equal(await endOf(host, path), new URL(path, origin).href)
  t.strictSame(warningsOf(host), [])
})

test('of 230 Chinese characters in a query the page is kept, and the log says so', async t => {
  const host = await start(t)
  t.equal(await endOf(host, `/search/all?q=${'字'.repeat(230)}`), `${origin}/search/all`)
  t.match(warningsOf(host), [
    /longer than 2048 characters \(a Chinese one counts 9\).*comes back to the page without its query/
  ])
})

test('of 230 Chinese characters in a path nothing can be kept, and the log says so', async t => {
  const host = await start(t)
  t.equal(await endOf(host, `/search/${'字'.repeat(230)}?q=1`), `${origin}/`)
  t.match(warningsOf(host), [/comes back to redirect\.default/])
})

test('a link to the login that is too long says why it ends at the default', async t => {
  const host = await start(t)
  await host.browser().get(`${origin}/wechat/login?redirect=${encodeURIComponent(`/search/?q=${'字'.repeat(230)}`)}`)
  t.match(warningsOf(host), [/outside this site, on a route of the login or longer than 2048 characters/])
})
