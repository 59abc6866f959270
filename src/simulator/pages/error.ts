// Dead ends. WeChat's page says one line; the box below it is the simulator's.

import { html } from './html'
import { layout, note } from './layout'
import type { PageError } from '../page-errors'
import type { Html } from './html'

export function errorPage (error: PageError): Html {
  return layout({
    title: '抱歉，出错了',
    body: html`<h4 class="weui_msg_title" role="heading" aria-level="1">${error.text}</h4>
${note(error.note.zh, error.note.en)}`
  })
}

export function gatePage (): Html {
  return layout({
    title: '抱歉，出错了',
    body: html`<h4 class="weui_msg_title" role="heading" aria-level="1">请在微信客户端打开链接</h4>
${note(`只有微信的浏览器能打开此页（User-Agent 含 MicroMessenger，不含 wxwork）。
在桌面浏览器中开发时，可用选项 uaGate: false 启动模拟器。`,
`Only WeChat's browser gets further (a User-Agent with MicroMessenger and without wxwork).
To develop in a desktop browser, start the simulator with uaGate: false.`)}`
  })
}

/** A refusal is not reported to the application: the visitor stays in WeChat. */
export function cancelledPage (): Html {
  return layout({
    title: '已取消',
    body: html`<h1>已取消授权 <span lang="en">Refused</span></h1>
${note('微信不会通知应用：用户停留在原来的页面。选项 refusal 可以改变这一点。',
  'WeChat tells the application nothing: the visitor stays where they were. The option refusal changes that.')}`
  })
}
