// Where the visitor is sent. The two pages build the URL differently, and hosts with hash routes notice.

/** The Official Account page: code and state go into the query, before a fragment. */
export function oneclickCallback (redirectUri: string, params: Record<string, string>): string {
  const [address = '', ...fragment] = redirectUri.split('#')
  return [append(address, params, encodeURIComponent), ...fragment].join('#')
}

/** The QR page's script: plain concatenation, also behind a fragment, where no server will see it. */
export function qrCallback (redirectUri: string, params: Record<string, string>): string {
  return append(redirectUri, params, value => value)
}

function append (address: string, params: Record<string, string>, encode: (value: string) => string): string {
  const pairs = Object.entries(params).map(([name, value]) => `${name}=${encode(value)}`)
  return `${address}${address.includes('?') ? '&' : '?'}${pairs.join('&')}`
}
