// Whom the simulator answers. It lets anyone in as anyone, so a page of another site must not reach it: neither under a
// name of its own that it points at this machine (DNS rebinding), nor by a form.

import { SimulatorError } from './simulator-error'
import { hostnameOf, isLoopback, originOf, ownHostnames } from './origin'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Settings } from './settings'

/** @throws SimulatorError where NODE_ENV is production and nobody has said that it may run there */
export function refuseProduction ({ allowInProduction }: Settings): void {
  if (process.env.NODE_ENV !== 'production' || allowInProduction) return
  throw new SimulatorError(
    'the simulator lets anyone in as anyone, and NODE_ENV is production; leave it out there, or set ' +
      'allowInProduction: true where nobody but you can reach it ' +
      '模拟器会让任何人以任何身份登录，而 NODE_ENV 为 production；请勿在生产环境使用，确需使用时设置 allowInProduction: true'
  )
}

export function addAdmission (scope: FastifyInstance, settings: Settings): void {
  scope.addHook('onRequest', async (request, reply) => {
    const refusal = refuseHost(request, settings) ?? refuseCrossSite(request)
    if (refusal === undefined) return
    return reply.code(403)
      .headers({ 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' })
      .send(`${refusal.en}\n${refusal.zh}\n`)
  })
}

interface Refusal {
  readonly en: string
  readonly zh: string
}

// Both names: behind a proxy that is trusted, `request.host` is what a header says.
function refuseHost (request: FastifyRequest, settings: Settings): Refusal | undefined {
  for (const host of [request.headers.host ?? request.host, request.host]) {
    const hostname = hostnameOf(host)
    if (isLoopback(hostname) || settings.allowedHosts.has(hostname)) continue
    if (ownHostnames(request.server).includes(hostname)) continue
    const name = JSON.stringify(hostname)
    return {
      en: `The simulator does not answer as ${name}. If that is its name, start it with allowedHosts: [${name}] ` +
        `(npx fastify-wechat-login simulator --allowed-host ${hostname}).`,
      zh: `模拟器不以 ${name} 为名应答；若确为其域名，请用 allowedHosts: [${name}] 启动（命令行为 --allowed-host ${hostname}）。`
    }
  }
  return undefined
}

/** Programs name no site; browsers name theirs, the older ones by Origin alone. */
function refuseCrossSite (request: FastifyRequest): Refusal | undefined {
  if (request.method === 'GET' || request.method === 'HEAD') return undefined
  const { 'sec-fetch-site': site, origin } = request.headers
  const isOwn = site === undefined
    ? origin === undefined || origin === new URL(originOf(request)).origin
    : site === 'same-origin' || site === 'none'
  if (isOwn) return undefined
  return {
    en: 'The simulator takes this from its own pages and from programs only, not from a page of another site.',
    zh: '此请求只接受来自模拟器自己的页面或程序，不接受其他网站的页面。'
  }
}
