// Which WeChat app a request is for. Fixed apps are checked at boot; what a function returns is checked here, once for each new result.

import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import { type App, checkApp } from '../options/app-options'
import { MisconfiguredError } from '../errors'
import type { Settings } from '../options/parse-options'
import type { Via, WechatApp } from '../types'
import type { WechatClient } from '../wechat/types'
import { createClient } from '../wechat/client'
import type { Transport } from '../wechat/transport'

export interface AppWithClient extends App { readonly client: WechatClient }

export interface Apps {
  readonly fixed: Readonly<Partial<Record<Via, AppWithClient>>>
  has (via: Via): boolean
  /** The app for this request; undefined where there is none for it. */
  find (via: Via, request: FastifyRequest): AppWithClient | undefined | Promise<AppWithClient | undefined>
}

const most = 1000

export function createApps (settings: Settings, transport: Transport, log: FastifyBaseLogger): Apps {
  const fixed: Partial<Record<Via, AppWithClient>> = {}
  for (const app of Object.values(settings.apps)) {
    if (typeof app !== 'function') fixed[app.via] = withClient(app, transport, log)
  }
  const checked = new Map<string, { given: WechatApp, app: AppWithClient }>()

  function checkOnce (given: WechatApp, via: Via): AppWithClient {
    const key = `${via} ${given.appid} ${given.scope}`
    const known = checked.get(key)
    if (known !== undefined && isSame(known.given, given)) return known.app
    try {
      const app = withClient(checkApp(given, via, message => { log.warn(`fastify-wechat-login: ${message}`) }), transport, log)
      checked.set(key, { given: { ...given }, app })
      if (checked.size > most) checked.delete(checked.keys().next().value!)
      return app
    } catch (error) {
      log.error({ err: error }, `fastify-wechat-login: option ${via} returned what is no app`)
      throw new MisconfiguredError()
    }
  }

  async function findForRequest (source: Exclude<Settings['apps'][Via], App | undefined>, via: Via, request: FastifyRequest): Promise<AppWithClient | undefined> {
    const given = await source(request)
    return given === undefined || given === null ? undefined : checkOnce(given, via)
  }

  return {
    fixed,
    has: via => settings.apps[via] !== undefined,
    find (via, request) {
      const source = settings.apps[via]
      return typeof source === 'function' ? findForRequest(source, via, request) : fixed[via]
    }
  }
}

function withClient (app: App, transport: Transport, log: FastifyBaseLogger): AppWithClient {
  return Object.freeze({ ...app, client: createClient(app, transport, log) })
}

function isSame (a: WechatApp, b: WechatApp): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof WechatApp>
  return [...names].every(name => a[name] === b[name])
}
