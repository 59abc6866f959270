// @fastify/oauth2 8.3.0. Needed: appid and secret under WeChat's names, a token endpoint that answers application/json
// (it cannot read WeChat's text/plain), GET instead of POST is not to be had, and the profile is fetched by hand. It
// sends no #wechat_redirect.

import oauth2 from '@fastify/oauth2'
import { addRoutes, addSession, appid, createApp, createStore, secret } from './common.mjs'

export async function build ({ upstream, port, redisUrl }) {
  const { store, storeSize } = await createStore(redisUrl)
  const app = createApp()
  await addSession(app, store)
  await app.register(oauth2, {
    name: 'wechat',
    scope: ['snsapi_login'],
    credentials: {
      client: { id: appid, secret, idParamName: 'appid', secretParamName: 'secret' },
      auth: {
        authorizeHost: 'https://open.weixin.qq.com',
        authorizePath: '/connect/qrconnect',
        tokenHost: upstream,
        tokenPath: '/json/sns/oauth2/access_token'
      },
      options: { authorizationMethod: 'body' }
    },
    startRedirectPath: '/wechat/login',
    callbackUri: `http://localhost:${port}/wechat/qr`,
    callbackUriParams: { appid },
    cookie: { path: '/', secure: false }
  })
  app.get('/wechat/qr', async (request, reply) => {
    const { token } = await app.wechat.getAccessTokenFromAuthorizationCodeFlow(request)
    const user = await (await fetch(`${upstream}/sns/userinfo?access_token=${token.access_token}` +
      `&openid=${token.openid}&lang=zh_CN`)).json()
    await request.session.regenerate()
    request.session.user = user
    return reply.redirect('/', 303)
  })
  addRoutes(app, request => request.session.user !== undefined)
  return { app, storeSize }
}
