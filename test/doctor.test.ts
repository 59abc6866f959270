// The doctor as it is called: its command line, what it finds, and what it never shows. Asked of WeChat, it asks the
// simulator.

import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Test, test } from 'tap'
import { run } from '../src/doctor/run'
import type { Finding } from '../src/doctor/finding'
import { startWechatSimulator } from '../src/simulator'
import { accounts, origin, sessionSecret } from './fixture/settings'

const execute = promisify(execFile)
const root = join(__dirname, '..')

const secrets = { oneclick: accounts.oneclick.secret, qr: accounts.qr.secret, session: sessionSecret }
const right = {
  WECHAT_ONECLICK_APPID: accounts.oneclick.appid,
  WECHAT_ONECLICK_SECRET: secrets.oneclick,
  WECHAT_QR_APPID: accounts.qr.appid,
  WECHAT_QR_SECRET: secrets.qr,
  PUBLIC_URL: 'https://app.example.com/',
  SESSION_SECRET: secrets.session,
  TRUST_PROXY: '10.0.0.0/8'
}
const options = {
  ...accounts,
  session: { secret: secrets.session, store: 'STORE' }
}
/** In the place of `STORE` in a module. */
const store = '{ get () {}, set () {}, destroy () {} }'

let modules = 0

interface Visit { code: number, text: string }

async function visit (args: string[], env: Record<string, string> = {}, now?: () => number): Promise<Visit> {
  let text = ''
  const code = await run(args, env, more => { text += more }, now)
  return { code, text }
}

/** Each as `problem qr.appid`, those that are in order left out; `all`: them too. */
async function findings (
  args: string[], env: Record<string, string> = {}, { now, all = false }: { now?: () => number, all?: boolean } = {}
): Promise<string[]> {
  const { text } = await visit([...args, '--json'], env, now)
  return (JSON.parse(text).findings as Finding[]).filter(({ level }) => all || level !== 'ok').map(({ level, about }) =>
    `${level} ${about}`)
}

/** A module of the host's with these options, changed. */
function moduleOf (t: Test, change: (given: Record<string, any>) => unknown): string {
  const given = structuredClone(options) as Record<string, any>
  const text = JSON.stringify(change(given) ?? given).replace('"STORE"', store)
  const name = `options-${modules++}.cjs` // a module is loaded once
  return join(t.testdir({ [name]: `module.exports = ${text}` }), name)
}

test('a configuration that is right is told so, with what to enter in which console', async t => {
  const { code, text } = await visit([], right)
  t.equal(code, 0)
  t.match(text, /^ok +oneclick.appid: has the right shape\.\n +格式正确。$/m)
  t.match(text, 'enter app.example.com at mp.weixin.qq.com as 网页授权域名')
  t.match(text, 'https://app.example.com/wechat/qr: enter app.example.com at open.weixin.qq.com as 授权回调域')
  t.match(text, /\n\n0 problems, 0 warnings\. 0 个问题，0 个警告。\n$/)
})

test('every problem shows at once, in English and Chinese, and the exit code is 1', async t => {
  const { code, text } = await visit([], {
    WECHAT_QR_APPID: 'gh_0123456789ab',
    WECHAT_QR_SECRET: 'wxfedcba9876543210',
    PUBLIC_URL: 'http://app.example.com:8080'
  })
  t.equal(code, 1)
  t.match(text, /^problem {2}qr\.appid: is "gh_0123456789ab"; an appid is wx and 16 hexadecimal digits/m)
  t.match(text, 'AppID 应为 wx 加 16 位小写十六进制字符')
  t.match(text, /^warning {2}qr\.secret: is not 32 hexadecimal digits/m)
  t.match(text, /^problem {2}qr\.callbackUrl: is "http:.*10003/m)
  t.match(text, /^warning {2}session\.secret: SESSION_SECRET is not set here/m)
  t.match(text, '2 problems, 2 warnings. 2 个问题，2 个警告。')
  t.match((await visit([], { ...right, WECHAT_QR_APPID: 'none' })).text, '1 problem, 0 warnings.')
})

test('each setting of an app is checked by the rules of the boot', async t => {
  const cases: Array<[change: Record<string, string>, ...found: string[]]> = [
    [{ WECHAT_QR_APPID: '' }, 'problem qr.appid'],
    [{ WECHAT_QR_SECRET: '' }, 'problem qr.secret'],
    [{ WECHAT_QR_SECRET: right.WECHAT_QR_APPID }, 'problem qr.secret'],
    [{ WECHAT_QR_SECRET: `"${secrets.qr}"` }, 'problem qr.secret'],
    [{ WECHAT_QR_APPID: right.WECHAT_ONECLICK_APPID }, 'problem qr.appid'],
    [{ WECHAT_QR_SECRET: secrets.oneclick }, 'problem qr.secret'],
    [{ PUBLIC_URL: '' }, 'problem oneclick.callbackUrl', 'problem qr.callbackUrl', 'warning trustProxy'],
    [{ WECHAT_QR_CALLBACK_URL: 'https://app.example.com/#/qr' }, 'problem qr.callbackUrl'],
    [{ WECHAT_QR_CALLBACK_URL: 'http://app.example.com/wechat/qr' }, 'warning qr.callbackUrl'],
    [{ WECHAT_QR_CALLBACK_URL: 'https://app.example.com/登录/qr' }, 'problem qr.callbackUrl'],
    [{ WECHAT_QR_CALLBACK_URL: 'https://app.example.com/wechat/qr:1', WECHAT_ONECLICK_APPID: 'none' },
      'problem oneclick.appid', 'problem qr.callbackUrl'],
    [{ WECHAT_QR_CALLBACK_URL: 'https://app.example.com:8443/wechat/qr' }, 'problem qr.callbackUrl',
      'warning qr.callbackUrl'],
    [{ WECHAT_QR_CALLBACK_URL: 'https://www.example.com/wechat/qr' }, 'warning qr.callbackUrl'],
    [{ WECHAT_QR_CALLBACK_URL: 'https://app.example.com/wechat/oneclick' }, 'problem options']
  ]
  for (const [change, ...expected] of cases) {
    const found = await findings([], { ...right, ...change })
    t.strictSame(
      found.filter(line => expected.includes(line) || !line.endsWith('trustProxy')),
      expected.filter(line => !line.endsWith('trustProxy')),
      JSON.stringify(Object.keys(change))
    )
  }
})

test('a host that WeChat cannot know is found: an address, a private name, this machine', async t => {
  for (const [host, level] of [
    ['192.168.1.9', 'problem'],
    ['[2001:db8::1]', 'problem'],
    ['intranet', 'problem'],
    ['app.test', 'problem'],
    ['app.local', 'problem'],
    ['localhost:3000', 'warning']
  ] as const) {
    t.strictSame(
      (await findings(
        [],
        { ...right, WECHAT_ONECLICK_APPID: '', WECHAT_ONECLICK_SECRET: '', PUBLIC_URL: `https://${host}` }
      )),
      [`${level} qr.callbackUrl`],
      host
    )
  }
})

test('proxy: whose word is taken for https', async t => {
  const { TRUST_PROXY: _, ...unset } = right
  t.strictSame(await findings([], unset), ['warning trustProxy'])
  t.strictSame(await findings([], { ...right, TRUST_PROXY: 'false' }), ['warning trustProxy'])
  t.strictSame(await findings([], { ...right, TRUST_PROXY: 'true' }), ['warning trustProxy'])
  t.strictSame(
    await findings([], { ...unset, PUBLIC_URL: 'http://localhost:3000' }),
    ['warning oneclick.callbackUrl', 'warning qr.callbackUrl']
  )
})

test("a module's options are looked at whole: session, cookie and all that the boot refuses", async t => {
  const cases: Array<[change: (given: Record<string, any>) => unknown, ...found: string[]]> = [
    [() => undefined],
    [given => { delete given.session.store }, 'warning session.store'],
    [given => { given.session.secret = secrets.qr }, 'problem session.secret'],
    [given => { given.secret = [secrets.session, secrets.oneclick] }, 'problem session.secret'],
    [
      given => { given.session.cookie = { sameSite: 'strict', secure: false, httpOnly: false, domain: 'example.com' } },
      'warning session.cookie.sameSite',
      'warning session.cookie.secure',
      'warning session.cookie.httpOnly',
      'warning session.cookie.domain'
    ],
    [given => { given.session.cookie = { sameSite: true } }, 'warning session.cookie.sameSite'],
    [given => { given.session.cookie = { sameSite: 'none', secure: false } }, 'warning session.cookie.secure',
      'problem session.cookie.sameSite'],
    [given => { given.session.cookie = { domain: 'example.org' } }, 'warning session.cookie.domain',
      'problem session.cookie.domain'],
    [given => { Object.assign(given.session, { rolling: true, saveUninitialized: true }) }, 'warning session.rolling',
      'warning session.saveUninitialized'],
    [given => { given.session.secret = 'short' }, 'problem session.secret'],
    [given => { delete given.session }, 'problem session'],
    [given => { given.oneclick.scope = 'snsapi_login' }, 'problem oneclick.scope'],
    [given => { given.qr.callbackURL = 'https://app.example.com/wechat/qr' }, 'problem qr.callbackURL'],
    [given => { given.qr.callbackUrl = 42 }, 'problem qr.callbackUrl'],
    [given => { given.qr.callbackUrl += ':1' }, 'problem qr.callbackUrl'],
    [given => { given.qr.callbackUrl += ':1'; given.routes = { qr: '/back' } }],
    [given => { given.routes = { me: '/a%20b' } }, 'problem routes.me'],
    [given => { given.session.cookie = { path: '/shop' } }, 'problem session.cookie.path'],
    [given => { given.session.cookie = { path: 7 } }, 'problem session.cookie.path'],
    [given => { given.session.cookieName = '__Host-sid'; given.session.cookie = { path: '/wechat' } },
      'problem session.cookieName'],
    [given => { given.client = { retries: 99 } }, 'problem client.retries'],
    [given => { given.client = { apiHosts: ['https://api.weixin.qq.com', 'http://relay.example'] } },
      'problem client.apiHosts[1]'],
    [given => { given.client = { timeout: 2 ** 31 } }, 'problem client.timeout'],
    [given => { given.client = { openHost: 'http://open.weixin.qq.com' } }, 'problem client.openHost'],
    [given => { given.client = null }, 'problem client'],
    [given => { given.qr = null }, 'problem qr.appid', 'problem qr.secret', 'problem qr.callbackUrl'],
    [given => { given.qrcode = given.qr }, 'problem qrcode'],
    [given => { given['qr-code'] = given.qr }, 'problem qr-code'],
    [given => { given.prefix = '/api' }, 'problem prefix'],
    [given => { given.maxAge = '1h' }, 'problem maxAge'],
    [given => { given.session.store = {} }, 'problem session.store'],
    [() => ({ session: { secret: secrets.session, store: 'STORE' } }), 'problem options']
  ]
  for (const [change, ...expected] of cases) {
    t.strictSame(await findings([moduleOf(t, change)], { TRUST_PROXY: 'loopback' }), expected, String(change))
  }
})

test('a module may export a function, and apps and secrets may be functions', async t => {
  const folder = t.testdir({
    'options.mjs': `export default async () => ({
      oneclick: () => undefined,
      qr: { ...${JSON.stringify(options.qr)}, secret: async () => '${secrets.qr}' },
      session: { secret: '${secrets.session}', store: ${store} }
    })`
  })
  t.strictSame(await findings([join(folder, 'options.mjs')], { TRUST_PROXY: 'loopback' }), ['warning oneclick'])
  t.match((await visit([join(folder, 'options.mjs')])).text, 'qr.secret: is a function.')
})

test('variables come from a file too, and those of the environment win', async t => {
  const folder = t.testdir({ '.env': Object.entries(right).map(pair => pair.join('=')).join('\n') })
  t.strictSame(await findings(['--env-file', join(folder, '.env')]), [])
  t.strictSame(await findings(['--env-file', join(folder, '.env')], { WECHAT_QR_APPID: 'other' }), ['problem qr.appid'])
})

test('what is called wrongly ends with 2, says how to call it, and repeats nothing that was typed', async t => {
  const folder = t.testdir({
    'throws.mjs': `throw new Error('${secrets.qr}')`,
    'code.mjs': `throw Object.assign(new Error('${secrets.qr}'), { code: 'E_ODD' })`,
    'rejects.mjs': 'export default async () => { throw undefined }',
    'empty.mjs': 'export const options = {}'
  })
  const calls: Array<[args: string[], words: string, env?: Record<string, string>]> = [
    [[], 'neither WECHAT_ONECLICK_APPID nor WECHAT_QR_APPID is set'],
    [['one.mjs', secrets.qr], 'the doctor takes one module at most', right],
    [[`--secret=${secrets.qr}`], 'there is an option that the doctor does not know', right],
    [['--env-file'], 'there is an option that the doctor does not know, or one without its value', right],
    [['--env-file', join(folder, secrets.qr)], 'the file of --env-file cannot be read', right],
    [['--api-host', 'http://api.weixin.qq.com'],
      'option --api-host is "http://api.weixin.qq.com"; write an https origin without a path', right],
    [[join(folder, 'none.mjs')], 'the module cannot be loaded ('],
    [[join(folder, 'throws.mjs')], 'the module cannot be loaded (it threw an error)'],
    [[join(folder, 'code.mjs')], 'the module cannot be loaded (E_ODD)'],
    [[join(folder, 'rejects.mjs')], 'the module cannot be loaded (it threw an error)'],
    [[join(folder, 'empty.mjs')], 'the default export of the module must be the options']
  ]
  for (const [args, words, env] of calls) {
    const { code, text } = await visit(args, env)
    t.equal(code, 2, words)
    t.match(text, `fastify-wechat-login: ${words}`)
    t.match(text, 'Usage: fastify-wechat-login doctor')
    t.notMatch(text, secrets.qr)
  }
})

test('--help tells all of it in both languages', async t => {
  const { code, text } = await visit(['--help'])
  t.equal(code, 0)
  for (const words of ['--ask', '--env-file', '--json', 'WECHAT_QR_SECRET', '检查配置', '退出码']) t.match(text, words)
})

test('asked to, it asks WeChat whether appid and secret are accepted, and explains what is not', async t => {
  const wechat = await startWechatSimulator({ callbackOrigin: origin })
  t.teardown(() => wechat.close())
  const { oneclick, qr } = wechat.options
  const env = {
    ...right,
    WECHAT_ONECLICK_APPID: oneclick.appid,
    WECHAT_ONECLICK_SECRET: oneclick.secret,
    WECHAT_QR_APPID: qr.appid,
    WECHAT_QR_SECRET: qr.secret
  }
  const ask = ['--ask', '--api-host', wechat.url]
  t.strictSame(
    (await findings(ask, env, { all: true })).slice(-3),
    ['ok oneclick.appid, oneclick.secret', 'ok qr.appid, qr.secret', 'ok clock']
  )
  t.strictSame(wechat.control.calls({ accepted: true }), [], 'nothing was spent')

  t.strictSame(await findings(ask, { ...env, WECHAT_QR_SECRET: secrets.qr }), ['problem qr.appid, qr.secret'])
  const { text, code } = await visit(ask, { ...env, WECHAT_QR_SECRET: secrets.qr })
  t.equal(code, 1)
  t.match(text, 'WeChat answers 40125. The AppSecret is wrong, or has been reset.')
  t.match(text, '微信返回 40125。AppSecret 错误或已被重置')
  t.match((await visit(ask, { ...env, WECHAT_QR_APPID: right.WECHAT_QR_APPID })).text, '微信返回 40013。appid 无效')

  wechat.control.fault({ endpoint: 'access_token', kind: 'busy' })
  t.strictSame(
    await findings(ask, { ...env, WECHAT_ONECLICK_APPID: '', WECHAT_ONECLICK_SECRET: '' }),
    ['warning qr.appid, qr.secret'],
    'a WeChat that is busy knows nothing'
  )
  wechat.control.fault({ endpoint: 'access_token', kind: 'html-200' })
  t.match(
    (await visit(ask, { ...env, WECHAT_ONECLICK_APPID: '', WECHAT_ONECLICK_SECRET: '' })).text,
    /gave no proper answer.*The answer is not WeChat's/
  )
})

test('unasked, and where appid or secret are wrong already, nothing is asked', async t => {
  const wechat = await startWechatSimulator()
  t.teardown(() => wechat.close())
  await findings(['--api-host', wechat.url], right)
  await findings(['--ask', '--api-host', wechat.url], { ...right, WECHAT_QR_APPID: 'none' })
  t.strictSame(wechat.control.calls(), [])
})

test("a module's own client is used, and its mistakes are told", async t => {
  const wechat = await startWechatSimulator()
  t.teardown(() => wechat.close())
  const { oneclick, qr } = wechat.options
  const accounts = (given: Record<string, any>): void => {
    Object.assign(given.oneclick, { appid: oneclick.appid, secret: oneclick.secret })
    Object.assign(given.qr, { appid: qr.appid, secret: qr.secret })
  }
  t.strictSame(
    await findings([moduleOf(t, given => { accounts(given); given.client = wechat.options.client }), '--ask'], right),
    []
  )
  t.strictSame(
    await findings(
      [moduleOf(t, given => { given.client = { apiHosts: ['http://api.weixin.qq.com'] } }), '--ask'],
      right
    ),
    ['problem client.apiHosts[0]']
  )
  t.strictSame(
    await findings(
      [moduleOf(t, given => { given.client = { retries: 99 }; given.qr.callbackUrl = '/wechat/qr' }), '--ask'],
      right
    ),
    ['problem qr.callbackUrl', 'problem client.retries'],
    'all at once'
  )
})

test('a secret of a function is asked for, and shown no more than any other', async t => {
  const wechat = await startWechatSimulator()
  t.teardown(() => wechat.close())
  const { appid, secret } = wechat.options.qr
  const folder = t.testdir(Object.fromEntries([
    `async () => '${secret}'`,
    `async () => { throw new Error('${secret}') }`
  ].map((text, index) => [`secret-${index}.mjs`, `
    export default {
      qr: { appid: '${appid}', secret: ${text}, callbackUrl: 'https://app.example.com/wechat/qr' },
      session: { secret: '${secrets.session}', store: ${store} },
      client: ${JSON.stringify(wechat.options.client)}
    }`])))
  t.strictSame(await findings([join(folder, 'secret-0.mjs'), '--ask'], right), [])
  const { text } = await visit([join(folder, 'secret-1.mjs'), '--ask'], right)
  t.match(text, 'gave no proper answer. The function given as `secret` threw')
  t.notMatch(text, secret)
})

test('the clock is compared with the Date of an answer', async t => {
  const wechat = await startWechatSimulator()
  t.teardown(() => wechat.close())
  const ask = ['--ask', '--api-host', wechat.url]
  const ahead = await visit(ask, right, () => Date.now() + 600_000)
  t.match(ahead.text, /clock: is (599|600|601) s ahead of WeChat's/)
  t.match((await visit(ask, right, () => Date.now() - 600_000)).text, /clock: is (599|600|601) s behind WeChat's/)
  await wechat.close()
  t.match(
    (await visit(ask, right)).text,
    /qr\.secret: WeChat gave no proper answer \(ECONNREFUSED\)\. Check that this machine reaches/
  )
  t.match((await visit(ask, right)).text, "clock: could not be compared with WeChat's")
})

test('no secret is ever shown, in its own place or in a wrong one', async t => {
  const places = [
    'WECHAT_ONECLICK_APPID', 'WECHAT_ONECLICK_SECRET', 'WECHAT_QR_APPID', 'WECHAT_QR_SECRET', 'SESSION_SECRET'
  ]
  for (const place of places) {
    for (const shown of [secrets.qr, ` ${secrets.qr}`, `"${secrets.qr.toUpperCase()}"`]) {
      const { text } = await visit([], { ...right, [place]: shown })
      t.notMatch(text.toLowerCase(), secrets.qr, place)
      t.notMatch(text, secrets.session)
    }
  }
})

test('an API that accepts every code, or does not know what day it is, is no WeChat', async t => {
  const tokens = JSON.stringify({
    access_token: '92_ACCESSaccessACCESSaccess',
    expires_in: 7200,
    refresh_token: '92_REFRESHrefreshREFRESHrefresh',
    openid: 'oBYOLCRfJeJdPgw8wVWYpPeyMkLJ',
    scope: 'snsapi_login'
  })
  const server =
    createServer((_request, response) => { response.setHeader('date', 'today').end(tokens) }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { code, text } =
    await visit(['--ask', '--api-host', `http://127.0.0.1:${(server.address() as AddressInfo).port}`], right)
  t.equal(code, 1)
  t.match(text, "problem  qr.appid, qr.secret: are accepted with a code that nobody made: this is not WeChat's API.")
  t.match(text, "clock: could not be compared with WeChat's")
})

test('a fault of its own is not taken for one of the configuration', async t => {
  const wechat = await startWechatSimulator()
  t.teardown(() => wechat.close())
  await t.rejects(visit(['--ask', '--api-host', wechat.url], right, () => { throw new TypeError('odd') }), TypeError)
  const env = new Proxy({}, { ownKeys () { throw new TypeError('odd') } })
  await t.rejects(run([], env, () => {}), TypeError)
})

test('the program itself: its output and its exit code', async t => {
  const folder = t.testdir({
    'options.cjs': `module.exports = { ...${JSON.stringify(options)}, client: { get timeout () ` +
      `{ throw new TypeError('${secrets.qr}') } } }`
  })
  // The built one as a user has it, and its source as the coverage counts it.
  const programs = [
    { command: [join(root, 'dist/bin.js')], more: { _TAPJS_PROCESSINFO_COVERAGE_: '0' } },
    { command: [...process.execArgv, join(root, 'src/bin.ts')], more: {} }
  ]
  for (const { command, more } of programs) {
    const call = async (env: Record<string, string>, args: string[] = []): Promise<Visit & { errors: string }> =>
      execute(process.execPath, [...command, 'doctor', ...args], { env: { ...process.env, ...env, ...more } })
        .then(({ stdout, stderr }) => ({ code: 0, text: stdout, errors: stderr }), ({ code, stdout, stderr }: {
          code: number
          stdout: string
          stderr: string
        }) => ({ code, text: stdout, errors: stderr }))
    t.match(await call(right), { code: 0, text: /^ok +oneclick\.appid.*0 problems, 0 warnings/s }, command.at(-1)!)
    t.match(await call({ ...right, WECHAT_QR_APPID: 'none' }), { code: 1, text: '1 problem, 0 warnings' })
    t.match(await call({ WECHAT_QR_APPID: '', WECHAT_ONECLICK_APPID: '' }), { code: 2, text: 'Usage' })
    const { code, text, errors } = await call({}, [join(folder, 'options.cjs')])
    t.equal(code, 2, 'a fault of its own is no problem of the configuration')
    t.equal(text, '')
    t.match(errors, /^fastify-wechat-login: the command itself has failed.*\n +at /)
    t.notMatch(errors, secrets.qr)
  }
})
