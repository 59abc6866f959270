// @auth/core 0.41.3 with its own WeChat provider, behind Fastify as its Express and Hono wrappers do it: requests and
// replies are turned into web ones and back. Needed: the upstream's addresses, the JSON of a reply read as text/plain,
// the start without its CSRF form. Its session is a sealed cookie, so it needs no store.

import { Auth, setEnvDefaults, skipCSRFCheck } from '@auth/core'
import { getToken } from '@auth/core/jwt'
import WeChat from '@auth/core/providers/wechat'
import { addPublic, appid, createApp, refusal, secret, sessionSecret } from './common.mjs'

export async function build ({ upstream, port }) {
  const app = createApp()
  const origin = `http://localhost:${port}`
  const provider = WeChat({ clientId: appid, clientSecret: secret, platformType: 'WebsiteApp' })
  const config = {
    providers: [{
      ...provider,
      token: { ...provider.token, url: `${upstream}/sns/oauth2/access_token` },
      userinfo: { ...provider.userinfo, url: `${upstream}/sns/userinfo` }
    }],
    secret: sessionSecret,
    trustHost: true,
    basePath: '/auth',
    skipCSRFCheck,
    useSecureCookies: false,
    logger: { error: error => { console.error(error) }, warn () {}, debug () {} }
  }
  setEnvDefaults({}, config)

  async function pass (request, reply, path, method) {
    const answer = await Auth(
      new Request(origin + path, {
        method,
        headers: { cookie: request.headers.cookie ?? '', 'content-type': 'application/x-www-form-urlencoded' },
        ...(method === 'POST' && { body: '' })
      }),
      config
    )
    for (const [name, value] of answer.headers) reply.header(name, value)
    return reply.code(answer.status).send(await answer.text())
  }

  app.get('/wechat/login', (request, reply) => pass(request, reply, '/auth/signin/wechat', 'POST'))
  app.get('/auth/callback/wechat', (request, reply) => pass(request, reply, request.url, 'GET'))
  app.get('/account', {
    preHandler: async (request, reply) => {
      request.user = await getToken({ req: { headers: request.headers }, secret: sessionSecret, secureCookie: false })
      if (request.user === null) return reply.code(401).send(refusal)
    }
  }, async request => ({ user: request.user }))
  addPublic(app)
  return { app }
}
