import t from 'tap'
import { faultKinds } from '../../src/simulator'
import { Holds } from '../../src/simulator/holds'
import { codeOf, exchange, exchangeUrl, get, profileOf, qrUrl, type Reply, sns, start } from '../fixture/simulator'
import type { Socket } from 'node:net'
import type { SimulatorFault, WechatSimulator } from '../../src/simulator'

type Kind = SimulatorFault['kind']
type More = Partial<Omit<SimulatorFault, 'endpoint' | 'kind'>>

/** The raw reply to an exchange that meets the fault, and whether the code is spent after it. */
async function meet (wechat: WechatSimulator, kind: Kind, more: More = {}): Promise<Reply & { spent: boolean }> {
  const code = codeOf(wechat)
  wechat.control.fault({ endpoint: 'access_token', kind, ...more })
  const reply = await get(exchangeUrl(wechat, code))
  return { ...reply, spent: await isSpent(wechat, code) }
}

async function isSpent (wechat: WechatSimulator, code: string): Promise<boolean> {
  return (await exchange(wechat, code)).errcode === 40163
}

/** The error of a request that gets no whole reply. */
async function breakOff (
  wechat: WechatSimulator, kind: Kind, more: More = {}
): Promise<{ error: string, spent: boolean }> {
  const code = codeOf(wechat)
  wechat.control.fault({ endpoint: 'access_token', kind, ...more })
  const error = await get(exchangeUrl(wechat, code))
    .then(() => 'none', (error: Error) => String((error.cause as NodeJS.ErrnoException).code))
  return { error, spent: await isSpent(wechat, code) }
}

async function profileWith (wechat: WechatSimulator, kind: Kind): Promise<Reply> {
  const tokens = await exchange(wechat, codeOf(wechat))
  wechat.control.fault({ endpoint: 'userinfo', kind })
  return get(`${wechat.url}/sns/userinfo?access_token=${tokens.access_token}&openid=${tokens.openid}`)
}

t.test('WeChat\'s own numbers come before the code is looked at; busy-after comes when it is spent', async t => {
  const wechat = await start(t)
  for (const [kind, errcode, text] of [
    ['busy', -1, 'system error'],
    ['rate-limit', 45011, 'api minute-quota reach limit, must slower, retry next minute'],
    ['quota', 45009, 'reach max api daily quota limit']
  ] as const) {
    const reply = await meet(wechat, kind)
    t.match(JSON.parse(reply.text), { errcode, errmsg: new RegExp(`^${text}, rid: `) })
    t.equal(reply.status, 200)
    t.equal(reply.spent, false)
  }
  const after = await meet(wechat, 'busy-after')
  t.match(JSON.parse(after.text), { errcode: -1 })
  t.equal(after.spent, true)
})

t.test('errcode answers any number, with WeChat\'s text or another', async t => {
  const wechat = await start(t)
  t.match(
    JSON.parse((await meet(wechat, 'errcode', { errcode: 50002 })).text),
    { errcode: 50002, errmsg: /^user limited, rid/ }
  )
  t.match(JSON.parse((await meet(wechat, 'errcode')).text), { errcode: -1 })
  t.match(
    JSON.parse((await meet(wechat, 'errcode', { errcode: 7, errmsg: 'odd' })).text),
    { errcode: 7, errmsg: /^odd, rid/ }
  )
  t.match(
    JSON.parse((await meet(wechat, 'errcode', { errcode: 8 })).text),
    { errcode: 8, errmsg: /^unknown error, rid/ }
  )
})

t.test('Gateways answer for WeChat: 502 with HTML, 502 with nothing, 500, a redirect, HTML or nothing with 200', async t => {
  const wechat = await start(t)
  t.match(await meet(wechat, 'html-502'), { status: 502, text: '502 Bad Gateway', spent: false })
  t.match(await meet(wechat, 'empty-502'), { status: 502, text: /^$/ })
  t.match(await meet(wechat, 'status-500'), { status: 500, text: 'Internal Server Error' })
  t.match(await meet(wechat, 'redirect'), { status: 302, location: '/simulator/elsewhere' })
  t.match(
    await meet(wechat, 'redirect', { status: 307, location: 'https://portal.example/' }),
    { status: 307, location: 'https://portal.example/' }
  )
  t.match(await meet(wechat, 'html-200'), { status: 200, text: /^<!doctype html>/ })
  t.match(await meet(wechat, 'empty-200'), { status: 200, text: /^$/ })
})

t.test('With `after` WeChat has done its work, and a gateway loses it', async t => {
  const wechat = await start(t)
  t.match(await meet(wechat, 'html-502', { after: true }), { status: 502, spent: true })
  t.match(await breakOff(wechat, 'reset', { after: true }), { error: 'ECONNRESET', spent: true })
})

t.test('Bodies are broken: cut short, too large, null, with a BOM, laid out, of other types', async t => {
  const wechat = await start(t)
  const truncated = await meet(wechat, 'truncated')
  t.throws(() => JSON.parse(truncated.text), SyntaxError)
  t.equal(truncated.spent, true)
  t.equal((await meet(wechat, 'oversized')).bytes.length > 8 << 20, true)
  const oversized = await meet(wechat, 'oversized', { bytes: 5000 })
  t.equal(JSON.parse(oversized.text).padding.length, 5000)
  t.equal((await meet(wechat, 'json-null')).text, 'null')
  t.strictSame([...(await meet(wechat, 'bom')).bytes.subarray(0, 4)], [0xef, 0xbb, 0xbf, 0x7b])
  t.match((await meet(wechat, 'pretty')).text, /^\{\n {2}"access_token": "/)
  t.match(JSON.parse((await meet(wechat, 'wrong-types')).text), {
    access_token: [String],
    expires_in: { value: 7200 },
    openid: [String]
  })
  t.match(JSON.parse((await profileWith(wechat, 'wrong-types')).text), { nickname: [String], privilege: 'none' })
})

t.test('Fields are missing, foreign or more than expected', async t => {
  const wechat = await start(t)
  const fieldsWith = async (kind: Kind): Promise<any> => JSON.parse((await meet(wechat, kind)).text)
  t.notOk('scope' in await fieldsWith('no-scope'))
  t.notOk('openid' in await fieldsWith('no-openid'))
  t.notOk('unionid' in await fieldsWith('no-unionid'))
  t.equal((await fieldsWith('snapshot-flag')).is_snapshotuser, 1)
  t.match(await fieldsWith('errcode-zero'), { errcode: 0, errmsg: 'ok', openid: /^o/ })
  const real = await exchange(wechat, codeOf(wechat))
  const other = await fieldsWith('other-openid')
  t.not(other.openid, real.openid)
  t.equal(other.openid.length, 28)
  const union = await fieldsWith('other-unionid')
  t.not(union.unionid, real.unionid)
  t.equal(union.unionid.length, 28)
})

t.test('errmsg takes the form of earlier years, and a success has none', async t => {
  const wechat = await start(t)
  wechat.control.fault({ endpoint: 'access_token', kind: 'hints' })
  t.equal((await exchange(wechat, 'x')).errmsg, 'invalid code, hints: [ req_id: plAv90053th21 ]')
  t.notOk('errmsg' in JSON.parse((await meet(wechat, 'hints')).text))
})

t.test('A nickname holds raw control characters, or bytes that are not UTF-8', async t => {
  const wechat = await start(t)
  const control = await profileWith(wechat, 'control-characters')
  t.match(control.text, '"nickname":"\u0014\u0007青禾')
  t.throws(() => JSON.parse(control.text), SyntaxError)
  const invalid = await profileWith(wechat, 'invalid-utf8')
  t.throws(() => new TextDecoder('utf-8', { fatal: true }).decode(invalid.bytes), TypeError)
  t.match(JSON.parse(invalid.text).nickname, '\ufffd\ufffd(青禾')
})

t.test('The connection breaks: before any work, after it, or in the middle of the reply', async t => {
  const wechat = await start(t)
  t.strictSame(await breakOff(wechat, 'reset'), { error: 'ECONNRESET', spent: false })
  t.strictSame(await breakOff(wechat, 'lost-reply'), { error: 'UND_ERR_SOCKET', spent: true })
  t.strictSame(await breakOff(wechat, 'cut'), { error: 'UND_ERR_SOCKET', spent: true })
})

t.test('A drip arrives whole, byte by byte', async t => {
  const wechat = await start(t)
  const { text, status, headers } = await meet(wechat, 'drip', { ms: 1 })
  t.equal(status, 200)
  t.equal(headers.get('content-length'), String(text.length))
  t.match(JSON.parse(text), { openid: /^o/ })
})

t.test('Silence lasts until the client gives up, and so does a drip', async t => {
  const wechat = await start(t)
  for (const kind of ['silence', 'drip'] as const) {
    wechat.control.fault({ endpoint: 'auth', kind })
    const giveUp = new AbortController()
    const asked = get(`${wechat.url}/sns/auth`, {}, { signal: giveUp.signal })
    while (wechat.control.count('auth') === 0) await new Promise(resolve => setImmediate(resolve))
    giveUp.abort()
    await t.rejects(asked, { name: 'AbortError' })
    wechat.control.reset()
  }
})

t.test('slow waits and then does everything right; ms delays any other fault too', async t => {
  const wechat = await start(t)
  const time = async (kind: Kind, more: More): Promise<number> => {
    const begun = performance.now()
    await meet(wechat, kind, more)
    return performance.now() - begun
  }
  t.ok(await time('slow', { ms: 60 }) > 55)
  t.ok(await time('busy', { ms: 60 }) > 55)
  const begun = performance.now()
  t.match(JSON.parse((await meet(wechat, 'slow')).text), { openid: /^o/ })
  t.ok(performance.now() - begun > 990, 'a second, where ms is not given')
})

t.test('A fault meets as many requests as it was told, the queue comes before what stays, endpoints are apart', async t => {
  const wechat = await start(t)
  const answers = async (): Promise<number> => (await exchange(wechat, 'x')).errcode
  wechat.control.fault({ endpoint: 'access_token', kind: 'quota', times: 'always' })
  wechat.control.fault({ endpoint: 'access_token', kind: 'busy', times: 2 })
  wechat.control.fault({ endpoint: 'access_token', kind: 'rate-limit' })
  t.strictSame(
    wechat.control.faults().map(({ kind, times }) => [kind, times]),
    [['quota', 'always'], ['busy', 2], ['rate-limit', 1]]
  )
  t.equal((await sns(wechat, 'auth', {})).errcode, 41001)
  t.strictSame(
    [await answers(), await answers(), await answers(), await answers(), await answers()],
    [-1, -1, 45011, 45009, 45009]
  )
  wechat.control.fault({ endpoint: 'auth', kind: 'busy' })
  wechat.control.clearFaults('access_token')
  t.strictSame(wechat.control.faults(), [{ endpoint: 'auth', kind: 'busy', times: 1 }])
  t.equal(await answers(), 40029)
  wechat.control.clearFaults()
  t.equal((await sns(wechat, 'auth', {})).errcode, 41001)
})

t.test('Pages and polls break as the API does', async t => {
  const wechat = await start(t)
  wechat.control.fault({ endpoint: 'qrconnect', kind: 'html-502' })
  wechat.control.fault({ endpoint: 'authorize', kind: 'status-500' })
  wechat.control.fault({ endpoint: 'poll', kind: 'empty-200' })
  t.equal((await get(qrUrl(wechat))).status, 502)
  t.equal((await get(`${wechat.url}/connect/oauth2/authorize`)).status, 500)
  t.equal((await get(`${wechat.url}/connect/l/qrconnect`)).text, '')
})

t.test('A fault that does not exist, does not fit or has no number of times is refused', async t => {
  const { control } = await start(t)
  t.throws(
    () => control.fault({ endpoint: 'auth', kind: 'toString' as Kind }),
    { message: /there is no fault "toString", only slow, reset/ }
  )
  t.throws(
    () => control.fault({ endpoint: 'auth', kind: 'no-scope' }),
    { message: 'the fault "no-scope" fits access_token, refresh_token, not "auth"' }
  )
  t.throws(() => control.fault({ endpoint: 'auth', kind: 'busy', times: 0 }), { message: /times/ })
  t.throws(() => control.fault({ endpoint: 'auth', kind: 'busy', times: 'x' as 'always' }), { message: /times/ })
})

t.test('The record tells what WeChat did, whatever the fault made of it, and never a value', async t => {
  const wechat = await start(t)
  await meet(wechat, 'busy')
  await meet(wechat, 'lost-reply').catch(() => {})
  await exchange(wechat, 'x')
  const calls = wechat.control.calls({ endpoint: 'access_token' })
  const { appid, secret } = wechat.options.oneclick
  const params = ['appid', 'secret', 'code', 'grant_type']
  t.match(calls, [
    { endpoint: 'access_token', method: 'GET', params, appid, accepted: false, errcode: undefined, fault: 'busy' },
    { accepted: true, fault: undefined },
    { accepted: true, errcode: undefined, fault: 'lost-reply' },
    { accepted: false, errcode: 40029, fault: undefined }
  ])
  t.equal(calls.length, 4)
  t.equal(wechat.control.count('access_token', { accepted: true }), 2)
  t.equal(wechat.control.count('access_token'), 4)
  t.equal(wechat.control.calls().length, 4)
  t.notMatch(JSON.stringify(calls), secret)
})

t.test('The list of faults, so that a change of it shows', async t => {
  t.strictSame([...faultKinds], [
    'slow', 'reset', 'silence', 'lost-reply', 'cut', 'drip', 'html-502', 'empty-502', 'status-500', 'redirect',
    'html-200', 'empty-200', 'busy', 'busy-after', 'rate-limit', 'quota', 'errcode', 'truncated', 'oversized',
    'wrong-types', 'json-null', 'bom', 'pretty', 'hints', 'errcode-zero', 'no-openid', 'no-scope', 'no-unionid',
    'snapshot-flag', 'other-openid', 'other-unionid', 'control-characters', 'invalid-utf8', 'page-error',
    'altered-state', 'fragment-redirect', 'snapshot', 'same-code', 'duplicate-same-code', 'duplicate-fresh-code'
  ])
})

t.test('What is held is let go at the end, keeps no process alive, and nothing is held after it', async t => {
  const holds = new Holds()
  const timers = (): number => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
  const before = timers()
  const pause = holds.pause(1_000_000)
  t.equal(timers(), before)
  t.equal(holds.size, 1)
  holds.release()
  await pause.done
  t.equal(holds.size, 0)
  await holds.pause(1_000_000).done
  let [stopped, destroyed] = [0, 0]
  const gone = { destroyed: true, destroy: () => { destroyed++ } } as unknown as Socket
  holds.keep(gone, () => { stopped++ })
  holds.keep(gone)
  t.strictSame([stopped, destroyed, holds.size], [1, 2, 0], 'a client that has left already')
})

t.test('A profile request still works after all that', async t => {
  const wechat = await start(t)
  t.match(await profileOf(wechat, await exchange(wechat, codeOf(wechat))), { nickname: '青禾🌱' })
})
