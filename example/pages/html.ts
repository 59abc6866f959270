// The only way to HTML: whatever is put into a page is escaped, but what this file has made itself.

export class Html {
  readonly #text: string

  constructor (text: string) {
    this.#text = text
  }

  toString (): string {
    return this.#text
  }
}

type Part = Html | string | number | false | null | undefined | readonly Part[]

/**
 * `html\`<p>${untrusted}</p>\``. Lists are joined; false, null and undefined leave nothing. Attributes must stand in
 * quotes.
 */
export function html (strings: TemplateStringsArray, ...parts: Part[]): Html {
  return new Html(strings.reduce((text, string, index) => text + show(parts[index - 1]) + string))
}

function show (part: Part): string {
  if (part === false || part === null || part === undefined) return ''
  if (part instanceof Html) return part.toString()
  if (typeof part === 'object') return part.map(show).join('')
  return String(part).replace(/[&<>"'`]/g, character => `&#${character.charCodeAt(0)};`)
}
