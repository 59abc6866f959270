// The helper of a page. In a program of its own: a page has the DOM and a bundler, and no types of Node's.

import {
  checkLogin, embedQr, isWechatBrowser, login, type LoginError, logout, type Qr, type QrOptions, WechatLoginError
} from 'fastify-wechat-login/browser'
import { expect, test } from 'tstyche'

interface Member { name: string }

test('the page knows its users by a type of its own, or as records', async () => {
  expect(await checkLogin()).type.toBe<Record<string, unknown> | null>()
  expect(await checkLogin<Member>()).type.toBe<Member | null>()
  expect(await login({ redirect: '/cart' })).type.toBe<Record<string, unknown> | null>()
  expect(logout()).type.toBe<Promise<void>>()
  expect(isWechatBrowser()).type.toBe<boolean>()
})

test('a QR code takes an element and the looks that WeChat knows', () => {
  const element = document.querySelector('#qr')!
  expect(embedQr(element)).type.toBe<Qr>()
  expect(embedQr).type.toBeCallableWith(element, { self_redirect: true, style: 'white', stylelite: 1, fast_login: 0 })
  expect(embedQr).type.not.toBeCallableWith('#qr')
  expect(embedQr).type.not.toBeCallableWith(element, { color_scheme: 'blue' })
  expect(embedQr).type.not.toBeCallableWith(element, { selfRedirect: true })
  expect<Parameters<NonNullable<QrOptions<Member>['onDone']>>>().type.toBe<[user: Member]>()
})

test('an error has a code, and a status where the server sent one', () => {
  expect<Parameters<NonNullable<QrOptions['onError']>>>().type.toBe<[error: LoginError]>()
  expect<WechatLoginError>().type.toBeAssignableTo<LoginError>()
  expect(new WechatLoginError('', '').code).type.toBe<string>()
  expect(new WechatLoginError('', '').statusCode).type.toBe<number | undefined>()
})
