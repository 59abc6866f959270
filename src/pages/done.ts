// The end of a login inside an iframe: the page around it is told, and the visitor has one way on.

import { html } from './html'
import { outcomeCsp, tellParent } from './outcome'
import { headersFor, layout } from './page'
import type { Language } from './texts'

export const doneHeaders = { ...headersFor(outcomeCsp), vary: 'accept-language' }

const texts: Record<Language, { title: string, action: string }> = {
  zh: { title: '登录成功', action: '继续' },
  'zh-Hant': { title: '登入成功', action: '繼續' },
  en: { title: 'You are logged in', action: 'Go on' }
}

/** `target`: where the login ends, checked. */
export function renderDone (lang: Language, target: string): string {
  const { title, action } = texts[lang]
  return layout({
    lang,
    title,
    body: html`<h1>${title}</h1>\n<a href="${target}" target="_top">${action}</a>\n${tellParent('done')}`
  })
}
