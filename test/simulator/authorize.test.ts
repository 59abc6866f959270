import t from 'tap'
import { userAgents } from '../fixture/data'
import { codeIn } from '../fixture/login'
import { exchange, get, oneclickUrl, param, profileOf, start } from '../fixture/simulator'
import { origin, site } from '../fixture/settings'
import type { WechatSimulator } from '../../src/simulator'

const TITLE = /<h4 class="weui_msg_title"[^>]*>(.*?)<\/h4>/

async function titleOf (wechat: WechatSimulator, change: Record<string, string | undefined> = {}): Promise<string> {
  const { status, text } = await get(oneclickUrl(wechat, change))
  return status === 200 ? TITLE.exec(text)?.[1] ?? 'no error' : `status ${status}`
}

/** What the consent page's form would send. */
function answerUrl (page: string, origin: string, fields: Record<string, string>): string {
  const unescape = (text = ''): string => text.replaceAll('&#39;', '\'')
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
  const hidden = [...page.matchAll(/<input type="hidden" name="(.*?)" value="(.*?)">/g)]
    .map(([, name, value]): [string, string] => [unescape(name), unescape(value)])
  return `${origin}/connect/oauth2/authorize?${new URLSearchParams([...hidden, ...Object.entries(fields)])}`
}

t.test('Only WeChat\'s own browser gets further, and WeCom\'s is not it', async t => {
  const wechat = await start(t)
  for (const { userAgent, is } of userAgents) {
    const { status, text } = await get(oneclickUrl(wechat), { 'user-agent': userAgent })
    t.equal(status, 200)
    t.equal(text.includes('请在微信客户端打开链接'), is !== 'wechat', userAgent)
  }
  t.match((await get(oneclickUrl(wechat), { 'user-agent': '' })).text, '请在微信客户端打开链接')
})

t.test('With uaGate: false a desktop browser gets further', async t => {
  const wechat = await start(t, { uaGate: false })
  t.match((await get(oneclickUrl(wechat), { 'user-agent': 'Firefox' })).text, '获取你的昵称')
})

t.test('In a frame the page stays blank', async t => {
  const wechat = await start(t)
  t.equal((await get(oneclickUrl(wechat), { 'sec-fetch-dest': 'iframe' })).text, '')
})

t.test('The page checks in WeChat\'s order and says it in WeChat\'s words', async t => {
  const wechat = await start(t)
  const none = {
    appid: undefined,
    redirect_uri: undefined,
    scope: undefined,
    state: undefined,
    response_type: undefined
  }
  const { appid } = wechat.options.oneclick
  t.equal(await titleOf(wechat, none), 'appid不能为空，错误码：10012')
  t.equal(await titleOf(wechat, { ...none, appid: 'wx0000000000000000' }), 'AppID 参数错误')
  t.equal(await titleOf(wechat, { ...none, appid }), 'redirect_uri不能为空，错误码：10011')
  t.equal(await titleOf(wechat, { ...none, appid, redirect_uri: 'x' }), 'scope不能为空，错误码：10010')
  t.equal(await titleOf(wechat, { ...none, appid, redirect_uri: 'x', scope: 'x' }), 'state不能为空，错误码：10013')
  t.equal(await titleOf(wechat, { response_type: undefined }), '参数错误')
  t.equal(await titleOf(wechat, { response_type: 'token' }), '参数错误')
  t.equal(
    await titleOf(wechat, { redirect_uri: 'https://other.example/', scope: 'x', state: 's'.repeat(129) }),
    'redirect_uri域名与后台配置不一致，错误码：10003'
  )
  t.equal(await titleOf(wechat, { scope: 'profile', state: 's'.repeat(129) }), 'Scope 参数错误或没有 Scope 权限')
  t.equal(await titleOf(wechat, { scope: 'snsapi_login', state: 's'.repeat(129) }), '此公众号并没有这些scope的权限，错误码：10005')
  t.equal(await titleOf(wechat, { appid: wechat.options.qr.appid }), '不支持微信开放平台的Appid，请使用公众号Appid，错误码：10016')
  t.equal(await titleOf(wechat, { state: 's'.repeat(129) }), 'state 参数过长')
  t.equal(await titleOf(wechat, { state: '青'.repeat(43) }), 'state 参数过长', 'bytes are counted')
  t.equal(await titleOf(wechat, { state: 's'.repeat(128) }), 'no error')
})

t.test('An error never reaches the application: status 200, no redirect, nothing unescaped', async t => {
  const wechat = await start(t)
  const { status, location, text } = await get(oneclickUrl(wechat, { appid: '<script>"\'&' }))
  t.equal(status, 200)
  t.equal(location, '')
  t.match(text, '&lt;script&gt;&quot;&#39;&amp;')
  t.notMatch(text, '<script>')
})

t.test('redirect_uri needs the authorised host to the letter, and no port', async t => {
  const wechat = await start(t, { callbackOrigin: origin })
  const no = 'redirect_uri域名与后台配置不一致，错误码：10003'
  for (const [uri, expected] of [
    ['https://app.example.com/wechat/oneclick', 'no error'],
    ['http://app.example.com/other?a=b:8080/', 'no error'],
    ['https://example.com/', no],
    ['https://www.app.example.com/', no],
    ['https://app.example.com.evil.example/', no],
    ['https://app.example.com:443/', no],
    ['https://app.example.com:8443/', no],
    ['https://app.example.com:', no],
    ['https://user@app.example.com/', 'redirect_uri 参数错误'],
    ['https://user:pw@app.example.com/', 'redirect_uri 参数错误'],
    ['//app.example.com/', 'redirect_uri 参数错误'],
    [site, 'redirect_uri 参数错误'],
    ['javascript:alert(1)', 'redirect_uri 参数错误'],
    ['http://', 'redirect_uri 参数错误'],
    ['https%3A%2F%2Fapp.example.com%2F', 'redirect_uri 参数错误']
  ] as const) t.equal(await titleOf(wechat, { redirect_uri: uri }), expected, uri)
})

t.test('A port is accepted for loopback hosts by default, nowhere with "never", anywhere with "any"', async t => {
  const origins = [
    'http://localhost:3000', 'http://127.0.0.1:3000', 'http://[::1]:3000', 'http://app.localhost:3000',
    'http://192.168.1.2:3000'
  ]
  const accepted = async (callbackOrigin: string, ports?: 'never' | 'any'): Promise<boolean> =>
    await titleOf(await start(t, { callbackOrigin, ...(ports && { ports }) })) === 'no error'
  t.strictSame(await Promise.all(origins.map(origin => accepted(origin))), [true, true, true, true, false])
  t.strictSame(await Promise.all(origins.map(origin => accepted(origin, 'never'))), [false, false, false, false, false])
  t.strictSame(await Promise.all(origins.map(origin => accepted(origin, 'any'))), [true, true, true, true, true])
})

t.test('The order of the parameters is WeChat\'s; a switch makes it lenient', async t => {
  const strict = await start(t)
  const lenient = await start(t, { strictOrder: false })
  const reorder = (wechat: WechatSimulator): string => {
    const [page, query = ''] = oneclickUrl(wechat).split('#')[0]!.split('?') as [string, string]
    return `${page}?${query.split('&').reverse().join('&')}`
  }
  const refused = await get(reorder(strict))
  t.match(refused.text, /<h4 class="weui_msg_title"[^>]*><\/h4>/, 'WeChat itself says nothing')
  t.match(refused.text, 'the order must be appid, redirect_uri, response_type, scope, state, not state, scope')
  t.match((await get(reorder(lenient))).text, '获取你的昵称')
  t.equal(await titleOf(lenient, { response_type: undefined }), 'no error')
  t.equal(await titleOf(lenient, { response_type: 'token' }), '参数错误')
  t.equal(
    await titleOf(strict, { forcePopup: 'true', forceSnapShot: 'false', connect_redirect: '1', unknown: '1' }),
    'no error'
  )
})

t.test('The consent page repeats the request in its order and comes back with code, then state', async t => {
  const wechat = await start(t)
  const { callbackUrl, appid } = wechat.options.oneclick
  const first = await get(oneclickUrl(wechat, { redirect_uri: `${callbackUrl}?redirect=%2Fa%3Fb%3D"c"` }))
  t.equal(first.headers.get('cache-control'), 'no-store')
  for (const { nickname } of wechat.control.users) t.ok(first.text.includes(nickname.slice(0, 2)))
  t.match(first.text, '没有昵称 no nickname: blank')
  t.match(first.text, '&lt;b&gt;&quot;&amp;&#39;\\/&lt;/b&gt;')
  t.match(first.text, /value="qinghe" checked/)
  t.notMatch(first.text, /(?:src|href)="(?:https?:)?\/\//, 'nothing from elsewhere')

  const allowed = await get(answerUrl(first.text, wechat.url, { simulator_user: 'sunny', simulator_answer: 'allow' }))
  t.equal(allowed.status, 302)
  t.match(
    allowed.location,
    /^http:\/\/localhost:3000\/wechat\/oneclick\?redirect=%2Fa%3Fb%3D"c"&code=[A-Za-z0-9]{32}&state=abc123$/
  )
  t.equal((await exchange(wechat, codeIn(allowed.location))).openid, wechat.control.openid(appid, 'sunny'))

  const cookie = allowed.headers.get('set-cookie')?.split(';')[0] ?? ''
  t.match(
    (await get(oneclickUrl(wechat), { cookie: `a=b; ${cookie}` })).text,
    /value="sunny" checked/,
    'this browser is sunny\'s now'
  )
  const anyone =
    await get(answerUrl(first.text, wechat.url, { simulator_user: 'nobody', simulator_answer: 'allow' }), { cookie })
  t.equal(
    (await exchange(wechat, codeIn(anyone.location))).openid,
    wechat.control.openid(appid, 'sunny'),
    'an unknown choice is the browser\'s user'
  )
  t.match(
    (await get(oneclickUrl(wechat), { cookie: 'simulator_user=bm9ib2R5' })).text,
    /value="qinghe" checked/,
    'an unknown cookie is nobody'
  )
})

t.test('Code and state go before a fragment, into headers that hold any redirect_uri', async t => {
  const wechat = await start(t, { consent: 'qinghe' })
  const { location } = await get(oneclickUrl(wechat, { redirect_uri: 'http://localhost:3000/青 禾\r\nx: y#/a?b#c' }))
  t.match(location, /^http:\/\/localhost:3000\/%E9%9D%92%20%E7%A6%BE%0D%0Ax:%20y\?code=\w+&state=abc123#\/a\?b#c$/)
})

t.test('A refusal sends nothing, or what old documents and old code say', async t => {
  for (const [refusal, expected] of [
    ['none', ''],
    ['state-only', 'http://localhost:3000/wechat/oneclick?state=abc123'],
    ['authdeny', 'http://localhost:3000/wechat/oneclick?code=authdeny&state=abc123']
  ] as const) {
    const wechat = await start(t, { refusal })
    const asked = await get(`${oneclickUrl(wechat).split('#')[0]}&simulator_answer=refuse`)
    t.equal(asked.location, expected)
    wechat.control.autoConsent = 'refuse'
    const automatic = await get(oneclickUrl(wechat))
    t.equal(automatic.location, expected)
    if (refusal === 'none') t.match(automatic.text, '已取消授权')
  }
})

t.test('snsapi_base asks nobody, not even someone who refuses', async t => {
  const wechat = await start(t, { consent: 'refuse' })
  const { oneclick } = wechat.options
  const { status, location, headers } = await get(oneclickUrl(wechat, { scope: 'snsapi_base' }))
  t.equal(status, 302)
  t.equal(headers.get('set-cookie'), null)
  t.equal((await exchange(wechat, codeIn(location))).openid, wechat.control.openid(oneclick.appid, 'qinghe'))
})

t.test('A follower is not asked, whatever the URL wants', async t => {
  const wechat = await start(t)
  const cookie = `simulator_user=${Buffer.from('follower').toString('base64url')}`
  const url = oneclickUrl(wechat, { forcePopup: 'true', forceSnapShot: 'true' })
  const { location } = await get(url, { cookie })
  t.match(await profileOf(wechat, await exchange(wechat, codeIn(location))), { nickname: '老朋友 Follower' })
  wechat.control.autoConsent = 'follower'
  t.equal((await get(url)).status, 302)
  wechat.control.autoConsent = 'refuse'
  t.match((await get(oneclickUrl(wechat), { cookie })).text, '已取消授权', 'a test that wants a refusal gets one')
})

t.test('With rememberConsent one consent holds for 30 days, unless forcePopup=true', async t => {
  const wechat = await start(t, { rememberConsent: true })
  const allowed = await get(`${oneclickUrl(wechat).split('#')[0]}&simulator_answer=allow`)
  const cookie = allowed.headers.get('set-cookie')?.split(';')[0] ?? ''
  const asks = async (change = {}): Promise<boolean> =>
    (await get(oneclickUrl(wechat, change), { cookie })).status === 200
  t.notOk(await asks())
  t.ok(await asks({ forcePopup: 'true' }))
  wechat.control.advance(30 * 24 * 60 * 60)
  t.ok(await asks())

  const forgetful = await start(t)
  await get(`${oneclickUrl(forgetful).split('#')[0]}&simulator_answer=allow`)
  t.equal((await get(oneclickUrl(forgetful), { cookie })).status, 200, 'off by default')
})

t.test('A user of the test\'s choice consents at once', async t => {
  const wechat = await start(t, { consent: 'tricky' })
  const { location } = await get(oneclickUrl(wechat))
  t.equal(
    (await exchange(wechat, codeIn(location))).openid,
    wechat.control.openid(wechat.options.oneclick.appid, 'tricky')
  )
})

t.test('The snapshot page lets in a virtual user, and 使用完整服务 asks the real one', async t => {
  const wechat = await start(t)
  const url = oneclickUrl(wechat, { forceSnapShot: 'true' })
  const page = await get(url)
  t.match(page.text, '使用完整服务')
  const viewed = await get(answerUrl(page.text, wechat.url, { simulator_answer: 'snapshot' }))
  t.equal((await exchange(wechat, codeIn(viewed.location))).is_snapshotuser, 1)
  t.match((await get(answerUrl(page.text, wechat.url, { simulator_answer: 'full' }))).text, '获取你的昵称')
  wechat.control.autoConsent = 'sunny'
  const automatic = await get(url)
  t.equal((await exchange(wechat, codeIn(automatic.location))).is_snapshotuser, 1)
})

t.test('The page\'s own faults', async t => {
  const wechat = await start(t, { consent: 'sunny' })
  const fault =
    (kind: 'page-error' | 'altered-state' | 'fragment-redirect' | 'snapshot' | 'same-code', errcode?: number): void =>
      wechat.control.fault({ endpoint: 'authorize', kind, ...(errcode !== undefined && { errcode }) })

  await t.test('page-error shows any of WeChat\'s numbers', async t => {
    fault('page-error', 10009)
    t.equal(await titleOf(wechat), '操作太频繁了，请稍后重试，错误码：10009')
    fault('page-error')
    t.equal(await titleOf(wechat), '系统错误，错误码：-1')
    fault('page-error', 12345)
    t.equal(await titleOf(wechat), '未知错误，错误码：12345')
  })

  await t.test('altered-state appends to state, as one browser does', async t => {
    fault('altered-state')
    t.equal(param((await get(oneclickUrl(wechat))).location, 'state'), 'abc123https://i.example')
    fault('altered-state')
    t.equal(await titleOf(wechat, { scope: 'x' }), 'Scope 参数错误或没有 Scope 权限', 'errors stay errors')
  })

  await t.test('fragment-redirect hides code and state behind a fragment', async t => {
    fault('fragment-redirect')
    t.match((await get(oneclickUrl(wechat))).location, /oneclick#\/\?code=\w{32}&state=abc123$/)
  })

  await t.test('snapshot is WeChat\'s own judgement', async t => {
    fault('snapshot')
    t.equal((await exchange(wechat, codeIn((await get(oneclickUrl(wechat))).location))).is_snapshotuser, 1)
  })

  await t.test('same-code gives two tabs one code', async t => {
    wechat.control.reset()
    wechat.control.autoConsent = 'sunny'
    wechat.control.fault({ endpoint: 'authorize', kind: 'same-code', times: 2 })
    const [first, second] = [await get(oneclickUrl(wechat)), await get(oneclickUrl(wechat, { state: 'other' }))]
    t.equal(codeIn(first.location), codeIn(second.location))
    t.equal(param(second.location, 'state'), 'other')
    t.not(codeIn((await get(oneclickUrl(wechat))).location), codeIn(first.location))
  })

  await t.test('duplicate-same-code and duplicate-fresh-code navigate twice', async t => {
    for (const kind of ['duplicate-same-code', 'duplicate-fresh-code'] as const) {
      wechat.control.fault({ endpoint: 'authorize', kind })
      const { status, text } = await get(oneclickUrl(wechat))
      t.equal(status, 200)
      const [first = '', second = ''] =
        [...text.matchAll(/data-(?:first|second)="(.*?)"/g)].map(match => match[1]!.replaceAll('&amp;', '&'))
      t.equal(codeIn(first) === codeIn(second), kind === 'duplicate-same-code')
      t.equal(param(first, 'state'), param(second, 'state'))
      t.match(await exchange(wechat, codeIn(second)), { openid: /^o/ })
    }
  })
})
