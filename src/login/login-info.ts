// What the host is told of a login beside its user.

import type { Login } from '../session/login-record'
import type { LoginInfo } from '../types'

export function loginInfo ({ id, via, appid, at }: Login): LoginInfo {
  return Object.freeze({ id, via, appid, at })
}
