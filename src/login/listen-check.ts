// A callback URL of a developer's own machine names a port: where the server listens on another one, the login would
// end at a page that nobody serves.

import type { FastifyInstance } from 'fastify'
import { type CallbackApp, hasCallback } from '../options/app-options'
import { isLoopback } from '../option-checks'
import type { Settings } from '../options/parse-options'

/** Says so once the server listens. A development server in between may pass the port on, so it is no warning. */
export function addListenCheck (fastify: FastifyInstance, { apps }: Settings): void {
  const callbacks = Object.values(apps).filter(hasCallback).filter(hasLoopbackPort)
  if (callbacks.length === 0) return
  fastify.addHook('onListen', async () => {
    // A Unix socket has none.
    const ports = fastify.addresses().flatMap(each => typeof each === 'string' ? [] : [each.port])
    for (const { via, callbackUrl, origin } of callbacks) {
      if (ports.length === 0 || ports.includes(Number(new URL(origin).port))) continue
      fastify.log.info(`fastify-wechat-login: option ${via}.callbackUrl is ${callbackUrl}, but this server listens ` +
        `on port ${ports[0]}. Write that port, unless a development server passes ${origin} on to it`)
    }
  })
}

function hasLoopbackPort ({ origin }: CallbackApp): boolean {
  const { hostname, port } = new URL(origin)
  return port !== '' && isLoopback(hostname)
}
