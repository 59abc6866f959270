// The frame of every page.

import { type Html, html } from './html'
import { type Language, texts } from './texts'

export function layout (language: Language, title: string, content: Html): Html {
  const { site, skip } = texts[language]
  return html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · ${site}</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/style.css">
</head>
<body>
<a class="skip" href="#content">${skip}</a>
<header><a href="/"><img src="/icon.svg" alt="" width="32" height="32"> ${site}</a></header>
<main id="content">
${content}
</main>
<footer><code>fastify-wechat-login</code></footer>
</body>
</html>
`
}
