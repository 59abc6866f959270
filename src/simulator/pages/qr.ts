// The desktop's page with the code to scan. Names of elements are those of WeChat's page, which other tools look for.

import { isLoopback } from '../origin'
import { html } from './html'
import { layout, note } from './layout'
import { phoneLink } from './phone-link'
import { QR_SCRIPT } from './qr-script'
import type { Query } from '../query'
import type { Settings } from '../settings'
import type { Ticket } from '../tickets'
import { read } from '../query'
import type { Html } from './html'

const WORDS = {
  'zh-CN': {
    title: '微信登录',
    tip: '使用微信扫一扫登录',
    scanned: '扫描成功',
    confirm: '在微信中轻触允许即可登录',
    cancelled: '你已取消此次登录',
    again: '你可再次扫描登录，或关闭窗口'
  },
  en: {
    title: 'WeChat Login',
    tip: 'Scan QR code with WeChat',
    scanned: 'Scanned',
    confirm: 'Allow login on your phone',
    cancelled: 'Login cancelled',
    again: 'Scan again, or close this window'
  }
} as const

const STYLE = html`<style>
main.wide { max-width: 22rem; margin: 2rem auto; padding: .5rem 1.5rem 1rem; border-radius: 1rem;
  background: var(--card); text-align: center }
.qrcode { width: 100%; max-width: 15rem; background: #fff; border: 1px solid var(--line) }
.answers { display: flex; gap: .75rem } .answers button { padding: .5rem }
.info strong::before { display: inline-block; width: 1.5em; margin-right: .4em; border-radius: 1em;
  background: var(--green); color: var(--on-green) }
#wx_after_scan strong::before { content: "✓" / "" }
#wx_after_cancel strong::before { content: "✕" / ""; background: var(--quiet); color: var(--card) }
body:has(.black) { --page: transparent; --ink: #191919 } body:has(.white) { --page: transparent; --ink: #fff }
body:has(.light) { color-scheme: light; --page: #fff; --ink: #191919; --quiet: #5f6368; --line: #d5d5d5;
  --green: #04702f; --on-green: #fff; --card: #fff }
body:has(.dark) { color-scheme: dark; --page: #111; --ink: #f0f0f0; --quiet: #b0b3b8; --line: #3d3d3d;
  --green: #2fcf77; --on-green: #06210f; --card: #1e1e1e }
body:has(.embedded), body:has(.embedded) main { margin: 0 auto; background: transparent }
.embedded .title, .embedded .note { display: none } .embedded .qrcode { max-width: 12rem }
</style>`

export function qrPage (ticket: Ticket, query: Query, settings: Settings, phoneUrl: URL): Html {
  const lang = read(query, 'lang') === 'en' ? 'en' : 'zh-CN'
  const words = WORDS[lang]
  return layout({
    title: words.title,
    lang,
    frame: 'wide',
    head: html`${STYLE}${customStyle(query)}`,
    body: html`
<div class="impowerBox ${looks(query)}">
<h1 class="title">${words.title}</h1>
<img class="qrcode lightBorder js_qrcode_img web_qrcode_img" src="/connect/qrcode/${ticket.uuid}" alt="${words.tip}">
<div class="info" role="status">
<p id="wx_default_tip">${words.tip}<br>${ticket.app.name}</p>
<p id="wx_after_scan" class="js_wx_after_scan" hidden><strong>${words.scanned}</strong><br>${words.confirm}</p>
<p id="wx_after_cancel" class="js_wx_after_cancel" hidden><strong>${words.cancelled}</strong><br>${words.again}</p>
</div>
${phoneLink(ticket.uuid)}
${phoneNote(phoneUrl)}
</div>
<script>var fordevtool = "/connect/l/qrconnect?uuid=${ticket.uuid}"</script>
<script data-uuid="${ticket.uuid}" data-redirect="${ticket.redirectUri}" data-state="${ticket.state}"
  data-self="${read(query, 'self_redirect')}" data-refusal="${settings.refusal}">${QR_SCRIPT}</script>`
  })
}

function phoneNote (url: URL): Html {
  if (isLoopback(url.hostname)) {
    return note(
      '在新标签页中打开“手机”页面。若要用真手机扫描，请以 host: "0.0.0.0" 启动模拟器，或设置 phoneHost。',
      'Open the “phone” in another tab. For a real phone, start the simulator with host: "0.0.0.0", or set phoneHost.'
    )
  }
  const link = html`<a href="${url.href}">${url.href}</a>`
  return note(
    html`用真手机扫描，或在手机上打开 ${link}，或在新标签页中打开“手机”页面。`,
    html`Scan with a real phone, open this address on it, or open the “phone” in another tab.`
  )
}

// wxLogin.js makes a frame of 300 by 400 that does not scroll.
function looks (query: Query): string {
  const style = read(query, 'style')
  const scheme = read(query, 'color_scheme')
  const known = [style, scheme].filter(name => ['black', 'white', 'light', 'dark'].includes(name))
  const small = read(query, 'login_type') === 'jssdk' || read(query, 'stylelite') === '1'
  return [...known, ...(small ? ['embedded'] : [])].join(' ')
}

// Ignored with stylelite=1, as documented.
function customStyle (query: Query): Html | undefined {
  const href = read(query, 'href')
  if (read(query, 'stylelite') === '1' || !/^(?:https?:\/\/|data:text\/css;base64,)/.test(href)) return undefined
  return html`<link rel="stylesheet" href="${href}">`
}
