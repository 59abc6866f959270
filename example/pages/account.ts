// The page of one user. The logout is a form, because a link would let any other site log the visitor out.

import type { User } from '../users'
import { type Html, html } from './html'
import { layout } from './layout'
import { avatar, nameOf } from './person'
import { type Language, texts } from './texts'

export interface Account {
  user: User
  /** How the user has logged in so far. */
  ways: Array<'oneclick' | 'qr'>
}

export function accountPage (language: Language, { user, ways }: Account): Html {
  const { account } = texts[language]
  return layout(language, account.title, html`
<section class="card account">
<h1>${avatar(user, 'large')} <span>${nameOf(language, user)}</span></h1>
<dl>
<dt>${account.number}</dt><dd>${user.id}</dd>
<dt>${account.since}</dt><dd>${time(language, user.createdAt)}</dd>
<dt>${account.lastLogin}</dt><dd>${time(language, user.lastLogin)}</dd>
<dt>${account.ways}</dt>${ways.map(way => html`<dd>${account[way]}</dd>`)}
</dl>
<form method="post" action="/wechat/logout">
<input type="hidden" name="redirect" value="/">
<button>${account.logout}</button>
</form>
</section>
<nav><a href="/">${account.back}</a> <a href="/api/profile">${account.json}</a></nav>`)
}

function time (language: Language, iso: string): Html {
  const words = new Intl.DateTimeFormat(language, { dateStyle: 'long', timeStyle: 'short' }).format(new Date(iso))
  return html`<time datetime="${iso}">${words}</time>`
}
