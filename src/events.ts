// What the package tells about itself, for metrics, traces and audits: for each event one message on a channel of
// node:diagnostics_channel, `fastify-wechat-login:` and its name, and one line in the log. Every value is ours or a
// number of WeChat's: neither a secret, a code, a state, a token or an openid nor any text of a visitor's is in one,
// and none is longer than 256 characters.

import { type Channel, channel } from 'node:diagnostics_channel'
import type { Via } from './via'
import type { CallReport } from './wechat/client-types'

/** What the events of an attempt hold: of a login from the first click to its callback. */
interface AttemptEvent {
  via: Via
  appid: string
  /** The same in all events of one attempt. Made from its state, which it does not tell. */
  attempt: string
}

/** What the events of a person's login hold. */
interface LoginEvent {
  via: Via
  appid: string
  /** The same for one person and appid: `sha256(appid + ' ' + openid)`, base64url, the first 16 characters. */
  subject: string
}

/** What a subscriber to the channel `fastify-wechat-login:<name>` gets. */
export interface WechatLoginEvents {
  /** A visitor is on the way to WeChat. */
  'attempt.started': AttemptEvent
  /** The same, to replace an attempt whose cookie the browser has lost. Comes in the place of `attempt.started`. */
  'attempt.restarted': AttemptEvent
  /** A new session. */
  'login.succeeded': AttemptEvent & LoginEvent & {
    /** Milliseconds since the attempt was started. */
    duration: number
  }
  /** The login route, the embed route or a callback has answered with an error. */
  'login.refused': {
    /** A code of this package or of Fastify's; `HOST_ERROR` for an error of the host's own code. */
    code: string
    statusCode: number
    route: 'login' | 'embed' | Via
    /** Where the request named one of ours. It may be another browser's. */
    attempt?: string
    /** WeChat's number and request id, where WeChat was the one who refused. */
    errcode?: number
    rid?: string
  }
  /** A callback that came again has found the login of its attempt. */
  'callback.repeated': AttemptEvent
  /** A logout. */
  'login.ended': LoginEvent
  /** With `keepTokens`: WeChat has given a new access token. */
  'token.refreshed': LoginEvent
  /** A call to WeChat's API has ended, its repetitions included. */
  'wechat.call': CallReport
}

/** The name of an event, which its channel ends with. */
export type EventName = keyof WechatLoginEvents

type Level = 'debug' | 'info' | 'error'

/** As much of a logger of Fastify's as is used. */
export type EventLog = Record<Level, (values: object, message: string) => void> & {
  /** pino's; a logger without it is taken to log everything. */
  isLevelEnabled?: (level: string) => boolean
}

/** Each event's line in the log. `worst`: the level of those that are logged at a higher one. */
const lines: Record<EventName, [level: Level, message: string, worst?: Level]> = {
  'attempt.started': ['info', 'a login was started'],
  'attempt.restarted': ['info', 'a login was started again, the browser had lost its cookie'],
  'login.succeeded': ['info', 'a visitor has logged in'],
  'login.refused': ['info', 'a login was refused', 'error'],
  'callback.repeated': ['info', 'a callback was repeated'],
  'login.ended': ['info', 'a visitor has logged out'],
  'token.refreshed': ['info', 'an access token was refreshed'],
  'wechat.call': ['debug', "a call to WeChat's API"]
}

// Held here for good, because Node forgets a channel that nobody holds.
const channels = Object.fromEntries(
  Object.keys(lines).map(name => [name, channel(`fastify-wechat-login:${name}`)])
) as Record<EventName, Channel>

/**
 * Sends an event to its subscribers and to the log. Where neither wants it `describe` is not called, so that an event
 * which nobody hears costs nothing. `error` goes to the log alone, beside the event.
 */
export function publish<Name extends EventName> (
  name: Name, describe: () => WechatLoginEvents[Name], log: EventLog | undefined, error?: unknown
): void {
  if (!isWanted(name, log)) return
  const event = describe()
  if (channels[name].hasSubscribers) channels[name].publish(Object.freeze({ ...event }))
  const [usual, message] = lines[name]
  const level = 'statusCode' in event && event.statusCode >= 500 ? 'error' : usual
  if (log === undefined || !isLogged(level, log)) return
  log[level]({ event: name, ...event, ...(error !== undefined && { err: error }) }, `fastify-wechat-login: ${message}`)
}

// A subscriber may come and go; a log may hear of some of these events alone.
function isWanted (name: EventName, log: EventLog | undefined): boolean {
  const [usual, , worst = usual] = lines[name]
  return channels[name].hasSubscribers || (log !== undefined && isLogged(worst, log))
}

function isLogged (level: Level, log: EventLog): boolean {
  return log.isLevelEnabled?.(level) !== false
}
