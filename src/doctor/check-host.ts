// What lies around the apps: how they go together, the session and its cookie, the proxy, and whatever else the plugin
// would refuse at boot.

import type { FastifySessionOptions } from '@fastify/session'
import { parseOptions } from '../options/parse-options'
import { showAddress } from '../option-checks'
import { isStrict } from '../options/session-options'
import type { WechatApp, WechatLoginOptions } from '../types'
import type { Via } from '../via'
import { ways } from '../ways/index'
import { pluginRefuses } from './check-app'
import { type Finding, ok, problem, type Texts, warning } from './finding'
import type { GivenOptions, Setup } from './setup'

const placeholder = '-'.repeat(32)

interface FixedApp {
  via: Via
  appid: unknown
  secret: unknown
  /** Empty where it is no text. */
  callbackUrl: string
}

/** Those that are no functions. */
export function appsOf (options: GivenOptions): FixedApp[] {
  return ways.flatMap(({ via }) => {
    const { [via]: app } = options
    if (typeof app !== 'object' || app === null) return []
    const { appid, secret, callbackUrl } = app as Partial<WechatApp>
    return [{ via, appid, secret, callbackUrl: typeof callbackUrl === 'string' ? callbackUrl : '' }]
  })
}

export function checkPair ({ options }: Setup): Finding[] {
  const [first, second] = appsOf(options)
  if (first === undefined || second === undefined) return []
  const findings: Finding[] = []
  if (typeof first.secret === 'string' && first.secret === second.secret && first.appid !== second.appid) {
    findings.push(problem('qr.secret', [
      'is the same as oneclick.secret. Each app has an AppSecret of its own.',
      '与 oneclick.secret 相同。每个应用有各自的 AppSecret。'
    ]))
  }
  const [here, there] =
    [first, second].map(({ callbackUrl }) => URL.canParse(callbackUrl) ? new URL(callbackUrl).host : undefined)
  if (here !== undefined && there !== undefined && here !== there) {
    findings.push(warning('qr.callbackUrl', [
      `is on another host (${showAddress(there)}) than oneclick.callbackUrl (${showAddress(here)}): ` +
        'who logs in at one is nobody at the other.',
      `与 oneclick.callbackUrl（${showAddress(here)}）不在同一域名：在一个域名登录后，另一个域名仍是未登录状态。`
    ]))
  }
  return findings
}

export function checkSession ({ options, fromEnv }: Setup): Finding[] {
  const session = (options.session ?? {}) as Partial<FastifySessionOptions>
  const cookie = session.cookie ?? {}
  const isHttps = appsOf(options).every(({ callbackUrl }) => !callbackUrl.startsWith('http:'))
  const findings: Finding[] = []
  const doubt = (when: boolean, about: string, texts: Texts): void => { if (when) findings.push(warning(about, texts)) }
  if (appsOf(options).some(({ secret }) =>
    typeof secret === 'string' && [session.secret, options.secret].flat().includes(secret))) {
    findings.push(problem('session.secret', [
      "is WeChat's AppSecret. Take a secret of its own: openssl rand -hex 32",
      '与微信 AppSecret 相同，请使用独立的密钥：openssl rand -hex 32'
    ]))
  }
  doubt(fromEnv && options.session === undefined, 'session.secret', [
    'SESSION_SECRET is not set here. It signs the cookies; `openssl rand -hex 32` makes one.',
    '此处未设置 SESSION_SECRET。它用于 Cookie 签名，可用 openssl rand -hex 32 生成。'
  ])
  doubt(isStrict(cookie.sameSite), 'session.cookie.sameSite', [
    "is 'strict': the browser withholds the cookie on the way back from WeChat, " +
      "and a guarded page right after the login sees nobody. Write 'lax'.",
    '为 strict：从微信返回时浏览器不会发送 Cookie，登录后紧接着打开的受保护页面会认为未登录。请改为 lax。'
  ])
  doubt(isHttps && cookie.secure === false, 'session.cookie.secure', [
    'is false, though the site is https: the session travels over plain http too.',
    '为 false，但网站是 https：会话 Cookie 也会经明文 http 发送。'
  ])
  doubt(cookie.httpOnly === false, 'session.cookie.httpOnly', [
    'is false: any script in a page can read the session.',
    '为 false：页面中的任何脚本都能读取会话。'
  ])
  doubt(cookie.domain !== undefined, 'session.cookie.domain', [
    'is set: every sibling subdomain gets the session, and can plant one.',
    '已设置：所有子域名都能收到并写入会话 Cookie。'
  ])
  doubt(session.rolling === true, 'session.rolling', [
    'is true: a slow request that began before a logout can bring the session back.',
    '为 true：登出前开始的慢请求可能恢复已结束的会话。'
  ])
  doubt(session.saveUninitialized === true, 'session.saveUninitialized', [
    'is true: each visit, of robots too, stores a session.',
    '为 true：每次访问（包括爬虫）都会存储会话。'
  ])
  doubt(
    !fromEnv && options.session !== undefined && session.store === undefined,
    'session.store',
    ['is not set: sessions are in the memory of one process, and end with it.', '未设置：会话只在单个进程的内存中，进程结束即丢失。']
  )
  return findings
}

export function checkProxy ({ options, trustProxy }: Setup): Finding[] {
  const about = 'trustProxy'
  const isHttps = appsOf(options).some(({ callbackUrl }) => callbackUrl.startsWith('https:'))
  if (trustProxy === 'true') {
    return [
      warning(about, [
        "true (TRUST_PROXY) believes X-Forwarded-* headers from anybody. Name the proxy's addresses, " +
          'unless nobody else reaches this port.',
        '为 true（TRUST_PROXY）：信任任何来源的 X-Forwarded-* 头；除非只有代理能访问此端口，否则请写明代理地址。'
      ])
    ]
  }
  if (trustProxy !== undefined && trustProxy !== 'false') return [ok(about, ['is set.', '已设置。'])]
  if (!isHttps) return []
  return [
    warning(about, [
      "is not known here (TRUST_PROXY). Where a proxy ends TLS, set Fastify's trustProxy to its addresses: " +
        'otherwise the Secure session cookie cannot be set, and a login fails.',
      '此处未知（TRUST_PROXY）。若由代理终止 TLS，请把 Fastify 的 trustProxy 设为代理地址；否则无法设置 Secure 会话 Cookie，登录会失败。'
    ])
  ]
}

/** The whole, as the plugin reads it at boot. Run where the parts have passed. */
export function checkAsPlugin ({ options, fromEnv }: Setup): Finding[] {
  const whole = { ...(fromEnv && { session: { secret: placeholder } }), ...options }
  try {
    parseOptions(whole as unknown as WechatLoginOptions, ways, { prefix: '', hasSession: false }, () => {})
    return []
  } catch (error) {
    return [pluginRefuses(error, 'options')]
  }
}
