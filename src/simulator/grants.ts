// Codes and tokens. A code is good for one exchange and some minutes; an access token for two hours; a refresh token
// for 30 days, which a refresh does not prolong. Used and expired ones are kept a while, so that they get WeChat's own
// answers.

import { BoundedMap } from './bounded-map'
import { platforms } from './platforms'
import type { Clock } from './clock'
import type { Directory, Subject } from './directory'
import type { Mint } from './mint'
import type { Settings } from './settings'

const LIMIT = 10_000

/** What a user allowed an app. */
export interface Grant extends Subject {
  readonly appid: string
  readonly scope: string
}

export interface CodeRecord {
  readonly grant: Grant
  readonly expiresAt: number
  spent: boolean
}

export interface TokenRecord {
  readonly grant: Grant
  expiresAt: number
}

export interface RefreshRecord extends TokenRecord {
  accessToken: string
}

export class Grants {
  readonly #settings: Settings
  readonly #clock: Clock
  readonly #mint: Mint
  readonly #directory: Directory
  readonly #codes = new BoundedMap<string, CodeRecord>(LIMIT)
  readonly #tokens = new BoundedMap<string, TokenRecord>(LIMIT)
  readonly #refreshTokens = new BoundedMap<string, RefreshRecord>(LIMIT)
  readonly #lastCodes = new BoundedMap<string, string>(LIMIT)

  constructor (settings: Settings, clock: Clock, mint: Mint, directory: Directory) {
    this.#settings = settings
    this.#clock = clock
    this.#mint = mint
    this.#directory = directory
  }

  issueCode (grant: Grant): string {
    const code = this.#mint.code()
    const { kind } = this.#directory.app(grant.appid)
    const ttl = this.#settings.codeTtl ?? platforms[kind].codeTtl
    this.#codes.set(code, { grant, expiresAt: this.#in(ttl), spent: false })
    this.#lastCodes.set(keyOf(grant), code)
    return code
  }

  /** What desktop WeChat does with clicks that follow each other: the code of a moment ago once more, used or not. */
  repeatCode (grant: Grant): string {
    return this.#lastCodes.get(keyOf(grant)) ?? this.issueCode(grant)
  }

  findCode (code: string): CodeRecord | undefined {
    return this.#codes.get(code)
  }

  issueTokens (grant: Grant): { accessToken: string, refreshToken: string } {
    const accessToken = this.#issueAccessToken(grant)
    const refreshToken = this.#mint.token()
    this.#refreshTokens.set(refreshToken, { grant, expiresAt: this.#in(this.#settings.refreshTtl), accessToken })
    return { accessToken, refreshToken }
  }

  /** Before its end a token is prolonged and stays; after it there is a new one. The refresh token stays as it is. */
  refresh (record: RefreshRecord): string {
    const token = this.#tokens.get(record.accessToken)
    if (token !== undefined && !this.hasExpired(token)) token.expiresAt = this.#in(this.#settings.tokenTtl)
    else record.accessToken = this.#issueAccessToken(record.grant)
    return record.accessToken
  }

  findToken (accessToken: string): TokenRecord | undefined {
    return this.#tokens.get(accessToken)
  }

  findRefreshToken (refreshToken: string): RefreshRecord | undefined {
    return this.#refreshTokens.get(refreshToken)
  }

  hasExpired (record: { expiresAt: number }): boolean {
    return record.expiresAt <= this.#clock.now()
  }

  reset (): void {
    for (const map of [this.#codes, this.#tokens, this.#refreshTokens, this.#lastCodes]) map.clear()
  }

  #issueAccessToken (grant: Grant): string {
    const accessToken = this.#mint.token()
    this.#tokens.set(accessToken, { grant, expiresAt: this.#in(this.#settings.tokenTtl) })
    return accessToken
  }

  #in (seconds: number): number {
    return this.#clock.now() + seconds * 1000
  }
}

function keyOf (grant: Grant): string {
  return `${grant.appid} ${grant.user.id} ${grant.snapshot}`
}
