// `/connect/confirm?uuid=`: the address in the QR code. Opening it is the scan; the form is the thumb on the phone.

import { pageAnswer, sendAnswer } from './answer'
import { phoneEndPage, phonePage } from './pages/phone'
import { read, readQuery } from './query'
import type { FastifyInstance } from 'fastify'
import type { Answer } from './answer'
import type { World } from './world'

export function addConfirmRoutes (app: FastifyInstance, world: World): void {
  app.get('/connect/confirm', { exposeHeadRoute: false }, (request, reply) =>
    sendAnswer(reply, openPhone(world, read(readQuery(request.url), 'uuid'), request.headers.cookie)))

  app.post<{ Body: string }>('/connect/confirm', (request, reply) =>
    sendAnswer(reply, answerOnPhone(
      world,
      read(readQuery(request.url), 'uuid'),
      new URLSearchParams(request.body),
      request.headers.cookie
    )))
}

function openPhone (world: World, uuid: string, cookie: string | undefined): Answer {
  const ticket = world.tickets.find(uuid)
  if (ticket === undefined || ticket.status === 'expired') return pageAnswer(phoneEndPage('expired'))
  if (ticket.status === 'confirmed') return pageAnswer(phoneEndPage('confirmed'))
  const user = world.visitors.current(cookie)
  return pageAnswer(phonePage(world, world.tickets.scan(uuid, user), user))
}

function answerOnPhone (world: World, uuid: string, form: URLSearchParams, cookie: string | undefined): Answer {
  const status = world.tickets.find(uuid)?.status ?? 'expired'
  if (status === 'expired' || status === 'confirmed') return pageAnswer(phoneEndPage(status))
  const user = world.directory.findUser(form.get('simulator_user') ?? '') ?? world.visitors.current(cookie)
  switch (form.get('answer')) {
    case 'confirm':
      world.tickets.confirm(uuid, user)
      return pageAnswer(phoneEndPage('confirmed'), world.visitors.cookieFor(user))
    case 'expire':
      world.tickets.expire(uuid)
      return pageAnswer(phoneEndPage('expired'))
    default:
      world.tickets.cancel(uuid)
      return pageAnswer(phoneEndPage('cancelled'))
  }
}
