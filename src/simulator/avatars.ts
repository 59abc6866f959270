// Pictures of the test users, at an address shaped like WeChat's: /mmopen/vi_32/WHO/132, the last part being the size
// (0 is 640).

import { createHash } from 'node:crypto'
import { html } from './pages/html'
import type { FastifyInstance } from 'fastify'
import type { World } from './world'

export function addAvatarRoute (app: FastifyInstance, world: World): void {
  app.get<{ Params: { who: string, size: string } }>('/mmopen/vi_32/:who/:size', (request, reply) => {
    const { who, size } = request.params
    const user = world.directory.findUser(who)
    if ((user === undefined || !user.avatar) && who !== 'virtual') return reply.code(404).send('')
    const pixels = size === '0' ? 640 : Math.min(Number.parseInt(size, 10) || 132, 640)
    return reply.type('image/svg+xml').send(drawAvatar(who, user?.nickname ?? '', pixels))
  })
}

function drawAvatar (who: string, nickname: string, pixels: number): string {
  const hue = createHash('sha256').update(who).digest().readUInt16BE() % 360
  const initial = /\p{L}|\p{N}/u.exec(nickname)?.[0] ?? '·'
  return html`<svg xmlns="http://www.w3.org/2000/svg" width="${pixels}" height="${pixels}" viewBox="0 0 64 64">
<rect width="64" height="64" fill="hsl(${hue} 45% 40%)"/>
<text x="32" y="43" font-family="sans-serif" font-size="32" text-anchor="middle" fill="#fff">${initial}</text>
</svg>`.toString()
}
