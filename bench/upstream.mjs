// WeChat's API as far as a login needs it: TLS, kept alive, in a process of its own, and as cheap as it can be, so that
// the hosts are what is measured. Every code is good once; /json/… answers the same as application/json, for clients
// that cannot read WeChat's text/plain.

import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { profile } from './profile.mjs'

const tls = new URL('../test/data/tls/', import.meta.url)
const counts = { connections: 0, requests: 0 }
let delay = 0

const token = JSON.stringify({
  access_token: `88_${'t'.repeat(90)}`,
  expires_in: 7200,
  refresh_token: `88_${'r'.repeat(90)}`,
  openid: profile.openid,
  scope: 'snsapi_login',
  unionid: profile.unionid
})
const userinfo = JSON.stringify(profile).replaceAll('/', '\\/')

const server = createServer({
  key: readFileSync(new URL('key.pem', tls)),
  cert: readFileSync(new URL('cert.pem', tls))
}, (request, reply) => {
  counts.requests++
  request.resume()
  const type = request.url.startsWith('/json/') ? 'application/json' : 'text/plain'
  const body = request.url.includes('/access_token') ? token : userinfo
  const answer = () => {
    reply.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body)
  }
  if (delay > 0) setTimeout(answer, delay)
  else answer()
})
server.keepAliveTimeout = 60_000
server.on('secureConnection', () => { counts.connections++ })
server.listen(0, '127.0.0.1', () => { process.send({ ready: server.address().port }) })

process.on('message', message => {
  if (message.delay !== undefined) delay = message.delay
  if (message.reset) Object.assign(counts, { connections: 0, requests: 0 })
  process.send({ answer: { ...counts } })
})
process.on('disconnect', () => process.exit(0))
