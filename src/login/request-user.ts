// From the session to request.wechatUser, through the host's loadUser where there is one.

import type { FastifyRequest } from 'fastify'
import type { WechatUser } from '../types'
import { admit, admittedUser } from './admitted-user'
import type { Context } from './context'
import { currentLogin } from '../session/current-login'
import { callHost } from './host-error'
import { revokeLogin } from './end-login'
import { loginInfo } from './login-info'
import type { Login } from '../session/login-record'
import { storeRefOf } from '../session/request-session'

interface Loaded { loginId: string, asked: Promise<WechatUser | null>, user: WechatUser | null }

const loadedUsers = new WeakMap<FastifyRequest, Loaded>()

/** The user as far as it is known without asking the host. */
export function knownUser (context: Context, request: FastifyRequest): WechatUser | null {
  const admitted = admittedUser(request)
  if (admitted !== null) return admitted
  const login = currentLogin(context, request)
  if (login === null) return null
  if (context.settings.loadUser === undefined) return login.user as WechatUser
  const loaded = loadedUsers.get(request)
  return loaded?.loginId === login.id ? loaded.user : null
}

/** The user through loadUser, asked once a request. Null ends the login. */
export async function loadUser (context: Context, request: FastifyRequest): Promise<WechatUser | null> {
  const admitted = admittedUser(request)
  if (admitted !== null) return admitted
  const login = currentLogin(context, request)
  return login && load(context, request, login)
}

/** For guards: the same, and who is let in stays the user of this request to its end. */
export async function admitUser (context: Context, request: FastifyRequest): Promise<WechatUser | null> {
  const admitted = admittedUser(request)
  if (admitted !== null) return admitted
  const login = currentLogin(context, request)
  if (login === null) return null
  const user = context.settings.loadUser === undefined
    ? login.user as WechatUser
    : await load(context, request, login)
  if (user !== null) admit(request, login, user)
  return user
}

/** What the host shows of the user to the visitor's own browser. */
export async function showUser ({ settings }: Context, request: FastifyRequest, user: WechatUser): Promise<object> {
  return callHost(() => settings.publicUser(user, request))
}

async function load (context: Context, request: FastifyRequest, login: Login): Promise<WechatUser | null> {
  if (context.settings.loadUser === undefined) return login.user as WechatUser
  const known = loadedUsers.get(request)
  const loaded = known?.loginId === login.id
    ? known
    : { loginId: login.id, asked: ask(context, request, login), user: null }
  loadedUsers.set(request, loaded)
  const user = await loaded.asked
  // A logout may have been answered while the host was asked.
  loaded.user = currentLogin(context, request)?.id === login.id ? user : null
  return loaded.user
}

async function ask (context: Context, request: FastifyRequest, login: Login): Promise<WechatUser | null> {
  const place = storeRefOf(request)
  const { loadUser } = context.settings
  // Whatever is falsy is nobody: `return user.active && user` is how it is written.
  const user = await callHost(() => loadUser!(login.user, request, loginInfo(login))) || null
  if (user === null) await revokeLogin(context, request, login, place)
  return user
}
