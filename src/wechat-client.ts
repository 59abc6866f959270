// WeChat's API without Fastify, as a host uses it in its own jobs: a client with a transport of its own, whose calls
// are published like those of the plugin's clients.

import { publish } from './events'
import { createClient } from './wechat/client'
import { parseWechatClientOptions } from './wechat/client-options'
import type { WechatClient, WechatClientOptions } from './wechat/client-types'
import { createTransport } from './wechat/transport'

/**
 * WeChat's API for one app, with a transport of its own; needs no Fastify. Its methods throw `WechatError` only.
 * @throws InvalidOptionsError
 */
export function createWechatClient (options: WechatClientOptions): WechatClient {
  const { appid, secret, transport: settings } = parseWechatClientOptions(options)
  const transport = createTransport(settings)
  const client = createClient({ appid, secret }, transport, report => { publish('wechat.call', report, undefined) })
  return { ...client, close: transport.close }
}
