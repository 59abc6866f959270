// WeChat's errcodes: which of our errors each is, and what to do. Taken from WeChat's general return codes and from
// recordings. Misconfigured is what fails for every visitor until the operator acts: the account, its rights, or a
// relay that changes our requests on their way (41002, 41004, 40002, 43001, 43003: we always send an appid, a secret,
// the right grant_type, GET and https). Codes that are not listed are ApiError.

import {
  ApiError, InvalidCodeError, MisconfiguredError, RateLimitedError, TokenExpiredError, UserBlockedError
} from '../errors'
import type { Hint, WechatErrorCode, WechatErrorConstructor } from '../errors'

interface Meaning {
  Refusal: WechatErrorConstructor<WechatErrorCode>
  hint: Hint
}

type Row = [errcode: number, en: string, zh: string]

const relay = 'A relay or proxy changes our requests: see client.apiHosts and client.dispatcher.'
const relayZh = '中转或代理改动了请求，请检查 client.apiHosts 与 client.dispatcher。'

const userBlocked: Row[] = [
  [
    40226,
    'WeChat has blocked this user as a risk. Nothing on this site can change that: the user sees the reason in WeChat.',
    '该用户被微信判定为高风险用户，已被拦截；本站无法处理，请用户在微信中查看原因。'
  ]
]

const invalidCode: Row[] = [
  [
    40029,
    'The code is wrong, too old, or belongs to another appid. Start the login again; if it fails every time, ' +
      'check that appid and secret belong together.',
    'code 无效、已过期或属于其他 appid，请重新发起登录；若每次都失败，请检查 appid 与 secret 是否属于同一应用。'
  ],
  [
    40163,
    'The code has been used: the callback ran twice, or its page was reloaded. Start the login again.',
    'code 已被使用（回调被重复请求或页面被刷新），请重新发起登录。'
  ],
  [41008, 'The code is missing. Start the login again.', '缺少 code，请重新发起登录。'],
  [
    42003,
    'The code is too old: it lives five minutes, that of a Website App ten. Start the login again.',
    'code 已超时（有效期 5 分钟，网站应用为 10 分钟），请重新发起登录。'
  ]
]

const tokenExpired: Row[] = [
  [
    40001,
    'The access token is invalid, or a newer one has replaced it. The token of the cgi-bin interfaces does not ' +
      'work here. Log in again; if it fails every time, the AppSecret is wrong: some calls say so by this number.',
    'access_token 无效或不是最新的；请勿与 cgi-bin 接口的 access_token 混用。请重新登录；若每次都失败，则是 AppSecret 有误（部分接口以此错误码表示）。'
  ],
  [
    40014,
    'The access token is malformed, or it is one of the cgi-bin interfaces. Log in again.',
    'access_token 不合法，或误用了 cgi-bin 接口的 access_token，请重新登录。'
  ],
  [40030, 'The refresh token is invalid or has expired. Log in again.', 'refresh_token 无效或已过期，请重新登录。'],
  [
    42001,
    'The access token has expired: it lives two hours. Refresh it, or log in again.',
    'access_token 已超时（有效期 2 小时），请刷新或重新登录。'
  ],
  [42002, 'The refresh token has expired: it lives 30 days. Log in again.', 'refresh_token 已超时（有效期 30 天），请重新登录。'],
  [42007, 'The user changed the password, which ends all tokens. Log in again.', '用户修改了微信密码，令牌已失效，请重新登录。']
]

const rateLimited: Row[] = [
  [45009, 'The quota of this interface is used up. Look it up on WeChat\'s platform.', '接口调用次数已达上限，请在微信平台查看额度。'],
  [45011, 'Too many calls in this minute. Try again after a minute.', '接口调用过于频繁，请一分钟后再试。']
]

const misconfigured: Row[] = [
  [40002, `WeChat does not see our grant_type. ${relay}`, `grant_type 不合法。${relayZh}`],
  [40013, 'WeChat does not know this appid. Compare it with WeChat\'s platform.', 'appid 无效，请与微信平台上的 AppID 核对。'],
  [
    40125,
    'The AppSecret is wrong, or has been reset. Copy it again from WeChat\'s platform.',
    'AppSecret 错误或已被重置，请在微信平台重新获取。'
  ],
  [
    40164,
    'The address that this server calls from is not on the account\'s IP whitelist. Enter it there: the errmsg ' +
      'names it.',
    '服务器的出口 IP 不在该账号的 IP 白名单中，请把 errmsg 里的 IP 填进去。'
  ],
  [
    40243,
    'WeChat has frozen the AppSecret. Unfreeze or reset it on the WeChat developer platform ' +
      '(developers.weixin.qq.com/platform).',
    'AppSecret 已被冻结，请在微信开发者平台（developers.weixin.qq.com/platform）的“开发密钥”中解冻或重置。'
  ],
  [41002, `WeChat does not see our appid. ${relay}`, `缺少 appid。${relayZh}`],
  [41004, `WeChat does not see our secret. ${relay}`, `缺少 secret。${relayZh}`],
  [43001, `WeChat wants GET. ${relay}`, `需要 GET 请求。${relayZh}`],
  [43003, `WeChat wants https. ${relay}`, `需要 HTTPS 请求。${relayZh}`],
  [
    48001,
    'The account or the scope lacks this right: a profile needs snsapi_userinfo (oneclick, verified service ' +
      'account) or snsapi_login (qr).',
    '帐号或 scope 没有该接口的权限：获取用户信息需要 snsapi_userinfo（已认证的服务号）或 snsapi_login（网站应用）。'
  ],
  [
    48004,
    'WeChat has banned this interface for the account. Read the notice on mp.weixin.qq.com.',
    '接口被封禁，请登录 mp.weixin.qq.com 查看详情。'
  ],
  [
    48017,
    'The request went to an address that WeChat has retired. Use host names, and renew the DNS entries.',
    '请求发往了已停用的微信服务器 IP，请使用域名访问并更新 DNS。'
  ],
  [
    50001,
    'The interface is not granted. Check the account\'s rights on WeChat\'s platform, and ask the user again.',
    '接口未获授权，请在微信平台检查帐号权限，并重新请求用户授权。'
  ],
  [
    50002,
    'An account is limited. Where every visitor gets this, it is your own: frozen, closed, or on its way to another ' +
      'owner; look it up on WeChat\'s platform. Where one visitor gets it, it is the WeChat account of that user.',
    '帐号受限。若所有访客都遇到，则是您的公众号或应用被冻结、注销或正在迁移，请在微信平台查看；若只有个别访客遇到，则是该用户的微信帐号受限。'
  ],
  [
    61004,
    'The address that this server calls from is not on the account\'s IP whitelist. Enter it there.',
    '服务器的出口 IP 未在该账号的 IP 白名单中登记，请添加。'
  ]
]

const others: Row[] = [
  [
    -1,
    'WeChat is busy. Wait a moment and start the login again: the code may be spent.',
    '微信系统繁忙，请稍后重新发起登录（code 可能已被消耗）。'
  ],
  [
    40003,
    'The openid does not belong to this access token, or not to this appid.',
    'openid 与 access_token 或 appid 不匹配。'
  ],
  [41001, `WeChat does not see our access token. ${relay}`, `缺少 access_token。${relayZh}`],
  [41003, `WeChat does not see our refresh token. ${relay}`, `缺少 refresh_token。${relayZh}`],
  [41009, `WeChat does not see our openid. ${relay}`, `缺少 openid。${relayZh}`],
  [50005, 'The user does not follow the Official Account.', '用户未关注公众号。']
]

const unknown: Meaning = {
  Refusal: ApiError,
  hint: {
    en: 'Look the errcode up in WeChat\'s list of return codes, and the rid with the API diagnosis of the WeChat ' +
      'developer platform (developers.weixin.qq.com/platform).',
    zh: '请在微信全局返回码中查找该 errcode，并在微信开发者平台（developers.weixin.qq.com/platform）的“API 诊断”中查询 rid。'
  }
}

const lists: Array<[WechatErrorConstructor<WechatErrorCode>, Row[]]> = [
  [UserBlockedError, userBlocked],
  [InvalidCodeError, invalidCode],
  [TokenExpiredError, tokenExpired],
  [RateLimitedError, rateLimited],
  [MisconfiguredError, misconfigured],
  [ApiError, others]
]

const meanings = new Map<number, Meaning>(lists.flatMap(([Refusal, rows]) =>
  rows.map(([errcode, en, zh]) => [errcode, { Refusal, hint: Object.freeze({ en, zh }) }] as const)))

/** Which error an errcode other than 0 is, and what to do about it. */
export function explainErrcode (errcode: number): Meaning {
  return meanings.get(errcode) ?? unknown
}
