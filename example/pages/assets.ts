// The style sheet and the site's mark. Light and dark, and readable at 320 pixels.

export const style = `
:root {
  color-scheme: light dark;
  --ink: #17211b; --soft: #56635b; --page: #f4f6f3; --card: #fff; --line: #dde4de;
  --brand: #0a7a3f; --on-brand: #fff; --note: #eaf4ec;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #edf2ee; --soft: #a9b5ad; --page: #101512; --card: #19201b; --line: #2d3730;
    --brand: #4ccf86; --on-brand: #06210f; --note: #16261b;
  }
}
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: flex; flex-direction: column; background: var(--page);
  color: var(--ink); font: 1.0625rem/1.65 system-ui, -apple-system, "PingFang SC", "Microsoft YaHei",
  "Noto Sans SC", sans-serif; overflow-wrap: anywhere }
header, main, footer { width: 100%; max-width: 46rem; margin: 0 auto; padding: 1rem 1.25rem }
header a { display: inline-flex; align-items: center; gap: .6rem; color: inherit; font-weight: 600;
  text-decoration: none }
main { flex: 1 }
footer { color: var(--soft); font-size: .875rem }
h1, h2, p, dl, dd, ul { margin: 0 }
h1 { font-size: clamp(1.6rem, 6vw, 2.4rem); line-height: 1.25; letter-spacing: -.01em }
h2 { font-size: 1.0625rem }
a { color: var(--brand) }
:focus-visible { outline: 3px solid var(--brand); outline-offset: 3px }
.skip { position: absolute; left: -99rem }
.skip:focus { left: 1rem; top: .5rem; z-index: 1; padding: .5rem 1rem; background: var(--card) }
.button, button { display: inline-block; min-height: 3rem; padding: .7rem 1.75rem; border: 1px solid var(--brand);
  border-radius: .7rem; background: var(--brand); color: var(--on-brand); font: inherit; font-weight: 600;
  line-height: 1.4; text-align: center; text-decoration: none; cursor: pointer }
button { background: transparent; color: var(--brand) }
.hero { padding: clamp(1.5rem, 8vw, 4rem) 0 clamp(1.5rem, 6vw, 3rem) }
.hero > p { max-width: 32rem; margin: .75rem 0 1.75rem; color: var(--soft) }
.person { display: flex; align-items: center; gap: .9rem; line-height: 1.4 }
.person strong { color: var(--ink) }
.avatar { border-radius: 22%; background: var(--line); object-fit: cover }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 16rem), 1fr)); gap: 1rem }
.card { padding: 1.25rem 1.4rem; border: 1px solid var(--line); border-radius: 1rem; background: var(--card) }
.card p { margin-top: .3rem; color: var(--soft) }
.note { margin-top: 1rem; padding: 1.25rem 1.4rem; border-radius: 1rem; background: var(--note) }
.note p { margin: .3rem 0 .6rem; color: var(--soft) }
.note ul { padding-left: 1.2rem }
.account { padding: 1.75rem 1.4rem }
.account h1 { display: flex; flex-wrap: wrap; align-items: center; gap: 1.1rem; font-size: 1.5rem }
.account h1 span { flex: 1 1 8rem }
.account dl { margin: 1.5rem 0 1.75rem }
.account dt { margin-top: .9rem; color: var(--soft); font-size: .875rem }
.embedded, .app { display: grid; gap: 1rem; justify-items: start }
.embedded h1, .app h1 { font-size: 1.5rem }
.card label { display: block; padding: .3rem 0 }
.app input { display: block; width: 100%; margin-top: .4rem; max-width: 24rem; min-height: 3rem; padding: .5rem .8rem;
  border: 1px solid var(--soft); border-radius: .7rem; background: transparent; color: inherit; font: inherit }
fieldset { width: 100%; margin: 0; padding: .5rem 1rem; border: 1px solid var(--line); border-radius: .7rem }
#qr { justify-self: center; min-height: 400px; max-width: 100% } #qr:empty { min-height: 0 }
#qr iframe { max-width: 100%; color-scheme: light dark }
pre { margin: 0; max-width: 100%; overflow-x: auto; padding: .8rem 1rem; border-radius: .7rem;
  background: var(--note); font-size: .875rem }
nav { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; margin: 1.25rem .2rem }
@media (min-width: 34rem) {
  .account dl { display: grid; grid-template-columns: minmax(8rem, max-content) 1fr; gap: .6rem 2rem;
    align-items: baseline }
  .account dt { grid-column: 1; margin: 0 } .account dd { grid-column: 2 }
}
`

export const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">
<rect width="64" height="64" rx="15" fill="#0a7a3f"/>
<path d="M32 13c-12 0-21 7.400-21 17 0 5.700 3.200 10.600 8.200 13.700L17 51l9-4.600
  c1.900.4 3.900.6 6 .6 12 0 21-7.400 21-17S44 13 32 13z" fill="#fff"/>
<path d="M22.500 30.500l6.500 6 12.500-13" fill="none" stroke="#0a7a3f" stroke-width="4.500"
  stroke-linecap="round" stroke-linejoin="round"/>
</svg>
`
