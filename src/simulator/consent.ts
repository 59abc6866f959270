// Does WeChat ask, and whom does it let in? Choices come from the page (parameters of ours), from the test, or from
// WeChat's silent rules.

import { read } from './query'
import type { AuthorizeRequest } from './authorize-checks'
import type { Grant } from './grants'
import type { Query } from './query'
import type { SimulatedUser } from './types'
import type { World } from './world'

export type Decision =
  | { readonly kind: 'grant', readonly grant: Grant, readonly asked: boolean }
  | { readonly kind: 'refuse' }
  | { readonly kind: 'ask' }
  | { readonly kind: 'show-snapshot' }

export interface Visitor {
  readonly query: Query
  readonly cookie: string | undefined
  /** A fault asks for WeChat's restricted view. */
  readonly snapshot: boolean
}

export function decide (world: World, request: AuthorizeRequest, visitor: Visitor): Decision {
  return decideOnPage(world, request, visitor) ??
    decideSilently(world, request, visitor) ??
    decideSnapshot(world, request, visitor) ??
    decideForTest(world, request) ??
    { kind: 'ask' }
}

/** The consent page is a form of this same URL with two more fields. */
function decideOnPage (world: World, request: AuthorizeRequest, { query, cookie }: Visitor): Decision | undefined {
  const user = world.directory.findUser(read(query, 'simulator_user')) ?? world.visitors.current(cookie)
  switch (read(query, 'simulator_answer')) {
    case 'allow': return grantTo(request, user, { asked: true })
    case 'snapshot': return grantTo(request, user, { snapshot: true })
    case 'refuse': return { kind: 'refuse' }
    case 'full': return { kind: 'ask' }
    default: return undefined
  }
}

// snsapi_base asks nobody. Followers are not asked either, and no flag of the URL changes that.
function decideSilently (world: World, request: AuthorizeRequest, { query, cookie }: Visitor): Decision | undefined {
  if (request.scope === 'snsapi_base') return grantTo(request, world.visitors.current(cookie))
  const user = world.visitors.automatic ?? world.visitors.chosen(cookie)
  if (user === undefined || world.visitors.autoConsent === 'refuse') return undefined
  if (user.follower) return grantTo(request, user)
  const remembered = world.visitors.hasConsented(request.app, user) && read(query, 'forcePopup') !== 'true'
  return remembered ? grantTo(request, user) : undefined
}

// Where a page asks too early, WeChat opens it for a virtual user in a view that only scrolls.
function decideSnapshot (world: World, request: AuthorizeRequest, { query, snapshot }: Visitor): Decision | undefined {
  if (!snapshot && read(query, 'forceSnapShot') !== 'true') return undefined
  const user = world.visitors.automatic
  return user === undefined ? { kind: 'show-snapshot' } : grantTo(request, user, { snapshot: true })
}

function decideForTest (world: World, request: AuthorizeRequest): Decision | undefined {
  if (world.visitors.autoConsent === 'refuse') return { kind: 'refuse' }
  return world.visitors.automatic && grantTo(request, world.visitors.automatic, { asked: true })
}

function grantTo (
  { app, scope }: AuthorizeRequest, user: SimulatedUser, { snapshot = false, asked = false } = {}
): Decision {
  return { kind: 'grant', grant: { appid: app.appid, scope, user, snapshot }, asked }
}
