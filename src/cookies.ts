// The cookies of this package but for the session's: small, ours alone, and read as they stand.

/**
 * A Set-Cookie value with the attributes that every cookie of ours has. Written by hand, because the options of the
 * host's
 * @fastify/cookie (a domain, say) must not reach it.
 */
export function setCookie (name: string, value: string, attributes: string, secure: boolean): string {
  return `${name}=${value}; ${attributes}; Path=/; HttpOnly${secure ? '; Secure' : ''}; SameSite=Lax`
}

/** How the names of our cookies begin. Browsers take a `__Host-` cookie from this host alone, and only over https. */
export function cookiePrefix (secure: boolean): string {
  return secure ? '__Host-wechat-' : 'wechat-'
}

/**
 * The cookies of a Cookie header, in its order, doubles included. Names and values are taken as they stand: trimming or
 * folding them would let "\u00a0__Host-…", which any site may set, pass for a cookie that only we can set.
 */
export function readCookies (header: string | undefined): Array<{ name: string, value: string }> {
  if (header === undefined) return []
  return header.split(/; ?/).map(pair => {
    const [name, value] = splitOnce(pair, '=')
    return { name, value }
  })
}

/** What stands before and after the first separator; without one, all of the text counts as what stands after it. */
export function splitOnce (text: string, separator: string): [string, string] {
  const at = text.indexOf(separator)
  return at === -1 ? ['', text] : [text.slice(0, at), text.slice(at + 1)]
}
