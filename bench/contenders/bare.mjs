// No login at all: Fastify with the session that the host would have anyway. What the host's other routes cost without us.

import { addPublic, addSession, createApp, createStore } from './common.mjs'

export async function build ({ redisUrl }) {
  const { store, storeSize } = await createStore(redisUrl)
  const app = createApp()
  await addSession(app, store)
  // The same visitors, so that both sides have a logged-in session to read.
  app.get('/wechat/login', (_request, reply) => reply.redirect(`https://open.weixin.qq.com/?redirect_uri=${encodeURIComponent('http://localhost/wechat/qr')}`))
  app.get('/wechat/qr', async (request, reply) => {
    await request.session.regenerate()
    // As much as a login of ours keeps: @fastify/session hashes what a session holds at every request.
    request.session.user = { id: 'x'.repeat(20), at: 1, via: 'qr', appid: 'x'.repeat(18), openid: 'x'.repeat(28), attempt: 'x'.repeat(43), user: { nickname: 'somebody', openid: 'x'.repeat(28), unionid: 'x'.repeat(28), headimgurl: 'x'.repeat(60), appid: 'x'.repeat(18), via: 'qr', sex: 0, language: '', city: '', province: '', country: '', privilege: [], scope: 'snsapi_login', snapshot: false } }
    return reply.redirect('/', 303)
  })
  addPublic(app)
  return { app, storeSize }
}
