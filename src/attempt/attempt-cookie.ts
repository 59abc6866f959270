// An attempt is one login from the first click to its callback. It lives in a signed cookie of its own, so that
// anonymous visits cost the session store nothing and several tabs do not disturb each other. The cookie holds time
// and signature; the state comes back from WeChat, app and way are known from the route, and the signature binds all
// of them to this browser.

import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { cookiePrefix, readCookies, setCookie, splitOnce } from '../cookies'
import type { CallbackApp } from '../options/app-options'
import type { AttemptSettings } from '../options/parse-options'
import { clockSkew } from '../session/clock-skew'

/** What the cookies of a request say of an attempt. `endsAt`: milliseconds since 1970. */
export type FoundAttempt =
  | { found: 'absent' }
  | { found: 'invalid' }
  | { found: 'valid', endsAt: number }

/** So many attempts may be under way in one browser, in as many tabs. */
const maxAttempts = 5
const stateShape = /^[0-9a-f]{32}$/
const attemptName = /^(?:__Host-)?wechat-[0-9a-f]{12}$/

/**
 * A new state: 128 random bits as 32 hexadecimal digits. WeChat damages anything but letters and digits, and takes
 * 128.
 */
export function mintState (): string {
  return randomBytes(16).toString('hex')
}

/** True for text that `mintState` may have made. */
export function isState (untrusted: string | undefined): untrusted is string {
  return stateShape.test(untrusted as string) // undefined is tested as that word
}

/** The attempt's name outside its cookie, 43 characters of base64url: who reads it cannot complete the attempt. */
export function hashState (state: string): string {
  return hash('sha256', state, 'base64url')
}

/** The Set-Cookie values that begin an attempt: its own cookie, and the ends of the oldest ones above five. */
export function beginAttempt (
  state: string, app: CallbackApp, cookieHeader: string | undefined, settings: AttemptSettings, now: number
): string[] {
  const time = now.toString(36)
  const value = `${time}.${sign(settings.keys[0]!, state, app, time)}`
  const attributes = `Max-Age=${Math.floor(settings.ttl / 1000)}`
  return [setCookie(cookieName(state, app), value, attributes, app.secure), ...endOldest(cookieHeader, app.secure)]
}

/**
 * The Set-Cookie value that ends an attempt in the browser. It repeats Secure: without it browsers keep a `__Host-`
 * cookie.
 */
export function endAttempt (state: string, app: CallbackApp): string {
  return setCookie(cookieName(state, app), '', 'Max-Age=0', app.secure)
}

/**
 * Looks for the attempt of a state that came back, and checks that it is this browser's, for this app and still young
 * enough.
 */
export function findAttempt (
  state: string, app: CallbackApp, cookieHeader: string | undefined, settings: AttemptSettings, now: number
): FoundAttempt {
  const name = cookieName(state, app)
  const values = readCookies(cookieHeader).filter(cookie => cookie.name === name).map(cookie => cookie.value)
  if (values.length === 0) return { found: 'absent' }
  const [time, signature] = splitOnce(values[0]!, '.')
  const issuedAt = parseInt(time, 36)
  const endsAt = issuedAt + settings.ttl
  const signed = values.length === 1 && settings.keys.some(key => isEqual(signature, sign(key, state, app, time)))
  if (!signed || issuedAt > now + clockSkew || endsAt < now) return { found: 'invalid' }
  return { found: 'valid', endsAt }
}

function cookieName (state: string, app: CallbackApp): string {
  return cookiePrefix(app.secure) + state.slice(0, 12)
}

function sign (key: Buffer, state: string, app: CallbackApp, time: string): string {
  const signed = `attempt\n${time}\n${state}\n${app.via}\n${app.appid}\n${app.callbackUrl}`
  return createHmac('sha256', key).update(signed).digest('base64url')
}

function isEqual (given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)]
  return a.length === b.length && timingSafeEqual(a, b)
}

function endOldest (cookieHeader: string | undefined, secure: boolean): string[] {
  return readCookies(cookieHeader)
    .filter(({ name }) => attemptName.test(name) && name.startsWith(cookiePrefix(secure)))
    // Browsers send the oldest first, so that of those that began in one millisecond the last is the newest.
    .reverse()
    .sort((a, b) => startOf(b.value) - startOf(a.value))
    .slice(maxAttempts - 1)
    .map(({ name }) => setCookie(name, '', 'Max-Age=0', secure))
}

function startOf (value: string): number {
  return parseInt(value, 36) || 0
}
