// Without a Chinese font a picture of a page shows boxes, and nothing fails.

import { spawnSync } from 'node:child_process'

/** What to say before pictures are taken, or undefined where a Chinese font is there. */
export function fontWarning () {
  const { status, stdout } = spawnSync('fc-list', [':lang=zh'], { encoding: 'utf8' })
  if (status !== 0) {
    return 'fc-list is missing: whether there are Chinese fonts for the pictures, ' +
      'nobody can say (apt-get install fontconfig fonts-wqy-zenhei)'
  }
  if (stdout.trim() === '') {
    return 'NO CHINESE FONT is installed: the pictures show boxes for Chinese characters (apt-get install ' +
      'fonts-wqy-zenhei)'
  }
}
