// What `npm start` says when everything is up.

import type { Config } from './config'
import type { Wechat } from './wechat'

export function greetingFor ({ host, publicUrl }: Config, { simulator, login }: Wechat): string {
  if (simulator === undefined) return realGreeting(publicUrl, Object.keys(login).join(', '))
  const forPhones = host === 'localhost'
    ? ['用手机试：HOST=0.0.0.0 npm start，手机与电脑连同一网络。', 'To use a real phone on the same network: HOST=0.0.0.0 npm start']
    : [
        '手机与电脑连同一网络时，也可以用手机扫码，或在手机的微信里打开上面的地址。',
        'A phone on the same network can scan the code, or open the address above in its WeChat.'
      ]
  return `
示例已启动，请在电脑的浏览器中打开  The example is running. Open it in a desktop browser:

    ${publicUrl}

扫码登录：点“微信登录”，再点二维码下面的“手机”页面，选一个用户，允许。
Log in by QR code: click “Log in with WeChat”, open the “phone” under the code, choose a user, allow.

微信内登录（不用扫码）：${publicUrl}/wechat/login?via=oneclick
The way inside WeChat, with nothing to scan, is the same address in this browser.

${forPhones.join('\n')}

这里的微信是模拟的，不需要账号：${simulator} 。要用真正的微信，请把 .env.example 复制为 .env 并填写。
WeChat is simulated there, and no account is needed. For WeChat itself, copy .env.example to .env and fill it in.
`
}

function realGreeting (publicUrl: string, ways: string): string {
  return `
示例已启动  The example is running, with WeChat itself (${ways}):

    ${publicUrl}
`
}
