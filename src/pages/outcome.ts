// Inside an iframe of the host's own page, a page of ours tells the page around it how the login ended: the fixed word
// `wechatLogin` and the outcome, to its own origin only. It is a hint and no proof; `me` says who is logged in.

import { createHash } from 'node:crypto'
import { type Html, html, render } from './html'

export type Outcome = 'done' | 'refused' | 'expired' | 'error'

// A browser that could not stay inside the iframe shows the page at the top, where a finished login goes on by itself.
const script = html`(function (outcome) {
  if (parent !== window) parent.postMessage({ wechatLogin: outcome }, location.origin)
  else if (outcome === 'done') location.replace(document.links[0].href)
})(document.currentScript.dataset.outcome)`

/** For the content security policy of a page that tells its outcome. */
export const outcomeCsp = `; script-src 'sha256-${createHash('sha256').update(render(script)).digest('base64')}'`

export function tellParent (outcome: Outcome): Html {
  return html`<script data-outcome="${outcome}">${script}</script>`
}

const outcomes = new Map<string, Exclude<Outcome, 'done'>>([
  ['FST_WECHAT_ACCESS_DENIED', 'refused'],
  ['FST_WECHAT_USER_BLOCKED', 'refused'],
  ['FST_WECHAT_INVALID_STATE', 'expired'],
  ['FST_WECHAT_INVALID_CODE', 'expired']
])

export function outcomeOf (code: string): Exclude<Outcome, 'done'> {
  return outcomes.get(code) ?? 'error'
}
