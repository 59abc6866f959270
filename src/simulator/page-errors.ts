// The errors that WeChat shows on its pages, in its own words. They never reach redirect_uri: the visitor is stuck
// there.

/** What WeChat shows, and what the simulator adds for the developer (which WeChat does not). */
export interface PageError {
  readonly text: string
  readonly errcode?: number
  readonly note: { readonly zh: string, readonly en: string }
}

const NUMBERED: Readonly<Record<number, string>> = {
  [-1]: '系统错误',
  10003: 'redirect_uri域名与后台配置不一致',
  10004: '此公众号被封禁',
  10005: '此公众号并没有这些scope的权限',
  10006: '必须关注此测试号',
  10009: '操作太频繁了，请稍后重试',
  10010: 'scope不能为空',
  10011: 'redirect_uri不能为空',
  10012: 'appid不能为空',
  10013: 'state不能为空',
  10015: '公众号未授权第三方平台，请检查授权状态',
  10016: '不支持微信开放平台的Appid，请使用公众号Appid'
}

export function numberedError (errcode: number, zh: string, en: string): PageError {
  return { text: `${NUMBERED[errcode] ?? '未知错误'}，错误码：${errcode}`, errcode, note: { zh, en } }
}

export function wordedError (text: string, zh: string, en: string): PageError {
  return { text, note: { zh, en } }
}

export const SCOPE_ERROR = 'Scope 参数错误或没有 Scope 权限'
export const REDIRECT_ERROR = 'redirect_uri 参数错误'
export const APPID_ERROR = 'AppID 参数错误'
export const STATE_ERROR = 'state 参数过长'
