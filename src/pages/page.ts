// The look of our small pages: one column, nothing from outside, light and dark, readable at 320 px.

import { createHash } from 'node:crypto'
import type { WechatPage } from '../types'
import { qrCodeLabel, showAddress } from './copy-address'
import { type Html, html, render } from './html'
import { tellParent } from './outcome'
import { drawQrCode } from './qr-code'
import type { Language } from './texts'

const style = html`
:root{color-scheme:light dark;--ink:#1a1a1a;--soft:#595959;--paper:#f5f5f5;--card:#fff;--brand:#067a3e;--on-brand:#fff}
@media (prefers-color-scheme:dark){:root{--ink:#f0f0f0;--soft:#b3b3b3;--paper:#141414;--card:#1f1f1f;--brand:#3ecf7f;
  --on-brand:#0b1f13}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:var(--paper);
  color:var(--ink);font:1rem/1.6 system-ui,-apple-system,"PingFang SC","Microsoft YaHei",sans-serif}
main{width:100%;max-width:26rem;padding:2rem 1.5rem;background:var(--card);border-radius:1rem;text-align:center;
  overflow-wrap:anywhere}
h1{margin:0 0 .75rem;font-size:1.35rem;line-height:1.3;text-wrap:balance;word-break:keep-all}
h1:only-child{margin:0}
p{margin:0;color:var(--soft)}
a,button{display:inline-block;margin-top:1.75rem;padding:.75rem 1.75rem;border:0;border-radius:.5rem;
  background:var(--brand);color:var(--on-brand);text-decoration:none;font:inherit;font-weight:600}
button[hidden]{display:none}
script~a{background:0 0;color:var(--brand);text-decoration:underline;margin-top:.75rem}
a:focus-visible,button:focus-visible{outline:3px solid var(--ink);outline-offset:3px}
svg{display:block;width:100%;max-width:14rem;margin:1.25rem auto 0;border-radius:.5rem}
code{display:block;margin-top:1.25rem;padding:.75rem;border-radius:.5rem;background:var(--paper);color:var(--ink);
  font-family:inherit;-webkit-user-select:all;user-select:all}
`

const styleHash = createHash('sha256').update(render(style)).digest('base64')

/** The headers of every page of ours; `more` is added to its content security policy. */
export function headersFor (more = ''): Record<string, string> {
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; ` +
      `form-action 'none'; frame-ancestors 'self'${more}`,
    'x-frame-options': 'SAMEORIGIN'
  }
}

export const pageHeaders = headersFor()

export interface Layout {
  lang: Language
  title: string
  body: Html
  head?: Html | undefined
}

export function layout ({ lang, title, body, head }: Layout): string {
  return render(html`<!doctype html>
<html lang="${lang === 'zh' ? 'zh-CN' : lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
${head}<style>${style}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`)
}

/** A notice with its one way on, which leaves the iframe where the page is in one. */
export function renderPage ({ lang, title, message, action, address, qrCode, outcome }: WechatPage): string {
  const code = address && qrCode ? drawQrCode(address, qrCodeLabel(lang)) : undefined
  return layout({
    lang,
    title,
    body: html`<h1>${title}</h1>
<p>${message}</p>
${address && html`${showAddress(lang, address, code)}\n`}${action && link(action, outcome)}${outcome && html`
${tellParent(outcome)}`}`
  })
}

function link ({ href, label }: NonNullable<WechatPage['action']>, outcome: WechatPage['outcome']): Html {
  return html`<a href="${href}"${outcome && html` target="_top"`}>${label}</a>`
}
