// AppSecrets as people really write them: with the line break of a file, spaces and quotes; and functions made anew at
// each request.

import { test } from 'tap'
import { type Host, startHost } from '../fixture/host'
import { logIn } from '../fixture/login'
import { createWechatClient } from '../../src/index'
import type { WechatApp } from '../../src/types'

const warnings = (host: Host): string[] => host.logs.filter(({ level }) => level === 40).map(({ msg }) => msg)
const qrOf = (wechat: Host['wechat']): WechatApp => wechat.control.pluginOptions(wechat.url).qr
const around = (secret: string): string[] =>
  [`${secret}\n`, `${secret}\r\n`, ` ${secret} `, `\ufeff${secret}`, `\t${secret}\n\n`]
const quoted = (secret: string): string[] =>
  [`"${secret}"`, `'${secret}'`, `\`${secret}\``, `“${secret}”`, `‘${secret}’`, `"${secret}"\n`, `${secret}"`]

test('white space around a secret is taken off, of a text and of what a function returns', async t => {
  for (const wrap of [(text: string) => text, (text: string) => () => text, (text: string) => async () => text]) {
    for (const index of around('').keys()) {
      const host = await startHost(t, {
        options: wechat => {
          const qr = qrOf(wechat)
          return { oneclick: undefined, qr: { ...qr, secret: wrap(around(qr.secret as string)[index]!) } }
        }
      })
      t.equal((await logIn(host, host.browser())).status, 303)
      t.strictSame(warnings(host), [])
      await host.app.close()
    }
  }
})

test('quotes around a secret are refused at boot, with what to do and without the secret', async t => {
  for (const index of quoted('').keys()) {
    await t.rejects(
      startHost(t, {
        options: wechat => {
          const qr = qrOf(wechat)
          return { oneclick: undefined, qr: { ...qr, secret: quoted(qr.secret as string)[index]! } }
        }
      }),
      {
        code: 'FST_WECHAT_INVALID_OPTIONS',
        message: 'fastify-wechat-login: option qr.secret is a text with quotes around it; ' +
          'leave the quotes out where the secret is kept (often an .env file)'
      }
    )
  }
  for (const secret of ['"0123456789abcdef0123456789abcdef"', ' \n']) {
    t.throws(() => createWechatClient({ appid: 'wx0123456789abcdef', secret }), { code: 'FST_WECHAT_INVALID_OPTIONS' })
  }
})

test('quotes around what a function returns are said in the hint, and nothing is sent', async t => {
  const host = await startHost(t, {
    options: wechat => {
      const qr = qrOf(wechat)
      return { oneclick: undefined, qr: { ...qr, secret: () => `"${qr.secret as string}"` } }
    }
  })
  t.equal((await logIn(host, host.browser())).status, 500)
  t.equal(host.wechat.control.count('access_token'), 0)
  t.match(
    host.logs.filter(({ level }) => level === 50),
    [{ err: { hint: { en: /without quotes around it/, zh: /首尾不带引号/ } } }]
  )
})

test('a secret function that is written where its app is returned is warned about once for each app', async t => {
  let asked = 0
  const host = await startHost(t, {
    options: wechat => {
      const qr = qrOf(wechat)
      return {
        oneclick: undefined,
        qr: ({ headers }) => ({
          ...qr,
          callbackUrl: qr.callbackUrl.replace('https:', 'http:'),
          ...(headers['x-tenant'] && { appid: 'wx00000000000000ff' }),
          secret: () => { asked++; return qr.secret as string }
        })
      }
    }
  })
  for (let visit = 0; visit < 20; visit++) await host.browser().get(`${host.origin}/wechat/login`)
  t.match(warnings(host), [/option qr\.callbackUrl is not https/])
  for (let visit = 0; visit < 3; visit++) await host.browser().get(`${host.origin}/wechat/login`, { 'x-tenant': '1' })
  t.equal(warnings(host).length, 2, 'and once for another app')
  t.equal(asked, 0)
})
