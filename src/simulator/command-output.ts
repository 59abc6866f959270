// What the terminal shows at the start: all that an application needs, in two forms. The only place that shows whole
// secrets, since nobody else sees it.

import type { WechatSimulator } from './control-types'
import type { SimulatorPluginOptions } from './types'

export function describeStart ({ url, options, control }: WechatSimulator): string {
  return `WeChat login simulator: ${url} (Ctrl+C ends it)
微信登录模拟器：${url}（按 Ctrl+C 结束）

Environment variables 环境变量:
${variablesOf(options).map(([name, value]) => `${name}=${value}`).join('\n')}

Options of fastify-wechat-login 插件选项:
${JSON.stringify(options, null, 2)}

Users 用户: ${control.users.slice(0, 20).map(({ id }) => id).join(', ')}
It lets anyone in as anyone: never in production. 任何人都能以任何身份登录，切勿用于生产环境。
`
}

/** Those of an app under the names that the doctor reads. */
function variablesOf ({ client, ...apps }: SimulatorPluginOptions): Array<[name: string, value: string]> {
  const ofApps = Object.entries(apps).flatMap(([option, { appid, secret, callbackUrl }]) => {
    const prefix = `WECHAT_${option.replace(/[A-Z]/g, '_$&').toUpperCase()}`
    return [[`${prefix}_APPID`, appid], [`${prefix}_SECRET`, secret], [`${prefix}_CALLBACK_URL`, callbackUrl]]
  })
  const hosts = [['WECHAT_API_HOST', client.apiHosts.join()], ['WECHAT_OPEN_HOST', client.openHost]]
  return [...ofApps, ...hosts] as Array<[string, string]>
}
