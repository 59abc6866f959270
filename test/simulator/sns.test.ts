import t from 'tap'
import { recordedReplies } from '../fixture/data'
import { codeIn } from '../fixture/login'
import {
  codeOf, exchange, exchangeUrl, get, type Params, pick, profileOf, qrUrl, sns, start
} from '../fixture/simulator'

const RID = /, rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$/

t.test('A code becomes tokens: text/plain, status 200, the recorded key order, recorded shapes', async t => {
  const wechat = await start(t)
  const code = codeOf(wechat)
  t.match(code, /^[A-Za-z0-9]{32}$/)
  const reply = await get(exchangeUrl(wechat, code))
  t.equal(reply.status, 200)
  t.equal(reply.headers.get('content-type'), 'text/plain')
  const body = JSON.parse(reply.text)
  t.strictSame(Object.keys(body), ['access_token', 'expires_in', 'refresh_token', 'openid', 'scope', 'unionid'])
  t.match(body.access_token, /^\d+_[\w-]{86}$/)
  t.match(body.openid, /^o[\w-]{27}$/)
  t.match(body.unionid, /^o[\w-]{27}$/)
  t.equal(body.expires_in, 7200)
  t.equal(body.scope, 'snsapi_userinfo')
  t.equal(body.openid, wechat.control.openid(wechat.options.oneclick.appid, 'qinghe'))
  t.equal(body.unionid, wechat.control.unionid(wechat.options.oneclick.appid, 'qinghe'))
})

t.test('POST with the same query works as GET does, and its body is ignored', async t => {
  const wechat = await start(t)
  const reply =
    await get(exchangeUrl(wechat, codeOf(wechat)), { 'content-type': 'text/xml' }, { method: 'POST', body: '<xml/>' })
  t.match(JSON.parse(reply.text), { expires_in: 7200 })
})

t.test('The replies have the keys of the recorded ones', async t => {
  const keysOf = (endpoint: string, text: string): string[] => {
    const found = recordedReplies.find(entry => entry.endpoint === endpoint && entry.note.includes(text))
    return Object.keys(JSON.parse(found?.body ?? '{}'))
  }
  const wechat = await start(t)
  const tokens = await exchange(wechat, codeOf(wechat))
  t.strictSame(Object.keys(await profileOf(wechat, tokens)), keysOf('/sns/userinfo', 'RECORDED 2022-03'))
  const silent = await exchange(wechat, codeOf(wechat, {}, { scope: 'snsapi_base' }))
  t.strictSame(Object.keys(silent), keysOf('/sns/oauth2/access_token', 'snsapi_base'))
  const snapshot = await exchange(wechat, codeOf(wechat, { snapshot: true }))
  t.strictSame(Object.keys(snapshot), keysOf('/sns/oauth2/access_token', 'snapshot-page'))
})

t.test('The checks of an exchange come in one order, each with its number and text', async t => {
  const wechat = await start(t)
  const code = codeOf(wechat)
  const missing = { appid: undefined, secret: undefined, code: undefined, grant_type: undefined }
  const cases: Array<[number, string, Record<string, string | undefined>]> = [
    [41002, 'appid missing', { ...missing }],
    [41004, 'appsecret missing', { ...missing, appid: 'wx' }],
    [41008, 'missing code', { ...missing, appid: 'wx', secret: 'x' }],
    [41008, 'missing code', { ...missing, appid: 'wx', secret: 'x', code: '' }],
    [40002, 'invalid grant_type', { ...missing, appid: 'wx', secret: 'x', code: 'x' }],
    [40013, 'invalid appid', { appid: 'wx', secret: 'x', code: 'x' }],
    [40125, 'invalid appsecret', { secret: 'x', code: 'x' }],
    [40029, 'invalid code', { code: 'x' }],
    [40029, 'invalid code', { appid: wechat.options.qr.appid, secret: wechat.options.qr.secret }]
  ]
  for (const [errcode, text, change] of cases) {
    const body = await exchange(wechat, code, change)
    t.equal(body.errcode, errcode)
    t.match(body.errmsg, new RegExp(`^${text}${RID.source}`))
  }
  t.match(await exchange(wechat, code), { openid: /^o/ }, 'none of them spent the code')
  t.equal((await exchange(wechat, code)).errcode, 40163)
  t.match((await exchange(wechat, code)).errmsg, /^code been used, rid: /)
})

t.test('The first group of a request id is the time in hexadecimal', async t => {
  const wechat = await start(t, { now: () => 0x63eb339a * 1000 })
  t.match((await exchange(wechat, 'x')).errmsg, /, rid: 63eb339a-/)
})

t.test('A code ends after five minutes, used or not', async t => {
  const wechat = await start(t)
  const [used, unused, late] = [codeOf(wechat), codeOf(wechat), codeOf(wechat)]
  await exchange(wechat, used)
  wechat.control.advance(299)
  t.match(await exchange(wechat, late), { openid: /^o/ })
  wechat.control.advance(1)
  t.equal((await exchange(wechat, unused)).errcode, 40029)
  t.equal((await exchange(wechat, used)).errcode, 40029)
})

t.test('The openid differs from app to app, the unionid is shared, an unbound app has none', async t => {
  const wechat = await start(t)
  const { oneclick, qr } = wechat.options
  const website =
    await exchange(wechat, codeIn(wechat.control.approve(qrUrl(wechat))), { appid: qr.appid, secret: qr.secret })
  const official = await exchange(wechat, codeOf(wechat))
  t.equal(website.scope, 'snsapi_login')
  t.not(website.openid, official.openid)
  t.equal(website.unionid, official.unionid)
  t.not((await exchange(wechat, codeOf(wechat, { user: 'sunny' }))).openid, official.openid)

  wechat.control.setPlatform(oneclick.appid, null)
  const unbound = await exchange(wechat, codeOf(wechat))
  t.notOk('unionid' in unbound)
  t.equal(unbound.openid, official.openid, 'the openid stays')
  t.equal(wechat.control.unionid(oneclick.appid, 'qinghe'), undefined)
  t.notOk('unionid' in await profileOf(wechat, unbound))
  wechat.control.setPlatform(oneclick.appid, 'platform')
  t.equal((await profileOf(wechat, unbound)).unionid, official.unionid, 'it appears later, also for old tokens')
})

t.test('snsapi_base gives an openid alone: no unionid, and 48001 for the profile', async t => {
  const wechat = await start(t)
  const tokens = await exchange(wechat, codeOf(wechat, {}, { scope: 'snsapi_base' }))
  t.notOk('unionid' in tokens)
  const refused = await profileOf(wechat, tokens)
  t.match(refused, { errcode: 48001, errmsg: /^api unauthorized, rid: / })
})

t.test('A snapshot user is virtual in everything and flagged in the token reply alone', async t => {
  const wechat = await start(t)
  const virtual = await exchange(wechat, codeOf(wechat, { snapshot: true }))
  const real = await exchange(wechat, codeOf(wechat))
  t.equal(virtual.is_snapshotuser, 1)
  t.notOk('is_snapshotuser' in real)
  t.not(virtual.openid, real.openid)
  t.not(virtual.unionid, real.unionid)
  const profile = await profileOf(wechat, virtual)
  t.match(profile, { nickname: '微信用户', headimgurl: `${wechat.url}/mmopen/vi_32/virtual/132` })
  t.equal((await get(profile.headimgurl)).status, 200)
})

t.test('The profile is that of 2021 and later, slashes are escaped, UTF-8 is raw', async t => {
  const wechat = await start(t)
  const { openid, ...tokens } = await exchange(wechat, codeOf(wechat, { user: 'tricky' }))
  const reply = await get(`${wechat.url}/sns/userinfo?access_token=${tokens.access_token}&openid=${openid}`)
  t.equal(reply.headers.get('content-type'), 'text/plain')
  t.match(reply.text, `"headimgurl":"${wechat.url.replaceAll('/', '\\/')}\\/mmopen\\/vi_32\\/tricky\\/132"`)
  t.match(reply.text, '“引号” <b>\\"&\'\\\\\\/<\\/b> 👨‍👩‍👧')
  t.match(JSON.parse(reply.text), { openid, sex: 0, language: '', city: '', province: '', country: '', privilege: [] })
})

t.test('Nickname and picture may be empty', async t => {
  const wechat = await start(t)
  const profile = await profileOf(wechat, await exchange(wechat, codeOf(wechat, { user: 'blank' })))
  t.equal(profile.nickname, '')
  t.equal(profile.headimgurl, '')
})

t.test('The picture is there in WeChat\'s sizes, and only for those who have one', async t => {
  const wechat = await start(t)
  const width = async (size: string): Promise<string> => (await get(`${wechat.url}/mmopen/vi_32/qinghe/${size}`)).text
  const reply = await get(`${wechat.url}/mmopen/vi_32/qinghe/132`)
  t.equal(reply.headers.get('content-type'), 'image/svg+xml')
  t.match(await width('0'), 'width="640"')
  t.match(await width('46'), 'width="46"')
  t.match(await width('9999'), 'width="640"')
  t.match(await width('x'), 'width="132"')
  t.match(await width('132'), '>青<')
  t.equal((await get(`${wechat.url}/mmopen/vi_32/blank/132`)).status, 404)
  t.equal((await get(`${wechat.url}/mmopen/vi_32/nobody/132`)).status, 404)
})

t.test('Profile and token check refuse in words of their own', async t => {
  const wechat = await start(t)
  const good = pick(await exchange(wechat, codeOf(wechat)))
  for (const path of ['userinfo', 'auth']) {
    const refused = async (change: Params): Promise<number> => (await sns(wechat, path, { ...good, ...change })).errcode
    t.equal(await refused({ access_token: undefined, openid: undefined }), 41001)
    t.equal(await refused({ openid: undefined }), 41009)
    t.equal(await refused({ access_token: 'cgi-bin' }), 40014)
    t.equal(await refused({ access_token: `92_${'x'.repeat(86)}` }), 40001)
    t.equal(await refused({ openid: 'oSomebodyElse' }), 40003)
  }
  t.strictSame(await sns(wechat, 'auth', good), { errcode: 0, errmsg: 'ok' })
  wechat.control.advance(7200)
  t.equal((await sns(wechat, 'auth', good)).errcode, 42001)
  t.equal((await profileOf(wechat, good)).errcode, 42001)
})

t.test('A refresh before the end keeps and prolongs the token, after it there is a new one', async t => {
  const wechat = await start(t)
  const { appid } = wechat.options.oneclick
  const { unionid, ...tokens } = await exchange(wechat, codeOf(wechat))
  const refresh = async (): Promise<any> =>
    sns(wechat, 'oauth2/refresh_token', { appid, grant_type: 'refresh_token', refresh_token: tokens.refresh_token })

  wechat.control.advance(7000)
  const early = await refresh()
  t.strictSame(early, tokens)
  wechat.control.advance(7000)
  t.equal((await sns(wechat, 'auth', pick(tokens))).errcode, 0, 'prolonged')
  wechat.control.advance(200)
  const late = await refresh()
  t.not(late.access_token, tokens.access_token)
  t.equal(late.refresh_token, tokens.refresh_token)
  t.equal((await sns(wechat, 'auth', pick(late))).errcode, 0)

  wechat.control.advance(30 * 24 * 60 * 60)
  t.match(await refresh(), { errcode: 40030, errmsg: /^invalid refresh_token, rid: / }, '30 days, not prolonged')
})

t.test('The checks of a refresh come in one order; it asks no secret', async t => {
  const wechat = await start(t)
  const { appid } = wechat.options.oneclick
  const tokens = await exchange(wechat, codeOf(wechat))
  const good = { appid, refresh_token: tokens.refresh_token, grant_type: 'refresh_token' }
  const refused = async (change: Params): Promise<number> =>
    (await sns(wechat, 'oauth2/refresh_token', { ...good, ...change })).errcode
  t.equal(await refused({ appid: undefined, refresh_token: undefined, grant_type: undefined }), 41002)
  t.equal(await refused({ appid: 'wx', refresh_token: undefined, grant_type: undefined }), 41003)
  t.equal(await refused({ appid: 'wx', grant_type: undefined }), 40002)
  t.equal(await refused({ appid: 'wx' }), 40013)
  t.equal(await refused({ refresh_token: 'x' }), 40030)
  t.equal(await refused({ appid: wechat.options.qr.appid }), 40030, 'of another app')
})

t.test('A secret that was reset is refused from then on', async t => {
  const wechat = await start(t)
  const { appid } = wechat.options.oneclick
  const code = codeOf(wechat)
  wechat.control.setSecret(appid, 'f'.repeat(32))
  t.equal((await exchange(wechat, code)).errcode, 40125)
  t.match(await exchange(wechat, code, { secret: 'f'.repeat(32) }), { openid: /^o/ })
})
