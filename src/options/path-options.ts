// The paths of the routes, and the targets that a login may end at.

import { type Apps, hasCallback, type WayOption } from './app-options'
import { InvalidOptionsError } from '../errors'
import { checkRedirectTarget, comparablePath, isInFolder, type RedirectRules } from '../redirect-target'
import { canonicalOrigin } from '../request-origin'
import { describe, refuseOption, refuseUnknown, showAddress } from '../option-checks'
import type { WechatLoginOptions } from '../types'
import type { Via } from '../via'

const routeDefaults = {
  login: '/wechat/login',
  me: '/wechat/me',
  logout: '/wechat/logout',
  embed: '/wechat/embed',
  client: '/wechat/client.js'
}

/** Paths as registered in the scope, without its prefix; undefined where there is no such route. */
export type Paths = Readonly<Record<keyof typeof routeDefaults | Via, string | undefined>>

// The router decodes a "%" before it compares, and takes ":" and "*" for parameters.
const plainPath = /^\/[\w\-.~/]*$/
const plain = 'a path of letters, digits and -._~/'

/** What stands in front of the paths of the routes. */
export interface Prefixes {
  /** Of the scope. */
  readonly prefix: string
  /** The folder that a proxy takes off; undefined where the option is not set. */
  readonly publicPrefix?: string | undefined
}

/** Where each route is. A fixed app's callback is where its URL says. */
export function parsePaths (
  given: WechatLoginOptions, ways: readonly WayOption[], apps: Apps, prefixes: Prefixes
): Paths {
  const routes = given.routes ?? {}
  refuseUnknown(routes, [...Object.keys(routeDefaults), ...ways.map(({ via }) => via)], 'routes.')
  const paths = Object.fromEntries([
    ...Object.entries(routeDefaults).map(([name, path]) =>
      [name, parsePath(routes[name as keyof typeof routeDefaults], name, path)]),
    ...ways.map(way => [way.via, callbackPath(way, routes[way.via], apps, prefixes)])
  ]) as Paths
  const taken = new Map<string, string>()
  for (const [name, path] of Object.entries(paths)) {
    if (path === undefined) continue
    const other = taken.get(comparablePath(path))
    if (other !== undefined) {
      throw new InvalidOptionsError(`the routes ${other} and ${name} both have the path ${showAddress(path)}; ` +
        'give each a path of its own (routes.* or the callbackUrl)')
    }
    taken.set(comparablePath(path), name)
  }
  return paths
}

function parsePath (given: unknown, name: string, fallback: string): string | undefined {
  if (given === false) return undefined
  const path = given ?? fallback
  if (typeof path !== 'string' || !plainPath.test(path)) {
    refuseOption(`routes.${name}`, describe(path), `write ${plain}, such as ${fallback}`)
  }
  return path
}

/** Where the router finds the callback: as the callback URL says, or as `given`, the option `routes.<via>`. */
export function callbackPath (
  { via, defaultPath }: Pick<WayOption, 'via' | 'defaultPath'>, given: unknown, apps: Apps, prefixes: Prefixes
): string | undefined {
  const app = apps[via]
  if (app === undefined) {
    if (given !== undefined) refuseOption(`routes.${via}`, describe(given), `leave it out, or set option ${via} too`)
    return undefined
  }
  if (given !== undefined || !hasCallback(app)) {
    return parsePath(given, via, defaultPath) ??
      refuseOption(`routes.${via}`, 'false', 'write the path of the callback route')
  }
  const { prefix, publicPrefix = '' } = prefixes
  const front = publicPrefix + prefix
  if (!app.path.startsWith(`${front}/`)) {
    const whose = publicPrefix === '' ? 'the prefix of the scope' : 'option publicPrefix and the prefix of the scope'
    refuseOption(
      `${via}.callbackUrl`,
      describe(app.callbackUrl),
      `its path must begin with ${showAddress(`${front}/`)}, ${whose}; where a proxy changes the path, ` +
        `set routes.${via}`
    )
  }
  const path = app.path.slice(front.length)
  if (!plainPath.test(path)) {
    refuseOption(
      `${via}.callbackUrl`,
      describe(app.callbackUrl),
      `write ${plain} behind its host; where a proxy changes the path, set routes.${via}`
    )
  }
  return path
}

/** Where a login may end. */
export function parseRedirect (
  given: WechatLoginOptions['redirect'] = {},
  paths: Paths,
  { prefix, publicPrefix }: { prefix: string, publicPrefix: string }
): RedirectRules {
  refuseUnknown(given, ['default', 'origins'], 'redirect.')
  if (given.origins !== undefined && !Array.isArray(given.origins)) {
    refuseOption(
      'redirect.origins',
      describe(given.origins),
      "write an array of origins such as ['https://shop.example.com']"
    )
  }
  const origins = new Set<string>()
  for (const origin of given.origins ?? []) {
    origins.add((typeof origin === 'string' && canonicalOrigin(origin)) || refuseOption(
      'redirect.origins',
      describe(origin),
      'write an origin, without a path or a slash at its end, such as https://shop.example.com'
    ))
  }
  const ownPaths = new Set(Object.values(paths).filter(path => path !== undefined).flatMap(path =>
    ['', publicPrefix].map(folder => comparablePath(folder + prefix + path))))
  const fallback = checkRedirectTarget(inPublic(given.default ?? '/', publicPrefix), { origins, ownPaths })
  if (fallback === null) {
    const found = given.default === undefined
      ? 'not set, and its default "/" is a route of the login here'
      : describe(given.default)
    refuseOption(
      'redirect.default',
      found,
      'write a path of your site such as /account that is no route of the login, or a URL of one of redirect.origins'
    )
  }
  return { fallback, origins, ownPaths }
}

// As the browser must know it, whichever side of the proxy the host was thinking of.
function inPublic (target: unknown, publicPrefix: string): unknown {
  const isInside = typeof target === 'string' && /^\/(?!\/)/.test(target) && !isInFolder(target, publicPrefix)
  return isInside ? publicPrefix + target : target
}
