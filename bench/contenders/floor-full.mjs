// The floor with as much in its session as a login of ours keeps: what of a guard's cost is the session's.

import { record, userOf } from './common.mjs'
import { build as buildFloor } from './floor.mjs'

export function build (settings) {
  return buildFloor(settings, (session, user) => {
    Object.assign(session, { user: userOf(user), login: record(user.openid) })
  })
}
