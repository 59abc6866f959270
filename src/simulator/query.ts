// Reads the query from the URL itself: the order of parameters matters to WeChat, and a host may have replaced
// Fastify's own parser.

/** Parameters by name, in the order of the URL; the first one wins where a name comes twice. */
export type Query = ReadonlyMap<string, string>

export function readQuery (url: string): Query {
  const query = new Map<string, string>()
  const start = url.indexOf('?')
  if (start === -1) return query
  for (const [name, value] of new URLSearchParams(url.slice(start + 1))) {
    if (!query.has(name)) query.set(name, value)
  }
  return query
}

/** WeChat takes an empty parameter for a missing one. */
export function read (query: Query, name: string): string {
  return query.get(name) ?? ''
}
