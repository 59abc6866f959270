// What the plugin adds to Fastify's own interfaces.

import type { FastifyReply, FastifyRequest, preHandlerAsyncHookHandler } from 'fastify'
import type { Via, WechatUser } from './types'
import type { WechatClient } from './wechat/types'

// Their augmentations of Fastify belong to ours; an import type would be dropped from the emitted declarations.
export type {} from '@fastify/cookie'
export type {} from '@fastify/session'

/** `fastify.wechatLogin` */
export interface WechatLogin {
  /** The client of a fixed app. */
  readonly oneclick?: WechatClient
  readonly qr?: WechatClient
  /** The client of the app that belongs to this request; `FST_WECHAT_INVALID_REQUEST` where there is none. */
  client (request: FastifyRequest, via: Via): Promise<WechatClient>
  /** Starts an attempt (its cookie is set on `reply`) and gives WeChat's URL for it. */
  authorizeUrl (request: FastifyRequest, reply: FastifyReply, options?: { via?: Via, redirect?: string }): Promise<string>
  /** Ends the login and changes the session id. */
  logout (request: FastifyRequest, reply: FastifyReply): Promise<void>
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The logged-in user, read-only, or null. With `loadUser`: null until a guard or `loadWechatUser()` has asked. */
    readonly wechatUser: WechatUser | null
    /** The user through `loadUser`, asked once a request. */
    loadWechatUser (): Promise<WechatUser | null>
    /** With `keepTokens`: an access token of WeChat's that is valid, refreshed when due. */
    wechatAccessToken (): Promise<string>
  }

  interface FastifyInstance {
    /** Sends pages to the login route and answers 401 to everything else, unless a user is logged in. */
    requireWechatUser: preHandlerAsyncHookHandler
    /** The same check that only throws: for `fastify.auth([...])` and APIs. */
    verifyWechatUser: preHandlerAsyncHookHandler
    wechatLogin: WechatLogin
  }
}
