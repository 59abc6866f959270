// The package's names, and the only file that knows CommonJS: `require` gives the plugin itself, `import` its default
// and its names.

import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import * as errors from './errors'
import type { Hint, WechatError, WechatErrorCode, WechatErrorConstructor } from './errors'
import type { WechatLoginEvents } from './events'
import type { AnyReply, AnyRequest, WechatGuard, WechatLogin } from './fastify-types'
import { requireWechatUser, verifyWechatUser } from './login/exported-guards'
import { createPlugin } from './plugin'
import type {
  LoginInfo, OnLoginContext, OnUserContext, StoredUser, UserOfWechatLoginTypes, WechatApp, WechatAppSource,
  WechatLoginOptions, WechatLoginSettings, WechatPage, WechatProfile, WechatQrApp, WechatUser
} from './types'
import type { Via } from './via'
import { createWechatClient } from './wechat-client'
import type {
  ClientOptions, Lang, TransportOptions, WechatClient, WechatClientOptions, WechatDispatcher, WechatTokens,
  WechatUserInfo
} from './wechat/client-types'

const wechatLogin = createPlugin()

/** The plugin. A wrong option rejects the registration with `FST_WECHAT_INVALID_OPTIONS`. */
function fastifyWechatLogin (fastify: FastifyInstance, options: WechatLoginOptions): Promise<void> {
  return wechatLogin(fastify, options)
}

fp(fastifyWechatLogin, { fastify: '5.x', name: 'fastify-wechat-login' })
Object.assign(fastifyWechatLogin, {
  default: fastifyWechatLogin,
  fastifyWechatLogin,
  requireWechatUser,
  verifyWechatUser,
  createWechatClient,
  errors
})

// Node learns the names of a CommonJS module by reading lines like these; Object.assign alone hides them from `import
// { … }`.
module.exports.default = fastifyWechatLogin
module.exports.fastifyWechatLogin = fastifyWechatLogin
module.exports.requireWechatUser = requireWechatUser
module.exports.verifyWechatUser = verifyWechatUser
module.exports.createWechatClient = createWechatClient
module.exports.errors = errors

declare namespace fastifyWechatLogin { // merges with the function and emits nothing
  export {
    createWechatClient, errors, fastifyWechatLogin, fastifyWechatLogin as default, requireWechatUser, verifyWechatUser
  }
  /**
   * Name your own types here, once, and they flow through the package:
   * `declare module 'fastify-wechat-login' { interface WechatLoginTypes { user: MyUser, stored: MyRow } }`
   */
  export interface WechatLoginTypes {}
  // The very types, under no names of their own: the compiler then names them by this entry where it writes a host's
  // declarations, not by a file of ours that a host cannot reach.
  export type {
    AnyReply, AnyRequest, ClientOptions, Hint, Lang, LoginInfo, OnLoginContext, OnUserContext, StoredUser,
    TransportOptions, UserOfWechatLoginTypes, Via, WechatApp, WechatAppSource, WechatClient, WechatClientOptions,
    WechatDispatcher, WechatError, WechatErrorCode, WechatErrorConstructor, WechatGuard, WechatLogin, WechatLoginEvents,
    WechatLoginOptions, WechatLoginSettings, WechatPage, WechatProfile, WechatQrApp, WechatTokens, WechatUser,
    WechatUserInfo
  }
}

// What a host has merged into WechatLoginTypes is handed to types.ts, which imports nothing of this file.
declare module './host-types' {
  interface HostTypes { types: fastifyWechatLogin.WechatLoginTypes }
}

export = fastifyWechatLogin
