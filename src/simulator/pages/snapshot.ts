// The snapshot page (快照页): the site asked too early, so WeChat opens it for a virtual user, with a button for the real
// thing.

import { sameQuery } from './consent'
import { html } from './html'
import { layout, note } from './layout'
import type { Query } from '../query'
import type { Html } from './html'

export function snapshotPage (query: Query): Html {
  return layout({
    title: '快照页',
    body: html`
<h1>网页快照</h1>
<p>微信将以虚拟用户打开此网页，只能浏览。<br><span lang="en">WeChat opens this page for a virtual user, to look at only.</span></p>
<form action="/connect/oauth2/authorize">
${sameQuery(query)}
<button name="simulator_answer" value="snapshot">浏览快照 <span lang="en">View as the virtual user</span></button>
<button class="main" name="simulator_answer" value="full">使用完整服务 <span lang="en">Use the full service</span></button>
</form>
${note('在真实的微信中，快照直接打开，“使用完整服务”在右下角。',
  'In WeChat itself the view opens at once, with this button in its lower right corner.')}`
  })
}
