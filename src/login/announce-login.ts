// onLogin: the host is told of a login while its session is new and not stored yet, so that what it writes there is
// stored with the login, and what it throws takes the login back.

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Settings } from '../options/parse-options'
import type { Login } from '../session/login-record'
import { readLogin } from '../session/request-session'
import type { WechatProfile } from '../types'
import { callHost } from './host-error'
import { loginInfo } from './login-info'

export async function announceLogin (
  { onLogin }: Settings, request: FastifyRequest, reply: FastifyReply, login: Login, profile: WechatProfile
): Promise<void> {
  if (onLogin === undefined) return
  // As it is read again, and like that read-only.
  const { user } = readLogin(request)!
  const context = { request, reply, via: login.via, profile, login: loginInfo(login) }
  await callHost(() => onLogin(user, context))
}
