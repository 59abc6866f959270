// What WeChat's two pages check before they ask the visitor anything. Pure: parameters in, a request or an error out.

import { APPID_ERROR, REDIRECT_ERROR, SCOPE_ERROR, STATE_ERROR, numberedError, wordedError } from './page-errors'
import { platforms } from './platforms'
import { checkRedirectUri } from './redirect-uri-check'
import { read } from './query'
import type { PageError } from './page-errors'
import type { Query } from './query'
import type { SimulatedApp } from './types'
import type { World } from './world'

export interface AuthorizeRequest {
  readonly app: SimulatedApp
  readonly redirectUri: string
  readonly scope: string
  readonly state: string
}

export function isPageError (outcome: AuthorizeRequest | PageError): outcome is PageError {
  return 'text' in outcome
}

const ONECLICK_ORDER = [
  'appid', 'redirect_uri', 'response_type', 'scope', 'state', 'forcePopup', 'forceSnapShot', 'connect_redirect'
]

/** The Official Account page: names missing, then host, then rights, then the length of state. */
export function checkOneclick (world: World, query: Query): AuthorizeRequest | PageError {
  const app = world.directory.findApp(read(query, 'appid'))
  if (app === undefined) return findMissing(query, { appid: 10012 }) ?? unknownApp(query)
  const request = {
    app,
    redirectUri: read(query, 'redirect_uri'),
    scope: read(query, 'scope'),
    state: read(query, 'state')
  }
  return findMissing(query, { redirect_uri: 10011, scope: 10010, state: 10013 }) ??
    checkOrder(world, query) ??
    checkRedirectUri(request.redirectUri, app, world.settings.ports, numbered10003) ??
    checkOneclickScope(request) ??
    checkStateLength(request.state) ??
    request
}

/**
 * The QR page, asked as documented or by wxLogin.js (`login_type=jssdk`, no response_type). State is optional and of
 * any length.
 */
export function checkQr (world: World, query: Query): AuthorizeRequest | PageError {
  const app = world.directory.findApp(read(query, 'appid'))
  if (app === undefined) return unknownApp(query)
  const request = {
    app,
    redirectUri: read(query, 'redirect_uri'),
    scope: read(query, 'scope'),
    state: read(query, 'state')
  }
  return checkRedirectUri(request.redirectUri, app, world.settings.ports, worded10003) ??
    checkQrScope(request) ??
    checkResponseType(query, read(query, 'login_type') === 'jssdk') ??
    request
}

function findMissing (query: Query, codes: Record<string, number>): PageError | undefined {
  for (const [name, errcode] of Object.entries(codes)) {
    if (read(query, name) === '') return numberedError(errcode, `缺少参数 ${name}。`, `The parameter ${name} is missing.`)
  }
  return undefined
}

function unknownApp (query: Query): PageError {
  return wordedError(
    APPID_ERROR,
    `没有 appid 为 “${read(query, 'appid')}” 的模拟应用。`,
    `The simulator knows no app with the appid "${read(query, 'appid')}".`
  )
}

// WeChat matches the whole link; desktop WeChat shows a blank page for another order, phones are said not to mind.
function checkOrder (world: World, query: Query): PageError | undefined {
  if (!world.settings.strictOrder) return checkResponseType(query, true)
  const given = [...query.keys()].filter(name => ONECLICK_ORDER.includes(name))
  const right = ONECLICK_ORDER.filter(name => query.has(name))
  if (given.join() === right.join()) return checkResponseType(query, false)
  return wordedError('', `微信会显示空白页：参数顺序应为 ${right.join(', ')}，实际为 ${given.join(', ')}。`,
    `WeChat shows a blank page here: the order must be ${right.join(', ')}, not ${given.join(', ')}.`)
}

function checkResponseType (query: Query, optional: boolean): PageError | undefined {
  const given = read(query, 'response_type')
  if (given === 'code' || (given === '' && optional)) return undefined
  return wordedError('参数错误', 'response_type 必须为 code。', 'response_type must be "code".')
}

function checkOneclickScope ({ app, scope }: AuthorizeRequest): PageError | undefined {
  const { page, account } = platforms[app.kind]
  if (page !== '/connect/oauth2/authorize') {
    return numberedError(
      10016,
      `此 appid 属于${account.zh}，请使用 ${page}。`,
      `This appid is ${account.en}: it works on ${page} only.`
    )
  }
  if (!/^snsapi_\w+$/.test(scope)) {
    return wordedError(
      SCOPE_ERROR,
      'scope 应为 snsapi_base 或 snsapi_userinfo。',
      'scope is snsapi_base or snsapi_userinfo.'
    )
  }
  if (app.scopes.includes(scope)) return undefined
  return numberedError(10005, `该公众号没有 ${scope}。`, `This account has no right to ${scope}.`)
}

function checkQrScope ({ app, scope }: AuthorizeRequest): PageError | undefined {
  const isHere = platforms[app.kind].page === '/connect/qrconnect'
  if (isHere && scope.split(',').every(name => app.scopes.includes(name))) return undefined
  return wordedError(
    SCOPE_ERROR,
    '二维码登录只支持网站应用和 snsapi_login。',
    'The QR page serves Website Apps with snsapi_login only.'
  )
}

function checkStateLength (state: string): PageError | undefined {
  if (Buffer.byteLength(state) <= 128) return undefined
  return wordedError(STATE_ERROR, 'state 最多 128 字节。', 'state has at most 128 bytes.')
}

function numbered10003 (zh: string, en: string): PageError {
  return numberedError(10003, zh, en)
}

function worded10003 (zh: string, en: string): PageError {
  return wordedError(REDIRECT_ERROR, zh, en)
}
