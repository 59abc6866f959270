// Every error of a call is made here, from facts that we chose ourselves. Nothing is wrapped: an error of undici's, of
// JSON.parse or of the host's own function may quote a URL or a body, and so the secret, a code or a token.

import { BadResponseError, MisconfiguredError, UnreachableError } from '../errors'
import type { Hint, WechatError, WechatErrorCode, WechatErrorConstructor } from '../errors'
import { explainErrcode } from './errcode-meanings'

/**
 * How every call fails. `reason`: a code of Node's or undici's (`ECONNREFUSED`), `HTTP_502`, or a word of ours
 * (`TIMEOUT`).
 */
export type Failure = WechatError & { reason?: string, hint: Hint }

interface Facts {
  sent: boolean
  hint: Hint
  endpoint?: string
  reason?: string
  errcode?: number
  errmsg?: string | undefined
  rid?: string | undefined
}

const unreachableHint: Hint = Object.freeze({
  en: 'Check that this machine reaches WeChat\'s API hosts over https: DNS, firewall, proxy, certificates.',
  zh: '请检查本机能否通过 HTTPS 访问微信接口域名：DNS、防火墙、代理、证书。'
})

const badResponseHint: Hint = Object.freeze({
  en: 'The answer is not WeChat\'s: look for a proxy, a captive portal or a relay in between. ' +
    'If there is none, WeChat has a fault; try again later.',
  zh: '响应不符合微信接口格式：请检查中间是否有代理、网关或中转；若没有，则为微信侧故障，请稍后再试。'
})

const secretHint: Hint = Object.freeze({
  en: 'The function given as `secret` threw, or did not return a non-empty string without quotes around it.',
  zh: '作为 secret 传入的函数抛出了异常，或没有返回非空、首尾不带引号的字符串。'
})

/** A `Refusal` with these facts; those that are undefined are left out. */
export function createFailure (Refusal: WechatErrorConstructor<WechatErrorCode>, facts: Facts): Failure {
  const error = new Refusal() as Failure
  for (const [name, value] of Object.entries(facts)) {
    if (value !== undefined) Object.assign(error, { [name]: value })
  }
  return error
}

/** No connection, or no answer. `sent` is false only where the request certainly never left. */
export function unreachable (sent: boolean, reason: string): Failure {
  return createFailure(UnreachableError, { sent, hint: unreachableHint, reason })
}

/** An answer that is not WeChat's, or not one that can be trusted. */
export function badResponse (reason: string): Failure {
  return createFailure(BadResponseError, { sent: true, hint: badResponseHint, reason })
}

/** The host's `secret` function gave no secret, or one that can be none. */
export function secretMissing (endpoint: string): Failure {
  return createFailure(MisconfiguredError, { endpoint, sent: false, hint: secretHint })
}

/** There is no code to exchange: what WeChat would answer with 41008. */
export function codeMissing (endpoint: string): Failure {
  const { Refusal, hint } = explainErrcode(41008)
  return createFailure(Refusal, { endpoint, sent: false, hint })
}

/** Did the host give no proper answer, so that the same request may do better at another time or place? */
export function isTransient (error: Failure): boolean {
  return error instanceof UnreachableError || error.errcode === -1 || error.reason?.startsWith('HTTP_5') === true
}
