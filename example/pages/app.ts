// The empty page of the single-page app. What it shows is made by browser/app.mjs.

import { type Html, html } from './html'
import { layout } from './layout'
import { type Language, texts } from './texts'

export function appPage (language: Language): Html {
  const { app } = texts[language]
  return layout(language, app.title, html`
<section class="card app" id="app" aria-live="polite" data-page="${JSON.stringify({ texts: app.script })}">
<h1>${app.title}</h1><noscript><p>${app.noscript}</p></noscript></section>
<nav><a href="/">${app.back}</a></nav>
<script type="module" src="/browser/app.mjs"></script>`)
}
