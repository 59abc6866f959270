// No login at all: Fastify with the session that the host would have anyway. What the host's other routes cost without
// us.

import { addPublic, addSession, createApp, createStore, record, userOf } from './common.mjs'
import { profile } from '../profile.mjs'

export async function build ({ redisUrl }) {
  const { store, storeSize } = await createStore(redisUrl)
  const app = createApp()
  await addSession(app, store)
  // The same visitors, so that both sides have a logged-in session to read.
  app.get('/wechat/login', (_request, reply) =>
    reply.redirect(`https://open.weixin.qq.com/?redirect_uri=${encodeURIComponent('http://localhost/wechat/qr')}`))
  app.get('/wechat/qr', async (request, reply) => {
    await request.session.regenerate()
    request.session.user = { ...record(profile.openid), user: userOf(profile) }
    return reply.redirect('/', 303)
  })
  addPublic(app)
  return { app, storeSize }
}
