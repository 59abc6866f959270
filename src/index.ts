// The package's names, and the only file that knows CommonJS: `require` gives the plugin itself, `import` its default
// and its names.

import fp from 'fastify-plugin'
import * as errors from './errors'
import type * as events from './events'
import type * as fastifyTypes from './fastify-types'
import { requireWechatUser, verifyWechatUser } from './login/exported-guards'
import { createPlugin } from './plugin'
import type * as types from './types'
import type * as via from './via'
import { createWechatClient } from './wechat-client'
import type * as wechatTypes from './wechat/client-types'

const plugin = fp(createPlugin(), { fastify: '5.x', name: 'fastify-wechat-login' })

const names = {
  default: plugin,
  fastifyWechatLogin: plugin,
  requireWechatUser,
  verifyWechatUser,
  createWechatClient,
  errors
}
const fastifyWechatLogin = Object.assign(plugin, names)

// Node learns the names of a CommonJS module by reading lines like these; Object.assign alone hides them from `import
// { … }`.
module.exports.default = plugin
module.exports.fastifyWechatLogin = plugin
module.exports.requireWechatUser = requireWechatUser
module.exports.verifyWechatUser = verifyWechatUser
module.exports.createWechatClient = createWechatClient
module.exports.errors = errors

declare namespace fastifyWechatLogin { // types only: merges with the const and emits nothing
  /**
   * Name your own types here, once, and they flow through the package:
   * `declare module 'fastify-wechat-login' { interface WechatLoginTypes { user: MyUser, stored: MyRow } }`
   */
  export interface WechatLoginTypes {}
  export type ClientOptions = wechatTypes.ClientOptions
  export type Lang = wechatTypes.Lang
  export type LoginInfo = types.LoginInfo
  export type OnLoginContext = types.OnLoginContext
  export type OnUserContext = types.OnUserContext
  export type StoredUser = types.StoredUser
  export type TransportOptions = wechatTypes.TransportOptions
  export type Via = via.Via
  export type WechatApp = types.WechatApp
  export type WechatAppSource<App = types.WechatApp> = types.WechatAppSource<App>
  export type WechatClient = wechatTypes.WechatClient
  export type WechatClientOptions = wechatTypes.WechatClientOptions
  export type WechatDispatcher = wechatTypes.WechatDispatcher
  export type WechatError = errors.WechatError
  export type WechatGuard = fastifyTypes.WechatGuard
  export type WechatLogin = fastifyTypes.WechatLogin
  /** What subscribers to the channels `fastify-wechat-login:<name>` of node:diagnostics_channel get, by name. */
  export type WechatLoginEvents = events.WechatLoginEvents
  export type WechatLoginOptions = types.WechatLoginOptions
  export type WechatLoginSettings = types.WechatLoginSettings
  export type WechatPage = types.WechatPage
  export type WechatProfile = types.WechatProfile
  export type WechatQrApp = types.WechatQrApp
  export type WechatTokens = wechatTypes.WechatTokens
  export type WechatUser = types.WechatUser
  export type WechatUserInfo = wechatTypes.WechatUserInfo
}

// What a host has merged into WechatLoginTypes is handed to types.ts, which imports nothing of this file.
declare module './host-types' {
  interface HostTypes { types: fastifyWechatLogin.WechatLoginTypes }
}

export = fastifyWechatLogin
