// Every refusal of this package, one a name, with the reason above it. The README's table is tested against this list.
// The message is fixed text: nothing that WeChat, a visitor or the host's own code said is ever part of it.

import createError from '@fastify/error'

/** What to do about an error, in plain words. */
export interface Hint {
  en: string
  zh: string
}

/** The codes of the errors that a call to WeChat ends with. */
export type WechatErrorCode =
  | 'FST_WECHAT_USER_BLOCKED'
  | 'FST_WECHAT_INVALID_CODE'
  | 'FST_WECHAT_TOKEN_EXPIRED'
  | 'FST_WECHAT_RATE_LIMITED'
  | 'FST_WECHAT_MISCONFIGURED'
  | 'FST_WECHAT_BAD_RESPONSE'
  | 'FST_WECHAT_API_ERROR'
  | 'FST_WECHAT_UNREACHABLE'

/**
 * Any failure of a call to WeChat: `err instanceof errors.WechatError` is true for every error that the client throws.
 * No property holds the secret, a code or a token; `errmsg` is WeChat's text, shortened, without control characters.
 */
export class WechatError extends Error {
  declare code: WechatErrorCode
  declare statusCode: number
  /** WeChat's own number, e.g. 40029. Absent where WeChat gave none (no connection, a broken reply). */
  declare errcode?: number
  /** WeChat's own text. Never match on it: its form has changed three times. */
  declare errmsg?: string
  /** WeChat's request id, which its support asks for. */
  declare rid?: string
  /** The path that was called, e.g. `/sns/oauth2/access_token`. */
  declare endpoint?: string
  declare hint?: Hint
  /**
   * Why there was no good reply: a code of Node's or undici's (`ECONNREFUSED`), `HTTP_502`, or one of ours such as
   * `TIMEOUT` or `TOO_LARGE`.
   */
  declare reason?: string
  /** False where the request certainly never left this machine, so that a code is still unspent. */
  declare sent?: boolean
}

export interface WechatErrorConstructor<Code extends WechatErrorCode> {
  new (): WechatError & { code: Code }
}

// @fastify/error gives the class its code, status and an instanceof that survives two copies of the package.
function createWechatError<Code extends WechatErrorCode> (
  code: Code, message: string, statusCode: number
): WechatErrorConstructor<Code> {
  return createError(
    code,
    message,
    statusCode,
    WechatError as unknown as ErrorConstructor
  ) as unknown as WechatErrorConstructor<Code>
}

/** A boot check failed: the message names the option, what was found and what to write instead. */
export const InvalidOptionsError = createError<'FST_WECHAT_INVALID_OPTIONS', 500, [string]>(
  'FST_WECHAT_INVALID_OPTIONS',
  'fastify-wechat-login: %s',
  500
)

/** Nobody is logged in, and the route is for those who are. No mistake in any code, and so without a stack trace. */
export const UnauthenticatedError = createError<'FST_WECHAT_UNAUTHENTICATED', 401, []>(
  'FST_WECHAT_UNAUTHENTICATED',
  'Log in with WeChat first',
  401,
  Error,
  // The trace would be the dearest part of a refusal.
  false
)

/**
 * The query or the body breaks its schema, no app is set up for this request, or a QR code was asked for on a foreign
 * host.
 */
export const InvalidRequestError = createError<'FST_WECHAT_INVALID_REQUEST', 400, []>(
  'FST_WECHAT_INVALID_REQUEST',
  'The request is not well formed',
  400
)

/** A logout or a POST callback that another site may have sent. */
export const CrossSiteError = createError<'FST_WECHAT_CROSS_SITE', 403, []>(
  'FST_WECHAT_CROSS_SITE',
  'This request must come from a page of this site',
  403
)

/** `onUser` returned nothing, or what JSON cannot hold: a mistake in the host's code. */
export const InvalidUserError = createError<'FST_WECHAT_INVALID_USER', 500, []>(
  'FST_WECHAT_INVALID_USER',
  'onUser must return a user that JSON can hold, or null to refuse the login',
  500
)

/** The attempt was not begun in this browser, has ended, or was changed on its way. */
export const InvalidStateError = createError<'FST_WECHAT_INVALID_STATE', 403, []>(
  'FST_WECHAT_INVALID_STATE',
  'This login was not started in this browser, or it is too old',
  403
)

/** The visitor said no on WeChat's page, or the host's `onUser` returned `null` or another falsy value. */
export const AccessDeniedError =
  createError<'FST_WECHAT_ACCESS_DENIED', 403, []>('FST_WECHAT_ACCESS_DENIED', 'The login was refused', 403)

/** WeChat gave a virtual user of its snapshot page, whom many visitors share. */
export const SnapshotUserError = createError<'FST_WECHAT_SNAPSHOT_USER', 403, []>(
  'FST_WECHAT_SNAPSHOT_USER',
  'WeChat shows this page as a snapshot: tap 使用完整服务 and log in again',
  403
)

/** What a visitor can do whose browser cannot do the login. */
export interface BrowserChoices {
  /** Where the login works. */
  openIn: 'wechat' | 'computer'
  /** What to open there: the page that the login was for, or the login's own; holds nothing of this visitor. */
  address: string
  /** For a visitor who has a second phone: a login by QR code in this browser. */
  loginUrl?: string
}

/** Oneclick outside WeChat, or a QR code inside it or on a phone: `choices` and `hint` say what to do instead. */
export const WrongBrowserError = createError<'FST_WECHAT_WRONG_BROWSER', 400, []>(
  'FST_WECHAT_WRONG_BROWSER',
  'This way to log in does not work in this browser',
  400
)

/** WeChat has blocked this user as a risk (40226). */
export const UserBlockedError =
  createWechatError('FST_WECHAT_USER_BLOCKED', 'WeChat has blocked this user', 403)

/** WeChat does not take the code: wrong, used or too old (40029, 40163, 41008, 42003). */
export const InvalidCodeError =
  createWechatError('FST_WECHAT_INVALID_CODE', 'WeChat did not accept the code of this login', 400)

/** The access or refresh token is dead (40001, 40014, 40030, 42001, 42002, 42007): log in again. */
export const TokenExpiredError = createWechatError('FST_WECHAT_TOKEN_EXPIRED', 'The WeChat token has expired', 401)

/** WeChat's limits are reached (45009, 45011): wait for a minute. */
export const RateLimitedError = createWechatError('FST_WECHAT_RATE_LIMITED', 'WeChat asks to slow down', 503)

/** WeChat refuses the appid, the secret or a right of the account: the operator must act. */
export const MisconfiguredError =
  createWechatError('FST_WECHAT_MISCONFIGURED', 'The WeChat login of this site is not set up correctly', 500)

/** Not JSON, the wrong shape, too large, an unexpected status. */
export const BadResponseError =
  createWechatError('FST_WECHAT_BAD_RESPONSE', 'WeChat sent a reply that cannot be read', 502)

/** Any other errcode, and -1 once the retries are used up. */
export const ApiError = createWechatError('FST_WECHAT_API_ERROR', 'WeChat reported an error', 502)

/** No connection, or no answer in time. */
export const UnreachableError = createWechatError('FST_WECHAT_UNREACHABLE', 'WeChat could not be reached in time', 504)
