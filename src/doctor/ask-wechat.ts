// Asks WeChat's API whether it accepts appid and secret, by a code that nobody made: WeChat answers 40029 where nothing
// else is wrong. Nothing is spent by that, and no token is made. Then WeChat's clock, by the Date of an answer.

import type { WechatApp } from '../types'
import type { Via } from '../via'
import type { ClientOptions } from '../wechat/client-types'
import { createClient } from '../wechat/client'
import { parseClientOptions } from '../wechat/client-options'
import { explainErrcode } from '../wechat/errcode-meanings'
import type { Failure } from '../wechat/failure'
import { createTransport, type Transport, type TransportSettings } from '../wechat/transport'
import { pluginRefuses } from './check-app'
import { appsOf } from './check-host'
import { type Finding, ok, problem, warning } from './finding'
import type { Setup } from './setup'

const nobodysCode = 'doctor'.padEnd(32, '0')
const refusesCode = [40029, 40163]
/** WeChat's own trouble: it has not looked at appid and secret. */
const busy = [-1, 45009, 45011]
const skew = 60

export async function askWechat ({ options }: Setup, now: () => number): Promise<Finding[]> {
  const settings = readTransport(options)
  if ('level' in settings) return [settings]
  const transport = createTransport(settings)
  const asked = appsOf(options).map(app => askAbout(app as WechatApp & { via: Via }, transport))
  const findings = [...await Promise.all(asked), await askTime(settings.apiHosts[0], now)]
  await transport.close()
  return findings
}

function readTransport ({ client }: Setup['options']): TransportSettings | Finding {
  try {
    return parseClientOptions(client as ClientOptions).transport
  } catch (error) {
    return pluginRefuses(error, 'client')
  }
}

async function askAbout ({ via, appid, secret }: WechatApp & { via: Via }, transport: Transport): Promise<Finding> {
  const about = `${via}.appid, ${via}.secret`
  return createClient({ appid, secret }, transport).exchangeCode(nobodysCode).then(
    () => problem(about, [
      "are accepted with a code that nobody made: this is not WeChat's API.",
      '接口接受了不存在的 code：这不是微信的接口。'
    ]),
    (failure: Failure) => judge(about, failure)
  )
}

function judge (about: string, { errcode, hint, reason }: Failure): Finding {
  if (errcode === undefined) {
    const why = reason === undefined ? '' : ` (${reason})`
    return problem(about, [`WeChat gave no proper answer${why}. ${hint.en}`, `微信没有正常应答${why}。${hint.zh}`])
  }
  if (refusesCode.includes(errcode)) return ok(about, ['WeChat accepts both.', '微信已接受。'])
  const { en, zh } = explainErrcode(errcode).hint
  if (busy.includes(errcode)) {
    return warning(about, [
      `WeChat could not say, it answers ${errcode}. Ask again in a minute.`,
      `微信返回 ${errcode}，暂时无法确认，请一分钟后再试。`
    ])
  }
  return problem(about, [`WeChat answers ${errcode}. ${en}`, `微信返回 ${errcode}。${zh}`])
}

async function askTime (host: string, now: () => number): Promise<Finding> {
  const date = await fetch(`${host}/sns/auth`, { redirect: 'manual', signal: AbortSignal.timeout(5000) })
    .then(reply => reply.headers.get('date'), () => null)
  const theirs = Date.parse(date ?? '')
  if (Number.isNaN(theirs)) return warning('clock', ["could not be compared with WeChat's.", '无法与微信服务器比对。'])
  const ahead = Math.round((now() - theirs) / 1000)
  if (Math.abs(ahead) <= skew) return ok('clock', ["agrees with WeChat's.", '与微信服务器一致。'])
  return warning('clock', [
    `is ${Math.abs(ahead)} s ${ahead > 0 ? 'ahead of' : 'behind'} WeChat's. Logins over several machines, ` +
      'and https itself, need clocks that agree: run an NTP service.',
    `比微信服务器${ahead > 0 ? '快' : '慢'} ${Math.abs(ahead)} 秒。多机登录和 https 都要求时钟一致，请启用 NTP。`
  ])
}
