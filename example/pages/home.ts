// The public page. It knows a visitor who is logged in, and asks nobody to be.

import type { User } from '../users'
import { type Html, html } from './html'
import { layout } from './layout'
import { avatar, nameOf } from './person'
import { type Language, texts } from './texts'

export interface Home {
  user: User | null
  /** How one can log in here. */
  ways: Array<'qr' | 'oneclick'>
  /** The simulator's address. */
  simulator: string | undefined
}

export function homePage (language: Language, { user, ways, simulator }: Home): Html {
  const { home } = texts[language]
  return layout(language, home.title, html`
<section class="hero">
<h1>${home.title}</h1>
<p>${home.lead}</p>
${user === null ? html`<a class="button" href="/wechat/login">${home.login}</a>` : welcome(language, user)}
</section>
<div class="cards">
${ways.map(way => html`<section class="card"><h2>${home.ways[way].title}</h2><p>${home.ways[way].text}</p></section>
`)}</div>
<nav aria-label="${home.more.title}">${ways.includes('qr') && html`<a href="/embedded">${home.more.embedded}</a> `}
<a href="/app">${home.more.app}</a></nav>
${simulator !== undefined && simulatorNote(language, simulator)}`)
}

function welcome (language: Language, user: User): Html {
  const { home } = texts[language]
  return html`<p class="person">${avatar(user, 'small')}
<span>${home.welcome}<br><strong>${nameOf(language, user)}</strong></span></p>
<a class="button" href="/account">${home.account}</a>`
}

function simulatorNote (language: Language, simulator: string): Html {
  const { title, text, oneclick, open } = texts[language].home.simulator
  return html`<aside class="note">
<h2>${title}</h2>
<p>${text}</p>
<ul>
<li><a href="/wechat/login?via=oneclick">${oneclick}</a></li>
<li><a href="${simulator}">${open}</a></li>
</ul>
</aside>`
}
