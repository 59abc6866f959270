// The frame of every page: one style sheet, nothing from elsewhere, readable at 320 px, light and dark.

import { Html, html } from './html'

const STYLE = new Html(`
:root { color-scheme: light dark; --ink: #191919; --quiet: #5f6368; --page: #ededed; --card: #fff; --line: #d5d5d5;
  --green: #04702f; --on-green: #fff }
@media (prefers-color-scheme: dark) { :root { --ink: #f0f0f0; --quiet: #b0b3b8; --page: #111; --card: #1e1e1e;
  --line: #3d3d3d; --green: #2fcf77; --on-green: #06210f } }
* { box-sizing: border-box }
body { margin: 0; background: var(--page); color: var(--ink); font: 1rem/1.5 system-ui, "PingFang SC",
  "Microsoft YaHei", sans-serif; overflow-wrap: anywhere }
main { max-width: 60rem; margin: 0 auto; padding: 1rem }
main.phone { max-width: 24rem; min-height: 36rem; margin: 1rem auto; padding: 1.5rem 1rem;
  border: 1px solid var(--line); border-radius: 2rem; background: var(--card) }
@media (max-width: 26rem) { body:has(.phone) { background: var(--card) }
  main.phone { margin: 0; min-height: 0; border: 0; border-radius: 0 } }
h1, h2, h4 { line-height: 1.3; margin: 1.2rem 0 .5rem } h1 { font-size: 1.35rem } h2 { font-size: 1.1rem }
.note { margin: 1rem 0; padding: .6rem .8rem; border: 1px dashed var(--line); border-radius: .5rem;
  color: var(--quiet); font-size: .875rem }
.people { list-style: none; margin: 1rem 0; padding: 0 } .people li { border-top: 1px solid var(--line) }
.people label { display: flex; align-items: center; gap: .75rem; min-height: 3.25rem; cursor: pointer }
.people img { width: 2.25rem; height: 2.25rem; border-radius: .3rem }
button, .button { display: block; width: 100%; min-height: 2.75rem; margin: .6rem 0; padding: .5rem 1rem;
  border: 1px solid var(--line); border-radius: .5rem; background: transparent; color: var(--ink); font: inherit;
  text-align: center; text-decoration: none; cursor: pointer }
button.main { background: var(--green); border-color: var(--green); color: var(--on-green) }
a { color: var(--green) } :focus-visible { outline: 3px solid var(--green); outline-offset: 2px }
table { border-collapse: collapse; width: 100% }
td, th { padding: .4rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top }
.scroll { overflow-x: auto } .scroll td, .scroll th { white-space: nowrap }
.row { display: flex; align-items: center; gap: .75rem } .row > span { flex: 1 } .row button { flex: none; width: auto }
code { font-size: .875em } [hidden] { display: none !important }
`)

export interface Layout {
  title: string
  body: Html
  lang?: 'zh-CN' | 'en'
  /** `phone`: in a frame, so that nobody takes it for a page of the desktop. */
  frame?: 'phone' | 'wide'
  head?: Html
}

export function layout ({ title, body, lang = 'zh-CN', frame = 'phone', head }: Layout): Html {
  return html`<!doctype html>
<html lang="${lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${STYLE}</style>
${head}
</head>
<body>
<main class="${frame}">
${body}
</main>
</body>
</html>
`
}

/** What the simulator says to the developer; WeChat's own page has no such box. */
export function note (zh: string | Html, en: string | Html): Html {
  return html`<aside class="note"><strong>模拟器 · Simulator</strong><br>
<span lang="zh-CN">${zh}</span><br><span lang="en">${en}</span></aside>`
}
