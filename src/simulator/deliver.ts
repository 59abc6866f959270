// Replies that never arrive, or not as they should. Written to the socket, past Fastify.

import { sendAnswer } from './answer'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Socket } from 'node:net'
import type { Answer } from './answer'
import type { Delivery } from './fault-effects'
import type { Holds } from './holds'

export interface Parcel {
  readonly answer: Answer
  readonly delivery: Delivery
  /** Milliseconds between two bytes of a drip. */
  readonly every: number
}

export function deliver (
  request: FastifyRequest, reply: FastifyReply, holds: Holds, { answer, delivery, every }: Parcel
): FastifyReply {
  if (delivery === 'whole') return sendAnswer(reply, answer)
  const { socket } = request.raw
  reply.hijack()
  if (delivery === 'silence') holds.keep(socket)
  else if (delivery === 'nothing') socket.destroy()
  else if (delivery === 'reset') resetConnection(socket)
  else sendInPieces(socket, holds, answer, delivery === 'drip' ? every : undefined)
  return reply
}

// A real RST, so that the client sees ECONNRESET. A TLS socket has none of its own.
function resetConnection (socket: Socket): void {
  if ('encrypted' in socket) socket.destroy()
  else socket.resetAndDestroy()
}

// The length is promised in full. A drip comes byte by byte; a cut comes by half, and then the connection dies.
function sendInPieces (socket: Socket, holds: Holds, { status, type, body }: Answer, every: number | undefined): void {
  const bytes = Buffer.from(body)
  socket.write(`HTTP/1.1 ${status} OK\r\nContent-Type: ${type}\r\nContent-Length: ${bytes.length}\r\n\r\n`)
  if (every === undefined) {
    socket.write(bytes.subarray(0, bytes.length >> 1), () => socket.destroy())
    return
  }
  let sent = 0
  const timer = setInterval(() => {
    if (sent < bytes.length) socket.write(bytes.subarray(sent, ++sent))
    else socket.end()
  }, every).unref()
  holds.keep(socket, () => clearInterval(timer))
}
