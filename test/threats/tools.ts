// What the attacks of this folder share: a login in steps, what "refused" means, requests byte by byte, and an API of WeChat's that says anything.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { MemoryStore } from '@fastify/session'
import type { Test } from 'tap'
import type { Answer, Browser } from '../fixture/browser'
import { beginLogin, type Host, type HostOptions, type LoginSteps, sessionSecret, startHost } from '../fixture/host'
import type { WechatLoginOptions } from '../../src/types'

export { getRaw, sendRaw } from '../fixture/raw'

/** The host name of all secure hosts. */
export const site = 'app.example.com'

export interface Begun { callback: string, code: string, state: string }

/** A login up to the point where WeChat sends the browser back. */
export async function begin (host: Host, browser: Browser, steps?: LoginSteps): Promise<Begun> {
  const callback = await beginLogin(host, browser, steps)
  const { searchParams } = new URL(callback)
  return { callback, code: searchParams.get('code')!, state: searchParams.get('state')! }
}

/** A login route's Location: the state on its way to WeChat. */
export function stateIn (authorizeUrl: string): string {
  return new URL(authorizeUrl).searchParams.get('state')!
}

export async function isLoggedIn (host: Host, browser: Browser): Promise<boolean> {
  return (await browser.fetch(`${host.origin}/wechat/me`)).status === 200
}

/** Who the browser is logged in as, or undefined. */
export async function whoIs (host: Host, browser: Browser): Promise<Record<string, any> | undefined> {
  const me = await browser.fetch(`${host.origin}/wechat/me`)
  return me.status === 200 ? me.json().user : undefined
}

export function sessionCookies ({ setCookies }: Answer): string[] {
  return setCookies.filter(line => /^(?:__Host-)?session=[^;]/.test(line))
}

export const exchanges = (host: Host): number => host.wechat.control.count('access_token')

/** Refused: a 4xx, nobody logged in, no session cookie, as many exchanges as before, and nothing in the body but our own words. */
export async function checkRefused (t: Test, host: Host, browser: Browser, answer: Answer, what: string, calls = 0): Promise<void> {
  t.strictSame({
    refused: answer.status >= 400 && answer.status < 500,
    session: sessionCookies(answer),
    exchanges: exchanges(host),
    stack: /\bat .+:\d+:\d+|node_modules/.test(answer.body),
    loggedIn: await isLoggedIn(host, browser)
  }, { refused: true, session: [], exchanges: calls, stack: false, loggedIn: false }, `${what}: ${answer.status}`)
}

/** A host whose session store the test can look into. */
export async function startHostWithStore (t: Test, given: HostOptions = {}): Promise<{ host: Host, store: Map<string, any> }> {
  const store = new MemoryStore()
  const options = typeof given.options === 'function' ? given.options : () => given.options as Partial<WechatLoginOptions> | undefined
  const host = await startHost(t, {
    ...given,
    options: (wechat, origin) => {
      const { session, ...rest }: Partial<WechatLoginOptions> = options(wechat, origin) ?? {}
      return { ...rest, session: { secret: sessionSecret, store, ...session } }
    }
  })
  return { host, store: (store as unknown as { store: Map<string, any> }).store }
}

/** The sessions that hold a login; the markers of spent attempts are none. */
export function loginsIn (store: Map<string, any>): any[] {
  return [...store.values()].filter(session => session.wechatLogin !== undefined)
}

export type Reply = string | Buffer | { status?: number, headers?: Record<string, string>, body?: string | Buffer } | ((request: IncomingMessage, response: ServerResponse) => void)

export interface FakeApi {
  url: string
  /** What was asked, oldest first: path and query as they came. */
  asked: string[]
  /** What the next exchange and profile are answered with. */
  token: Reply
  userinfo: Reply
}

export const person = { openid: 'oFakeOpenid-0000000000000001', nickname: 'Somebody', sex: 0, language: '', city: '', province: '', country: '', headimgurl: '', privilege: [] }
export const tokens = { access_token: 'ACCESS-TOKEN-of-the-fake-api-0001', expires_in: 7200, refresh_token: 'REFRESH-TOKEN-of-the-fake-api-0001', openid: person.openid, scope: 'snsapi_login' }

/** WeChat's token API, saying whatever the test wants. The pages stay the simulator's. */
export async function startFakeApi (t: Test): Promise<FakeApi> {
  const api: FakeApi = { url: '', asked: [], token: JSON.stringify(tokens), userinfo: JSON.stringify(person) }
  const server = createServer((request, response) => {
    api.asked.push(request.url!)
    const reply = request.url!.startsWith('/sns/userinfo') ? api.userinfo : api.token
    if (typeof reply === 'function') return reply(request, response)
    const { status = 200, headers = { 'content-type': 'text/plain' }, body = '' } = typeof reply === 'string' || Buffer.isBuffer(reply) ? { body: reply } : reply
    response.writeHead(status, headers).end(body)
  })
  await new Promise<void>(resolve => { server.unref().listen(0, '127.0.0.1', resolve) })
  t.teardown(() => new Promise(resolve => {
    server.closeAllConnections()
    server.close(resolve)
  }))
  const { port } = server.address() as { port: number }
  api.url = `http://127.0.0.1:${port}`
  return api
}

/** A host that asks this API; with no retries, so that each failure is one call. */
export function askingApi (api: FakeApi, options: HostOptions['options'] = {}): NonNullable<HostOptions['options']> {
  return (wechat, origin) => ({ ...(typeof options === 'function' ? options(wechat, origin) : options), client: { apiHosts: [api.url], retries: 0 } })
}
