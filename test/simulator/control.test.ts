import t from 'tap'
import { codeIn } from '../fixture/login'
import { codeOf, exchange, get, oneclickUrl, param, post, profileOf, qrUrl, start } from '../fixture/simulator'

t.test('approve() plays the visit and is as strict as the pages', async t => {
  const wechat = await start(t)
  const { control } = wechat
  t.match(control.approve(oneclickUrl(wechat)), /^http:\/\/localhost:3000\/wechat\/oneclick\?code=\w{32}&state=abc123$/)
  t.match(control.approve(qrUrl(wechat)), /^http:\/\/localhost:3000\/wechat\/qr\?code=\w{32}&state=abc123$/)
  const { openid } = await exchange(wechat, codeIn(control.approve(oneclickUrl(wechat), { user: 'sunny' })))
  t.equal(openid, control.openid(wechat.options.oneclick.appid, 'sunny'))
  control.autoConsent = 'tricky'
  t.match(await profileOf(wechat, await exchange(wechat, codeOf(wechat))), { nickname: /引号/ })

  t.throws(
    () => control.approve(oneclickUrl(wechat, { state: undefined })),
    { message: 'state不能为空，错误码：10013 (The parameter state is missing.)' }
  )
  t.throws(() => control.approve(qrUrl(wechat, { scope: 'x' })), { message: /Scope 参数错误/ })
  t.throws(() => control.approve(`${wechat.url}/elsewhere`), { message: /not a URL of one of the two login pages/ })
  t.throws(
    () => control.approve(oneclickUrl(wechat), { user: 'nobody' }),
    { message: 'there is no user "nobody", only qinghe, sunny, tricky, follower, blank' }
  )
})

t.test('approve() wants #wechat_redirect, but not of wxLogin.js, and not with strictOrder: false', async t => {
  const wechat = await start(t)
  const bare = (url: string): string => url.split('#')[0] as string
  t.throws(() => wechat.control.approve(bare(oneclickUrl(wechat))), { message: /#wechat_redirect/ })
  t.throws(() => wechat.control.approve(bare(qrUrl(wechat))), { message: /#wechat_redirect/ })
  t.match(wechat.control.approve(bare(qrUrl(wechat, { login_type: 'jssdk', response_type: undefined }))), 'code=')
  const lenient = await start(t, { strictOrder: false })
  t.match(lenient.control.approve(bare(oneclickUrl(lenient))), 'code=')
})

t.test('duplicateCallbackUrls() repeats a callback with the same code, or with another for the same state', async t => {
  const wechat = await start(t)
  const url = wechat.control.approve(oneclickUrl(wechat))
  t.strictSame(wechat.control.duplicateCallbackUrls(url), [url, url])
  const [first, second] = wechat.control.duplicateCallbackUrls(url, 'fresh')
  t.equal(first, url)
  t.not(codeIn(second), codeIn(first))
  t.equal(param(second, 'state'), 'abc123')
  t.equal((await exchange(wechat, codeIn(first))).openid, (await exchange(wechat, codeIn(second))).openid)
  t.throws(
    () => wechat.control.duplicateCallbackUrls('http://localhost/?code=unknown', 'fresh'),
    { message: /not a callback URL/ }
  )
  t.throws(
    () => wechat.control.duplicateCallbackUrls('http://localhost/?decode=1', 'fresh'),
    { message: /not a callback URL/ }
  )
})

t.test('The clock moves, and only by numbers', async t => {
  const { control } = await start(t, { now: () => 1000 })
  control.advance(1.5)
  t.equal(control.now(), 2500)
  t.throws(() => control.advance(NaN), { message: /advance/ })
})

t.test('Unknown apps and users are refused with what there is', async t => {
  const { control, options } = await start(t)
  t.throws(
    () => control.openid('wx0', 'sunny'),
    { message: `there is no app "wx0", only ${options.oneclick.appid}, ${options.qr.appid}` }
  )
  t.throws(() => control.openid(options.qr.appid, 'x'), { message: /there is no user "x"/ })
  t.throws(() => { control.autoConsent = 'nobody' }, { message: /there is no user "nobody"/ })
  t.equal(control.autoConsent, null)
})

t.test('reset() brings back the start, and held polls let go', async t => {
  const wechat = await start(t, { consent: 'sunny', now: () => 0, pollHold: 60_000 })
  const { control } = wechat
  const [code, { appid }] = [codeOf(wechat), wechat.options.oneclick]
  control.autoConsent = null
  await get(qrUrl(wechat))
  const held = get(`${wechat.url}/connect/l/qrconnect?uuid=${control.qrs()[0]?.uuid}`)
  while (control.qrs()[0]?.polls !== 1) await new Promise(resolve => setImmediate(resolve))
  control.advance(10)
  control.setPlatform(appid, null)
  control.setSecret(appid, 'x')
  control.fault({ endpoint: 'auth', kind: 'busy' })

  control.reset()
  t.match((await held).text, 'wx_errcode=40')
  t.equal(control.autoConsent, 'sunny')
  t.equal(control.now(), 0)
  t.strictSame([control.faults(), control.qrs()], [[], []])
  t.equal(control.count('qrconnect'), 0)
  t.match(control.unionid(appid, 'sunny'), /^o/)
  t.equal((await exchange(wechat, code)).errcode, 40029)
})

t.test('The same control over HTTP', async t => {
  const wechat = await start(t)
  const at = (path: string): string => `${wechat.url}/simulator/${path}`
  const read = async (path: string): Promise<any> => JSON.parse((await get(at(path))).text)
  const { appid } = wechat.options.oneclick

  t.match(await read('users'), [{ id: 'qinghe', nickname: '青禾🌱', avatar: true, follower: false }])
  t.match(await read('apps'), [{ appid, kind: 'official', callbackDomain: 'localhost' }, { kind: 'website' }])
  t.strictSame(await post(at('auto-consent'), { user: 'sunny' }, 'PUT'), { status: 200, body: {} })
  t.equal(wechat.control.autoConsent, 'sunny')
  const { callbackUrl } =
    (await post(at('approve'), { url: oneclickUrl(wechat), user: 'tricky', snapshot: false })).body
  t.match(callbackUrl, 'code=')
  t.strictSame((await post(at('duplicate'), { callbackUrl })).body.urls, [callbackUrl, callbackUrl])
  const [, second] = (await post(at('duplicate'), { callbackUrl, code: 'fresh' })).body.urls
  t.not(second, callbackUrl)
  t.match(await exchange(wechat, codeIn(second)), { openid: wechat.control.openid(appid, 'tricky') })

  const before = wechat.control.now()
  t.ok((await post(at('advance'), { seconds: 100 })).body.now >= before + 100_000)
  await post(at('faults'), { endpoint: 'access_token', kind: 'busy', times: 'always' })
  t.match(await read('faults'), [{ endpoint: 'access_token', kind: 'busy', times: 'always' }])
  t.equal((await exchange(wechat, 'x')).errcode, -1)
  await post(at('faults?endpoint=userinfo'), undefined, 'DELETE')
  t.equal((await read('faults')).length, 1)
  await post(at('faults'), undefined, 'DELETE')
  t.strictSame(await read('faults'), [])

  t.equal((await read('calls')).length, 2)
  t.equal((await read('calls?endpoint=access_token&accepted=true')).length, 1)
  t.equal((await read('calls?accepted=false')).length, 1)
  t.equal((await read('calls?endpoint=userinfo')).length, 0)

  await post(at(`apps/${appid}/platform`), { platform: 'other' }, 'PUT')
  t.equal(wechat.control.apps[0]?.platform, 'other')
  await post(at(`apps/${appid}/platform`), {}, 'PUT')
  t.equal(wechat.control.apps[0]?.platform, null)
  await post(at(`apps/${appid}/secret`), { secret: 'rotated-secret' }, 'PUT')
  t.equal(wechat.control.apps[0]?.secret, 'rotated-secret')

  await get(qrUrl(wechat))
  t.match(await read('state'), {
    autoConsent: 'sunny',
    calls: 3,
    qrs: [{ status: 'confirmed' }],
    faults: [],
    users: [{ id: 'qinghe' }],
    apps: [{ secret: '…cret' }]
  })
  await post(at('auto-consent'), {}, 'PUT')
  t.equal(wechat.control.autoConsent, null)
  await post(at('reset'))
  t.match(await read('state'), {
    calls: 0,
    qrs: [],
    apps: [{ secret: `…${wechat.options.oneclick.secret.slice(-4)}` }]
  })
})

t.test('Over HTTP, nonsense is a 400 that says why, and a body must be JSON, which no other site\'s form can send', async t => {
  const wechat = await start(t)
  const at = (path: string): string => `${wechat.url}/simulator/${path}`
  const refused = async (path: string, body: unknown, method?: string): Promise<string> => {
    const reply = await post(at(path), body, method)
    t.equal(reply.status, 400)
    return reply.body.message
  }
  t.match(await refused('approve', {}), 'url: a string')
  t.match(await refused('approve', { url: oneclickUrl(wechat), user: 1 }), 'user: a string')
  t.match(await refused('faults', { endpoint: 'auth', kind: 'x' }), 'there is no fault "x"')
  t.match(await refused('advance', {}), 'advance: a number')
  t.match(await refused('auto-consent', { user: 'nobody' }, 'PUT'), 'there is no user')
  t.match(await refused('qr/x/scan', {}), 'there is no QR code "x"')
  for (const body of [[], null, 'text']) t.match(await refused('reset', body), 'body: a JSON object')
  const form = await get(at('reset'), { 'content-type': 'text/plain' }, { method: 'POST', body: '{}' })
  t.equal(form.status, 400)
  const bare = await get(at('reset'), {}, { method: 'POST' })
  t.equal(bare.status, 400)
  const broken = await get(at('reset'), { 'content-type': 'application/json' }, { method: 'POST', body: '{' })
  t.equal(broken.status, 400)
  const huge =
    await get(at('reset'), { 'content-type': 'application/json' }, { method: 'POST', body: ' '.repeat(2_000_000) })
  t.equal(huge.status, 413, "Fastify's own refusals stay what they are")
  const empty = await get(at('reset'), { 'content-type': 'application/json; charset=utf-8' }, { method: 'POST' })
  t.equal(empty.status, 200)
  t.match(await refused('approve', { url: 'not a URL' }), 'approve: not a URL of one of the two login pages')
})

t.test('The index page says what this is in two languages, lists everyone, and makes a browser someone\'s', async t => {
  const wechat = await start(t)
  const page = await get(`${wechat.url}/`)
  t.equal(page.status, 200)
  t.equal(page.text, (await get(`${wechat.url}/simulator`)).text)
  for (const text of [
    '微信登录模拟器', 'WeChat login simulator', wechat.options.qr.appid, 'href="http://localhost:3000"',
    'href="/simulator/state"', '&lt;b&gt;'
  ]) {
    t.match(page.text, text)
  }
  const chosen = await get(
    `${wechat.url}/simulator/act-as`,
    {},
    { method: 'POST', body: new URLSearchParams({ simulator_user: 'sunny' }) }
  )
  t.equal(chosen.status, 303)
  t.equal(chosen.location, '/simulator')
  const cookie = chosen.headers.get('set-cookie')?.split(';')[0] ?? ''
  t.match((await get(`${wechat.url}/`, { cookie })).text, '<strong>Sunny Day ☀️</strong>')
  t.equal((await get(`${wechat.url}/simulator/act-as`, {}, { method: 'POST' })).status, 400)
})
