import t from 'tap'
import { runInNewContext } from 'node:vm'
import { encode, renderSVG } from 'uqr'
import { codeIn } from '../fixture/login'
import { exchange, get, post, qrUrl, start } from '../fixture/simulator'
import type { WechatSimulator } from '../../src/simulator'

const NOT_SCANNED = 'window.wx_errcode=408;window.wx_code=\'\';'
const SCANNED = 'window.wx_errcode=404;window.wx_code=\'\';'
const CANCELLED = 'window.wx_errcode=403;window.wx_code=\'\';'
const EXPIRED = 'window.wx_errcode=402;window.wx_code=\'\';'
const HOLD = 60_000

async function openPage (
  wechat: WechatSimulator, change: Record<string, string | undefined> = {}
): Promise<{ uuid: string, text: string }> {
  const { text } = await get(qrUrl(wechat, change))
  return { uuid: /\/connect\/qrcode\/([A-Za-z0-9]{16})"/.exec(text)?.[1] ?? '', text }
}

async function poll (wechat: WechatSimulator, uuid: string, more = ''): Promise<string> {
  return (await get(`${wechat.url}/connect/l/qrconnect?uuid=${uuid}${more}&_=1`)).text
}

async function titleOf (url: string): Promise<string> {
  return /weui_msg_title"[^>]*>(.*?)</.exec((await get(url)).text)?.[1] ?? 'no error'
}

async function tapOnPhone (wechat: WechatSimulator, uuid: string, form: Record<string, string>): Promise<string> {
  return (await get(
    `${wechat.url}/connect/confirm?uuid=${uuid}`,
    {},
    { method: 'POST', body: new URLSearchParams(form) }
  )).text
}

t.test('The page takes the documented URL and the one of wxLogin.js', async t => {
  const wechat = await start(t)
  const jssdk = { response_type: undefined, login_type: 'jssdk', self_redirect: 'true' }
  t.ok((await openPage(wechat)).uuid)
  const framed = await openPage(wechat, jssdk)
  t.ok(framed.uuid)
  t.match(framed.text, 'data-self="true"')
  t.equal(
    await titleOf(qrUrl(wechat, { response_type: undefined })),
    '参数错误',
    'only wxLogin.js goes without response_type'
  )
  t.ok((await openPage(wechat, { state: undefined })).uuid, 'state is optional')
  t.ok((await openPage(wechat, { state: 's'.repeat(500) })).uuid, 'and of any length')
})

t.test('The page refuses wrong values in WeChat\'s words', async t => {
  const wechat = await start(t)
  t.equal(await titleOf(qrUrl(wechat, { appid: undefined })), 'AppID 参数错误')
  t.equal(await titleOf(qrUrl(wechat, { redirect_uri: undefined })), 'redirect_uri 参数错误')
  t.equal(await titleOf(qrUrl(wechat, { redirect_uri: 'https://other.example/' })), 'redirect_uri 参数错误')
  t.equal(await titleOf(qrUrl(wechat, { scope: 'snsapi_userinfo' })), 'Scope 参数错误或没有 Scope 权限')
  t.equal(await titleOf(qrUrl(wechat, { appid: wechat.options.oneclick.appid })), 'Scope 参数错误或没有 Scope 权限')
  wechat.control.fault({ endpoint: 'qrconnect', kind: 'page-error', errcode: -1 })
  t.equal(await titleOf(qrUrl(wechat)), '系统错误，错误码：-1')
})

t.test('The page has the elements that other tools look for, and escapes what it was given', async t => {
  const wechat = await start(t)
  const { uuid, text } = await openPage(wechat, { redirect_uri: 'http://localhost:3000/"><script>' })
  for (const part of [
    'class="qrcode lightBorder js_qrcode_img web_qrcode_img"', 'id="wx_default_tip"',
    'id="wx_after_scan" class="js_wx_after_scan" hidden', 'id="wx_after_cancel"'
  ]) {
    t.match(text, part)
  }
  t.match(text, `fordevtool = "/connect/l/qrconnect?uuid=${uuid}"`)
  t.match(text, `href="/connect/confirm?uuid=${uuid}"`)
  t.match(text, 'data-redirect="http://localhost:3000/&quot;&gt;&lt;script&gt;"')
})

t.test('The page follows lang, style, color_scheme, stylelite and href', async t => {
  const wechat = await start(t)
  t.match((await openPage(wechat)).text, /lang="zh-CN"[^]*使用微信扫一扫登录/)
  t.match((await openPage(wechat, { lang: 'en' })).text, /lang="en"[^]*Scan QR code with WeChat/)
  t.match((await openPage(wechat, { style: 'white', color_scheme: 'dark' })).text, 'class="impowerBox white dark"')
  t.match((await openPage(wechat, { style: 'other', login_type: 'jssdk' })).text, 'class="impowerBox embedded"')
  t.match(
    (await openPage(wechat, { href: 'data:text/css;base64,YQ==' })).text,
    '<link rel="stylesheet" href="data:text/css;base64,YQ==">'
  )
  t.match(
    (await openPage(wechat, { href: 'https://app.example/a.css?"' })).text,
    'href="https://app.example/a.css?&quot;"'
  )
  t.notMatch((await openPage(wechat, { href: 'javascript:x' })).text, 'rel="stylesheet"')
  t.notMatch((await openPage(wechat, { href: 'https://app.example/a.css', stylelite: '1' })).text, 'rel="stylesheet"')
})

// There is no QR reader among the tools here: the picture is compared, module by module, to the matrix for the expected
// text.
t.test('The picture holds the address of the phone page, at the address where the desktop found us', async t => {
  const wechat = await start(t)
  const { uuid } = await openPage(wechat)
  const picture = await get(`${wechat.url}/connect/qrcode/${uuid}`)
  t.equal(picture.headers.get('content-type'), 'image/svg+xml')
  const text = `${wechat.url}/connect/confirm?uuid=${uuid}`
  t.equal(picture.text, renderSVG(text, { ecc: 'M', border: 4 }))
  const { data, size } = encode(text, { ecc: 'M', border: 4 })
  const dark = new Set([...picture.text.matchAll(/M(\d+),(\d+)h10v10h-10z/g)].map(([, x, y]) =>
    `${Number(x) / 10} ${Number(y) / 10}`))
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) if (data[y]![x] !== dark.has(`${x} ${y}`)) t.fail(`module ${x} ${y}`)
  }
  t.equal((await get(text)).status, 200, 'and that page exists')
})

t.test('With phoneHost the QR code names that host, for a real phone on the same network', async t => {
  const wechat = await start(t, { phoneHost: '192.168.1.2' })
  const { uuid } = await openPage(wechat)
  const { port } = new URL(wechat.url)
  const picture = await get(`${wechat.url}/connect/qrcode/${uuid}`)
  t.equal(picture.text, renderSVG(`http://192.168.1.2:${port}/connect/confirm?uuid=${uuid}`, { ecc: 'M', border: 4 }))
})

t.test('A poll is a script, closes its connection, and tells of each step', async t => {
  const wechat = await start(t)
  const { uuid } = await openPage(wechat)
  const reply = await get(`${wechat.url}/connect/l/qrconnect?uuid=${uuid}&_=1`)
  t.equal(reply.text, NOT_SCANNED, 'a hold that ran out')
  t.equal(reply.headers.get('content-type'), 'text/javascript')
  t.equal(reply.headers.get('connection'), 'close')
  wechat.control.scan(uuid, 'sunny')
  t.equal(await poll(wechat, uuid), SCANNED)
  t.equal(await poll(wechat, uuid, '&last=404'), NOT_SCANNED, 'nothing new until the hold ran out')
  t.match(wechat.control.cancel(uuid), { status: 'cancelled', user: 'sunny' })
  t.equal(await poll(wechat, uuid, '&last=404'), CANCELLED)
  t.equal(await poll(wechat, uuid, '&last=403'), NOT_SCANNED)
  wechat.control.scan(uuid)
  t.equal(await poll(wechat, uuid, '&last=403'), SCANNED, 'the same code can be scanned again')
  const { code, callbackUrl } = wechat.control.confirm(uuid)
  t.equal(await poll(wechat, uuid, '&last=404'), `window.wx_errcode=405;window.wx_code='${code}';`)
  t.equal(callbackUrl, `http://localhost:3000/wechat/qr?code=${code}&state=abc123`)
  const { appid, secret } = wechat.options.qr
  t.match(
    await exchange(wechat, code, { appid, secret }),
    { scope: 'snsapi_login', openid: wechat.control.openid(appid, 'qinghe') }
  )
  t.equal(wechat.control.count('poll', { accepted: true }), 1)
})

t.test('With f=json the poll is JSON', async t => {
  const wechat = await start(t)
  const { uuid } = await openPage(wechat)
  wechat.control.scan(uuid)
  const reply = await get(`${wechat.url}/connect/l/qrconnect?uuid=${uuid}&f=json`)
  t.equal(reply.text, '{"wx_errcode":404,"wx_code":""}')
  t.equal(reply.headers.get('content-type'), 'application/json; charset=utf-8')
})

t.test('A held poll is answered the moment something happens', async t => {
  const wechat = await start(t, { pollHold: HOLD })
  const { uuid } = await openPage(wechat)
  const held = async (act: () => void, more = ''): Promise<string> => {
    const answer = poll(wechat, uuid, more)
    while (wechat.control.qrs()[0]?.polls !== 1) await new Promise(resolve => setImmediate(resolve))
    act()
    return answer
  }
  t.equal(await held(() => wechat.control.scan(uuid)), SCANNED)
  t.equal(await held(() => wechat.control.cancel(uuid), '&last=404'), CANCELLED)
  t.equal(await held(() => wechat.control.scan(uuid), '&last=403'), SCANNED)
  t.equal(await held(() => wechat.control.advance(1), '&last=404'), NOT_SCANNED, 'the clock moved, nothing changed')
  t.equal(await held(() => wechat.control.expire(uuid), '&last=404'), EXPIRED)
})

t.test('A QR code ends after its life time, and an unknown one has ended', async t => {
  const wechat = await start(t)
  const { uuid } = await openPage(wechat)
  wechat.control.advance(299)
  t.equal(await poll(wechat, uuid), NOT_SCANNED)
  wechat.control.advance(1)
  t.equal(await poll(wechat, uuid), EXPIRED)
  t.equal(await poll(wechat, 'unknown'), EXPIRED)
  t.equal(await poll(wechat, ''), EXPIRED)
  t.throws(() => wechat.control.scan(uuid), { message: 'the QR code is expired already' })
  t.equal(wechat.control.expire(uuid).status, 'expired', 'twice is no harm')
  t.throws(() => wechat.control.scan('unknown'), { message: 'there is no QR code "unknown"' })
  t.equal((await get(`${wechat.url}/connect/qrcode/unknown`)).status, 400)
})

t.test('The phone: opening is the scan, allowing makes the code, the choice of user counts', async t => {
  const wechat = await start(t)
  const { uuid } = await openPage(wechat)
  const page = (await get(`${wechat.url}/connect/confirm?uuid=${uuid}`)).text
  t.match(page, '申请使用你的微信帐号登录')
  t.notMatch(page, /(?:src|href)="(?:https?:)?\/\//, 'nothing from elsewhere')
  t.equal(await poll(wechat, uuid), SCANNED)
  t.match(await tapOnPhone(wechat, uuid, { answer: 'cancel' }), '已取消登录')
  t.equal(await poll(wechat, uuid), CANCELLED)
  await get(`${wechat.url}/connect/confirm?uuid=${uuid}`)
  t.match(await tapOnPhone(wechat, uuid, { simulator_user: 'tricky', answer: 'confirm' }), '登录成功')
  const code = /wx_code='(\w{32})'/.exec(await poll(wechat, uuid))?.[1]
  const { appid, secret } = wechat.options.qr
  t.equal((await exchange(wechat, code, { appid, secret })).openid, wechat.control.openid(appid, 'tricky'))
  t.match((await get(`${wechat.url}/connect/confirm?uuid=${uuid}`)).text, '登录成功')
  t.match(await tapOnPhone(wechat, uuid, { answer: 'cancel' }), '登录成功', 'done is done')
})

t.test('The phone: an expired or unknown code says so', async t => {
  const wechat = await start(t)
  const { uuid } = await openPage(wechat)
  t.match(await tapOnPhone(wechat, uuid, { answer: 'expire' }), '二维码已过期')
  t.equal(await poll(wechat, uuid), EXPIRED)
  for (const which of [uuid, 'unknown']) {
    t.match((await get(`${wechat.url}/connect/confirm?uuid=${which}`)).text, '二维码已过期')
    t.match(await tapOnPhone(wechat, which, { answer: 'confirm' }), '二维码已过期')
  }
})

t.test('A user of the test\'s choice confirms, or refuses, without a phone', async t => {
  const wechat = await start(t, { consent: 'sunny' })
  const { appid, secret } = wechat.options.qr
  const code = /wx_code='(\w{32})'/.exec(await poll(wechat, (await openPage(wechat)).uuid))?.[1]
  t.equal((await exchange(wechat, code, { appid, secret })).openid, wechat.control.openid(appid, 'sunny'))
  wechat.control.autoConsent = 'refuse'
  t.equal(await poll(wechat, (await openPage(wechat)).uuid), CANCELLED)
})

t.test('State comes back damaged where it holds quotes or brackets, and code goes behind a fragment', async t => {
  const wechat = await start(t)
  const { uuid } = await openPage(wechat, { state: '{"a":"<1>"}', redirect_uri: 'http://localhost:3000/#/login' })
  t.match(wechat.control.confirm(uuid).callbackUrl, /^http:\/\/localhost:3000\/#\/login\?code=\w{32}&state=\{a:1\}$/)
})

t.test('The page\'s own faults: altered-state, fragment-redirect', async t => {
  const wechat = await start(t)
  wechat.control.fault({ endpoint: 'qrconnect', kind: 'altered-state' })
  wechat.control.fault({ endpoint: 'qrconnect', kind: 'fragment-redirect' })
  const finish = async (): Promise<string> => wechat.control.confirm((await openPage(wechat)).uuid, 'sunny').callbackUrl
  t.match(await finish(), /state=abc123https:\/\/i\.example$/)
  t.match(await finish(), /\/wechat\/qr#\/\?code=/)
})

t.test('A poll can fail with a number of its own', async t => {
  const wechat = await start(t)
  wechat.control.fault({ endpoint: 'poll', kind: 'errcode', errcode: 500 })
  t.equal(await poll(wechat, 'x'), 'window.wx_errcode=500;window.wx_code=\'\';')
})

t.test('The control API over HTTP scans, confirms, cancels and expires', async t => {
  const wechat = await start(t)
  const act = async (uuid: string, what: string, body = {}): Promise<any> =>
    (await post(`${wechat.url}/simulator/qr/${uuid}/${what}`, body)).body
  const { uuid } = await openPage(wechat)
  t.match(
    await act(uuid, 'scan', { user: 'sunny' }),
    { uuid, status: 'scanned', user: 'sunny', appid: wechat.options.qr.appid, state: 'abc123' }
  )
  t.match(await act(uuid, 'cancel'), { status: 'cancelled' })
  const { callbackUrl, code } = await act(uuid, 'confirm')
  t.equal(codeIn(callbackUrl), code)
  t.match(JSON.parse((await get(`${wechat.url}/simulator/qr`)).text), [{ uuid, status: 'confirmed', user: 'sunny' }])
  t.match(await act((await openPage(wechat)).uuid, 'expire'), { status: 'expired' })
})

// The scripts run in a real browser elsewhere; here, in a bare context, only what can be said without one.
t.test('wxLogin.js builds its URL in its own order and encodes nothing', async t => {
  const wechat = await start(t)
  const reply = await get(`${wechat.url}/connect/zh_CN/htmledition/js/wxLogin.js`)
  t.match(reply.headers.get('content-type'), 'text/javascript')
  const frame: Record<string, unknown> = {}
  const listeners: Array<(event: object) => void> = []
  const window: any = { addEventListener: (_name: string, listener: () => void) => listeners.push(listener) }
  const container = { innerHTML: 'old', appendChild: (child: unknown) => t.equal(child, frame) }
  const document = {
    currentScript: { src: `${wechat.url}/x.js` },
    createElement: () => frame,
    getElementById: () => container
  }
  runInNewContext(reply.text, { window, document, URL })
  const basic = { id: 'box', appid: 'wx1', scope: 'snsapi_login', redirect_uri: 'https%3A%2F%2Fa', state: 's' }

  window.WxLogin.call({}, basic)
  t.equal(
    frame.src,
    `${wechat.url}/connect/qrconnect?appid=wx1&scope=snsapi_login&redirect_uri=https%3A%2F%2Fa&state=s` +
      '&login_type=jssdk&self_redirect=default&styletype=&sizetype=&bgcolor=&rst='
  )
  t.match(frame, { frameBorder: '0', scrolling: 'no', width: '300px', height: '400px' })
  t.equal(container.innerHTML, '')

  const ready: boolean[] = []
  window.WxLogin.call({}, {
    ...basic,
    self_redirect: true,
    style: 'black',
    href: 'u',
    lang: 'en',
    stylelite: 1,
    fast_login: 0,
    color_scheme: 'dark',
    onReady: (is: boolean) => ready.push(is)
  })
  t.match(frame.src, /self_redirect=true&styletype=&sizetype=&bgcolor=&rst=&style=black&href=u&lang=en&stylelite=1&fast_login=0&color_scheme=dark$/)
  frame.contentWindow = {}
  const send = (data: string, origin = wechat.url): void => listeners[0]!({ origin, data, source: frame.contentWindow })
  send('{"type":"status","status":"wxReady"}')
  send('{"type":"status","status":"other"}')
  send('not JSON')
  send('{"type":"status","status":"wxReady"}', 'https://evil.example')
  t.strictSame(ready, [true, false])
  window.WxLogin.call({}, { ...basic, self_redirect: false, lang: 'cn', stylelite: '1', color_scheme: 'pink' })
  t.match(frame.src, /self_redirect=false&styletype=&sizetype=&bgcolor=&rst=$/)
})

t.test('The page\'s script polls and leaves as WeChat\'s does', async t => {
  const wechat = await start(t)
  const source = /<script data-uuid[^>]*>([^]*?)<\/script>/.exec((await openPage(wechat)).text)?.[1] ?? ''

  /** Runs the page with this reply to its first poll; tells what it asked, where it went and what it does next. */
  const run = (errcode: number | undefined, data: object = {}, framed = false): any => {
    const seen: any = { blocks: {}, polls: [], posted: [], timers: [] }
    const script: any = { remove: () => {} }
    const document = {
      currentScript: {
        dataset: { uuid: 'U', redirect: 'https://a/#/b', state: 's', self: 'default', refusal: 'none', ...data }
      },
      createElement: () => script,
      getElementById: (id: string) => (seen.blocks[id] ??= {}),
      head: { appendChild: () => seen.polls.push(script.src.replace(/_=\d+$/, '')) }
    }
    const location = { assign: (url: string) => { seen.here = url }, reload: () => { seen.reloaded = true } }
    const window: any = { parent: { postMessage: (text: string, to: string) => seen.posted.push([text, to]) } }
    window.top = framed ? {} : window
    const timers: Array<() => void> = []
    const setTimeout = (callback: (last?: number) => void, ms: number, last?: number): void => {
      seen.timers.push(ms)
      timers.push(() => callback(last))
    }
    runInNewContext(source, { document, location, window, setTimeout, clearTimeout: () => {}, Date })
    Object.assign(window, { wx_errcode: errcode, wx_code: 'C' })
    const finish = errcode === undefined ? script.onerror : script.onload
    finish()
    timers[1]?.()
    return { ...seen, top: window.top.location }
  }

  const first = '/connect/l/qrconnect?uuid=U&'
  t.match(run(408), { polls: [first, first], timers: [60_000, 2000, 60_000] })
  t.match(run(404), {
    polls: [first, '/connect/l/qrconnect?uuid=U&last=404&'],
    timers: [60_000, 100, 60_000],
    blocks: { wx_default_tip: { hidden: true }, wx_after_scan: { hidden: false }, wx_after_cancel: { hidden: true } }
  })
  t.match(run(403), {
    polls: [first, '/connect/l/qrconnect?uuid=U&last=403&'],
    timers: [60_000, 2000, 60_000],
    blocks: { wx_after_cancel: { hidden: false } }
  })
  t.match(run(undefined), { polls: [first, first], timers: [60_000, 5000, 60_000] })
  t.equal(run(402).reloaded, true)
  t.equal(run(500).reloaded, true)
  t.match(run(405), { here: 'https://a/#/b?code=C&state=s', top: undefined, posted: [] })
  t.match(run(405, { redirect: 'https://a/?b' }), { here: 'https://a/?b&code=C&state=s' })
  t.match(run(405, { self: 'true' }, true), { here: 'https://a/#/b?code=C&state=s', top: undefined })
  t.match(
    run(405, {}, true),
    { here: undefined, top: 'https://a/#/b?code=C&state=s', posted: [['{"type":"status","status":"wxReady"}', '*']] }
  )
  t.match(run(405, { self: 'false' }, true).top, 'https://a/#/b?code=C&state=s')
  t.match(run(403, { refusal: 'state-only' }), { here: 'https://a/#/b?state=s' })
  t.match(run(403, { refusal: 'authdeny' }), { here: 'https://a/#/b?code=authdeny&state=s' })
})
