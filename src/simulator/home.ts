// The index page and its one form.

import { pageAnswer, redirectAnswer, sendAnswer } from './answer'
import { homePage } from './pages/home'
import { WX_LOGIN_JS, WX_LOGIN_PATH } from './wx-login-js'
import type { FastifyInstance } from 'fastify'
import type { World } from './world'

export function addHomeRoutes (app: FastifyInstance, world: World): void {
  for (const path of world.settings.indexAtRoot ? ['/', '/simulator'] : ['/simulator']) {
    app.get(path, (request, reply) =>
      sendAnswer(reply, pageAnswer(homePage(world, world.visitors.current(request.headers.cookie)))))
  }
  app.post<{ Body: string }>('/simulator/act-as', (request, reply) => {
    const user = world.directory.user(new URLSearchParams(request.body).get('simulator_user') ?? '')
    return sendAnswer(reply, { ...redirectAnswer('/simulator', world.visitors.cookieFor(user)), status: 303 })
  })
  app.get(WX_LOGIN_PATH, (_request, reply) => reply.type('text/javascript; charset=utf-8').send(WX_LOGIN_JS))
}
