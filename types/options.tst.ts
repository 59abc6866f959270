// Which options compile. What the types refuse, the boot checks refuse too; what comes from settings that may be
// missing must compile.

import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import wechatLogin, {
  type LoginInfo, type OnLoginContext, type OnUserContext, type Via, type WechatLoginOptions, type WechatPage,
  type WechatProfile, type WechatTokens
} from 'fastify-wechat-login'
import { startWechatSimulator } from 'fastify-wechat-login/simulator'
import { Agent } from 'undici'
import { describe, expect, test } from 'tstyche'

const app = Fastify()
const oneclick = { appid: 'wx0123456789abcdef', secret: '', callbackUrl: '' }
const qr = { appid: 'wxfedcba9876543210', secret: '', callbackUrl: '' }
const options = { qr, session: { secret: '' } }
const take = (_options: WechatLoginOptions): void => {}

describe('the two apps', () => {
  test('one of them is enough, and none is too few', () => {
    expect(take).type.toBeCallableWith({ oneclick })
    expect(take).type.toBeCallableWith({ qr })
    expect(take).type.toBeCallableWith({ oneclick, qr })
    expect(take).type.not.toBeCallableWith({})
    expect(take).type.not.toBeCallableWith({ session: { secret: '' } })
    // @ts-expect-error No overload matches this call.
    app.register(wechatLogin, { session: { secret: '' } })
  })

  test('an app that a setting may lack may be undefined', () => {
    expect(take).type.toBeCallableWith({
      oneclick: undefined as typeof oneclick | undefined,
      qr: undefined as typeof qr | undefined
    })
    expect(take).type.toBeCallableWith({ oneclick, qr: undefined as typeof qr | undefined })
  })

  test('each has an appid, a secret and a callbackUrl, all of them texts; the secret may be a function', () => {
    expect(take).type.toBeCallableWith({ qr: { ...qr, secret: () => '' } })
    expect(take).type.toBeCallableWith({ qr: { ...qr, secret: async () => '' } })
    expect(take).type.not.toBeCallableWith({ qr: { ...qr, secret: 42 } })
    expect(take).type.not.toBeCallableWith({ qr: { ...qr, secret: () => 42 } })
    expect(take).type.not.toBeCallableWith({ qr: { ...qr, secret: undefined as string | undefined } })
    expect(take).type.not.toBeCallableWith({ qr: { ...qr, appid: 42 } })
    expect(take).type.not.toBeCallableWith({ qr: { ...qr, callbackUrl: new URL('https://app.example.com') } })
    expect(take).type.not.toBeCallableWith({ qr: { appid: '', secret: '' } })
    expect(take).type.not.toBeCallableWith({ qr: { secret: '', callbackUrl: '' } })
    expect(take).type.not.toBeCallableWith({ qr: 'wx0123456789abcdef' })
  })

  test('the switches of an Official Account are no switches of a Website App', () => {
    expect(take).type.toBeCallableWith({
      oneclick: { ...oneclick, scope: 'snsapi_base', forcePopup: true, forceSnapShot: true, connectRedirect: true }
    })
    expect(take).type.not.toBeCallableWith({ oneclick: { ...oneclick, scope: 'snsapi_login' } })
    expect(take).type.not.toBeCallableWith({ oneclick: { ...oneclick, forcePopup: 1 } })
    expect(take).type.not.toBeCallableWith({ qr: { appid: '', secret: '', callbackUrl: '', scope: 'snsapi_base' } })
    expect(take).type.not.toBeCallableWith({ qr: { appid: '', secret: '', callbackUrl: '', forcePopup: true } })
  })

  test('a function picks one for a request, or none', () => {
    expect(take).type.toBeCallableWith({ qr: (request: FastifyRequest) => request.hostname === '' ? undefined : qr })
    expect(take).type.toBeCallableWith({ oneclick: async () => oneclick })
    expect(take).type.not.toBeCallableWith({ qr: () => null })
    expect(take).type.not.toBeCallableWith({ qr: () => ({ appid: '' }) })
  })
})

test('a name that is no option does not compile, at any depth', () => {
  expect(take).type.not.toBeCallableWith({ ...options, qrcode: qr })
  expect(take).type.not.toBeCallableWith({
    ...options,
    qr: { appid: '', secret: '', callbackURL: '', callbackUrl: '' }
  })
  expect(take).type.not.toBeCallableWith({ ...options, routes: { signin: '/login' } })
  expect(take).type.not.toBeCallableWith({ ...options, redirect: { origin: 'https://shop.example.com' } })
  expect(take).type.not.toBeCallableWith({ ...options, client: { retry: 1 } })
  expect(take).type.not.toBeCallableWith({ ...options, session: { secret: '', cookies: {} } })
  // @ts-expect-error No overload matches this call.
  app.register(wechatLogin, { ...options, onUsers: () => null })
})

test('onLogin gets the user and the login, which loadUser gets too', () => {
  type OnLogin = NonNullable<WechatLoginOptions['onLogin']>
  expect<Parameters<OnLogin>>().type.toBe<[user: WechatProfile, context: OnLoginContext]>()
  expect<OnLoginContext>().type
    .toBe<{ request: FastifyRequest, reply: FastifyReply, via: Via, profile: WechatProfile, login: LoginInfo }>()
  expect<LoginInfo>().type
    .toBe<{ readonly id: string, readonly via: Via, readonly appid: string, readonly at: number }>()
  expect(take).type.toBeCallableWith({
    ...options,
    onLogin: async (_user: WechatProfile, { login }: OnLoginContext) => login.id
  })
  expect(take).type.toBeCallableWith({
    ...options,
    loadUser: (stored: WechatProfile, _request: FastifyRequest, login: LoginInfo) => login.at > 0 && stored
  })
  expect(take).type.not.toBeCallableWith({ ...options, onLogin: true })
})

test('a realm is a text or a function that returns one at once', () => {
  expect(take).type.toBeCallableWith({ ...options, realm: 'admin' })
  expect(take).type.toBeCallableWith({ ...options, realm: (request: FastifyRequest) => request.hostname })
  expect(take).type.not.toBeCallableWith({ ...options, realm: 42 })
  expect(take).type.not.toBeCallableWith({ ...options, realm: async () => 'admin' })
  expect(take).type.not.toBeCallableWith({ ...options, realm: () => undefined })
})

test('whatever is falsy is how a host writes nobody, but an onUser that returns nothing does not compile', () => {
  expect(take).type.toBeCallableWith({
    ...options,
    onUser: (profile: WechatProfile) => profile.unionid !== undefined && profile
  })
  expect(take).type.toBeCallableWith({
    ...options,
    onUser: async (profile: WechatProfile) => profile.sex as 0 && profile
  })
  expect(take).type.toBeCallableWith({ ...options, loadUser: (stored: WechatProfile) => stored.snapshot && stored })
  expect(take).type.toBeCallableWith({
    ...options,
    loadUser: async (): Promise<WechatProfile | undefined> => undefined
  })
  expect(take).type.not.toBeCallableWith({ ...options, onUser: () => undefined })
  expect(take).type.not.toBeCallableWith({ ...options, onUser: () => true })
})

test('each option takes its own type alone', () => {
  expect(take).type.toBeCallableWith({
    ...options,
    routes: { login: '/login', me: false, qr: '/proxied' },
    redirect: { default: '/', origins: [] },
    publicPrefix: '/shop',
    renderPage: false,
    lang: 'en'
  })
  expect(take).type.toBeCallableWith({ qr, secret: ['newest', Buffer.alloc(32)] })
  expect(take).type.not.toBeCallableWith({ qr, secret: 42 })
  expect(take).type.not.toBeCallableWith({ qr, session: {} })
  expect(take).type.not.toBeCallableWith({ ...options, lang: 'de' })
  expect(take).type.not.toBeCallableWith({ ...options, snapshotUsers: true })
  expect(take).type.not.toBeCallableWith({ ...options, maxAge: '3600' })
  expect(take).type.not.toBeCallableWith({ ...options, keepSessionKeys: 'cart' })
  expect(take).type.not.toBeCallableWith({ ...options, renderPage: true })
  expect(take).type.not.toBeCallableWith({ ...options, routes: { qr: false } })
  expect(take).type.not.toBeCallableWith({ ...options, onUser: 'upsert' })
  expect(take).type.not.toBeCallableWith({ ...options, onUser: () => undefined })
})

test('without types of the host, onUser goes from profile to profile', () => {
  type OnUser = NonNullable<WechatLoginOptions['onUser']>
  expect<OnUser>().type.toBe<(
    profile: WechatProfile, context: OnUserContext
  ) => WechatProfile | null | false | 0 | '' | Promise<WechatProfile | null | false | 0 | ''>>()
  expect<OnUserContext>().type.toBe<{ request: FastifyRequest, reply: FastifyReply, via: Via, tokens: WechatTokens }>()
  expect<Via>().type.toBe<'oneclick' | 'qr'>()
  expect<WechatTokens>().type.toBe<{
    access_token: string
    expires_in: number
    refresh_token?: string
    openid: string
    unionid?: string
    scope?: string
    is_snapshotuser?: 1
  }>()
})

test('renderPage gets a page of known parts', () => {
  type RenderPage = Exclude<WechatLoginOptions['renderPage'], false | undefined>
  expect<Parameters<RenderPage>>().type.toBe<[page: WechatPage, request: FastifyRequest, reply: FastifyReply]>()
  expect<WechatPage['kind']>().type.toBe<'error' | 'signed-out'>()
  expect<WechatPage['lang']>().type.toBe<'zh' | 'zh-Hant' | 'en'>()
  expect<WechatPage['action']>().type.toBe<{ href: string, label: string } | undefined>()
  expect<WechatPage['outcome']>().type.toBe<'refused' | 'expired' | 'error' | undefined>()
})

test("the simulator's options and an Agent of undici's are taken as they are", async () => {
  const wechat = await startWechatSimulator()
  expect(take).type.toBeCallableWith({ ...wechat.options, session: { secret: '' } })
  expect(take).type.toBeCallableWith({ ...options, client: { dispatcher: new Agent() } })
  expect(take).type.not.toBeCallableWith({ ...options, client: { dispatcher: {} } })
  expect(take).type.not.toBeCallableWith({ ...options, client: { apiHosts: 'https://api.weixin.qq.com' } })
})
