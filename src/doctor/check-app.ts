// One WeChat app: each of its three settings by the plugin's own check, so that all that is wrong shows at once, and
// what WeChat wants besides.

import { isIP } from 'node:net'
import { hasCallback, type CallbackApp } from '../options/app-options'
import { InvalidOptionsError } from '../errors'
import { appidShape, isLoopback } from '../option-checks'
import { callbackPath } from '../options/path-options'
import type { WechatApp } from '../types'
import type { Way } from '../ways/way'
import { type Finding, ok, problem, warning } from './finding'

const fields = ['appid', 'secret', 'callbackUrl'] as const

/** Nobody's app, and right in every way. */
const rightApp = {
  appid: `wx${'0'.repeat(16)}`,
  secret: '0'.repeat(32),
  callbackUrl: 'https://app.example.com/wechat/qr'
}

const advice: Record<typeof fields[number], string> = {
  appid: 'AppID 应为 wx 加 16 位小写十六进制字符（不是 gh_ 开头的原始 ID），前后不要有空格或引号。请从微信后台复制。',
  secret: 'AppSecret 应为 32 位十六进制字符，前后不要有空格或引号，也不是 AppID。请重新复制，或在微信后台重置。',
  callbackUrl: '应为完整的 https 网址，例如 https://app.example.com/wechat/qr：不含端口号（微信报错 10003）、# 片段、用户名和密码，路径只用字母、数字和 -._~/。'
}

/** No public domain ends so. */
const privateDomain = /(?:^[^.]+|\.(?:arpa|corp|example|home|internal|invalid|lan|local|test))$/

/** `route`: where `routes` says that the callback is. */
export function checkAppOption (given: unknown, way: Way, route?: unknown): Finding[] {
  if (typeof given === 'function') {
    return [warning(way.via, ['is a function: what it returns is checked when a visitor comes.', '是函数：其返回值要到访问时才会检查。'])]
  }
  const app = Object(given) as WechatApp
  return [...fields.flatMap(field => checkField(app, field, way, route)), ...checkSwitches(app, way)]
}

function checkField (app: WechatApp, field: typeof fields[number], way: Way, route: unknown): Finding[] {
  const { via } = way
  const about = `${via}.${field}`
  const value = app[field]
  const doubts: string[] = []
  try {
    // The appid goes with the secret, which must be another.
    const whole = { ...rightApp, ...(field === 'secret' && { appid: rightOr(app.appid) }), [field]: value }
    const checked = way.check(whole, message => { doubts.push(message) }, true)
    const findings = doubts.map(doubt => warning(about, [wordsOf(doubt, about), advice[field]]))
    if (field === 'callbackUrl' && hasCallback(checked)) {
      if (route === undefined) callbackPath(way, route, { [via]: checked }, { prefix: '' })
      return [...findings, ...checkHost(about, checked, way)]
    }
    return findings.length > 0
      ? findings
      : [ok(about, typeof value === 'function' ? ['is a function.', '是函数。'] : ['has the right shape.', '格式正确。'])]
  } catch (error) {
    return [problem(about, [wordsOf(refusal(error).message, about), advice[field]])]
  }
}

function rightOr (appid: unknown): string {
  return typeof appid === 'string' && appidShape.test(appid) ? appid : rightApp.appid
}

/** The rest of the app, such as `scope`. */
function checkSwitches (app: WechatApp, way: Way): Finding[] {
  try {
    way.check({ ...app, ...rightApp }, () => {})
    return []
  } catch (error) {
    return [pluginRefuses(error, way.via)]
  }
}

/** What the plugin would refuse at boot, in its own words. */
export function pluginRefuses (error: unknown, otherwise: string): Finding {
  const { message, option = otherwise } = refusal(error)
  return problem(option, [wordsOf(message, option), '插件启动时会拒绝此选项，请按英文说明修改。'])
}

/** Any other error is a fault, and no finding. */
function refusal (error: unknown): Error & { option?: string } {
  if (error instanceof InvalidOptionsError) return error
  throw error
}

function wordsOf (message: string, about: string): string {
  const words = message.replace('fastify-wechat-login: ', '')
  const subject = `option ${about} `
  return words.startsWith(subject) ? words.slice(subject.length) : words
}

function checkHost (about: string, { host, callbackUrl: url }: CallbackApp, { consoles: [en, zh] }: Way): Finding[] {
  if (isLoopback(new URL(url).hostname)) {
    return [
      warning(about, [
        `${url} is this machine: right for the simulator, but WeChat's console takes no such host.`,
        '是本机地址：可用于模拟器，但微信后台不接受。'
      ])
    ]
  }
  if (isIP(host.replace(/^\[|\]$/g, '')) !== 0) {
    return [
      problem(about, ["names an IP address, and WeChat's console takes a domain name only.", '使用了 IP 地址，微信后台只接受域名。'])
    ]
  }
  if (privateDomain.test(host)) {
    return [
      problem(about, [
        `${host} is no public domain name: WeChat's console takes none that is not registered.`,
        `${host} 不是公网域名：微信后台只接受已注册（并备案）的域名。`
      ])
    ]
  }
  return [ok(about, [`${url}: enter ${host} at ${en}.`, `请把 ${host} 填入 ${zh}。`])]
}
