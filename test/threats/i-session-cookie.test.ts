// The name of the session cookie: a sibling subdomain can plant one that has no __Host- name.

import cookie from '@fastify/cookie'
import session, { type FastifySessionOptions } from '@fastify/session'
import { test } from 'tap'
import { type Host, startHost } from '../fixture/host'
import { isLoggedIn, logIn } from '../fixture/login'
import { sessionSecret } from '../fixture/settings'

const warnings = ({ logs }: Host): string[] =>
  logs.filter(({ level }) => level === 40).map(({ msg }) => String(msg)).filter(text => text.includes('session cookie'))

const cases: Array<{
  what: string
  secure?: boolean
  own?: boolean
  given: Partial<FastifySessionOptions>
  told?: string
}> = [
  { what: 'a session of the host with the name that it has by itself', given: {}, told: '"sessionId"' },
  {
    what: 'a session of the host with a name of its own',
    given: { cookieName: '__Secure-sid' },
    told: '"__Secure-sid"'
  },
  { what: 'a session of the host with a __Host- name', given: { cookieName: '__Host-sid' } },
  { what: 'a session of the host for all of its subdomains', given: { cookie: { domain: 'example.com' } } },
  { what: 'a session of the host on plain http', secure: false, given: { cookie: { secure: false } } },
  { what: 'our session with a name of its own', own: true, given: { cookieName: 'sid' }, told: '"sid"' },
  { what: 'our session', own: true, given: {} }
]

for (const { what, secure = true, own = false, given, told } of cases) {
  test(`T09: ${what} ${told === undefined ? 'is not warned of' : 'is warned of once, with the cure'}`, async t => {
    const options = { secret: sessionSecret, saveUninitialized: false, ...given }
    const host = await startHost(t, own
      ? { secure, options: { session: options } }
      : {
          secure,
          before: async app => {
            await app.register(cookie)
            await app.register(session, options)
          },
          options: { secret: 'a secret of the login, which is long enough' }
        })
    for (const browser of [host.browser(), host.browser()]) {
      await logIn(host, browser)
      for (let visit = 0; visit < 2; visit++) t.ok(await isLoggedIn(host, browser))
    }
    const said = warnings(host)
    t.equal(said.length, told === undefined ? 0 : 1)
    if (told !== undefined) {
      t.match(said[0], `name is ${told}`)
      t.match(said[0], "Give @fastify/session cookieName: '__Host-session' and cookie: { secure: true, path: '/' }")
    }
  })
}
