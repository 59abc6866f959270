// WeChat's browser sometimes asks for a callback twice. So does this page: the first navigation is sent and overtaken
// by the second, if it is still under way by then: the fault "slow" on access_token sees to that.

import { html, Html } from './html'
import { layout, note } from './layout'

const SCRIPT = new Html(`(function (data) {
  location.href = data.first
  setTimeout(function () { location.href = data.second }, 50)
})(document.currentScript.dataset)`)

export function twicePage (first: string, second: string): Html {
  return layout({
    title: '微信授权',
    body: html`${note('模拟重复回调。', 'Two requests for one callback.')}
<script data-first="${first}" data-second="${second}">${SCRIPT}</script>`
  })
}
