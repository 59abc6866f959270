// The security headers of every page, by @fastify/helmet, with what the login needs of them.

import type { FastifyHelmetOptions } from '@fastify/helmet'
import type { Wechat } from './wechat'

export function headersFor (publicUrl: string, { pages, pictures }: Wechat): FastifyHelmetOptions {
  const secure = publicUrl.startsWith('https:')
  return {
    contentSecurityPolicy: {
      useDefaults: false, // they have upgrade-insecure-requests, which breaks the forms of a site on plain http
      directives: {
        defaultSrc: ["'none'"],
        baseUri: ["'none'"],
        styleSrc: ["'self'"],
        scriptSrc: ["'self'"],
        connectSrc: ["'self'"], // scripts that ask /wechat/me and /wechat/logout
        imgSrc: ["'self'", ...pictures], // WeChat's avatars: https://thirdwx.qlogo.cn and https://wx.qlogo.cn
        // a QR code inside a page of ours: https://open.weixin.qq.com, then our callback in the same frame
        frameSrc: ["'self'", pages],
        frameAncestors: ["'self'"], // that callback
        // the logout. A login starts with a link: browsers hold this also against what a form is redirected to
        formAction: ["'self'"]
      }
    },
    // helmet's own no-referrer makes our forms say `Origin: null`. A browser on plain http says nothing else about
    // where a form comes from, and the logout is then refused as one that another site may have sent.
    referrerPolicy: { policy: 'same-origin' },
    // Browsers heed these over https only, and complain about them elsewhere.
    strictTransportSecurity: secure,
    crossOriginOpenerPolicy: secure,
    originAgentCluster: secure
  }
}
