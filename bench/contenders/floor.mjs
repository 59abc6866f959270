// The least that a Fastify host can do with the same components and still check a state: what every other number is
// divided by.

import { randomBytes } from 'node:crypto'
import cookie from '@fastify/cookie'
import session from '@fastify/session'
import { Agent } from 'undici'
import { addRoutes, appid, createApp, createStore, secret, sessionOptions, sessionSecret } from './common.mjs'

const keepUser = (session, user) => { session.user = user }

export async function build ({ upstream, port, redisUrl }, keep = keepUser) {
  const { store, storeSize } = await createStore(redisUrl)
  const app = createApp()
  const pool = new Agent({ connections: 16, keepAliveTimeout: 60_000 })
  const authorize = `https://open.weixin.qq.com/connect/qrconnect?appid=${appid}` +
    `&redirect_uri=${encodeURIComponent(`http://localhost:${port}/wechat/qr`)}&response_type=code&scope=snsapi_login` +
    '&state='
  const ask = async path =>
    JSON.parse(await (await pool.request({ origin: upstream, path, method: 'GET' })).body.text())

  await app.register(cookie, { secret: sessionSecret })
  // Registered before the session: the start needs none.
  await app.register(async scope => {
    scope.get('/wechat/login', (_request, reply) => {
      const state = randomBytes(16).toString('hex')
      reply.setCookie('state', state, { signed: true, httpOnly: true, sameSite: 'lax', path: '/', maxAge: 900 })
      reply.redirect(`${authorize}${state}#wechat_redirect`)
    })
  })
  await app.register(session, sessionOptions(store))
  app.get('/wechat/qr', async (request, reply) => {
    const { code, state } = request.query
    const kept = request.unsignCookie(request.cookies.state ?? '')
    if (!kept.valid || kept.value !== state) return reply.code(403).send()
    const token =
      await ask(`/sns/oauth2/access_token?appid=${appid}&secret=${secret}&code=${code}&grant_type=authorization_code`)
    if (!token.openid) return reply.code(502).send()
    const user = await ask(`/sns/userinfo?access_token=${token.access_token}&openid=${token.openid}&lang=zh_CN`)
    await request.session.regenerate()
    keep(request.session, user)
    reply.clearCookie('state', { path: '/' })
    return reply.redirect('/', 303)
  })
  addRoutes(app, request => request.session.user !== undefined)
  return { app, storeSize }
}
