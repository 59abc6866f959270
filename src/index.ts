// The package's names, and the only file that knows CommonJS: `require` gives the plugin itself, `import` its default and its names.

import fp from 'fastify-plugin'
import * as errors from './errors'
import type * as events from './events'
import { createPlugin } from './plugin'
import type * as types from './types'
import { createWechatClient } from './wechat/client'

const plugin = fp(createPlugin(), { fastify: '5.x', name: 'fastify-wechat-login' })

const fastifyWechatLogin = Object.assign(plugin, { default: plugin, fastifyWechatLogin: plugin, createWechatClient, errors })

// Node learns the names of a CommonJS module by reading lines like these; Object.assign alone hides them from `import { … }`.
module.exports.default = plugin
module.exports.fastifyWechatLogin = plugin
module.exports.createWechatClient = createWechatClient
module.exports.errors = errors

declare namespace fastifyWechatLogin { // types only: merges with the const and emits nothing
  /**
   * Name your own types here, once, and they flow through the package:
   * `declare module 'fastify-wechat-login' { interface WechatLoginTypes { user: MyUser, stored: MyRow } }`
   */
  export interface WechatLoginTypes {}
  export type ClientOptions = types.ClientOptions
  export type Lang = types.Lang
  export type OnUserContext = types.OnUserContext
  export type StoredUser = types.StoredUser
  export type TransportOptions = types.TransportOptions
  export type Via = types.Via
  export type WechatApp = types.WechatApp
  export type WechatAppSource<App = types.WechatApp> = types.WechatAppSource<App>
  export type WechatClient = types.WechatClient
  export type WechatClientOptions = types.WechatClientOptions
  export type WechatDispatcher = types.WechatDispatcher
  export type WechatError = types.WechatError
  export type WechatLogin = types.WechatLogin
  /** What subscribers to the channels `fastify-wechat-login:<name>` of node:diagnostics_channel get, by name. */
  export type WechatLoginEvents = events.WechatLoginEvents
  export type WechatLoginOptions = types.WechatLoginOptions
  export type WechatLoginSettings = types.WechatLoginSettings
  export type WechatPage = types.WechatPage
  export type WechatProfile = types.WechatProfile
  export type WechatQrApp = types.WechatQrApp
  export type WechatTokens = types.WechatTokens
  export type WechatUser = types.WechatUser
  export type WechatUserInfo = types.WechatUserInfo
}

export = fastifyWechatLogin
