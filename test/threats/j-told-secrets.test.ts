// A secret that has come into the place of another option, whole or cut off: neither the boot, the log, the doctor nor
// the simulator shows it.

import { join } from 'node:path'
import Fastify from 'fastify'
import fp from 'fastify-plugin'
import { test } from 'tap'
import { run } from '../../src/doctor/run'
import { createPlugin } from '../../src/plugin'
import { startWechatSimulator, type WechatSimulatorServerOptions } from '../../src/simulator'
import { recordLog } from '../fixture/host'
import { accounts, sessionSecret } from '../fixture/settings'

const { oneclick, qr } = accounts
const session = { secret: sessionSecret }
/** An AppSecret whose last character was not copied, and a key as a cloud makes them. */
const secrets = ['4f0e9b6a1c7d82e53b90a6f4d1c8e72', 'Q7xfYk2PzT9sLm4VbN8cRwQ7']
const host = 'https://app.example.com'

type Given = Record<string, unknown>

/** For each place the options with this text in it. */
const places: Record<string, (text: string) => Given> = {
  'an app': text => ({ qr: text }),
  'an appid': text => ({ qr: { ...qr, appid: text } }),
  'an appid behind wx': text => ({ qr: { ...qr, appid: `wx${text}` } }),
  'an appid in quotes': text => ({ qr: { ...qr, appid: `"${text}"` } }),
  'a list for an appid': text => ({ qr: { ...qr, appid: [text] } }),
  'a callbackUrl': text => ({ qr: { ...qr, callbackUrl: text } }),
  "a callbackUrl's user": text => ({ qr: { ...qr, callbackUrl: `https://${text}:x@app.example.com/wechat/qr` } }),
  "a callbackUrl's host": text => ({ qr: { ...qr, callbackUrl: `https://${text}.example.com./wechat/qr` } }),
  "a callbackUrl's path": text => ({ qr: { ...qr, callbackUrl: `${host}/${text}/%41` } }),
  "a callbackUrl's query": text => ({ qr: { ...qr, callbackUrl: `${host}/wechat/qr?key=${text}&code=1` } }),
  "a callbackUrl's fragment": text => ({ qr: { ...qr, callbackUrl: `${host}/wechat/qr#${text}` } }),
  'a callbackUrl without TLS': text => ({
    qr: { ...qr, callbackUrl: `http://app.example.com:81/wechat/qr?key=${text}` }
  }),
  'a scope': text => ({ oneclick: { ...oneclick, scope: text } }),
  'a flag': text => ({ oneclick: { ...oneclick, forcePopup: text } }),
  'the name of an option': text => ({ [text]: true }),
  'a long name': text => ({ [`secret_${text}`]: true }),
  'the name of an option of an app': text => ({ qr: { ...qr, [text]: true } }),
  'the name of a route': text => ({ routes: { [text]: '/x' } }),
  'the name of a setting of client': text => ({ client: { [text]: 1 } }),
  'the name of a setting of redirect': text => ({ redirect: { [text]: 1 } }),
  apiHosts: text => ({ client: { apiHosts: text } }),
  'an API host': text => ({ client: { apiHosts: [text] } }),
  "an API host's query": text => ({ client: { apiHosts: [`https://api.weixin.qq.com/?key=${text}`] } }),
  "an API host's path": text => ({ client: { apiHosts: [`https://api.weixin.qq.com/${text}`] } }),
  openHost: text => ({ client: { openHost: `https://open.weixin.qq.com/?key=${text}` } }),
  timeout: text => ({ client: { timeout: text } }),
  'a route': text => ({ routes: { login: text } }),
  'the path of a route': text => ({ routes: { login: `/${text}?x` } }),
  'one path of two routes': text => ({ routes: { login: `/${text}`, me: `/${text}` } }),
  'the path of a callback that there is not': text => ({ oneclick: undefined, routes: { oneclick: `/${text}` } }),
  'redirect.default': text => ({ redirect: { default: text } }),
  'redirect.default, elsewhere': text => ({ redirect: { default: `https://evil.example/${text}?key=${text}` } }),
  'redirect.origins': text => ({ redirect: { origins: text } }),
  'an origin': text => ({ redirect: { origins: [text] } }),
  'an origin with a path': text => ({ redirect: { origins: [`https://shop.example.com/${text}`] } }),
  'a list for realm': text => ({ realm: [text] }),
  publicPrefix: text => ({ publicPrefix: text }),
  'publicPrefix, ending with a slash': text => ({ publicPrefix: `/${text}/` }),
  'publicPrefix, which no callbackUrl has': text => ({ publicPrefix: `/${text}` }),
  'a folder of one callbackUrl': text => ({
    qr: { ...qr, callbackUrl: `${host}/${text}/wechat/qr` },
    routes: { qr: '/wechat/qr' }
  }),
  'a short secret': text => ({ secret: text.slice(0, 20) }),
  keepSessionKeys: text => ({ keepSessionKeys: text }),
  'a session key': text => ({ keepSessionKeys: [text, '__proto__', text] }),
  maxAge: text => ({ maxAge: text }),
  attemptTtl: text => ({ attemptTtl: text }),
  snapshotUsers: text => ({ snapshotUsers: text }),
  renderPage: text => ({ renderPage: text }),
  onUser: text => ({ onUser: text }),
  session: text => ({ session: text }),
  'the path of the session cookie': text => ({ session: { ...session, cookie: { path: `/${text}` } } }),
  'the domain of the session cookie': text => ({ session: { ...session, cookie: { domain: `${text}.com` } } }),
  'the name of the session cookie': text => ({
    session: { ...session, cookieName: `__Host-${text}`, cookie: { domain: 'example.com' } }
  }),
  'SameSite of the session cookie': text => ({ session: { ...session, cookie: { sameSite: text } } }),
  'the session store': text => ({ session: { ...session, store: text } })
}

/** Pieces of it that say enough. */
const pieces = (secret: string): string[] =>
  Array.from({ length: secret.length - 9 }, (_, at) => secret.slice(at, at + 10).toLowerCase())
const shows = (text: string, secret: string): boolean =>
  pieces(secret).some(piece => text.toLowerCase().includes(piece))

/** All that the boot says. */
async function boot (options: Given): Promise<string> {
  const { logger, rawLog } = recordLog()
  const app = Fastify({ logger })
  const told: unknown[] = []
  try {
    await app.register(fp(createPlugin()), options as never)
    await app.ready()
  } catch (error) {
    const { stack, message, ...more } = error as Error
    told.push(stack, message, JSON.stringify(more))
  }
  await app.close()
  return told.join('\n') + rawLog()
}

for (const [place, make] of Object.entries(places)) {
  test(`T80: a secret in the place of ${place} is shown neither at boot nor by the doctor`, async t => {
    for (const secret of secrets) {
      const options = { oneclick, qr, session, ...make(secret) }
      const told = await boot(options)
      t.notOk(shows(told, secret), told)
      const folder = t.testdir({
        [`${place.replace(/\W/g, '')}${secret.length}.cjs`]: `module.exports = ${JSON.stringify(options)}`
      })
      for (const more of [[], ['--json']]) {
        let text = ''
        await run(
          [join(folder, `${place.replace(/\W/g, '')}${secret.length}.cjs`), ...more],
          {},
          part => { text += part }
        )
        t.ok(text !== '')
        t.notOk(shows(text, secret), text)
      }
    }
  })
}

test('T80: nor is one that stands in a variable of the doctor\'s, on its command line, or in what its module throws', async t => {
  const right = {
    WECHAT_QR_APPID: qr.appid,
    WECHAT_QR_SECRET: qr.secret,
    PUBLIC_URL: host,
    SESSION_SECRET: sessionSecret,
    TRUST_PROXY: '10.0.0.0/8'
  }
  for (const secret of secrets) {
    const visits: Array<[args: string[], env: Record<string, string>]> = Object.keys(right).flatMap(name =>
      [secret, `https://${secret}.example.com/?key=${secret}`, `${host}/${secret}`]
        .map((text): [string[], Record<string, string>] => [[], { ...right, [name]: text }]))
    visits.push([[secret], right], [[`--${secret}`], right], [['--module', secret], right], [['x', secret], right])
    visits.push(
      [[], { ...right, WECHAT_QR_CALLBACK_URL: `${host}/x?key=${secret}#a` }],
      [[], { ...right, WECHAT_QR_CALLBACK_URL: secret }]
    )
    const thrown =
      join(t.testdir({ [`thrown${secret.length}.cjs`]: `throw new Error('${secret}')` }), `thrown${secret.length}.cjs`)
    visits.push([[thrown], right])
    for (const [args, env] of visits) {
      let text = ''
      await run(args, env, part => { text += part })
      t.ok(text !== '')
      t.notOk(shows(text, secret), text)
    }
  }
})

test('T80: nor is one in an option of the simulator', async t => {
  for (const secret of secrets) {
    const given: WechatSimulatorServerOptions[] = [
      { callbackOrigin: secret },
      { callbackOrigin: `ftp://app.example.com/?key=${secret}` },
      { allowedHosts: [`https://${secret}`] },
      { phoneHost: `${secret}:80` },
      { apps: [{ kind: 'official', appid: secret }] },
      { apps: [{ kind: 'official', appid: `wx${secret}` }] },
      { port: secret as never }
    ]
    for (const options of given) {
      const error = await startWechatSimulator(options).then(simulator => simulator.close(), (error: Error) => error)
      t.type(error, Error)
      t.notOk(shows(String((error as Error).stack), secret), String(error))
    }
  }
})
