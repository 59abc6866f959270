// A QR code as SVG, made here: no script has to run, and no other server sees what is in it.

import { encode } from 'uqr'
import { type Html, html } from './html'

/** `label`: for who cannot see it. */
export function drawQrCode (text: string, label: string): Html {
  const { data, size } = encode(text, { border: 4, ecc: 'M' })
  const runs = data.flatMap((row, y) => row.map((isDark, x) => isDark ? `M${x} ${y}h1v1h-1z` : '')).join('')
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" role="img" aria-label="${label}" \
shape-rendering="crispEdges"><path fill="#fff" d="M0 0h${size}v${size}H0z"/><path d="${runs}"/></svg>`
}
