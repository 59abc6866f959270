// The checks that options share. A refusal names the option, what was found and what to write instead.

import { InvalidOptionsError } from './errors'

// A secret may stand in the place of any option, whole or cut off, and as a key in the query of an address. Appids and
// original ids are public; other words are shown while they are too short to be worth anything.
const publicId = /^ ?(?:wx|gh_)[0-9a-f]{1,17} ?$/i
const secretLike = /[0-9a-f]{10}|[0-9A-Za-z+/_-]{21}/i
const longestWord = 20

function isHarmless (text: string): boolean {
  return publicId.test(text) || !secretLike.test(text)
}

/** Shows what was found without showing a secret: of an address what stands before its query, else a short word. */
export function describe (value: unknown): string {
  if (typeof value === 'string') return describeText(value)
  if (Array.isArray(value)) return 'an array'
  return value === null || ['undefined', 'number', 'boolean'].includes(typeof value)
    ? String(value)
    : `a value of type ${typeof value}`
}

function describeText (text: string): string {
  const shown = withoutQuery(text) ?? (text.length <= longestWord && isHarmless(text) ? text : undefined)
  return shown === undefined ? `a text of ${text.length} characters` : JSON.stringify(shown)
}

const longestAddress = 100

/** `https://host/path` or `/path`; undefined for what is no address, or one with what may be a secret in it. */
function withoutQuery (text: string): string | undefined {
  if (!/^(?:[a-z]{1,6}:)?(?:\/|[\w-]+(?:\.[\w-]+)+[/:])/i.test(text)) return undefined
  const address = text.replace(/\/\/[^/?#]*@/, '//***@').replace(/[?#].*/s, sign => `${sign[0]}…`)
  const parts = address.split(/[/.:]/)
  return address.length <= longestAddress && parts.every(isHarmless) ? address : undefined
}

/** A path, or a host or a URL without a query, in a sentence: as it stands, or how long it is. */
export function showAddress (text: string): string {
  return text.split(/[/.:]/).every(isHarmless) && !/[?#@]/.test(text) ? text : `(${text.length} characters)`
}

const loopbackHost = /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/** `hostname` as a URL gives it. */
export function isLoopback (hostname: string): boolean {
  return loopbackHost.test(hostname)
}

/** For options that may be a secret: their type alone. */
export function describeSecret (value: unknown): string {
  return value === null || value === undefined ? String(value) : `a value of type ${typeof value}`
}

/** Quotes that somebody took for a part of the syntax, as in a Dockerfile or a systemd unit. */
export function isQuoted (secret: string): boolean {
  return /^["'`“”‘’]|["'`“”‘’]$/.test(secret)
}

/**
 * An AppSecret without the white space around it, such as the line break of a file. `more`: what the refusal of nothing
 * says besides.
 */
export function secretOption (given: unknown, option: string, more = ''): string {
  const secret = typeof given === 'string' ? given.trim() : ''
  if (secret === '') {
    const found = typeof given === 'string' ? 'empty' : describeSecret(given)
    refuseOption(option, found, `write the AppSecret of the app, or a function that returns it${more}`)
  }
  if (isQuoted(secret)) {
    refuseOption(
      option,
      'a text with quotes around it',
      'leave the quotes out where the secret is kept (often an .env file)'
    )
  }
  return secret
}

/** The error has the option's name in a property too, for who shows it in another form. */
export function failOption (option: string, message: string): never {
  throw Object.assign(new InvalidOptionsError(message), { option })
}

export function refuseOption (option: string, found: string, wanted: string): never {
  return failOption(option, `option ${option} is ${found}; ${wanted}`)
}

export function refuseUnknown (given: object, known: string[], where: string): void {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    refuseOption(where.slice(0, -1), describe(given), `write an object with any of ${known.join(', ')}`)
  }
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue
    const twin = known.find(other => other.toLowerCase() === name.toLowerCase())
    const shown = name.length <= longestWord && isHarmless(name) ? name : `(a name of ${name.length} characters)`
    failOption(
      where + shown,
      `unknown option ${where}${shown};` +
        ` ${twin ? `did you mean ${where}${twin}?` : `known here are ${known.join(', ')}`}`
    )
  }
}

interface Range {
  fallback: number
  unit?: string
  least?: number
  most: number
}

export function integerOption (given: unknown, option: string, { fallback, unit, least = 1, most }: Range): number {
  if (given === undefined) return fallback
  if (typeof given !== 'number' || !Number.isInteger(given) || given < least || given > most) {
    refuseOption(
      option,
      describe(given),
      `write a whole number${unit === undefined ? '' : ` of ${unit}`}, from ${least} to ${most}`
    )
  }
  return given
}

/** As WeChat's console shows it. */
export const appidShape = /^wx[0-9a-f]{16}$/
/** Also with a quote or a space around it. */
const maybeSecret = /[0-9a-f]{32}/i

/** `more`: what a message says besides. */
export function checkAppid (given: unknown, option: string, more = ''): string {
  if (typeof given === 'string' && appidShape.test(given)) return given
  // Mixed up with the secret, it must not be shown.
  return refuseOption(
    option,
    maybeSecret.test(String(given)) ? 'an AppSecret by its shape' : describe(given),
    `an appid is wx and 16 hexadecimal digits, as WeChat's console shows it${more}`
  )
}

export function functionOption<F> (given: F, option: string): F {
  if (given !== undefined && typeof given !== 'function') refuseOption(option, describe(given), 'write a function')
  return given
}

export function flagOption (given: unknown, option: string): boolean {
  if (given === undefined) return false
  if (typeof given !== 'boolean') refuseOption(option, describe(given), 'write true or false')
  return given
}

/** The first word is the default. */
export function wordOption<Word extends string> (given: unknown, option: string, words: [Word, ...Word[]]): Word {
  if (given === undefined) return words[0]
  const word = words.find(candidate => candidate === given)
  return word ?? refuseOption(option, describe(given), `write ${words.map(candidate => `'${candidate}'`).join(' or ')}`)
}
