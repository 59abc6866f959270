// What a guard has seen stays out of everybody's cache: @fastify/static, and handlers that think of no cache, say what
// holds for everybody's files. The last word is ours, when the head of the answer is written: an onSend hook would not
// be run for routes outside our scope, nor see the headers of a `Response`, nor be the last one.

import type { FastifyReply } from 'fastify'

/** Shared caches read these before Cache-Control. */
const ofSharedCaches = [
  'cdn-cache-control', 'surrogate-control', 'x-accel-expires', 'edge-control', 'cloudflare-cdn-cache-control',
  'netlify-cdn-cache-control', 'vercel-cdn-cache-control'
]

// On the answer itself: a WeakSet would cost several times what the rest does.
const watched = Symbol('fastify-wechat-login.watched')

interface Answer {
  [watched]?: true
  writeHead (...head: unknown[]): unknown
}

/**
 * The answer is `no-store`, unless the route says `private` or `no-store` in its own words, or has
 * `config: { wechatLogin: { cache: true } }`.
 */
export function keepPrivate (reply: FastifyReply): void {
  // Not for the back button after a logout; and a refusal is for nobody's cache.
  if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store')
  const raw = reply.raw as unknown as Answer
  if (raw[watched]) return
  const { writeHead } = raw
  raw[watched] = true
  raw.writeHead = (...head) => {
    // Of a reply that was hijacked, every word is the host's.
    if (!reply.sent) withdraw(reply)
    return writeHead.apply(raw, head)
  }
}

// What a reply's header() changes here is in the head still: Fastify has handed over the object that it changes. Of a
// stream, Fastify has copied it to the raw answer before.
function withdraw (reply: FastifyReply): void {
  const isShared = !isPrivate(reply.getHeader('cache-control')) || ofSharedCaches.some(name => reply.hasHeader(name))
  if (!isShared || reply.request.routeOptions.config.wechatLogin?.cache === true) return
  for (const name of ofSharedCaches) reply.removeHeader(name)
  if (isPrivate(reply.getHeader('cache-control'))) return
  reply.header('cache-control', 'no-store')
  reply.raw.setHeader('cache-control', 'no-store')
}

function isPrivate (cacheControl: unknown): boolean {
  if (cacheControl === 'no-store') return true
  const words = String(cacheControl).toLowerCase().split(',').map(word => word.trim())
  return words.some(word => word === 'private' || word === 'no-store') &&
    !words.some(word => word === 'public' || word.startsWith('s-maxage'))
}
