// The WeChat apps of a host, each checked by its way.

import { InvalidOptionsError } from '../errors'
import { refuseOption } from '../option-checks'
import type { WechatLoginOptions } from '../types'
import type { Apps, Warn, WayOption } from './app-options'

/** Throws `FST_WECHAT_INVALID_OPTIONS`, also where no app is given, or two ways have one appid. */
export function parseApps (given: WechatLoginOptions, ways: readonly WayOption[], warn: Warn): Apps {
  const apps: { -readonly [Key in keyof Apps]: Apps[Key] } = {}
  for (const way of ways) {
    const source = given[way.via]
    if (source === undefined) continue
    apps[way.via] = typeof source === 'function' ? source : way.check(source, warn)
    refuseSameAppid(way, ways, apps)
  }
  if (Object.keys(apps).length === 0) {
    const names = ways.map(({ via }) => `option ${via}`).join(' nor ')
    throw new InvalidOptionsError(`neither ${names} is set; write at least one as { appid, secret, callbackUrl }`)
  }
  return apps
}

/** Each kind of account has an appid of its own at WeChat. */
function refuseSameAppid (way: WayOption, ways: readonly WayOption[], apps: Apps): void {
  const appidOf = ({ via }: WayOption): string | undefined => {
    const app = apps[via]
    return typeof app === 'object' ? app.appid : undefined
  }
  const twin = ways.find(other => other !== way && appidOf(other) !== undefined && appidOf(other) === appidOf(way))
  if (twin === undefined) return
  const en = `${twin.account.en} and ${way.account.en} are two apps of WeChat's, each with its own appid`
  refuseOption(`${way.via}.appid`, `the same as ${twin.via}.appid`, en)
}
