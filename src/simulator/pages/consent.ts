// What WeChat draws over the page: an app asks for the visitor's profile.

import { html } from './html'
import { layout, note } from './layout'
import { people } from './people'
import type { AuthorizeRequest } from '../authorize-checks'
import type { Query } from '../query'
import type { SimulatedUser } from '../types'
import type { World } from '../world'
import type { Html } from './html'

export function consentPage (world: World, { app }: AuthorizeRequest, query: Query, current: SimulatedUser): Html {
  return layout({
    title: '微信授权',
    body: html`
<h1>${app.name} 申请</h1>
<p>获取你的昵称、头像 <span lang="en">(your nickname and picture)</span></p>
<form action="/connect/oauth2/authorize">
${sameQuery(query)}
${people(world.directory.users, current)}
<button class="main" name="simulator_answer" value="allow">允许 <span lang="en">Allow</span></button>
<button name="simulator_answer" value="refuse">拒绝 <span lang="en">Refuse</span></button>
</form>
${note('在真实的微信中，没有选择用户这一步。', 'In WeChat itself there is no choice of users: it knows its own.')}`
  })
}

/** The request once more, in its own order, as hidden fields: the order is part of WeChat's check. */
export function sameQuery (query: Query): Html {
  const own = [...query].filter(([name]) => !name.startsWith('simulator_'))
  return html`${own.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}`
}
