// The cookies of this package but for the session's: small, ours alone, and read as they stand.

/** Name and attributes of every cookie of ours. Written by hand: the options of the host's @fastify/cookie (a domain, say) must not reach it. */
export function setCookie (name: string, value: string, attributes: string, secure: boolean): string {
  return `${name}=${value}; ${attributes}; Path=/; HttpOnly${secure ? '; Secure' : ''}; SameSite=Lax`
}

export function cookiePrefix (secure: boolean): string {
  return secure ? '__Host-wechat-' : 'wechat-'
}

// Names are compared as they stand: trimming or folding them would let "\u00a0__Host-…" pass for a cookie that only we can set.
export function readCookies (header: string | undefined): Array<{ name: string, value: string }> {
  if (header === undefined) return []
  return header.split(/; ?/).map(pair => {
    const [name, value] = splitOnce(pair, '=')
    return { name, value }
  })
}

export function splitOnce (text: string, separator: string): [string, string] {
  const at = text.indexOf(separator)
  return at === -1 ? ['', text] : [text.slice(0, at), text.slice(at + 1)]
}
