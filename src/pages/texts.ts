// What a page says for each refusal, and in which language. Fixed texts: nothing that WeChat or a visitor said.

import type { BrowserChoices } from '../errors'
import type { BrowserKind } from '../request-kind'
import type { WechatPage } from '../types'
import type { PageText, PageTexts, TextName } from './page-text'
import { en } from './texts-en'
import { zh } from './texts-zh'
import { zhHant } from './texts-zh-hant'

export type Language = WechatPage['lang']

const byLanguage: Record<Language, PageTexts> = { zh, 'zh-Hant': zhHant, en }

const byCode = new Map<string, TextName>([
  ['FST_WECHAT_INVALID_STATE', 'lost'],
  ['FST_WECHAT_INVALID_CODE', 'lost'],
  ['FST_WECHAT_TOKEN_EXPIRED', 'lost'],
  ['FST_WECHAT_ACCESS_DENIED', 'refused'],
  ['FST_WECHAT_USER_BLOCKED', 'blocked'],
  ['FST_WECHAT_SNAPSHOT_USER', 'snapshot'],
  ['FST_WECHAT_RATE_LIMITED', 'busy'],
  ['FST_WECHAT_UNREACHABLE', 'busy'],
  ['FST_WECHAT_API_ERROR', 'busy'],
  ['FST_WECHAT_BAD_RESPONSE', 'busy'],
  ['FST_WECHAT_UNAUTHENTICATED', 'signedOut']
])

export function textFor (name: TextName, language: Language): PageText {
  return byLanguage[language][name]
}

/** The text for an error's code. */
export function textNameOf (code: string): TextName {
  return byCode.get(code) ?? 'failed'
}

/** The text where this browser cannot do the login. */
export function wrongBrowserText (browser: BrowserKind, openIn: BrowserChoices['openIn']): TextName {
  if (openIn === 'computer') return 'openOnComputer'
  return browser === 'phone' ? 'openInWechat' : 'scanInWechat'
}

/** Chinese where the visitor prefers it to English or names no language at all, else English. */
export function languageOf (acceptLanguage: string | undefined = ''): Language {
  const named = acceptLanguage.split(',').map(readRange).filter(({ tag }) => tag !== '' && tag !== '*')
  // Of two with the same weight the first stays first.
  const [best] = named.filter(({ tag, weight }) => weight > 0 && /^(?:zh|en)(?:-|$)/.test(tag))
    .sort((a, b) => b.weight - a.weight)
  if (best === undefined) return named.length === 0 ? 'zh' : 'en'
  if (best.tag.startsWith('en')) return 'en'
  return /^zh-(?:hant|tw|hk|mo)(?:-|$)/.test(best.tag) ? 'zh-Hant' : 'zh'
}

/** `zh-TW;q=0.8`: what is no weight counts as 1, as if it were not there. */
function readRange (range: string): { tag: string, weight: number } {
  const [tag, weight] = range.split(/;\s*q\s*=/i) as [string, string?]
  const given = Number(weight)
  return { tag: tag.trim().toLowerCase(), weight: weight === undefined || Number.isNaN(given) ? 1 : given }
}
