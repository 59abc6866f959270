// The guards as functions that need nothing at the time when a route is written: a decorator that is not there yet,
// after a forgotten `await` or in a file without fastify-plugin, is `undefined`, and to Fastify that means no guard.
// These look the plugin up when a request comes, and where it is missing nobody passes.

import { type Hint, MisconfiguredError } from '../errors'
import type { WechatGuard } from '../fastify-types'
import { asHook } from './guard'

type GuardName = 'requireWechatUser' | 'verifyWechatUser'

/**
 * Guard for `preHandler` or `onRequest`, of a route or of a scope: pages are sent to the login and come back,
 * everything else is refused with `FST_WECHAT_UNAUTHENTICATED`, unless a user is logged in. `FST_WECHAT_MISCONFIGURED`
 * with a `hint` where the plugin is not registered in the scope of the request's route.
 */
export const requireWechatUser = findGuard('requireWechatUser')

/** The same check that only throws: for `fastify.auth([...])` and APIs. */
export const verifyWechatUser = findGuard('verifyWechatUser')

function findGuard (name: GuardName): WechatGuard {
  return asHook(name, async (request, reply) => {
    if (!request.server.hasDecorator(name)) throw Object.assign(new MisconfiguredError(), { hint: missing(name) })
    return request.server[name](request, reply)
  })
}

function missing (name: GuardName): Hint {
  return {
    en: `${name} found no fastify-wechat-login in the scope of this route. Write await app.register(wechatLogin, …) ` +
      'before the route, in the same scope or one above it; in a plugin file of your own, wrap the function that ' +
      'registers it with fp() of fastify-plugin.',
    zh: `${name} 在这个路由的作用域里找不到 fastify-wechat-login。请在路由之前、同一个作用域或上层作用域里写 ` +
      'await app.register(wechatLogin, …)；如果写在单独的插件文件里，请用 fastify-plugin 的 fp() 包住注册它的函数。'
  }
}
