// The README's table of logins, run as it stands: a person lists the own ones, ends one, and has one at a time.

import { PGlite } from '@electric-sql/pglite'
import type { FastifyInstance } from 'fastify'
import { type Test, test } from 'tap'
import ts from 'typescript'
import { requireWechatUser, verifyWechatUser } from '../../src'
import type { WechatLoginOptions } from '../../src/types'
import { agents } from '../fixture/browser'
import { type Host, startHost } from '../fixture/host'
import { isLoggedIn, logIn } from '../fixture/login'
import { type Query, schema, type Transaction, upsertUser } from '../fixture/postgres-users'
import { readReadme } from '../fixture/readme'

const shown = readReadme('README.md').find(({ heading }) => heading.startsWith('List logins'))!.blocks
const blockIn = (language: string): string => shown.find(block => block.language === language)!.code

type Route = [path: string, options: object, handler: () => unknown]

/** What the block gives to `register`, and the routes that it adds. */
async function evaluate (
  code: string, given: object
): Promise<{ options: Partial<WechatLoginOptions>, routes: Record<'get' | 'delete', Route[]> }> {
  const routes = { get: [] as Route[], delete: [] as Route[] }
  let options: Partial<WechatLoginOptions> = {}
  const app = {
    register: async (_plugin: unknown, { qr, session, ...rest }: WechatLoginOptions) => { options = rest },
    get: (...route: Route) => { routes.get.push(route) },
    delete: (...route: Route) => { routes.delete.push(route) }
  }
  const names = { Fastify: () => app, wechatLogin: null, requireWechatUser, verifyWechatUser, ...given }
  const program = ts.transpile(code.replaceAll(/^import .*$/gm, ''), {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext
  }).replaceAll(/^export .*$/gm, '')
  const AsyncFunction =
    (async () => {}).constructor as new (...source: string[]) => (...values: unknown[]) => Promise<void>
  await new AsyncFunction(...Object.keys(names), program)(...Object.values(names))
  return { options, routes }
}

/** `change`: of the block, as the README says that it may be changed. */
async function startTable (t: Test, change: (code: string) => string = code => code): Promise<Host> {
  const database = await PGlite.create()
  t.teardown(() => database.close())
  await database.exec(schema + blockIn('sql'))
  const query = database.query.bind(database) as Query
  const transaction: Transaction = work =>
    database.transaction(inner => work(inner.query.bind(inner) as Query)) as never
  const { options, routes } =
    await evaluate(change(blockIn('ts')), { query, upsertUser: upsertUser.bind(null, transaction) })
  return startHost(t, {
    options,
    routes: (app: FastifyInstance) => {
      for (const method of ['get', 'delete'] as const) for (const route of routes[method]) app[method](...route)
    }
  })
}

const several = (code: string): string => code.replace(/^.*DELETE FROM logins WHERE user_id = \$1'.*$/m, '')

test('a person lists the own logins and ends one of them, and nobody else\'s', async t => {
  const host = await startTable(t, several)
  const [phone, desktop, stranger] = [host.browser(agents.wechat), host.browser(), host.browser()]
  for (const browser of [phone, desktop]) await logIn(host, browser)
  await logIn(host, stranger, { user: 'sunny' })
  const list = async (browser = desktop) =>
    (await browser.fetch(`${host.origin}/logins`)).json() as Array<{ id: string, browser: string }>
  t.match(await list(), [{ browser: agents.wechat }, { browser: agents.desktop }])
  t.equal((await list()).length, 2)
  t.equal((await list(stranger)).length, 1)
  const [first] = await list()
  const end = `${host.origin}/logins/${first!.id}`
  t.equal((await stranger.fetch(end, { method: 'DELETE' })).status, 204)
  t.ok(await isLoggedIn(host, phone))
  t.equal((await host.browser().fetch(end, { method: 'DELETE' })).status, 401)
  t.equal((await desktop.fetch(end, { method: 'DELETE' })).status, 204)
  t.notOk(await isLoggedIn(host, phone))
  t.ok(await isLoggedIn(host, desktop))
  t.equal((await list()).length, 1)
})

test('as it stands, a new login ends the one before on whatever device', async t => {
  const host = await startTable(t)
  const [phone, desktop] = [host.browser(agents.wechat), host.browser()]
  await logIn(host, phone)
  t.ok(await isLoggedIn(host, phone))
  await logIn(host, desktop)
  t.notOk(await isLoggedIn(host, phone))
  t.ok(await isLoggedIn(host, desktop))
})
