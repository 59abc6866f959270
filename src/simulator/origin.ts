// Where the simulator is, as the request sees it: it may be mounted anywhere and reached by several names.

import { networkInterfaces } from 'node:os'
import type { FastifyRequest } from 'fastify'
import type { NetworkInterfaceInfo } from 'node:os'

export function originOf (request: FastifyRequest): string {
  return `${request.protocol}://${request.host}`
}

/** The same for a phone, which cannot open this machine's `localhost`. */
export function phoneOriginOf (request: FastifyRequest, phoneHost: string | undefined): string {
  const url = new URL(originOf(request))
  if (phoneHost !== undefined) url.hostname = phoneHost
  return url.origin
}

/** This machine's address on its network, if it has one. */
export function findNetworkAddress (
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]> = networkInterfaces()
): string | undefined {
  return Object.values(interfaces).flat().find(address => address?.family === 'IPv4' && !address.internal)?.address
}
