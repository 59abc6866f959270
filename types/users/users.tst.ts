// The host names its own types once, and they flow from onUser to request.wechatUser without a cast.
// In a folder and a program of its own: what it adds to the package would hold for every file of the program.

import Fastify from 'fastify'
import wechatLogin, {
  type StoredUser, type WechatLoginOptions, type WechatProfile, type WechatUser
} from 'fastify-wechat-login'
import { expect, test } from 'tstyche'

interface Member { id: number, name: string, roles: string[] }
interface Row { id: number }

declare module 'fastify-wechat-login' {
  interface WechatLoginTypes { user: Member, stored: Row }
}

const app = Fastify()
type Options = Required<WechatLoginOptions>

test("the host's own user is request.wechatUser, without a cast", () => {
  expect<WechatUser>().type.toBe<Member>()
  expect<StoredUser>().type.toBe<Row>()
  app.get('/account', { preHandler: app.requireWechatUser }, async request => {
    expect(request.wechatUser).type.toBe<Member | null>()
    expect(await request.loadWechatUser()).type.toBe<Member | null>()
    expect(request.wechatUser!.roles).type.toBe<string[]>()
    return request.wechatUser
  })
})

test('request.wechatUser is read-only', () => {
  app.addHook('onRequest', async request => {
    // @ts-expect-error Cannot assign to 'wechatUser' because it is a read-only property.
    request.wechatUser = null
  })
})

test('onUser gets the profile and returns what the session shall hold, or null', () => {
  expect<Parameters<Options['onUser']>[0]>().type.toBe<WechatProfile>()
  expect<ReturnType<Options['onUser']>>().type
    .toBe<Row | null | false | 0 | '' | Promise<Row | null | false | 0 | ''>>()
  expect<Options['onUser']>().type.toBeAssignableFrom(async (profile: WechatProfile) => ({ id: profile.openid.length }))
  expect<Options['onUser']>().type.toBeAssignableFrom(() => null)
  expect<Options['onUser']>().type.not.toBeAssignableFrom(() => ({ name: 'no id' }))
  expect<Options['onUser']>().type.not.toBeAssignableFrom(() => undefined)
})

test('loadUser makes the user of what the session holds', () => {
  expect<Parameters<Options['loadUser']>[0]>().type.toBe<Row>()
  expect<Options['loadUser']>().type.toBeAssignableFrom(async ({ id }: Row) =>
    id === 0 ? null : { id, name: '', roles: [] })
  expect<Options['loadUser']>().type.not.toBeAssignableFrom(({ id }: Row) => ({ id }))
})

test('publicUser gets the user', () => {
  expect<Parameters<Options['publicUser']>[0]>().type.toBe<Member>()
})

test('the options are checked with them where they are written', () => {
  const qr = { appid: 'wx0123456789abcdef', secret: '', callbackUrl: '' }
  app.register(wechatLogin, {
    qr,
    onUser: profile => ({ id: profile.nickname?.length ?? 0 }),
    loadUser: ({ id }) => ({ id, name: '', roles: [] })
  })
  // @ts-expect-error No overload matches this call.
  app.register(wechatLogin, { qr, onUser: profile => profile.openid })
})
