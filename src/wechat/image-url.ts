// Pictures of old accounts come with http, which a page served by https does not show.

// The characters of RFC 3986, but for the apostrophe, which no picture of WeChat's has and which ends a badly written
// HTML attribute. No user info.
const httpUrl = /^https?:\/\/[\w.-]+(?::\d{1,5})?(?:[/?#][\w\-.~:/?#[\]@!$&()*+,;=%]*)?$/i
const plainHttpOfWechat = /^http:(?=\/\/(?:[\w-]+\.)*qlogo\.cn(?:[/?#]|$))/i

/**
 * `headimgurl` as a URL of http or https, at most 2,048 characters, of https on WeChat's own picture hosts. Undefined
 * for anything else, also for ''. Follows api_snsuserinfo.
 */
export function readImageUrl (untrusted: unknown): string | undefined {
  if (typeof untrusted !== 'string' || untrusted.length > 2048 || !httpUrl.test(untrusted)) return undefined
  return untrusted.replace(plainHttpOfWechat, 'https:')
}
