// The bounce: WeChat's page sends an iframe to our callback, and browsers keep SameSite=Lax cookies from that request.
// A request that a page of ours starts carries them. So the callback answers with this page once, which spends nothing,
// sets nothing and asks for itself again.

import { html } from './html'
import { layout, pageHeaders } from './page'
import type { Language } from './texts'

export const bounceHeaders = { ...pageHeaders, vary: 'accept-language' }

const titles: Record<Language, string> = { zh: '正在登录…', 'zh-Hant': '正在登入…', en: 'Logging in…' }

/** `url`: the same callback once more, with the mark that keeps it from coming here a second time. */
export function renderBounce (lang: Language, url: string): string {
  const title = titles[lang]
  return layout({
    lang,
    title,
    head: html`<meta http-equiv="refresh" content="0;url=${url}">\n`,
    body: html`<h1>${title}</h1>`
  })
}
