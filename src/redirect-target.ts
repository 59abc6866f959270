// Where a login may end. Only what this file returns ever reaches reply.redirect: the brand is the proof.

declare const checked: unique symbol
/** A path of this site, or a URL of a listed origin: ASCII, at most 2,048 characters. */
export type RedirectTarget = string & { readonly [checked]: true }

export interface RedirectRules {
  readonly fallback: RedirectTarget
  readonly origins: ReadonlySet<string>
  /** Full paths of the plugin's own routes, as `comparablePath` gives them: a login must not end in another one. */
  readonly ownPaths: ReadonlySet<string>
}

/** Characters of a target, percent-encoded. */
export const maxTargetLength = 2048
// Paths are resolved against a site that cannot exist: a browser would resolve them the same way on any https site.
const anySite = 'https://site.invalid'
// Browsers drop tabs and line breaks from URLs, so "/\t/evil" is "//evil" to them.
const controls = /\p{Cc}/u
const backslashInPath = /^[^?#]*\\/

/** The target that the text names, or null where a login must not end there. Never throws. */
export function checkRedirectTarget (
  untrusted: unknown, rules: Pick<RedirectRules, 'origins' | 'ownPaths'>
): RedirectTarget | null {
  if (
    typeof untrusted !== 'string' ||
    untrusted.length > maxTargetLength ||
    controls.test(untrusted) ||
    backslashInPath.test(untrusted)
  ) {
    return null
  }
  const target = untrusted.startsWith('/') ? resolvePath(untrusted) : resolveListed(untrusted, rules.origins)
  if (target === null || target.href.length > maxTargetLength || rules.ownPaths.has(comparablePath(target.pathname))) {
    return null
  }
  return target.href as RedirectTarget
}

interface Resolved { href: string, pathname: string }

function resolvePath (untrusted: string): Resolved | null {
  if (untrusted.startsWith('//') || !URL.canParse(untrusted, anySite)) return null
  const { origin, pathname, search, hash } = new URL(untrusted, anySite)
  // "/..//evil.example" stays on the site while it is a URL, and leaves it once it is written down as a path.
  if (origin !== anySite || pathname.startsWith('//')) return null
  return { href: pathname + search + hash, pathname }
}

function resolveListed (untrusted: string, origins: ReadonlySet<string>): Resolved | null {
  if (!/^https?:\/\/[^/]/.test(untrusted) || !URL.canParse(untrusted)) return null
  const url = new URL(untrusted)
  return origins.has(url.origin) && url.username === '' && url.password === '' ? url : null
}

/** Is the path, which may have a query, in this folder of the site, or the folder itself? */
export function isInFolder (path: string, folder: string): boolean {
  return `${comparablePath(path.split(/[?#]/, 1)[0]!)}/`.startsWith(`${comparablePath(folder)}/`)
}

/** A path as routers compare it: decoded, lower case, single slashes, none at the end, nothing from a semicolon on. */
export function comparablePath (path: string): string {
  let decoded = path
  try {
    decoded = decodeURIComponent(path)
  } catch {
    // A stray "%" is no route of ours.
  }
  return decoded.split(';', 1)[0]!.toLowerCase().replace(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '')
}
