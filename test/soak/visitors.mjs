// What visitors and strangers do, without end. Each kind returns what it counted; `lost` is what must never happen.

import { randomBytes, randomInt } from 'node:crypto'
import { Agent, request } from 'undici'

const wechatAgent = 'Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 Mobile/15E148 MicroMessenger/8.0.61(0x18003d2e)'
const desktopAgent = 'Mozilla/5.0 (Windows NT 10.0) Chrome/140.0.0.0'
const dispatcher = new Agent({ connections: 64, pipelining: 1 })
const hex = bytes => randomBytes(bytes).toString('hex')

class Visitor {
  jar = new Map()
  constructor (origin) {
    this.origin = origin
    this.isInWechat = randomInt(2) === 0
  }

  async go (url, { method = 'GET', headers = {}, body } = {}) {
    const cookie = [...this.jar].map(pair => pair.join('=')).join('; ')
    const answer = await request(new URL(url, this.origin), {
      method,
      dispatcher,
      body,
      headers: {
        accept: 'text/html',
        'user-agent': this.isInWechat ? wechatAgent : desktopAgent,
        ...(cookie && { cookie }),
        ...headers
      }
    })
    for (const line of [answer.headers['set-cookie'] ?? []].flat()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)
      if (/max-age=0/i.test(line)) this.jar.delete(name)
      else this.jar.set(name, value)
    }
    const text = await answer.body.text()
    return { status: answer.statusCode, location: answer.headers.location, text }
  }
}

/** The callback URL that WeChat sends this visitor to. */
async function visitWechat (visitor) {
  const { location } = await visitor.go('/wechat/login?redirect=/account')
  const { text } = await visitor.go(new URL('/simulator/approve', location), {
    method: 'POST',
    body: JSON.stringify({ url: location }),
    headers: { 'content-type': 'application/json' }
  })
  return JSON.parse(text).callbackUrl
}

/** A whole login, now and then with the callback more than once, a logout, or a second login in the same browser. */
export async function logIn (origin, counts) {
  const visitor = new Visitor(origin)
  for (let round = randomInt(3); round >= 0; round--) {
    const callback = await visitWechat(visitor)
    const repeats = [1, 1, 1, 2, 5][randomInt(5)]
    const answers = await Promise.all(Array.from({ length: repeats }, () => visitor.go(callback)))
    counts.callbacks += repeats
    if (answers.some(({ status }) => [502, 503, 504].includes(status))) {
      counts.refusedByFaults++
      if (answers.some(({ status }) => ![502, 503, 504, 403].includes(status))) {
        counts.lost.push(`repeated callbacks differ: ${answers.map(({ status }) => status)}`)
      }
      continue
    }
    const wrong = answers.find(({ status, location }) => status !== 303 || location !== '/account')
    if (wrong !== undefined) counts.lost.push(`a callback answered ${wrong.status} ${wrong.text.slice(0, 300)}`)
    const account = await visitor.go('/account')
    if (account.status !== 200) counts.lost.push(`after a login /account answered ${account.status}`)
    counts.logins++
    if (randomInt(3) > 0) continue
    const kept = new Map(visitor.jar)
    const out = await visitor.go('/wechat/logout', {
      method: 'POST',
      headers: { 'sec-fetch-site': 'same-origin', accept: 'application/json' }
    })
    visitor.jar = kept
    const ghost = await visitor.go('/wechat/me', { headers: { accept: 'application/json' } })
    if (out.status !== 204 || ghost.status !== 401) {
      counts.lost.push(`a logout answered ${out.status}, and its old cookie ${ghost.status}`)
    }
    counts.logouts++
  }
}

/** Anonymous visits, each by a browser of its own. */
export async function flood (origin, counts) {
  const visitor = new Visitor(origin)
  const answers = [
    await visitor.go('/wechat/login'),
    await visitor.go('/account'),
    await visitor.go('/wechat/me', { headers: { accept: 'application/json' } })
  ]
  counts.anonymous += answers.length
  if (answers.map(({ status }) => status).join() !== '302,302,401') {
    counts.lost.push(`anonymous visits answered ${answers.map(({ status }) => status)}`)
  }
}

/** Callbacks and other requests that nobody should send. */
export async function attack (origin, counts) {
  const visitor = new Visitor(origin)
  const state = hex(16)
  const requests = [
    [`/wechat/qr?code=${hex(16)}&state=${state}`,
      { headers: { cookie: `wechat-${state.slice(0, 12)}=${Date.now().toString(36)}.${hex(20)}` } }],
    [`/wechat/oneclick?code=${hex(16)}&state=${state}&restarted=1`],
    ['/wechat/qr?code=authdeny&state=x'],
    [`/wechat/qr?code=${'x'.repeat(600)}&state=${state}`],
    [`/wechat/qr?state=${state}&state=${state}&code=x`],
    ['/wechat/me', { headers: { cookie: `session=${hex(16)}.${hex(16)}`, accept: 'application/json' } }],
    ['/wechat/logout', { method: 'POST', headers: { 'sec-fetch-site': 'cross-site' } }],
    ['/wechat/qr',
      { method: 'POST', body: '{', headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' } }],
    [`/wechat/login?redirect=${encodeURIComponent('//evil.example')}`,
      { headers: { cookie: Array.from({ length: 8 }, (_, index) => `wechat-${hex(6)}=${index}.x`).join('; ') } }],
    ['/wechat/qr?code=x&state=y', { headers: { 'sec-purpose': 'prefetch' } }]
  ]
  for (const [url, given] of requests) {
    const { status } = await visitor.go(url, given)
    counts.attacks++
    if (status >= 500) counts.lost.push(`${url.slice(0, 80)} answered ${status}`)
  }
}

/** A visitor whose code WeChat's wrong: the exchange is made, and refused. */
export async function bringBadCode (origin, counts) {
  const visitor = new Visitor(origin)
  const callback = await visitWechat(visitor)
  const { status } = await visitor.go(callback.replace(/code=\w+/, `code=${hex(16)}`))
  counts.badCodes++
  if (![400, 502, 503, 504].includes(status)) counts.lost.push(`a wrong code answered ${status}`)
}

export const closeConnections = () => dispatcher.close()
