// Which WeChat app a request is for. Fixed apps are checked at boot; what a function returns is checked here, once for
// each new result.

import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import { MisconfiguredError } from '../errors'
import { publish } from '../events'
import type { App, AppFunction } from '../options/app-options'
import type { Settings } from '../options/parse-options'
import type { WechatApp } from '../types'
import type { Via } from '../via'
import { createClient } from '../wechat/client'
import type { Transport } from '../wechat/transport'
import { callHost } from './host-error'
import type { LoginWay } from './login-way'
import type { ReadyApp } from './ready-app'

type Found<Checked extends App> = ReadyApp<Checked> | undefined

export interface Apps {
  readonly fixed: Readonly<Partial<Record<Via, ReadyApp>>>
  /** The app for this request; undefined where there is none for it. */
  find<Checked extends App> (way: LoginWay<Checked>, request: FastifyRequest): Found<Checked> | Promise<Found<Checked>>
  /** The same for a way's name, which may be no way's. */
  findByVia (via: string, request: FastifyRequest): Found<App> | Promise<Found<App>>
}

/** So many results of functions are kept checked. */
const most = 1000

export function createApps (
  settings: Settings, ways: readonly LoginWay[], transport: Transport, log: FastifyBaseLogger
): Apps {
  const fixed: Partial<Record<Via, ReadyApp>> = {}
  for (const app of Object.values(settings.apps)) {
    if (typeof app !== 'function') fixed[app.via] = addClient(app, transport, log)
  }
  const checked = new Map<string, { given: WechatApp, app: ReadyApp }>()

  function checkOnce (given: WechatApp, way: LoginWay): ReadyApp {
    const key = `${way.via} ${given.appid} ${given.scope}`
    const known = checked.get(key)
    if (known !== undefined && isSame(known.given, given)) return known.app
    try {
      // A secret function that is written where the app is returned is another one at each request: it counts, but of
      // the rest everything has been said.
      const isKnown = known !== undefined && typeof given.secret === 'function' &&
        isSame({ ...known.given, secret: given.secret }, given)
      const warn = (message: string): void => { if (!isKnown) log.warn(`fastify-wechat-login: ${message}`) }
      const app = addClient(way.check(given, warn), transport, log)
      checked.set(key, { given: { ...given }, app })
      if (checked.size > most) checked.delete(checked.keys().next().value!)
      return app
    } catch (error) {
      log.error({ err: error }, `fastify-wechat-login: option ${way.via} returned what is no app`)
      throw new MisconfiguredError()
    }
  }

  async function findForRequest (source: AppFunction, way: LoginWay, request: FastifyRequest): Promise<Found<App>> {
    const given = await callHost(() => source(request))
    return given === undefined || given === null ? undefined : checkOnce(given, way)
  }

  function find<Checked extends App> (
    way: LoginWay<Checked>, request: FastifyRequest
  ): Found<Checked> | Promise<Found<Checked>> {
    const source = settings.apps[way.via]
    // The way's own check has made the app.
    return (typeof source === 'function'
      ? findForRequest(source, way, request)
      : fixed[way.via]) as Found<Checked> | Promise<Found<Checked>>
  }

  return {
    fixed,
    find,
    findByVia (via, request) {
      const way = ways.find(way => way.via === via)
      return way && find(way, request)
    }
  }
}

function addClient (app: App, transport: Transport, log: FastifyBaseLogger): ReadyApp {
  const client = createClient(app, transport, report => { publish('wechat.call', report, log) })
  return Object.freeze({ ...app, client })
}

function isSame (a: WechatApp, b: WechatApp): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof WechatApp>
  return [...names].every(name => a[name] === b[name])
}
