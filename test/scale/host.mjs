// One process of a host application with its sessions in Redis, as several of them stand behind a proxy. Settings come
// as JSON in argv.

import { createRequire } from 'node:module'
import cookie from '@fastify/cookie'
import session from '@fastify/session'
import { RedisStore } from 'connect-redis'
import Fastify from 'fastify'
import fp from 'fastify-plugin'
import { createClient } from 'redis'

const require = createRequire(import.meta.url)
const { createPlugin } = require('../../dist/plugin.js')
const { name, port, redisUrl, wechat, secret, skew = 0, onUserDelay = 0, attemptSecrets } = JSON.parse(process.argv[2])

const redis = createClient({ url: redisUrl })
redis.on('error', () => {})
await redis.connect()

const app = Fastify({ trustProxy: '127.0.0.1' })
await app.register(cookie)
await app.register(session, {
  secret,
  store: new RedisStore({ client: redis }),
  saveUninitialized: false,
  rolling: false,
  cookieName: '__Host-session',
  cookie: { secure: true, sameSite: 'lax', maxAge: 3_600_000 }
})
await app.register(fp(createPlugin(() => Date.now() + skew), { name: 'fastify-wechat-login' }), {
  ...wechat,
  secret: attemptSecrets,
  async onUser (profile, { tokens }) {
    // One line a call: the test counts how often each code became a user.
    await redis.hIncrBy('onUser', tokens.access_token, 1)
    if (onUserDelay > 0) await new Promise(resolve => setTimeout(resolve, onUserDelay))
    return profile
  }
})
app.get('/', async () => ({ name }))
app.get('/account', { preHandler: app.requireWechatUser }, async request => ({ name, user: request.wechatUser }))
await app.listen({ port, host: '127.0.0.1' })
process.on('SIGTERM', () => { void app.close().then(() => redis.close()).then(() => process.exit(0)) })
// The test that started this process is gone, with or without a word.
process.once('disconnect', () => process.exit())
process.send({ ready: true })
