// WeChat's limits, on the simulator's clock.

import t from 'tap'
import { codeOf, exchange, get, oneclickUrl, pick, sns, start } from '../fixture/simulator'
import { codeIn } from '../fixture/login'
import type { WechatSimulator } from '../../src/simulator'

/** A call with a code that is none: it is counted all the same. */
async function errcodeOf (wechat: WechatSimulator, change = {}): Promise<number> {
  return (await exchange(wechat, 'x', change)).errcode
}

t.test('Without a quota nothing is limited', async t => {
  const wechat = await start(t)
  for (let call = 0; call < 50; call++) t.equal(await errcodeOf(wechat), 40029)
})

t.test('A minute\'s quota is answered with 45011, until the next minute of the clock, and spends no code', async t => {
  const wechat = await start(t, { now: () => 59_000, quota: { perMinute: 2 } })
  const code = codeOf(wechat)
  t.strictSame([await errcodeOf(wechat), await errcodeOf(wechat)], [40029, 40029])
  const refused = await exchange(wechat, code)
  t.match(refused, { errcode: 45011, errmsg: /^api minute-quota reach limit, must slower, retry next minute, rid: / })
  t.match(wechat.control.calls().at(-1), { accepted: false, errcode: 45011 })
  wechat.control.advance(1)
  t.match(await exchange(wechat, code), { openid: /^o/ })
  t.equal(await errcodeOf(wechat), 40029)
  t.equal(await errcodeOf(wechat), 45011)
})

t.test('A day\'s quota is answered with 45009, until midnight in China', async t => {
  const wechat = await start(t, { now: () => Date.parse('2026-01-01T23:59:00+08:00'), quota: { perDay: 1 } })
  t.equal(await errcodeOf(wechat), 40029)
  t.match(await exchange(wechat, 'x'), { errcode: 45009, errmsg: /^reach max api daily quota limit, rid: / })
  wechat.control.advance(59)
  t.equal(await errcodeOf(wechat), 45009)
  wechat.control.advance(1)
  t.equal(await errcodeOf(wechat), 40029)
})

t.test('Each app has its own, and each endpoint: a token counts for the app that it belongs to', async t => {
  const wechat = await start(t, { now: () => 0, quota: { perMinute: 1 } })
  const { appid, secret } = wechat.options.qr
  const tokens = await exchange(wechat, codeOf(wechat))
  t.equal(await errcodeOf(wechat), 45011)
  t.equal(await errcodeOf(wechat, { appid, secret }), 40029)
  t.match(await sns(wechat, 'userinfo', pick(tokens)), { openid: tokens.openid })
  t.equal((await sns(wechat, 'userinfo', pick(tokens))).errcode, 45011)
  t.equal((await sns(wechat, 'auth', pick(tokens))).errcode, 0)
  t.equal((await sns(wechat, 'userinfo', { access_token: 'none', openid: 'none' })).errcode, 40014)
  t.match(
    codeIn((await get(oneclickUrl(wechat, { scope: 'snsapi_base' }))).location),
    /^\w{32}$/,
    'the pages are not counted'
  )
})

t.test('reset() forgets what was counted', async t => {
  const wechat = await start(t, { quota: { perMinute: 1, perDay: 1 } })
  await errcodeOf(wechat)
  wechat.control.reset()
  t.equal(await errcodeOf(wechat), 40029)
})
