// The forty lines that teams paste: node:https without an agent of its own, one state for everybody, the code trusted
// as it comes.

import { get } from 'node:https'
import { addRoutes, addSession, appid, createApp, createStore, secret } from './common.mjs'

function ask (url) {
  return new Promise((resolve, reject) => {
    get(url, reply => {
      let body = ''
      reply.on('data', chunk => { body += chunk })
      reply.on('end', () => { resolve(JSON.parse(body)) })
    }).on('error', reject)
  })
}

export async function build ({ upstream, port, redisUrl }) {
  const { store, storeSize } = await createStore(redisUrl)
  const app = createApp()
  await addSession(app, store)
  app.get('/wechat/login', async (_request, reply) => {
    const redirect = encodeURIComponent(`http://localhost:${port}/wechat/qr`)
    return reply.redirect(`https://open.weixin.qq.com/connect/qrconnect?appid=${appid}&redirect_uri=${redirect}` +
      '&response_type=code&scope=snsapi_login&state=STATE#wechat_redirect')
  })
  app.get('/wechat/qr', async (request, reply) => {
    const token = await ask(`${upstream}/sns/oauth2/access_token?appid=${appid}&secret=${secret}` +
      `&code=${request.query.code}&grant_type=authorization_code`)
    const user = await ask(`${upstream}/sns/userinfo?access_token=${token.access_token}&openid=${token.openid}`)
    request.session.user = user
    return reply.redirect('/', 303)
  })
  addRoutes(app, request => request.session.user !== undefined)
  return { app, storeSize }
}
