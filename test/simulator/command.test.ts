// `npx fastify-wechat-login simulator` as a user runs it: a process of its own.

import t, { type Test } from 'tap'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { tls } from '../fixture/data'
import { codeIn } from '../fixture/login'
import { freePort } from '../fixture/ports'
import { codeOf, exchange, get, oneclickUrl, post, start } from '../fixture/simulator'
import type { WechatSimulator } from '../../src/simulator'

const root = join(__dirname, '../..')
// The built one as a user has it, and its source as the coverage counts it.
const built = [join(root, 'dist/bin.js')]
const source = [...process.execArgv, join(root, 'src/bin.ts')]

interface Run {
  printed: () => string
  /** Resolves when it has printed this, rejects where it ends first. */
  until: (pattern: RegExp) => Promise<RegExpExecArray>
  stop: (signal: NodeJS.Signals) => void
  ended: Promise<number | null>
}

function run (
  t: Test, args: string[], { command = source, env = {} }: { command?: string[], env?: NodeJS.ProcessEnv } = {}
): Run {
  const child = spawn(
    process.execPath,
    [...command, ...args],
    { env: { ...process.env, NODE_ENV: '', ...env }, stdio: ['ignore', 'pipe', 'pipe'] }
  )
  let printed = ''
  const ended = once(child, 'close').then(([code]) => code as number | null)
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', text => { printed += text })
  const until = async (pattern: RegExp): Promise<RegExpExecArray> => new Promise((resolve, reject) => {
    const look = (): void => {
      const found = pattern.exec(printed)
      if (found !== null) resolve(found)
    }
    for (const stream of [child.stdout, child.stderr]) stream.on('data', look)
    look()
    ended.then(() => { reject(new Error(printed)) }, reject)
  })
  return { printed: () => printed, until, stop: signal => { child.kill(signal) }, ended }
}

/** What a run prints that ends by itself, and its exit code. */
async function finish (
  t: Test, args: string[], env: NodeJS.ProcessEnv = {}
): Promise<{ code: number | null, text: string }> {
  const { ended, printed } = run(t, args, { env })
  return { code: await ended, text: printed() }
}

for (const [title, command] of [['built', built], ['from its source', source]] as const) {
  t.test(`It starts alone, says what an application needs, and ends cleanly: ${title}`, async t => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const { until, stop, ended, printed } = run(t, ['simulator', '--port', '0', '--consent', 'sunny'], { command })
      const [, url = ''] = await until(/^WeChat login simulator: (\S+)[^]*切勿用于生产环境。\n/)
      t.match(printed(), `微信登录模拟器：${url}`)
      const variables =
        new Map([...printed().matchAll(/^(WECHAT_\w+)=(\S+)$/gm)].map(([, name, value]) => [name, value]))
      const options = JSON.parse(/^\{\n[^]*?\n\}$/m.exec(printed())![0])
      t.strictSame(Object.fromEntries(variables), {
        WECHAT_ONECLICK_APPID: options.oneclick.appid,
        WECHAT_ONECLICK_SECRET: options.oneclick.secret,
        WECHAT_ONECLICK_CALLBACK_URL: 'http://localhost:3000/wechat/oneclick',
        WECHAT_QR_APPID: options.qr.appid,
        WECHAT_QR_SECRET: options.qr.secret,
        WECHAT_QR_CALLBACK_URL: 'http://localhost:3000/wechat/qr',
        WECHAT_API_HOST: url,
        WECHAT_OPEN_HOST: url
      })
      const wechat = { url, options } as WechatSimulator
      const { location } = await get(oneclickUrl(wechat))
      t.match(
        await exchange(wechat, codeIn(location)),
        { openid: /^o/, scope: 'snsapi_userinfo' },
        'what is printed is what it takes'
      )
      stop(signal)
      t.equal(await ended, 0, signal)
    }
  })
}

t.test('The defaults: port 4000 is said, users are the usual ones, and --json prints the options alone', async t => {
  t.match((await finish(t, ['simulator', '--help'])).text, /--port N .*4000 if not given.*默认 4000/)
  const { until, printed, stop, ended } = run(t, ['simulator', '--port=0', '--json'])
  const [line] = await until(/^.*\n/)
  const options = JSON.parse(line)
  const users = JSON.parse((await get(`${options.client.openHost}/simulator/users`)).text) as Array<{ id: string }>
  t.strictSame(users.map(({ id }) => id), ['qinghe', 'sunny', 'tricky', 'follower', 'blank'])
  stop('SIGINT')
  t.equal(await ended, 0)
  t.equal(printed(), line)
})

t.test('Every option reaches the simulator', async t => {
  const folder = t.testdir({ 'key.pem': tls.key, 'cert.pem': tls.cert })
  const { until, stop, ended } = run(t, [
    'simulator', '--port', '0', '--host', 'localhost', '--callback-origin', 'http://shop.example:8080', '--user',
    'anna=安娜=A', '--user', 'ben', '--consent', 'anna', '--phone-host', 'box.local', '--allowed-host', 'a.example',
    '--allowed-host', 'b.example', '--any-browser', '--any-port', '--seed', 'x', '--allow-in-production', '--json',
    '--https-key', join(folder, 'key.pem'), '--https-cert', join(folder, 'cert.pem')
  ], { env: { NODE_ENV: 'production' } })
  const options = JSON.parse((await until(/^\{.*\n/))[0]) as WechatSimulator['options']
  const { openHost: url } = options.client
  t.match(url, /^https:\/\/localhost:\d+$/)
  t.equal(options.qr.callbackUrl, 'http://shop.example:8080/wechat/qr')
  const read = async (path: string, host: string): Promise<{
    status?: number | undefined
    location?: string | undefined
    text: string
  }> => new Promise((resolve, reject) => {
    request(`${url}${path}`, { ca: tls.cert, agent: false, servername: 'localhost', headers: { host } }, response => {
      let text = ''
      response.setEncoding('utf8').on('data', chunk => { text += chunk })
        .on('end', () => { resolve({ status: response.statusCode, location: response.headers.location, text }) })
    }).on('error', reject).end()
  })
  for (const host of ['a.example', 'b.example', 'box.local', 'shop.example']) {
    t.equal((await read('/', host)).status, 200, host)
  }
  t.equal((await read('/', 'c.example')).status, 403)
  t.match(JSON.parse((await read('/simulator/users', 'localhost')).text), [
    { id: 'anna', nickname: '安娜=A' },
    { id: 'ben', nickname: 'ben' }
  ])
  const { location = '' } = await read(oneclickUrl({ url: '', options } as WechatSimulator).split('#')[0]!, 'localhost')
  t.match(
    location,
    /^http:\/\/shop\.example:8080\/wechat\/oneclick\?code=\w{32}&state=abc123$/,
    'any browser, any port, and anna consents'
  )
  const seeded = await start(t, { seed: 'x' })
  t.equal(codeIn(location), codeOf(seeded), 'the seed decides')
  stop('SIGINT')
  t.equal(await ended, 0)
})

t.test('A port that is taken is a sentence, and so is whatever else keeps it from starting', async t => {
  const { url } = await start(t)
  const { port } = new URL(url)
  const folder = t.testdir({ 'no.pem': 'none' })
  const [no, none] = [join(folder, 'no.pem'), join(folder, 'none.pem')]
  const calls: Array<[args: string[], words: string | RegExp, env?: NodeJS.ProcessEnv]> = [
    [['--port', port], `127.0.0.1:${port} is in use by another program; choose another port 端口已被其他程序占用，请换一个端口`],
    [['--port', '0'], /anyone in as anyone, and NODE_ENV is production/, { NODE_ENV: 'production' }],
    [['--port', 'x'], '--port: a whole number from 0 to 65535, not "x"'],
    [['--port', '65536'], 'not "65536"'],
    [['--port', ''], 'not ""'],
    [['--callback-origin', 'localhost:3000'],
      'callbackOrigin: an origin such as http://localhost:3000, not "localhost:3000"'],
    [['--consent', 'nobody', '--port', '0'], 'there is no user "nobody"'],
    [['--https-key', no], '--https-key and --https-cert belong together'],
    [['--https-cert', no], '--https-key and --https-cert belong together'],
    [['--https-key', no, '--https-cert', none], `--https-cert: the file "${none}" cannot be read 无法读取该文件`],
    [['--https-key', no, '--https-cert', no], /PEM/i]
  ]
  for (const [args, words, env] of calls) {
    const { code, text } = await finish(t, ['simulator', ...args], env)
    t.equal(code, 2, args.join(' '))
    t.match(text, /^fastify-wechat-login: /)
    t.match(text, words)
    t.notMatch(text, /^ +at /m, 'no stack')
  }
})

t.test('Unknown options and arguments are refused, with how to call it', async t => {
  for (const args of [['--nothing'], ['more'], ['--port'], ['--json=1']]) {
    const { code, text } = await finish(t, ['simulator', ...args])
    t.equal(code, 2, args.join(' '))
    t.match(text, /^fastify-wechat-login: .*\n\nUsage: fastify-wechat-login simulator/)
  }
})

t.test('--help tells every option in both languages', async t => {
  const { code, text } = await finish(t, ['simulator', '-h'])
  t.equal(code, 0)
  const options = [
    ...readFileSync(join(root, 'src/simulator/command.ts'), 'utf8').matchAll(/^ {8}'?([a-z-]+)'?: (?:texts?|flag|\{)/gm)
  ].map(([, name]) => `--${name}`)
  t.ok(options.length > 12)
  t.strictSame(
    [...new Set(text.match(/^ {2}--[a-z-]+|, --[a-z-]+/gm)!.map(found => found.replace(/^[, ]+/, '')))].sort(),
    options.sort()
  )
  t.match(text, '不需要帐号，也不连接网络')
})

t.test('The command line knows two commands, and says so where it is given none or another', async t => {
  for (const [args, expected] of [
    [[], 2],
    [['simulate'], 2],
    [['constructor'], 2],
    [['--help'], 0],
    [['-h'], 0]
  ] as const) {
    const { code, text } = await finish(t, [...args])
    t.equal(code, expected, args.join())
    t.match(text, /^Usage: fastify-wechat-login <command>[^]* doctor .*检查配置[^]* simulator .*模拟微信/)
  }
  t.match(await finish(t, ['doctor', '--help']), { code: 0, text: 'Usage: fastify-wechat-login doctor' })
})

t.test('The default port is 4000', async t => {
  // Somebody else may hold it: then the sentence names it.
  const { until, stop, ended } = run(t, [
    'simulator', '--host', '127.0.0.1', '--callback-origin', `http://localhost:${await freePort()}`
  ])
  await until(/127\.0\.0\.1:4000/).catch((error: Error) => { t.match(error.message, '127.0.0.1:4000 is in use') })
  stop('SIGINT')
  await ended
})

t.test('A test in another language drives it by HTTP', async t => {
  const { until } = run(t, ['simulator', '--port', '0', '--json'])
  const options = JSON.parse((await until(/^\{.*\n/))[0]) as WechatSimulator['options']
  const { openHost: url } = options.client
  const { body } =
    await post(`${url}/simulator/approve`, { url: oneclickUrl({ url, options } as WechatSimulator), user: 'tricky' })
  t.match(await exchange({ url, options } as WechatSimulator, codeIn(body.callbackUrl)), { openid: /^o/ })
})
