// A host that has installed the package: one whole login of each kind against the simulator, and out again. Prints what
// it found. Over real sockets, as every runtime has them.

import { createServer } from 'node:net'
import Fastify from 'fastify'
import wechatLogin, { createWechatClient, errors, fastifyWechatLogin } from 'fastify-wechat-login'
import { startWechatSimulator } from 'fastify-wechat-login/simulator'

const userAgents = { oneclick: 'MicroMessenger/8.0', qr: 'Mozilla/5.0' }

// No `await` outside a function: a bundler makes CommonJS of it, too.
void main()

async function main () {
  const port = await freePort()
  const origin = `http://localhost:${port}`
  const wechat = await startWechatSimulator({ callbackOrigin: origin, consent: 'qinghe' })
  const app = Fastify()
  await app.register(wechatLogin, {
    ...wechat.options,
    session: { secret: 'a session secret of the consumer, long enough' }
  })
  app.get('/account', { preHandler: app.requireWechatUser }, async request => request.wechatUser)
  await app.listen({ port })

  const found = { names: [typeof createWechatClient, typeof errors.WechatError, fastifyWechatLogin === wechatLogin] }
  for (const [via, userAgent] of Object.entries(userAgents)) {
    const cookies = new Map()
    found[via] = [(await visit(`${origin}/account`, cookies)).status]
    const login = await visit(`${origin}/wechat/login?redirect=/account`, cookies, userAgent)
    const landing = await visit(wechat.control.approve(login.headers.get('location')), cookies)
    const account = await (await visit(new URL(landing.headers.get('location'), origin), cookies)).json()
    found[via].push(landing.status, account.nickname, account.via)
    const logout = await visit(`${origin}/wechat/logout`, cookies, userAgent, { method: 'POST', headers: { origin } })
    found[via].push(logout.status, (await visit(`${origin}/account`, cookies)).status)
  }
  const client = await fetch(`${origin}/wechat/client.js`)
  found['client.js'] = [client.status, (await client.text()).endsWith('import.meta.url).pathname })\n')]
  await app.close()
  await wechat.close()
  console.log(JSON.stringify(found))
}

async function visit (url, cookies, userAgent = userAgents.qr, { method = 'GET', headers = {} } = {}) {
  const cookie = [...cookies].map(pair => pair.join('=')).join('; ')
  const reply =
    await fetch(url, { method, redirect: 'manual', headers: { ...headers, 'user-agent': userAgent, cookie } })
  for (const line of reply.headers.getSetCookie()) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)
    if (value === '') cookies.delete(name)
    else cookies.set(name, value)
  }
  return reply
}

async function freePort () {
  const server = createServer()
  await new Promise(resolve => server.listen(0, 'localhost', resolve))
  const { port } = server.address()
  await new Promise(resolve => server.close(resolve))
  return port
}
