// A user's picture and name. Either may be missing.

import type { User } from '../users'
import { type Html, html } from './html'
import { type Language, texts } from './texts'

export function nameOf (language: Language, { nickname }: User): string {
  return nickname || texts[language].nameless
}

/** The name stands beside the picture, so the picture itself says nothing to a screen reader. */
export function avatar ({ avatar }: User, size: 'small' | 'large'): Html {
  const pixels = size === 'small' ? 48 : 96
  return html`<img class="avatar ${size}" src="${avatar || '/icon.svg'}" alt="" width="${pixels}" height="${pixels}">`
}
