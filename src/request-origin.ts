// Where the browser is: which host and which origin it speaks to, compared as URLs, and what a proxy gets wrong of
// them.

import type { FastifyRequest } from 'fastify'

// Narrower than a URL: what no browser sends ("user@host", "host/path", "%61pp.example.com") is no host of ours.
const originShape = /^https?:\/\/(?:[\w.-]+|\[[\da-f:.]+\])(?::\d*)?$/i

/** As browsers write an origin: lower case, no default port. Undefined for what is none. */
export function canonicalOrigin (untrusted: string): string | undefined {
  return originShape.test(untrusted) && URL.canParse(untrusted) ? new URL(untrusted).origin : undefined
}

/** Of the request as Fastify sees it; undefined where its Host is none. */
export function originOf ({ protocol, host }: FastifyRequest): string | undefined {
  return canonicalOrigin(`${protocol}://${host}`)
}

/**
 * `host[:port]` in lower case and without the default port of http or https, as a proxy may hide which of them the
 * browser speaks. What is no host is left as it is.
 */
export function canonicalHost (host: string): string {
  return canonicalOrigin(`https://${host}`)?.slice('https://'.length).replace(/:80$/, '') ?? host
}

/** Of the origins, the one that the request came to, where a proxy may hide that the browser speaks https. */
export function findOrigin (origins: ReadonlySet<string>, request: FastifyRequest): string | undefined {
  return [originOf(request), `https://${canonicalHost(request.host)}`].find(origin => origin && origins.has(origin))
}

const trusting = "set the trustProxy option of Fastify to the proxy's address"

/** Why Fastify may see another scheme or host than the browser, as far as the headers tell, and what to do about it. */
export function proxyAdvice (
  { headers, ips, protocol, host }: FastifyRequest, name: 'X-Forwarded-Proto' | 'X-Forwarded-Host'
): string {
  // Without trustProxy there are no ips.
  if (ips === undefined) return `Behind a proxy, ${trusting}`
  const [browsers, seen] = name === 'X-Forwarded-Proto' ? ['scheme', protocol] : ['host', host]
  const value = headers[name.toLowerCase()]
  const right = `let the proxy before Fastify set ${name} to the one ${browsers} that the browser uses`
  if (typeof value !== 'string') return `trustProxy is set, but there is no ${name}: ${right}`
  if (value.slice(value.lastIndexOf(',') + 1).trim() !== seen) {
    return `${name} comes from an address that trustProxy does not name: ${trusting}`
  }
  return value.includes(',')
    ? `${name} is a list, of which Fastify takes the last entry: ${right}`
    : `trustProxy is set, but ${name} names another ${browsers}: ${right}`
}

/**
 * What a visitor's header says, as one line of a log may hold it: a terminal obeys control characters. With
 * `trustProxy` the address is such a header too.
 */
export function loggable (untrusted: string | undefined): string | undefined {
  return untrusted?.replace(/[\p{Cc}\p{Cf}]/gu, '').slice(0, 260)
}
