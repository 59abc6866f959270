// WeChat's replies are JSON, but not always legal JSON: raw control bytes (0x14 is recorded) stand inside nicknames,
// and JSON.parse throws on them. Escaping every control character would break pretty-printed replies, escaping
// backslashes as well would break `\/` and `\"`: only those inside string literals are touched, and only after a
// strict attempt.

// Also takes a string that never ends, so that no input is scanned twice.
const stringLiteral = /"(?:[^"\\]|\\[^]?)*(?:"|$)/g
const escapeOrControl = /\\[^]|\p{Cc}/gu

function escapeControl (found: string): string {
  return found.startsWith('\\') ? found : '\\u' + found.charCodeAt(0).toString(16).padStart(4, '0')
}

function escapeInsideStrings (text: string): string {
  return text.replace(stringLiteral, literal => literal.replace(escapeOrControl, escapeControl))
}

function parse (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // the error would quote the body, and the body holds tokens
  }
}

/**
 * The value, or undefined where the bytes are no JSON. Always read as UTF-8, whatever the Content-Type says (WeChat
 * says `text/plain`); bytes that are no UTF-8 become U+FFFD, a byte order mark is dropped. Of a key given twice the
 * last one counts.
 */
export function parseJson (bytes: Buffer): unknown {
  const decoded = bytes.toString('utf8')
  const text = decoded.startsWith('\uFEFF') ? decoded.slice(1) : decoded
  return parse(text) ?? parse(escapeInsideStrings(text))
}
