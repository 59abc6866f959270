// The folder that a proxy takes off before Fastify sees a request. A browser needs it in front of every path of ours.

import type { Apps, WayOption } from './app-options'
import { hasCallback } from './app-options'
import { describe, failOption, refuseOption } from '../option-checks'
import type { Paths } from './path-options'

const wanted = "write the folder that the proxy takes off, such as /shop, without a slash at its end, or '' for none"

/** Option `publicPrefix`, as browsers write it; undefined where it is not set. */
export function checkPublicPrefix (given: unknown): string | undefined {
  if (given === undefined || given === '') return given
  const folder = typeof given === 'string' ? toFolder(given) : null
  return folder ?? refuseOption('publicPrefix', describe(given), wanted)
}

/** Percent-encoded; null for what is no folder of a site: a path that begins with two slashes is another site's. */
function toFolder (text: string): string | null {
  const site = 'https://site.invalid'
  if (!text.startsWith('/') || /[\\?#;]/.test(text) || !URL.canParse(site + text)) return null
  const { pathname } = new URL(site + text)
  return /^(?:\/[^/]+)+$/.test(pathname) && !/\p{Cc}/u.test(text) ? pathname : null
}

/**
 * What every callback URL of a fixed app has in front of the path that reaches Fastify: '' where nothing, or where a
 * callback URL is another page than our route, as that of a front end which posts the code.
 */
export function derivePublicPrefix (ways: readonly WayOption[], apps: Apps, paths: Paths, prefix: string): string {
  const found = new Map<string, string>()
  for (const { via } of ways) {
    const app = apps[via]
    if (app === undefined || !hasCallback(app)) continue
    const route = prefix + paths[via]
    const folder = app.path.endsWith(route) ? app.path.slice(0, -route.length) : ''
    found.set(folder, [found.get(folder), `${via}.callbackUrl`].filter(Boolean).join(', '))
  }
  const [folder = '', ...others] = found.keys()
  if (others.length > 0) {
    const differing = [...found].map(([each, names]) => `${each === '' ? 'nothing' : each} (${names})`).join(' and ')
    failOption('publicPrefix', `option publicPrefix is missing: ${differing} ` +
      `stand in front of the paths that reach Fastify; ${wanted}`)
  }
  if (folder !== '' && toFolder(folder) !== folder) refuseOption('publicPrefix', describe(folder), wanted)
  return folder
}
