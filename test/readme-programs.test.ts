// The longer programs that the README's blocks make up, run as they stand: the users in PostgreSQL, and what each
// migration leads to.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import ts from 'typescript'
import { startWechatSimulator } from '../src/simulator'
import { Browser } from './fixture/browser'
import { sessionSecret } from './fixture/settings'
import { freePort } from './fixture/ports'
import { emptyDatabase } from './fixture/postgres'
import { run } from './fixture/program'
import { readReadme } from './fixture/readme'

const code = readReadme('README.md').flatMap(section => section.blocks)
const blocks = (language: string): string[] =>
  code.filter(block => block.language === language).map(block => block.code)
const blockWith = (text: string): string => code.find(block => block.code.includes(text))!.code

test('the users in PostgreSQL are joined, and refused, by the blocks as they stand', async t => {
  const upsertUser = ts.transpile(
    /function upsertUser [^]*?\n}\n/.exec(blockWith('function upsertUser'))![0],
    { target: ts.ScriptTarget.ES2022 }
  )
  const program = `import { readFileSync } from 'node:fs'
import { PGlite } from '@electric-sql/pglite'
const database = await PGlite.create({ loadDataDir: new Blob([readFileSync(${JSON.stringify(await emptyDatabase())})]) })
const query_ = (sql, values) => database.query(sql, values)
const pg = { Pool: class { query = query_; async connect () { return { query: query_, release () {} } } } }
${blockWith('async function transaction').replace("import pg from 'pg'\n", '')}
${upsertUser}
await database.exec(${JSON.stringify(blocks('sql')[0]!)})
const first = await upsertUser({ appid: 'wx1', openid: 'o1', nickname: 'A' })
const second = await upsertUser({ appid: 'wx2', openid: 'o2', unionid: 'u', nickname: 'A' })
const joined = await upsertUser({ appid: 'wx1', openid: 'o1', unionid: 'u' })
const refused = await upsertUser({ appid: 'wx1', openid: 'o1' }, 99).catch(error => error.statusCode)
const { rows } = await query('SELECT id, name FROM users')
console.log('It says ' + JSON.stringify({ first, second, joined, refused, rows }))
await database.close()
`
  const { match } = await run(t, t.testdir({ 'users.mjs': program }), ['users.mjs'], /It says (.*)\n/)
  t.strictSame(
    JSON.parse(match[1]!),
    { first: { id: 1 }, second: { id: 2 }, joined: { id: 1 }, refused: 409, rows: [{ id: 1, name: 'A' }] }
  )
})

test('after each migration a visitor logs in at the old paths', async t => {
  for (const [index, diff] of blocks('diff').entries()) {
    const [oldCode, newCode] = ['-', '+'].map(sign =>
      diff.split('\n').filter(line => line.startsWith(sign)).map(line => line.slice(1)).join('\n')) as [string, string]
    const port = await freePort()
    const origin = `http://localhost:${port}`
    const wechat = await startWechatSimulator({ callbackOrigin: origin })
    t.teardown(() => wechat.close())
    const { client, qr: { appid, secret } } = wechat.options
    const program = `import Fastify from 'fastify'
import cookie from '@fastify/cookie'
import session from '@fastify/session'
import wechatLogin, { requireWechatUser } from 'fastify-wechat-login'
process.env.WECHAT_LOGIN_SECRET = '${sessionSecret}'
const [appid, secret] = ${JSON.stringify([appid, secret])}
const users = { upsert: async (openid, nickname) => ({ openid, nickname }) }
const app = Fastify()
await app.register(cookie)
await app.register(session, { secret: '${sessionSecret}', saveUninitialized: false, rolling: false, cookie: { secure: false } })
${newCode.replace('wechatLogin, {', `wechatLogin, { client: ${JSON.stringify(client)},`).replace('https://app.example.com', origin)}
app.get('/who', { preHandler: requireWechatUser }, async request => request.wechatUser)
await app.listen({ port: ${port} })
console.log('It listens')
`
    const folder = join(t.testdir(), String(index))
    mkdirSync(folder)
    writeFileSync(join(folder, 'server.mjs'), program)
    await run(t, folder, ['server.mjs'], /It listens/)
    const paths =
      [...newCode.matchAll(/login: '([^']+)'|example\.com([^']+)'/g)].map(([, login, callback]) => login ?? callback!)
    const login = /login: '([^']+)'/.exec(newCode)?.[1] ?? '/wechat/login'
    for (const path of [...paths, login]) t.ok(oldCode.includes(path), `the old code has ${path}`)
    const browser = new Browser({})
    const done = await browser.get(wechat.control.approve((await browser.get(origin + login)).location))
    t.equal(done.status, 303)
    t.equal((await browser.fetch(`${origin}/who`)).json().nickname, '青禾🌱')
  }
})
