// For an address that leads nowhere.

import { type Html, html } from './html'
import { layout } from './layout'
import { type Language, texts } from './texts'

export function notFoundPage (language: Language): Html {
  const { title, text, back } = texts[language].notFound
  return layout(language, title, html`
<section class="hero">
<h1>${title}</h1>
<p>${text}</p>
<a class="button" href="/">${back}</a>
</section>`)
}
