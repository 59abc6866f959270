// WeChat's browser asks for a callback twice: with the same code from two addresses, or with two codes in the same
// second.

import { SimulatorError } from './simulator-error'
import type { Grants } from './grants'

export function duplicateCallbackUrls (grants: Grants, callbackUrl: string, code: 'same' | 'fresh'): [string, string] {
  if (code === 'same') return [callbackUrl, callbackUrl]
  const [match, given] = /[?&]code=(\w+)/.exec(callbackUrl) ?? []
  const record = given === undefined ? undefined : grants.findCode(given)
  if (match === undefined || record === undefined) {
    throw new SimulatorError('duplicateCallbackUrls: not a callback URL with a code of this simulator')
  }
  return [callbackUrl, callbackUrl.replace(match, `${match.charAt(0)}code=${grants.issueCode(record.grant)}`)]
}
