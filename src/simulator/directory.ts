// WeChat's accounts: who is registered, and which ids a person has where.

import { createHash } from 'node:crypto'
import { SimulatorError } from './simulator-error'
import type { SimulatedApp, SimulatedUser } from './types'

/** A person as one grant sees it: the user, or the virtual stand-in of a snapshot page. */
export interface Subject {
  readonly user: SimulatedUser
  /** WeChat's virtual user: ids, nickname and avatar are not the person's. */
  readonly snapshot: boolean
}

/** For pages and listings: the last four characters tell one secret from another. */
export function hideSecret (app: SimulatedApp): SimulatedApp {
  return { ...app, secret: `…${app.secret.slice(8).slice(-4)}` }
}

export class Directory {
  readonly #initial: readonly SimulatedApp[]
  readonly #apps = new Map<string, SimulatedApp>()
  readonly #users = new Map<string, SimulatedUser>()
  readonly #ids = new Map<string, string>()

  constructor (apps: readonly SimulatedApp[], users: readonly SimulatedUser[]) {
    this.#initial = apps
    for (const user of users) this.#users.set(user.id, user)
    this.reset()
  }

  get apps (): SimulatedApp[] {
    return [...this.#apps.values()]
  }

  get users (): SimulatedUser[] {
    return [...this.#users.values()]
  }

  findApp (appid: string): SimulatedApp | undefined {
    return this.#apps.get(appid)
  }

  findUser (id: string): SimulatedUser | undefined {
    return this.#users.get(id)
  }

  /** For callers of the control API, who shall be told what there is. */
  app (appid: string): SimulatedApp {
    const app = this.#apps.get(appid)
    if (app === undefined) {
      throw new SimulatorError(`there is no app "${appid}", only ${[...this.#apps.keys()].join(', ')}`)
    }
    return app
  }

  user (id: string): SimulatedUser {
    const user = this.#users.get(id)
    if (user === undefined) {
      throw new SimulatorError(`there is no user "${id}", only ${[...this.#users.keys()].slice(0, 20).join(', ')}`)
    }
    return user
  }

  change (appid: string, change: Partial<Pick<SimulatedApp, 'platform' | 'secret'>>): void {
    this.#apps.set(appid, { ...this.app(appid), ...change })
  }

  /** One person has another openid with every app. */
  openid (app: SimulatedApp, subject: Subject): string {
    return this.#id(`openid ${app.appid}`, subject)
  }

  /** One person has the same unionid with all apps of one Open Platform account. */
  unionid (app: SimulatedApp, subject: Subject): string | undefined {
    return app.platform === null ? undefined : this.#id(`unionid ${app.platform}`, subject)
  }

  reset (): void {
    for (const app of this.#initial) this.#apps.set(app.appid, app)
  }

  // 28 characters [A-Za-z0-9_-] that start with o.
  #id (where: string, { user, snapshot }: Subject): string {
    const key = `${where} ${snapshot ? 'virtual' : 'real'} ${user.id}`
    let id = this.#ids.get(key)
    if (id === undefined) {
      id = 'o' + createHash('sha256').update(key).digest('base64url').slice(0, 27)
      this.#ids.set(key, id)
    }
    return id
  }
}
