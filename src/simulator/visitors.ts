// Whose WeChat it is. A real phone knows; here a browser keeps the last choice in a cookie, and a test may set one user
// for all.

import { BoundedMap } from './bounded-map'
import type { Clock } from './clock'
import type { Directory } from './directory'
import type { Settings } from './settings'
import type { AutoConsent, SimulatedApp, SimulatedUser } from './types'

const COOKIE = 'simulator_user'
const THIRTY_DAYS = 30 * 24 * 60 * 60 * 1000

export class Visitors {
  readonly #settings: Settings
  readonly #clock: Clock
  readonly #directory: Directory
  readonly #consents = new BoundedMap<string, number>(10_000)
  #autoConsent: AutoConsent

  constructor (settings: Settings, clock: Clock, directory: Directory) {
    this.#settings = settings
    this.#clock = clock
    this.#directory = directory
    this.#autoConsent = this.#known(settings.consent)
  }

  get autoConsent (): AutoConsent {
    return this.#autoConsent
  }

  set autoConsent (choice: AutoConsent) {
    this.#autoConsent = this.#known(choice)
  }

  /** The user who consents without being asked, if the test named one. */
  get automatic (): SimulatedUser | undefined {
    return this.#autoConsent === null ? undefined : this.#directory.findUser(this.#autoConsent)
  }

  /** The user that this browser's cookie names. */
  chosen (cookieHeader: string | undefined): SimulatedUser | undefined {
    const match = /(?:^|;\s*)simulator_user=([^;]*)/.exec(cookieHeader ?? '')
    return match?.[1] === undefined
      ? undefined
      : this.#directory.findUser(Buffer.from(match[1], 'base64url').toString())
  }

  /** The user whose WeChat this is: there is always one. */
  current (cookieHeader: string | undefined): SimulatedUser {
    return this.automatic ?? this.chosen(cookieHeader) ?? this.#settings.users[0] as SimulatedUser
  }

  cookieFor (user: SimulatedUser): Record<string, string> {
    return { 'set-cookie': `${COOKIE}=${Buffer.from(user.id).toString('base64url')}; Path=/; HttpOnly; SameSite=Lax` }
  }

  remember (app: SimulatedApp, user: SimulatedUser): void {
    this.#consents.set(`${app.appid} ${user.id}`, this.#clock.now())
  }

  hasConsented (app: SimulatedApp, user: SimulatedUser): boolean {
    const at = this.#consents.get(`${app.appid} ${user.id}`)
    return this.#settings.rememberConsent && at !== undefined && this.#clock.now() - at < THIRTY_DAYS
  }

  reset (): void {
    this.#consents.clear()
    this.#autoConsent = this.#settings.consent
  }

  #known (choice: AutoConsent): AutoConsent {
    if (choice !== null && choice !== 'refuse') this.#directory.user(choice)
    return choice
  }
}
