// What the plugin adds to Fastify's own interfaces.

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { WechatUser } from './types'
import type { Via } from './via'
import type { WechatClient } from './wechat/client-types'

// Their augmentations of Fastify belong to ours; an import type would be dropped from the emitted declarations.
export type {} from '@fastify/cookie'
export type {} from '@fastify/session'

/**
 * A request of any instance: HTTP/2, a logger of the host's own, a type provider. Fastify's types carry all of that,
 * and those of one instance do not fit another's.
 */
export type AnyRequest = FastifyRequest<any, any, any, any, any, any, any, any>
/** A reply of any instance. */
export type AnyReply = FastifyReply<any, any, any, any, any, any, any, any>

/**
 * A hook for `preHandler` or `onRequest` of any instance, whatever its server, logger and type provider: named are the
 * members of a request and a reply that depend on none of them, so that nothing is inferred from it.
 */
export type WechatGuard = (
  request: Pick<FastifyRequest, 'id' | 'url' | 'wechatUser'>, reply: Pick<FastifyReply, 'sent' | 'statusCode'>
) => Promise<unknown>

/** `fastify.wechatLogin`: for routes and jobs of the host's own. */
export interface WechatLogin {
  /** The client of the Official Account, where option `oneclick` is a fixed app. */
  readonly oneclick?: WechatClient
  /** The client of the Website App, where option `qr` is a fixed app. */
  readonly qr?: WechatClient
  /** The client of the app that belongs to this request; `FST_WECHAT_INVALID_REQUEST` where there is none. */
  client (request: AnyRequest, via: Via): Promise<WechatClient>
  /**
   * Starts an attempt (its cookie is set on `reply`) and gives WeChat's URL for it. Without `via`: the way that fits
   * this browser. `redirect` is checked as on the login route. On another host than the callback URL's a warning is
   * logged. Rejects with `FST_WECHAT_WRONG_BROWSER` where `via` does not fit, `FST_WECHAT_INVALID_REQUEST` where there
   * is no app for this request, `FST_WECHAT_MISCONFIGURED` where a function of the host returned what is no app.
   */
  authorizeUrl (
    request: AnyRequest, reply: AnyReply, options?: { via?: Via, redirect?: string }
  ): Promise<string>
  /**
   * Ends the login and changes the session id; only `keepSessionKeys` stay. Rejects with the error of a session store
   * that fails.
   */
  logout (request: AnyRequest, reply: AnyReply): Promise<void>
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The logged-in user, read-only, or null. With `loadUser`: null until a guard or `loadWechatUser()` has asked. */
    readonly wechatUser: WechatUser | null
    /**
     * The user through `loadUser`, asked once a request; null where nobody is logged in. Rejects with what `loadUser`
     * throws.
     */
    loadWechatUser (): Promise<WechatUser | null>
    /**
     * With `keepTokens`: an access token of WeChat's that is good for five minutes or more, refreshed when due. Rejects
     * with `FST_WECHAT_UNAUTHENTICATED` (nobody is logged in), `FST_WECHAT_TOKEN_EXPIRED` (after 30 days: log in
     * again), `FST_WECHAT_MISCONFIGURED` (without `keepTokens`), or another `WechatError` of the refresh.
     */
    wechatAccessToken (): Promise<string>
  }

  interface FastifyContextConfig {
    /**
     * `cache: true`: the Cache-Control of a guarded route stands as the route says it, `public` included. For what is
     * the same for everybody whom the guard lets in.
     */
    wechatLogin?: { cache?: boolean }
  }

  interface FastifyInstance {
    /** Sends pages to the login route and answers 401 to everything else, unless a user is logged in. */
    requireWechatUser: WechatGuard
    /** The same check that only throws: for `fastify.auth([...])` and APIs. */
    verifyWechatUser: WechatGuard
    /** WeChat's clients, and what a route of the host's own needs to start or end a login. */
    wechatLogin: WechatLogin
  }
}
