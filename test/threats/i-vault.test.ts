// A secret that is read from a vault: a stranger's requests must not be able to keep the vault busy.

import { test } from 'tap'
import { startHost } from '../fixture/host'
import { begin, exchanges, isLoggedIn } from '../fixture/login'
import { origin, sameOrigin } from '../fixture/settings'

test('T20: the vault is read at an exchange alone: no request without an attempt of its own makes the host read it', async t => {
  for (const isFunction of [false, true]) {
    let reads = 0
    const host = await startHost(t, {
      options: ({ options: { qr } }) => {
        const secret = async (): Promise<string> => {
          reads++
          return qr.secret
        }
        return { qr: isFunction ? async () => ({ ...qr, secret: () => secret() }) : { ...qr, secret } }
      }
    })
    const stranger = host.browser()
    const { code, state } = await begin(host, host.browser())
    for (const [given, their] of [
      ['a', 'b'],
      ['x'.repeat(32), 'f'.repeat(32)],
      [code, 'f'.repeat(32)],
      [code, state]
    ]) {
      await stranger.fetch(`${origin}/wechat/qr?code=${given}&state=${their}`)
      await stranger.get(`${origin}/wechat/qr?code=${given}&state=${their}&embedded=1`)
      await stranger.post(`${origin}/wechat/qr`, { code: given, state: their }, sameOrigin)
    }
    for (const path of ['login', 'embed', 'me', 'client.js']) await stranger.fetch(`${origin}/wechat/${path}`)
    await stranger.fetch(`${origin}/account`)
    await stranger.post(`${origin}/wechat/logout`, {}, sameOrigin)
    t.strictSame([reads, exchanges(host)], [0, 0])

    const browser = host.browser()
    const { callback } = await begin(host, browser)
    await browser.get(callback)
    t.ok(await isLoggedIn(host, browser))
    await browser.get(callback)
    t.strictSame([reads, exchanges(host)], [1, 1], 'a login reads it once')
  }
})
