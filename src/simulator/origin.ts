// Where the simulator is, as the request sees it: it may be mounted anywhere and reached by several names.

import { networkInterfaces } from 'node:os'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { NetworkInterfaceInfo } from 'node:os'

type Interfaces = NodeJS.Dict<NetworkInterfaceInfo[]>

export function originOf (request: FastifyRequest): string {
  return `${request.protocol}://${request.host}`
}

/** Of a Host header, as a URL writes it; an empty text where it is none. */
export function hostnameOf (host: string): string {
  const url = `http://${host}`
  return /^[^@/?#\\\s]+$/.test(host) && URL.canParse(url) ? new URL(url).hostname : ''
}

/** `hostname` as a URL gives it. */
export function isLoopback (hostname: string): boolean {
  return /^(?:localhost|.+\.localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname)
}

/** The addresses that this server listens on, as a URL writes them. */
export function ownHostnames (server: FastifyInstance): string[] {
  const addresses = listensEverywhere(server)
    ? Object.values(networkInterfaces()).flatMap((list = []) => list).map(({ address }) => address)
    : addressesOf(server)
  return addresses.map(address => address.includes(':') ? `[${address}]` : address)
}

/**
 * The origin that a phone opens. It cannot open this machine's `localhost`: where the page was asked for there, the
 * machine's address on its network stands for it, if the server listens on it.
 */
export function phoneOriginOf (request: FastifyRequest, phoneHost: string | undefined): string {
  const url = new URL(originOf(request))
  const isReachable = !isLoopback(url.hostname) || !listensEverywhere(request.server)
  const host = phoneHost ?? (isReachable ? undefined : findNetworkAddress())
  if (host !== undefined) url.hostname = host
  return url.origin
}

/** What containers, virtual machines and tunnels make; no phone is behind them. */
const VIRTUAL = /^(?:docker|br-|veth|virbr|vmnet|vboxnet|vEthernet|utun|tun|tap|wg|zt|tailscale)/i

/** This machine's address on its network, if it has one. */
export function findNetworkAddress (interfaces: Interfaces = networkInterfaces()): string | undefined {
  const names = Object.keys(interfaces)
  const [real, virtual] = [names.filter(name => !VIRTUAL.test(name)), names.filter(name => VIRTUAL.test(name))]
  return [...real, ...virtual].flatMap(name => interfaces[name] ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address
}

function listensEverywhere (server: FastifyInstance): boolean {
  return addressesOf(server).some(address => address === '0.0.0.0' || address === '::')
}

// A socket in the file system has a path alone.
function addressesOf (server: FastifyInstance): string[] {
  return server.addresses().map(address => typeof address === 'string' ? address : address.address)
}
