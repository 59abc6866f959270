// Strings that other people wrote, made safe to keep.

import { toUSVString } from 'node:util'

/**
 * At most `limit` UTF-16 code units of well-formed text: no half of a surrogate pair, neither WeChat's nor one cut by
 * us.
 */
export function capText (untrusted: string, limit: number): string {
  return toUSVString(untrusted).slice(0, limit).replace(/[\uD800-\uDBFF]$/, '')
}
