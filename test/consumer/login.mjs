// A host that has installed the package: one whole login of each kind against the simulator, and out again. Prints what it found.

import Fastify from 'fastify'
import wechatLogin, { createWechatClient, errors, fastifyWechatLogin } from 'fastify-wechat-login'
import { startWechatSimulator } from 'fastify-wechat-login/simulator'

const origin = 'http://localhost:3000'
const userAgents = { oneclick: 'MicroMessenger/8.0', qr: 'Mozilla/5.0' }
const wechat = await startWechatSimulator({ callbackOrigin: origin, consent: 'qinghe' })
const app = Fastify()
await app.register(wechatLogin, { ...wechat.options, session: { secret: 'a session secret of the consumer, long enough' } })
app.get('/account', { preHandler: app.requireWechatUser }, async request => request.wechatUser)

const found = { names: [typeof createWechatClient, typeof errors.WechatError, fastifyWechatLogin === wechatLogin] }
for (const [via, userAgent] of Object.entries(userAgents)) {
  const cookies = new Map()
  found[via] = [(await visit('/account', cookies)).statusCode]
  const login = await visit('/wechat/login?redirect=/account', cookies, userAgent)
  const callback = new URL(wechat.control.approve(login.headers.location))
  const landing = await visit(callback.pathname + callback.search, cookies)
  const account = await visit(landing.headers.location, cookies)
  found[via].push(landing.statusCode, account.json().nickname, account.json().via)
  const logout = await app.inject({ method: 'POST', url: '/wechat/logout', headers: { host: 'localhost:3000', origin, cookie: cookieHeader(cookies) } })
  keep(logout, cookies)
  found[via].push(logout.statusCode, (await visit('/account', cookies)).statusCode)
}
await app.close()
await wechat.close()
console.log(JSON.stringify(found))

async function visit (url, cookies, userAgent = userAgents.qr) {
  const reply = await app.inject({ url, headers: { host: 'localhost:3000', 'user-agent': userAgent, cookie: cookieHeader(cookies) } })
  keep(reply, cookies)
  return reply
}

function keep (reply, cookies) {
  for (const { name, value } of reply.cookies) {
    if (value === '') cookies.delete(name)
    else cookies.set(name, value)
  }
}

function cookieHeader (cookies) {
  return [...cookies].map(pair => pair.join('=')).join('; ')
}
