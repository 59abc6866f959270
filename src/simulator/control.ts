// The test's hand: plays the visitor, moves the clock, breaks things, reads the record.

import { checkOneclick, checkQr, isPageError } from './authorize-checks'
import { duplicateCallbackUrls } from './duplicate'
import { oneclickCallback, qrCallback } from './callback-url'
import { kinds, platforms } from './platforms'
import { readQuery } from './query'
import { SimulatorError } from './simulator-error'
import { resetWorld } from './world'
import type { Ticket } from './tickets'
import type { SimulatedQr, SimulatorControl } from './control-types'
import type { SimulatedApp, SimulatedUser, SimulatorPluginOptions } from './types'
import type { World } from './world'

export function createControl (world: World): SimulatorControl {
  const { calls, clock, directory, faults, grants, tickets, visitors } = world
  const userOf = (id: string | undefined): SimulatedUser =>
    id === undefined ? visitors.current(undefined) : directory.user(id)
  const subject = (id: string) => ({ user: directory.user(id), snapshot: false })
  return {
    get autoConsent () { return visitors.autoConsent },
    set autoConsent (choice) { visitors.autoConsent = choice },
    get users () { return directory.users },
    get apps () { return directory.apps },
    pluginOptions: origin => pluginOptions(directory.apps, origin),
    openid: (appid, user) => directory.openid(directory.app(appid), subject(user)),
    unionid: (appid, user) => directory.unionid(directory.app(appid), subject(user)),
    approve: (url, { user, snapshot = false } = {}) => approve(world, url, userOf(user), snapshot),
    duplicateCallbackUrls: (url, code = 'same') => duplicateCallbackUrls(grants, url, code),
    qrs: () => tickets.list().map(describe),
    scan: (uuid, user) => describe(tickets.scan(uuid, userOf(user))),
    confirm: (uuid, user) => finish(tickets.confirm(uuid, userOf(user ?? tickets.get(uuid).user?.id))),
    cancel: uuid => describe(tickets.cancel(uuid)),
    expire: uuid => describe(tickets.expire(uuid)),
    calls: filter => calls.list(filter),
    count: (endpoint, filter) => calls.list({ ...filter, endpoint }).length,
    now: () => clock.now(),
    advance (seconds) {
      if (!Number.isFinite(seconds)) throw new SimulatorError('advance: a number of seconds')
      clock.advance(seconds)
      tickets.wake()
    },
    fault: fault => faults.add(fault),
    faults: () => faults.list(),
    clearFaults: endpoint => faults.clear(endpoint),
    setPlatform: (appid, platform) => directory.change(appid, { platform }),
    setSecret: (appid, secret) => directory.change(appid, { secret }),
    reset: () => resetWorld(world)
  }
}

type AppOptions = Omit<SimulatorPluginOptions, 'client'>

function pluginOptions (apps: readonly SimulatedApp[], origin: string): SimulatorPluginOptions {
  const byOption = Object.fromEntries(kinds.map(kind => {
    const { appid, secret, callbackUrl } = apps.find(app => app.kind === kind) as SimulatedApp
    return [platforms[kind].option, { appid, secret, callbackUrl }]
  })) as AppOptions
  return { ...byOption, client: { apiHosts: [origin], openHost: origin } }
}

function approve (world: World, authorizeUrl: string, user: SimulatedUser, snapshot: boolean): string {
  const { pathname, hash } = URL.canParse(authorizeUrl) ? new URL(authorizeUrl) : {}
  const isQr = pathname === '/connect/qrconnect'
  if (!isQr && pathname !== '/connect/oauth2/authorize') {
    throw new SimulatorError('approve: not a URL of one of the two login pages')
  }
  const query = readQuery(authorizeUrl.split('#', 1)[0] as string)
  const request = isQr ? checkQr(world, query) : checkOneclick(world, query)
  if (isPageError(request)) throw new SimulatorError(`${request.text} (${request.note.en})`)
  // WeChat wants the fragment whether the link is opened or redirected to; only wxLogin.js goes without.
  const needsFragment = world.settings.strictOrder && !query.has('login_type')
  if (needsFragment && hash !== '#wechat_redirect') {
    throw new SimulatorError('approve: the URL must end in #wechat_redirect')
  }
  const { app, scope, redirectUri, state } = request
  // There is no snapshot of a QR code's page.
  const code = world.grants.issueCode({ appid: app.appid, scope, user, snapshot: snapshot && !isQr })
  return isQr ? qrCallback(redirectUri, { code, state }) : oneclickCallback(redirectUri, { code, state })
}

function finish (ticket: Ticket): { code: string, callbackUrl: string } {
  const { code, state, redirectUri } = ticket
  return { code, callbackUrl: qrCallback(redirectUri, { code, state }) }
}

function describe ({ uuid, app, status, redirectUri, state, user, waiters }: Ticket): SimulatedQr {
  return { uuid, appid: app.appid, status, redirectUri, state, user: user?.id, polls: waiters.size }
}
