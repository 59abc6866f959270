// An address that has to be opened elsewhere: shown whole, so that it can be selected and copied by hand, and with a
// button that copies it where scripts run.

import { createHash } from 'node:crypto'
import { type Html, html, render } from './html'
import type { Language } from './texts'

const labels: Record<Language, { copy: string, copied: string, code: string }> = {
  zh: { copy: '复制网址', copied: '已复制', code: '网址的二维码' },
  'zh-Hant': { copy: '複製網址', copied: '已複製', code: '網址的二維碼' },
  en: { copy: 'Copy the address', copied: 'Copied', code: 'QR code of the address' }
}

// What is selected stays so where the browser copies nothing. The Clipboard API is missing in old browsers, and over
// http.
const script = html`(function (button, address) {
  button.hidden = false
  button.onclick = function () {
    getSelection().selectAllChildren(address)
    if (document.execCommand('copy')) button.textContent = button.dataset.copied
  }
})(document.querySelector('button'), document.querySelector('code'))`

/** For the content security policy of a page with an address to copy. */
export const copyCsp = `; script-src 'sha256-${createHash('sha256').update(render(script)).digest('base64')}'`

/** What a screen reader says of the address's QR code. */
export function qrCodeLabel (lang: Language): string {
  return labels[lang].code
}

export function showAddress (lang: Language, address: string, qrCode: Html | undefined): Html {
  const { copy, copied } = labels[lang]
  return html`${qrCode && html`${qrCode}\n`}<p><code>${address}</code></p>
<button type="button" hidden aria-live="polite" data-copied="${copied}">${copy}</button>
<script>${script}</script>`
}
