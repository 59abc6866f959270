// The kinds of apps: what differs between them stands in one table.

import t from 'tap'
import { readFileSync, readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { kinds } from '../../src/simulator/platforms'
import { codeIn } from '../fixture/login'
import { exchange, get, oneclickUrl, param, qrUrl, start } from '../fixture/simulator'
import type { WechatSimulator } from '../../src/simulator'

t.test('A code of an Official Account lives five minutes, one of a Website App ten', async t => {
  const wechat = await start(t, { now: () => 0 })
  const { control, options: { qr } } = wechat
  const official = (): string => codeIn(control.approve(oneclickUrl(wechat)))
  const website = (): string => codeIn(control.approve(qrUrl(wechat)))
  const redeem = async (code: string): Promise<any> => exchange(wechat, code, { appid: qr.appid, secret: qr.secret })
  const codes = [official(), official(), website(), website()] as const
  control.advance(299)
  t.match(await exchange(wechat, codes[0]), { openid: /^o/ })
  control.advance(1)
  t.match(await exchange(wechat, codes[1]), { errcode: 40029 })
  control.advance(299)
  t.match(await redeem(codes[2]), { openid: /^o/ })
  control.advance(1)
  t.match(await redeem(codes[3]), { errcode: 40029 })
})

t.test('codeTtl sets the life of all codes alike', async t => {
  const wechat = await start(t, { now: () => 0, codeTtl: 2 })
  const { control, options: { qr } } = wechat
  const codes = [codeIn(control.approve(oneclickUrl(wechat))), codeIn(control.approve(qrUrl(wechat)))] as const
  control.advance(2)
  t.equal((await exchange(wechat, codes[0])).errcode, 40029)
  t.equal((await exchange(wechat, codes[1], { appid: qr.appid, secret: qr.secret })).errcode, 40029)
})

t.test('An app of one kind is refused on the page of the other, which says what it is', async t => {
  const wechat = await start(t)
  const { oneclick, qr } = wechat.options
  const page = async (url: string): Promise<string> => (await get(url)).text
  t.match(
    await page(oneclickUrl(wechat, { appid: qr.appid })),
    'This appid is a Website App: it works on /connect/qrconnect only.'
  )
  t.match(await page(qrUrl(wechat, { appid: oneclick.appid })), 'Scope 参数错误或没有 Scope 权限')
})

t.test('Each kind fills an option of the plugin, with a callback URL that its page accepts', async t => {
  const wechat: WechatSimulator = await start(t)
  const { client, ...apps } = wechat.options
  t.equal(Object.keys(apps).length, kinds.length)
  for (const url of [oneclickUrl(wechat), qrUrl(wechat)]) t.equal(param(wechat.control.approve(url), 'state'), 'abc123')
})

t.test('Nothing outside the table and the types names a kind', t => {
  const folder = resolve('src/simulator')
  const named = new RegExp(`['"\`](?:${kinds.join('|')})['"\`]`)
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.ts'))
  t.strictSame(files.filter(file => named.test(readFileSync(resolve(folder, file), 'utf8'))), ['types.ts'])
  t.end()
})
