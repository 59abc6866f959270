// A QR code inside a page of ours. What happens in it is in browser/embedded.mjs.

import { type Html, html } from './html'
import { layout } from './layout'
import { type Language, texts } from './texts'

export function embeddedPage (language: Language): Html {
  const { embedded } = texts[language]
  return layout(language, embedded.title, html`
<section class="card embedded" id="embedded" data-page="${JSON.stringify({ texts: embedded.script })}">
<h1>${embedded.title}</h1>
<fieldset>
<legend>${embedded.legend}</legend>
<label><input type="radio" name="way" value="stay" checked> ${embedded.stay}</label>
<label><input type="radio" name="way" value="go"> ${embedded.go}</label>
</fieldset>
<div id="qr"></div>
<p role="status"></p>
</section>
<nav><a href="/">${embedded.back}</a></nav>
<script type="module" src="/browser/embedded.mjs"></script>`)
}
