// `/connect/qrconnect` and what hangs on it: the picture and the poll.

import { renderSVG } from 'uqr'
import { pageAnswer } from './answer'
import { checkQr, isPageError } from './authorize-checks'
import { phoneOriginOf } from './origin'
import { errorPage } from './pages/error'
import { qrPage } from './pages/qr'
import { checkWithFault } from './page-faults'
import { perform } from './perform'
import { read } from './query'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { AuthorizeRequest } from './authorize-checks'
import type { Visit, Work } from './perform'
import type { Ticket } from './tickets'
import type { World } from './world'

export function addQrRoutes (app: FastifyInstance, world: World): void {
  const own = { exposeHeadRoute: false }
  app.get('/connect/qrconnect', own, (request, reply) =>
    perform(world, 'qrconnect', request, reply, visit => showQr(world, visit)))
  app.get('/connect/l/qrconnect', own, (request, reply) =>
    perform(world, 'poll', request, reply, visit => answerPoll(world, visit)))
  app.get<{ Params: { uuid: string } }>('/connect/qrcode/:uuid', (request, reply) => {
    const { uuid } = world.tickets.get(request.params.uuid)
    const svg = renderSVG(phoneUrlOf(world, request, uuid).href, { ecc: 'M', border: 4 })
    return reply.type('image/svg+xml').header('cache-control', 'no-store').send(svg)
  })
}

/** What a phone opens: by the code, or by the address that the page shows. */
function phoneUrlOf (world: World, request: FastifyRequest, uuid: string): URL {
  return new URL(`/connect/confirm?uuid=${uuid}`, phoneOriginOf(request, world.settings.phoneHost))
}

function showQr (world: World, { request, query, fault }: Visit): Work {
  const oauth = checkWithFault(fault, () => checkQr(world, query))
  if (isPageError(oauth)) return { answer: pageAnswer(errorPage(oauth)), accepted: false, errcode: oauth.errcode }
  const ticket = openTicket(world, oauth)
  const page = qrPage(ticket, query, world.settings, phoneUrlOf(world, request, ticket.uuid))
  return { answer: pageAnswer(page), accepted: true }
}

function openTicket (world: World, request: AuthorizeRequest): Ticket {
  const ticket = world.tickets.open({ ...request, state: cleanState(request.state) })
  const { autoConsent, automatic } = world.visitors
  if (autoConsent === 'refuse') return world.tickets.cancel(ticket.uuid)
  return automatic === undefined ? ticket : world.tickets.confirm(ticket.uuid, automatic)
}

// WeChat's page takes these characters out of its own address, so a JSON state comes back damaged.
function cleanState (state: string): string {
  return state.replace(/['"<>`]|script:/gi, '')
}

async function answerPoll (world: World, { query }: Visit): Promise<Work> {
  const { errcode, code } = await world.tickets.poll(read(query, 'uuid'), read(query, 'last'))
  const json = read(query, 'f') === 'json'
  const body = json
    ? JSON.stringify({ wx_errcode: errcode, wx_code: code })
    : `window.wx_errcode=${errcode};window.wx_code='${code}';`
  const headers = { connection: 'close', 'cache-control': 'no-store' }
  return {
    answer: { status: 200, type: json ? 'application/json; charset=utf-8' : 'text/javascript', body, headers },
    accepted: errcode === 405
  }
}
