// What the phone shows after the scan: a plain form, for a real phone on the same network or for another tab.

import { html } from './html'
import { layout, note } from './layout'
import { people } from './people'
import type { Ticket } from '../tickets'
import type { World } from '../world'
import type { SimulatedUser } from '../types'
import type { Html } from './html'

export function phonePage (world: World, ticket: Ticket, current: SimulatedUser): Html {
  return layout({
    title: '微信登录',
    body: html`
<h1>${ticket.app.name}</h1>
<p>申请使用你的微信帐号登录 <span lang="en">(wants to log you in)</span></p>
<form method="post" action="/connect/confirm?uuid=${ticket.uuid}">
${people(world.directory.users, current)}
<button class="main" name="answer" value="confirm">允许 <span lang="en">Allow</span></button>
<button name="answer" value="cancel">拒绝 <span lang="en">Cancel</span></button>
<button name="answer" value="expire">让二维码过期 <span lang="en">Let the code expire (simulator)</span></button>
</form>`
  })
}

const ENDS = {
  confirmed: ['登录成功', '请回到电脑上的页面。', 'Logged in. Go on at the computer.'],
  cancelled: ['已取消登录', '可以再次扫描。', 'Cancelled. The code can be scanned again.'],
  expired: ['二维码已过期', '请刷新电脑上的页面。', 'The code has expired. Reload the page at the computer.']
} as const

export function phoneEndPage (end: keyof typeof ENDS): Html {
  const [title, zh, en] = ENDS[end]
  return layout({ title, body: html`<h1>${title}</h1>${note(zh, en)}` })
}
