// This package, as its README registers it.

import { addPublic, appid, createApp, createStore, require, secret, sessionOptions } from './common.mjs'

const wechatLogin = require('../../dist/index.js')

export async function build ({ upstream, port, redisUrl, tenants = 0 }) {
  const { store, storeSize } = await createStore(redisUrl)
  const app = createApp()
  const account = { appid, secret, callbackUrl: `http://localhost:${port}/wechat/qr` }
  const accounts = Array.from({ length: tenants }, (_, index) => ({
    ...account,
    appid: `wx${index.toString(16).padStart(16, '0')}`,
    callbackUrl: `${account.callbackUrl}?tenant=${index}`
  }))
  await app.register(wechatLogin, {
    qr: tenants === 0 ? account : request => accounts[request.query.tenant],
    session: sessionOptions(store),
    client: { apiHosts: [upstream] }
  })
  app.get('/account', { preHandler: app.requireWechatUser }, async request => ({ user: request.wechatUser }))
  addPublic(app)
  return { app, storeSize }
}
