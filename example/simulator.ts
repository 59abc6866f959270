// The other WeChat: a simulator of it, so that the example runs without an account. Nothing here belongs into
// production.

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { startWechatSimulator, type WechatSimulator } from 'fastify-wechat-login/simulator'
import type { Config } from './config'
import type { Wechat } from './wechat'

export async function startSimulator (config: Config): Promise<Wechat & { options: SimulatorOptions }> {
  const { host, publicUrl, simulatorPort } = config
  const { protocol, hostname } = new URL(publicUrl)
  const simulator = await startWechatSimulator({
    host: isLoopback(host) ? host : '0.0.0.0',
    port: simulatorPort,
    callbackOrigin: publicUrl,
    // The codes must carry an address that the phone can open.
    ...(!isLoopback(hostname) && protocol === 'http:' && { phoneHost: hostname }),
    // Two things that WeChat never allows: a callback URL with a port, and its consent page in a browser that is not
    // its own.
    ports: 'any',
    uaGate: false
  })
  return { ...simulatedWechat(config, simulator.options), options: simulator.options, close: () => simulator.close() }
}

type SimulatorOptions = WechatSimulator['options']

/** A simulator that is running, in this process or in another one of this machine. */
export function simulatedWechat ({ publicUrl, simulatorPort }: Config, options: SimulatorOptions): Wechat {
  const { protocol, hostname } = new URL(publicUrl)
  const loopback = options.client.openHost
  const address = protocol === 'http:' ? `http://${hostname}:${simulatorPort}` : loopback
  return {
    login: { ...options, isWechatBrowser },
    pages: address,
    pictures: [address],
    simulator: address,
    prepare: app => { if (address !== loopback) showToNetwork(app, loopback, address) }
  }
}

/** As the plugin tells it, and any browser that asks for the way of WeChat's own: `/wechat/login?via=oneclick`. */
function isWechatBrowser ({ headers, query }: FastifyRequest): boolean {
  const agent = headers['user-agent'] ?? ''
  return (/micromessenger/i.test(agent) && !/wxwork/i.test(agent)) || (query as { via?: unknown }).via === 'oneclick'
}

// The plugin takes a WeChat that speaks plain http on loopback only, and a phone cannot open this machine's loopback:
// on the way out, the simulator's address there becomes its address on the network.
function showToNetwork (app: FastifyInstance, loopback: string, address: string): void {
  app.addHook('onSend', async (_request, reply, payload) => {
    const location = reply.getHeader('location')
    if (typeof location === 'string') reply.header('location', location.replace(loopback, address))
    return typeof payload === 'string' ? payload.replaceAll(loopback, address) : payload
  })
}

function isLoopback (host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/.test(host)
}
