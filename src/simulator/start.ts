// The simulator as a server of its own.

import { isIP } from 'node:net'
import Fastify from 'fastify'
import { wechatSimulator } from './plugin'
import { explainListenError } from './simulator-error'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { WechatSimulator } from './control-types'
import type { WechatSimulatorServerOptions } from './types'

/** Starts WeChat's side and tells what the plugin needs to talk to it. */
export async function startWechatSimulator (given: WechatSimulatorServerOptions = {}): Promise<WechatSimulator> {
  const { port = 0, host = '127.0.0.1', https, ...options } = given
  const allowedHosts = [...options.allowedHosts ?? [], ...(isIP(host) === 0 ? [host] : [])]
  const app = createServer(https)
  await app.register(wechatSimulator, { indexAtRoot: true, ...options, allowedHosts })
  await app.listen({ port, host }).catch(async (error: unknown) => {
    await app.close()
    throw explainListenError(error, `${host}:${port}`)
  })
  const isOpen = host === '0.0.0.0' || host === '::'
  const url = urlOf(app, isOpen ? '127.0.0.1' : host, https !== undefined)
  const control = app.wechatSimulator
  return { url, options: control.pluginOptions(url), control, close: () => app.close() }
}

function createServer (https: WechatSimulatorServerOptions['https']): FastifyInstance {
  const options = { forceCloseConnections: true, exposeHeadRoutes: false }
  return https === undefined ? Fastify(options) : Fastify({ ...options, https }) as unknown as FastifyInstance
}

function urlOf (app: FastifyInstance, host: string, secure: boolean): string {
  const { port } = app.server.address() as AddressInfo
  return new URL(`${secure ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`).origin
}
