// How the doctor is called.

import type { Via } from '../via'
import { ways } from '../ways/index'
import type { Way } from '../ways/way'

/** The message is for the person at the keyboard, and repeats nothing that may be a secret. */
export class UsageError extends Error {}

/** What the environment's variables of a way begin with: `WECHAT_QR`. */
export function variableOf (via: Via): string {
  return `WECHAT_${via.replace(/[A-Z]/g, '_$&').toUpperCase()}`
}

function describeAccount ({ via, account: { en, zh } }: Way): string {
  const name = variableOf(via)
  return `  ${`${name}_APPID, ${name}_SECRET`.padEnd(48)}${en.replace(/^an? /, 'the ')} ${zh}`
}

const paths = ways.map(({ defaultPath }) => defaultPath)

export const usage = `Usage: fastify-wechat-login doctor [module] [--ask] [--env-file .env] [--json]

Checks a configuration against WeChat's rules and the plugin's own.
按微信和本插件的规则检查配置。

  module            a file whose default export is the plugin's options, or a function that returns them;
                    left out, the options come from the variables below
                    默认导出插件选项（或返回选项的函数）的文件；省略时使用下列环境变量
  --ask             also ask WeChat's API whether it accepts appid and secret, and what time it is
                    同时向微信接口验证 appid 与 secret，并比对时间
  --env-file FILE   read variables from a file; those of the environment win 从文件读取变量，环境变量优先
  --api-host URL    ask there instead of https://api.weixin.qq.com 改用其他接口地址
  --json            print the findings as JSON 以 JSON 输出
  --help            show this 显示帮助

Variables 变量:
${ways.map(describeAccount).join('\n')}
  PUBLIC_URL                                      the address that visitors open; callbacks: ${paths.join(' and ')}
                                                  访问者打开的网址，回调路径默认为 ${paths.join(' 和 ')}
  ${ways.map(({ via }) => `${variableOf(via)}_CALLBACK_URL`).join(', ')}   where they are elsewhere 回调地址不同时设置
  SESSION_SECRET                                  signs the cookies Cookie 签名密钥
  TRUST_PROXY                                     what Fastify's trustProxy is set to Fastify 的 trustProxy 选项

Exit code: 0 no problem, 1 problems found, 2 called wrongly, or failed. 退出码：0 无问题，1 有问题，2 用法错误或医生自身出错。
`
