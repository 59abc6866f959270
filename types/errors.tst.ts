// Errors are told apart by their classes and by codes that are literals.

import {
  createWechatClient, errors, type WechatClient, type WechatError, type WechatTokens, type WechatUserInfo
} from 'fastify-wechat-login'
import { describe, expect, test } from 'tstyche'

const caught: unknown = null

describe('code', () => {
  test("is a literal in each of the login's errors, and so is the status", () => {
    expect(new errors.InvalidOptionsError('')).type.toBeAssignableTo<Error & {
      code: 'FST_WECHAT_INVALID_OPTIONS'
      statusCode: 500
    }>()
    expect(new errors.UnauthenticatedError()).type.toBeAssignableTo<Error & {
      code: 'FST_WECHAT_UNAUTHENTICATED'
      statusCode: 401
    }>()
    expect(new errors.InvalidRequestError()).type.toBeAssignableTo<Error & {
      code: 'FST_WECHAT_INVALID_REQUEST'
      statusCode: 400
    }>()
    expect(new errors.CrossSiteError()).type.toBeAssignableTo<Error & {
      code: 'FST_WECHAT_CROSS_SITE'
      statusCode: 403
    }>()
    expect(new errors.InvalidUserError()).type.toBeAssignableTo<Error & {
      code: 'FST_WECHAT_INVALID_USER'
      statusCode: 500
    }>()
    expect(new errors.InvalidStateError()).type.toBeAssignableTo<Error & {
      code: 'FST_WECHAT_INVALID_STATE'
      statusCode: 403
    }>()
    expect(new errors.AccessDeniedError()).type.toBeAssignableTo<Error & {
      code: 'FST_WECHAT_ACCESS_DENIED'
      statusCode: 403
    }>()
    expect(new errors.SnapshotUserError()).type.toBeAssignableTo<Error & {
      code: 'FST_WECHAT_SNAPSHOT_USER'
      statusCode: 403
    }>()
    expect(new errors.WrongBrowserError()).type.toBeAssignableTo<Error & {
      code: 'FST_WECHAT_WRONG_BROWSER'
      statusCode: 400
    }>()
  })

  test("is a literal in each of WeChat's errors", () => {
    expect(new errors.UserBlockedError().code).type.toBe<'FST_WECHAT_USER_BLOCKED'>()
    expect(new errors.InvalidCodeError().code).type.toBe<'FST_WECHAT_INVALID_CODE'>()
    expect(new errors.TokenExpiredError().code).type.toBe<'FST_WECHAT_TOKEN_EXPIRED'>()
    expect(new errors.RateLimitedError().code).type.toBe<'FST_WECHAT_RATE_LIMITED'>()
    expect(new errors.MisconfiguredError().code).type.toBe<'FST_WECHAT_MISCONFIGURED'>()
    expect(new errors.BadResponseError().code).type.toBe<'FST_WECHAT_BAD_RESPONSE'>()
    expect(new errors.ApiError().code).type.toBe<'FST_WECHAT_API_ERROR'>()
    expect(new errors.UnreachableError().code).type.toBe<'FST_WECHAT_UNREACHABLE'>()
  })

  test('is one of eight in a WechatError, so that a switch can be complete', () => {
    expect<WechatError['code']>().type.toBe<
      'FST_WECHAT_USER_BLOCKED' | 'FST_WECHAT_INVALID_CODE' | 'FST_WECHAT_TOKEN_EXPIRED' | 'FST_WECHAT_RATE_LIMITED' |
      'FST_WECHAT_MISCONFIGURED' | 'FST_WECHAT_BAD_RESPONSE' | 'FST_WECHAT_API_ERROR' | 'FST_WECHAT_UNREACHABLE'
    >()
  })
})

test('instanceof narrows', () => {
  if (caught instanceof errors.InvalidStateError) expect(caught.code).type.toBe<'FST_WECHAT_INVALID_STATE'>()
  if (caught instanceof errors.MisconfiguredError) {
    expect(caught.code).type.toBe<'FST_WECHAT_MISCONFIGURED'>()
    expect(caught).type.toBeAssignableTo<WechatError>()
  }
  if (caught instanceof errors.WechatError) {
    expect(caught.errcode).type.toBe<number | undefined>()
    expect(caught.errmsg).type.toBe<string | undefined>()
    expect(caught.rid).type.toBe<string | undefined>()
    expect(caught.endpoint).type.toBe<string | undefined>()
    expect(caught.hint).type.toBe<{ en: string, zh: string } | undefined>()
  }
})

test('the client takes an app and its transport, and gives what WeChat gives', () => {
  const account = { appid: '', secret: '' }
  expect(createWechatClient).type
    .toBeCallableWith({ ...account, timeout: 1000, retries: 0, apiHosts: ['https://api.weixin.qq.com'] })
  expect(createWechatClient).type.not.toBeCallableWith({ appid: '' })
  expect(createWechatClient).type.not.toBeCallableWith({ ...account, secret: 42 })
  expect(createWechatClient).type.not.toBeCallableWith({ ...account, callbackUrl: '' })
  expect(createWechatClient(account)).type.toBe<WechatClient>()
  expect<WechatClient['exchangeCode']>().type.toBe<(code: string) => Promise<WechatTokens>>()
  expect<WechatClient['refresh']>().type.toBe<(refreshToken: string) => Promise<WechatTokens>>()
  expect<ReturnType<WechatClient['getProfile']>>().type.toBe<Promise<WechatUserInfo>>()
  expect<WechatClient['getProfile']>().type.toBeCallableWith('', '', { lang: 'zh_TW' })
  expect<WechatClient['getProfile']>().type.not.toBeCallableWith('', '', { lang: 'de' })
  expect<ReturnType<WechatClient['checkToken']>>().type.toBe<Promise<boolean>>()
})
