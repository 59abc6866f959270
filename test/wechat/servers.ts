// WeChat's side for the client's tests, on real sockets: what answers, what breaks and what is never there.

import { execFileSync } from 'node:child_process'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import net from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import type { Test } from 'tap'

export interface Fake {
  origin: string
  /** `GET /path?query` of each request that came. */
  requests: string[]
  /** Connections opened so far. */
  connections: number
  sockets: Set<Socket>
}

async function listen (t: Test, server: net.Server, scheme: string): Promise<Fake> {
  const fake: Fake = { origin: '', requests: [], connections: 0, sockets: new Set() }
  server.on('connection', (socket: Socket) => {
    fake.connections++
    fake.sockets.add(socket.on('error', () => {}).on('close', () => fake.sockets.delete(socket)))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  fake.origin = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`
  t.teardown(() => {
    for (const socket of fake.sockets) socket.destroy()
    return new Promise(resolve => server.close(resolve))
  })
  return fake
}

/** An HTTP server; what `answer` returns is sent as the body. `count`: 1 for the first request. */
export async function serve (t: Test, answer: (request: IncomingMessage, response: ServerResponse, count: number) => unknown): Promise<Fake> {
  const listener: RequestListener = (request, response) => {
    const count = fake.requests.push(`${request.method} ${request.url}`)
    const body = answer(request, response, count)
    if (body === undefined) return
    response.setHeader('content-type', 'text/plain')
    response.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body))
  }
  const fake = await listen(t, createServer({ keepAliveTimeout: 60_000 }, listener), 'http')
  return fake
}

/** Bytes as they are: `talk` gets the socket once a whole request head has come, for each of them. */
export async function serveBytes (t: Test, talk: (socket: Socket, count: number) => void): Promise<Fake> {
  const fake = await listen(t, net.createServer(socket => {
    let received = ''
    socket.on('data', data => {
      received += data.toString('latin1')
      for (let end = received.indexOf('\r\n\r\n'); end >= 0; end = received.indexOf('\r\n\r\n')) {
        const count = fake.requests.push(received.slice(0, received.indexOf(' HTTP')))
        received = received.slice(end + 4)
        talk(socket, count)
      }
    })
  }), 'http')
  return fake
}

/** Breaks each connection before any request; `scheme` is what the client believes to speak. */
export function serveNothing (t: Test, scheme: 'http' | 'https', greet: (socket: Socket) => void): Promise<Fake> {
  return listen(t, net.createServer(greet), scheme)
}

/** TLS with a key and a certificate that nobody signed, made for this test. */
export async function serveSelfSigned (t: Test): Promise<Fake> {
  const pem = execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', '-', '-out', '-', '-days', '2', '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'], { stdio: ['ignore', 'pipe', 'ignore'] })
  const fake = await listen(t, createTlsServer({ key: pem, cert: pem }, (request, response) => {
    fake.requests.push(`${request.method} ${request.url}`)
    response.end('{"errcode":0}')
  }), 'https')
  return fake
}

/** An origin on which nothing listens. */
export async function refusedOrigin (): Promise<string> {
  const server = net.createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return `http://127.0.0.1:${port}`
}

/**
 * An origin that never answers a SYN, as behind a firewall that drops: a listener that accepts nobody (its thread sleeps),
 * with its queue of waiting connections filled up. Stays on the loopback and needs no root; Linux drops what does not fit.
 */
export async function blackHole (t: Test): Promise<string> {
  const asleep = new Worker(`
    const { parentPort } = require('node:worker_threads')
    const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      parentPort.postMessage(server.address().port)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
    })`, { eval: true })
  const port = await new Promise<number>(resolve => asleep.once('message', resolve))
  const fillers = Array.from({ length: 6 }, () => net.connect(port, '127.0.0.1').on('error', () => {}))
  // A backlog of one holds two; the other four wait for ever, like everybody after them.
  let connected = 0
  await new Promise<void>(resolve => fillers.forEach(filler => filler.on('connect', () => { if (++connected === 2) resolve() })))
  t.teardown(async () => {
    for (const filler of fillers) filler.destroy()
    await asleep.terminate()
  })
  return `http://127.0.0.1:${port}`
}
