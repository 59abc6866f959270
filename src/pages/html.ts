// The only way to HTML: every value is escaped on its way in, but what this function itself has made.

const made = Symbol('made here')

export interface Html { readonly [made]: string }

/** `html\`<p>${untrusted}</p>\``: values are escaped, lists are joined, null and undefined vanish. */
export function html (parts: TemplateStringsArray, ...values: unknown[]): Html {
  return { [made]: parts.reduce((text, part, index) => text + show(values[index - 1]) + part) }
}

export function render (document: Html): string {
  return document[made]
}

function show (value: unknown): string {
  if (value === null || value === undefined) return ''
  if (Array.isArray(value)) return value.map(show).join('')
  if (typeof value === 'object' && made in value) return (value as Html)[made]
  return String(value).replace(/[&<>"'`]/g, character => `&#${character.charCodeAt(0)};`)
}
