// grant 5.4.24 with its own WeChat provider. Needed: the hosts, state: true (it has none by default), the session as
// transport (its default puts the tokens into a URL), and a page of the host's own where it ends.

import grant from 'grant'
import { addRoutes, addSession, appid, createApp, createStore, secret } from './common.mjs'

export async function build ({ upstream, port, redisUrl }) {
  const { store, storeSize } = await createStore(redisUrl)
  const app = createApp()
  await addSession(app, store)
  await app.register(grant.fastify()({
    defaults: { origin: `http://localhost:${port}`, transport: 'session', state: true, prefix: '/connect' },
    wechat: {
      key: appid,
      secret,
      scope: ['snsapi_login'],
      authorize_url: 'https://open.weixin.qq.com/connect/qrconnect',
      access_url: `${upstream}/sns/oauth2/access_token`,
      profile_url: `${upstream}/sns/userinfo`,
      response: ['tokens', 'raw', 'profile'],
      callback: '/finish'
    }
  }))
  app.get('/wechat/login', (_request, reply) => reply.redirect('/connect/wechat'))
  app.get('/finish', async (request, reply) => {
    const { profile } = request.session.grant.response
    await request.session.regenerate()
    request.session.user = profile
    return reply.redirect('/', 303)
  })
  addRoutes(app, request => request.session.user !== undefined)
  return { app, storeSize }
}
