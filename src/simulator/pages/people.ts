// Choosing who one is: WeChat knows its user, the simulator has to ask.

import { html } from './html'
import type { SimulatedUser } from '../types'
import type { Html } from './html'

/** A benchmark may bring thousands of users; a page shows these. */
const SHOWN = 20

export function people (users: readonly SimulatedUser[], current: SimulatedUser): Html {
  const shown = [current, ...users.filter(user => user.id !== current.id)].slice(0, SHOWN)
  return html`<ul class="people">${shown.map(user => html`
<li><label>
<input type="radio" name="simulator_user" value="${user.id}"${user === current && html` checked`}>${avatar(user)}
<span>${nameOf(user)}</span></label></li>`)}
</ul>`
}

export function avatar (user: SimulatedUser): Html {
  return user.avatar ? html`<img src="/mmopen/vi_32/${encodeURIComponent(user.id)}/64" alt="">` : html``
}

export function nameOf (user: SimulatedUser): string {
  const name = user.nickname === '' ? `(没有昵称 no nickname: ${user.id})` : user.nickname
  return user.follower ? `${name} · 已关注 follower` : name
}
