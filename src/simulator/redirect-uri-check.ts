// redirect_uri's host must be the authorised domain, letter by letter: www.example.com covers neither example.com nor
// pay.example.com.

import { isLoopback } from './origin'
import { REDIRECT_ERROR, wordedError } from './page-errors'
import type { PageError } from './page-errors'
import type { SimulatedApp } from './types'

type Refusal = (zh: string, en: string) => PageError

export function checkRedirectUri (
  given: string, app: SimulatedApp, ports: 'never' | 'loopback' | 'any', refuse: Refusal
): PageError | undefined {
  const url = parseHttpUrl(given)
  if (url === undefined) {
    return wordedError(
      REDIRECT_ERROR,
      'redirect_uri 应为绝对地址，且只编码一次。',
      'redirect_uri must be an absolute http(s) URL, encoded once.'
    )
  }
  if (url.hostname !== app.callbackDomain) {
    return refuse(
      `授权域名为 ${app.callbackDomain}，实际为 ${url.hostname}。`,
      `The authorised domain is ${app.callbackDomain}, not ${url.hostname}.`
    )
  }
  if (hasPort(given) && !acceptsPort(url.hostname, ports)) {
    return refuse('redirect_uri 不能带端口。', 'redirect_uri must have no port, not even :443.')
  }
  return undefined
}

function parseHttpUrl (given: string): URL | undefined {
  if (!/^https?:\/\//i.test(given) || !URL.canParse(given)) return undefined
  const url = new URL(given)
  return url.username === '' && url.password === '' ? url : undefined
}

// In the text: URL drops a default port, and WeChat does not take one either.
function hasPort (given: string): boolean {
  return /^https?:\/\/[^/?#\\]*:\d*(?:[/?#\\]|$)/i.test(given)
}

function acceptsPort (hostname: string, ports: 'never' | 'loopback' | 'any'): boolean {
  return ports === 'any' || (ports === 'loopback' && isLoopback(hostname))
}
