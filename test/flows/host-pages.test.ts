// renderPage of a host that has templates: what it returns, sends or forgets, the answer keeps its status.

import view from '@fastify/view'
import type { FastifyInstance } from 'fastify'
import { test, type Test } from 'tap'
import { startHost } from '../fixture/host'
import { logOut, logIn } from '../fixture/login'
import { origin } from '../fixture/settings'
import type { WechatLoginOptions } from '../../src/types'

/** As far as @fastify/view asks for one. */
const engine = {
  ejs: {
    compile: (text: string) => (data: { title: string }) => {
      if (text.includes('broken')) throw new Error('the template is broken')
      return text.replace('TITLE', data.title)
    }
  }
}

interface WithView {
  view: (template: string, data: object) => any
  viewAsync: (template: string, data: object) => Promise<string>
}

function start (
  t: Test, renderPage: (page: { title: string }, reply: WithView & { send: (text: string) => any }) => unknown
) {
  const root = t.testdir({ 'page.ejs': '<h1>TITLE</h1>', 'broken.ejs': 'broken' })
  return startHost(t, {
    before: async (app: FastifyInstance) => { await app.register(view, { engine, root }) },
    options: {
      renderPage: ((page, _request, reply) =>
        renderPage(page, reply as never)) as NonNullable<WechatLoginOptions['renderPage']>
    }
  })
}

test('what reply.view() returns is an error page with the status of its error, and so is a text', async t => {
  for (const renderPage of [
    (page: object, reply: WithView) => reply.view('page.ejs', page),
    async (page: object, reply: WithView) => reply.view('page.ejs', page),
    (page: object, reply: WithView) => reply.viewAsync('page.ejs', page),
    (page: { title: string }, reply: { send: (text: string) => unknown }) => reply.send(`<h1>${page.title}</h1>`),
    async (page: { title: string }, reply: { send: (text: string) => unknown }) => {
      reply.send(`<h1>${page.title}</h1>`)
    },
    (page: { title: string }) => `<h1>${page.title}</h1>`
  ] as Array<Parameters<typeof start>[1]>) {
    const host = await start(t, renderPage)
    const browser = host.browser()
    const refused = await browser.get(`${origin}/wechat/qr`)
    t.strictSame([refused.status, refused.body], [403, '<h1>You are not logged in</h1>'], String(renderPage))
    t.equal(refused.headers['cache-control'], 'no-store')
    t.equal(refused.headers.vary, 'accept-language')
    await logIn(host, browser)
    await logOut(browser)
    t.strictSame((await browser.get(`${origin}/account`)).status, 401, 'the guard\'s page too')
    t.strictSame(host.logs.filter(({ level }) => level >= 40), [])
  }
})

test('a template that fails, or a renderPage that forgets to return, is an error of the site and never a 200', async t => {
  for (const [renderPage, logged] of [
    [async () => { throw new Error('the template is broken') }, 'the template is broken'],
    [() => { throw new Error('the template is broken') }, 'the template is broken'],
    [() => undefined, 'renderPage returned neither a text nor a reply'],
    [async () => null, 'renderPage returned neither a text nor a reply'],
    [() => ({ html: '<h1>' }), 'renderPage returned neither a text nor a reply']
  ] as Array<[Parameters<typeof start>[1], string]>) {
    const host = await start(t, renderPage)
    const answer = await host.browser().get(`${origin}/wechat/qr`)
    t.equal(answer.status, 500, String(renderPage))
    t.notMatch(answer.body, 'template')
    t.ok(host.rawLog().includes(logged), `${logged} is in the log`)
  }
})

test('an error that reply.view() itself sends keeps the status of the page', async t => {
  const host = await start(t, (page, reply) => reply.view('broken.ejs', page))
  t.equal((await host.browser().get(`${origin}/wechat/qr`)).status, 403)
})
