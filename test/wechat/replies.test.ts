import fc from 'fast-check'
import t from 'tap'
import { recordedReplies } from '../fixture/data'
import * as errors from '../../src/errors'
import { explainErrcode } from '../../src/wechat/errcode-meanings'
import { readErrmsg } from '../../src/wechat/errmsg'
import { readImageUrl } from '../../src/wechat/image-url'
import { parseJson } from '../../src/wechat/json'
import { readCheck, readTokens, readUserInfo } from '../../src/wechat/replies'

type Read = (bytes: Buffer, confidential: string[]) => unknown
type Caught = errors.WechatError & { reason?: string }

const openid = 'oBYOLCRfJeJdPgw8wVWYpPeyMkLJ'
const good = {
  access_token: '92_token',
  expires_in: 7200,
  refresh_token: '92_refresh',
  openid,
  scope: 'snsapi_userinfo'
}

function bytes (body: unknown): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}

function caught (read: Read, body: unknown, confidential: string[] = []): Caught {
  try {
    const value = read(bytes(body), confidential)
    throw new Error(`no error, but ${JSON.stringify(value)}`)
  } catch (error) {
    return error as Caught
  }
}

function outcome (read: Read, body: unknown): string {
  try {
    const value = read(bytes(body), [])
    return value === true ? 'ok' : `fields ${Object.keys(value as object).join(' ')}`
  } catch (error) {
    const { code, reason, errcode, errmsg, rid } = error as Caught
    return [code.replace('FST_WECHAT_', ''), reason ?? `${errcode} "${errmsg}" ${rid ?? '-'}`].join(' ')
  }
}

t.test('every recorded reply is read as what it is', async t => {
  const readers: Array<[RegExp, Read]> = [
    [/userinfo|user\/info/, readUserInfo],
    [/auth$/, readCheck],
    [/./, readTokens]
  ]
  const outcomes = recordedReplies.map(({ endpoint, body }) => {
    const [, read] = readers.find(([pattern]) => pattern.test(endpoint))!
    return `${endpoint} ${outcome(read, body)}`
  })
  t.strictSame(outcomes, [
    '/sns/oauth2/access_token fields access_token expires_in openid scope unionid is_snapshotuser',
    '/sns/oauth2/access_token fields access_token expires_in refresh_token openid scope',
    '/sns/oauth2/access_token fields access_token expires_in refresh_token openid scope unionid is_snapshotuser',
    '/sns/oauth2/access_token fields access_token expires_in refresh_token openid scope unionid',
    '/sns/oauth2/refresh_token fields access_token expires_in refresh_token openid scope',
    '/sns/auth ok',
    '/sns/userinfo fields openid nickname sex language city province country headimgurl privilege',
    '/sns/userinfo fields openid nickname sex language city province country headimgurl privilege unionid',
    '/sns/userinfo fields openid nickname sex language city province country headimgurl privilege unionid',
    '/cgi-bin/user/info BAD_RESPONSE SHAPE',
    '/sns/oauth2/access_token INVALID_CODE 40029 "invalid code" -',
    '/sns/oauth2/access_token INVALID_CODE 40029 "invalid code" raY0187ns82',
    '/sns/oauth2/access_token INVALID_CODE 40029 "invalid code" rA.hRA0175ns87',
    '/sns/oauth2/access_token INVALID_CODE 40029 "invalid code" 63eb339a-57c1b83a-3acf9bf5',
    '/sns/oauth2/access_token INVALID_CODE 40029 "invalid code" 61a969fa-3824f418-2a65b14e',
    '/sns/oauth2/access_token INVALID_CODE 40163 "code been used" plAv90053th21',
    '/sns/oauth2/access_token INVALID_CODE 40163 "code been used" qHKb2qLnRa-CXAXhA',
    '/sns/jscode2session INVALID_CODE 40163 "code been used" 64295b65-5c68b8d1-3dd255cd',
    '/sns/oauth2/access_token INVALID_CODE 40163 "invalid code" UHNfMA.KRa-8gb0KA',
    '/sns/oauth2/access_token MISCONFIGURED 40125 "invalid appsecret" 61e26b3c-3b5efc57-1eae8061',
    '/sns/jscode2session MISCONFIGURED 40013 "invalid appid" 65a29241-17ce7fe3-0b4c522b',
    '/sns/oauth2/access_token MISCONFIGURED 40002 "invalid grant_type" 65aa2cd5-0345a3f6-5c30965c',
    '/sns/oauth2/access_token MISCONFIGURED 41004 "appsecret missing" pfdFhTNre-z.cjoA',
    '/sns/oauth2/access_token INVALID_CODE 41008 "missing code" jCbezQaLRa-yh_Wxa',
    '/sns/oauth2/access_token INVALID_CODE 41008 "missing code" MaFBta0998uth7',
    '/cgi-bin/token MISCONFIGURED 41002 "appid missing" CCVj609301466',
    '/cgi-bin/* API_ERROR 41001 "access_token missing" -',
    '/sns/userinfo RATE_LIMITED 45011 "api minute-quota reach limit, must slower, ' +
      'retry next minute" 664d902f-07ab68ef-0d1dff42',
    '/sns/oauth2/access_token API_ERROR -1 "system error" 6326ffdf-41c7c0d8-5a6bb364',
    '/sns/oauth2/access_token API_ERROR -1 "system error" 4FFbQDshE-npwHqA',
    '/sns/oauth2/component/access_token API_ERROR -1 "system error" .kBaY7aLRa-k1SNnA',
    '/sns/oauth2/refresh_token TOKEN_EXPIRED 40030 "invalid refresh_token" 6500351b-2a0273e2-4af6b58d',
    '/sns/auth API_ERROR 40003 "invalid openid" 66d19aa4-3f927127-199f930f',
    '/sns/auth API_ERROR 40003 "invalid openid" -',
    '/sns/userinfo API_ERROR 40003 "invalid openid" -',
    '/sns/auth TOKEN_EXPIRED 40014 "invalid access_token" 606e6c56-2fdd935e-10794ce4',
    '/sns/userinfo TOKEN_EXPIRED 40001 "invalid credential, access_token is invalid or not latest" PSp.LA0036s182',
    '/cgi-bin/component/api_authorizer_token TOKEN_EXPIRED 42001 "access_token expired" 66c669e3-210a005b-256a5f92',
    '/sns/userinfo MISCONFIGURED 48001 "api unauthorized" EMvfbA0407ns86',
    'long|lp.open.weixin.qq.com BAD_RESPONSE NOT_JSON',
    'long|lp.open.weixin.qq.com BAD_RESPONSE NOT_JSON',
    'long|lp.open.weixin.qq.com BAD_RESPONSE NOT_JSON',
    'long|lp.open.weixin.qq.com BAD_RESPONSE NOT_JSON',
    'long|lp.open.weixin.qq.com BAD_RESPONSE NOT_JSON',
    'long|lp.open.weixin.qq.com BAD_RESPONSE NOT_JSON',
    'https://localhost.weixin.qq.com:<port>/api/check-login BAD_RESPONSE SHAPE',
    'https://localhost.weixin.qq.com:<port>/api/authorize API_ERROR 10050 "undefined" -'
  ])
})

t.test('each errcode is the error that the contract says, with a hint in English and in Chinese', async t => {
  const table: Array<[keyof typeof errors, number, number[]]> = [
    ['UserBlockedError', 403, [40226]],
    ['InvalidCodeError', 400, [40029, 40163, 41008, 42003]],
    ['TokenExpiredError', 401, [40001, 40014, 40030, 42001, 42002, 42007]],
    ['RateLimitedError', 503, [45009, 45011]],
    ['MisconfiguredError', 500,
      [40002, 40013, 40125, 40164, 40243, 41002, 41004, 43001, 43003, 48001, 48004, 48017, 50001, 50002, 61004]],
    ['ApiError', 502, [-1, 40003, 41001, 41003, 41009, 50005, 1, 10050, 99999, 2 ** 40]]
  ]
  const hints = new Set<string>()
  for (const [name, statusCode, errcodes] of table) {
    for (const errcode of errcodes) {
      const error = caught(readTokens, { errcode, errmsg: 'text' })
      t.ok(
        error instanceof errors[name] && error instanceof errors.WechatError && error instanceof Error,
        `${errcode} is ${name}`
      )
      t.match(error, { statusCode, errcode, errmsg: 'text', sent: true })
      t.match(error.hint!.en, /^[A-Z][ -~]+[.]$/)
      t.match(error.hint!.zh, /\p{Script=Han}.*。$/u)
      hints.add(error.hint!.en)
    }
  }
  t.match(explainErrcode(-1).hint.en, /^WeChat is busy/)
  t.match(explainErrcode(50002).hint, { en: /your own.*that user/, zh: /公众号或应用.*该用户/ }, 'both causes are named')
  t.match(explainErrcode(42003).hint, { en: /five minutes.*ten/, zh: /5 分钟.*10 分钟/ })
  t.match(explainErrcode(40001).hint, { en: /AppSecret/, zh: /AppSecret/ })
  t.match(explainErrcode(99999).hint, { en: /rid with the API diagnosis/, zh: /微信开发者平台.*API 诊断.*rid/ })
  t.equal(hints.size, 35, 'every listed errcode has a hint of its own, the others share one')
  t.equal(explainErrcode(123).hint, explainErrcode(456).hint)
})

t.test('an errcode counts as a number or as digits; 0 is none; anything else is refused', async t => {
  for (const errcode of [0, '0', 0.0, '-0', null]) {
    t.same(readTokens(bytes({ ...good, errcode }), []), good, `errcode ${errcode} is a success`)
  }
  for (const errcode of [40029, '40029', '040029']) {
    t.equal(
      caught(readTokens, { ...good, errcode }).errcode,
      40029,
      `errcode ${errcode} is a failure beside good fields`
    )
  }
  for (const errcode of [true, false, '', 'x', '0x0', ' 0', 0.5, {}, [], [0], '1'.repeat(10)]) {
    t.match(
      caught(readTokens, { ...good, errcode }),
      { code: 'FST_WECHAT_BAD_RESPONSE', reason: 'SHAPE' },
      JSON.stringify(errcode)
    )
  }
  t.equal(readCheck(bytes('{"errcode":"0"}'), []), true)
  for (const body of ['{}', '{"errcode":null}', '{"errmsg":"ok"}']) {
    t.match(caught(readCheck, body), { code: 'FST_WECHAT_BAD_RESPONSE', reason: 'SHAPE' }, body)
  }
})

t.test('what is no JSON object is refused with words of our own, whoever reads it', async t => {
  const bodies: unknown[] = [
    '', ' ', 'null', 'true', '1', '"str"', '[]', '[{}]', 'NaN', 'undefined', '{', '{"openid":"' + openid,
    '<html>502</html>', "{'a':1}", '{"a":1,}', '{"a":1}x', '{"a":1}{"b":2}', `\uFEFF\uFEFF${JSON.stringify(good)}`,
    '{"a":"\\\u0001"}', '{"a\u0000":\u0000 1}', '{"a":"b\\', Buffer.from(JSON.stringify(good), 'utf16le'),
    '['.repeat(60_000), '{"a":'.repeat(12_000), '"\\"'.repeat(20_000), Buffer.from([0xff, 0xfe, 0x00])
  ]
  for (const body of bodies) {
    for (const read of [readTokens, readUserInfo, readCheck]) {
      const error = caught(read, body)
      t.match(
        error,
        {
          code: 'FST_WECHAT_BAD_RESPONSE',
          reason: 'NOT_JSON',
          message: 'WeChat sent a reply that cannot be read',
          sent: true
        },
        String(body).slice(0, 20)
      )
      t.equal('cause' in error, false)
    }
  }
})

t.test('tokens need a token and a well-formed openid', async t => {
  const wrongIds: unknown[] = [
    undefined, null, '', 1, true, {}, [], [openid], { toString: 'x' }, 'o', 'short', 'a b c d e f', 'x'.repeat(65),
    'öffnen', `${openid}\n`, '../../etc'
  ]
  for (const wrong of wrongIds) {
    t.equal(
      caught(readTokens, { ...good, openid: wrong }).code,
      'FST_WECHAT_BAD_RESPONSE',
      `openid ${JSON.stringify(wrong)}`
    )
    t.equal(caught(readUserInfo, { openid: wrong }).code, 'FST_WECHAT_BAD_RESPONSE', `openid ${JSON.stringify(wrong)}`)
    t.same(readTokens(bytes({ ...good, unionid: wrong }), []), good, `unionid ${JSON.stringify(wrong)} is ignored`)
    t.same(readUserInfo(bytes({ openid, unionid: wrong }), []), { openid })
  }
  for (const wrong of [undefined, null, '', 1, true, {}, [], ['x'], 'x'.repeat(513)]) {
    t.equal(
      caught(readTokens, { ...good, access_token: wrong }).code,
      'FST_WECHAT_BAD_RESPONSE',
      `access_token ${JSON.stringify(wrong)}`
    )
    t.same(
      readTokens(bytes({ ...good, refresh_token: wrong }), []),
      { access_token: '92_token', expires_in: 7200, openid, scope: 'snsapi_userinfo' }
    )
  }
  for (const body of [
    '{}', '{"access_token":"x"}', `{"openid":"${openid}"}`, '{"access_token":"","openid":""}', '{"errcode":0}'
  ]) {
    t.equal(caught(readTokens, body).code, 'FST_WECHAT_BAD_RESPONSE', body)
  }
  t.equal(readTokens(bytes({ ...good, access_token: 'x'.repeat(512) }), []).access_token.length, 512)
  t.equal(readTokens(bytes({ ...good, unionid: 'o11-u7s3q8jh7ZKERJW' }), []).unionid, 'o11-u7s3q8jh7ZKERJW')
})

t.test('only a snapshot user may come without a token', async t => {
  const empty = { openid, access_token: '', refresh_token: '' }
  for (const mark of [1, '1', true]) {
    t.strictSame(
      readTokens(bytes({ ...empty, is_snapshotuser: mark }), []),
      { access_token: '', expires_in: 7200, openid, is_snapshotuser: 1 }
    )
    t.strictSame(readUserInfo(bytes({ openid, is_snapshotuser: mark }), []), { openid, is_snapshotuser: 1 })
  }
  for (const mark of [0, '0', false, null, 2, 'true', {}, [1]]) {
    t.equal(
      caught(readTokens, { ...empty, is_snapshotuser: mark }).code,
      'FST_WECHAT_BAD_RESPONSE',
      JSON.stringify(mark)
    )
    t.strictSame(readTokens(bytes({ ...good, is_snapshotuser: mark }), []), good)
  }
  t.equal(caught(readTokens, { openid, is_snapshotuser: 1 }).code, 'FST_WECHAT_BAD_RESPONSE')
})

t.test('a life time that makes no sense is taken for WeChat\'s 7200 seconds', async t => {
  for (const [given, seconds] of [[7200, 7200], [1, 1], [0.5, 0.5], ['7200', 7200], ['60', 60]] as const) {
    t.equal(readTokens(bytes({ ...good, expires_in: given }), []).expires_in, seconds, JSON.stringify(given))
  }
  for (const wrong of [
    '-1', '0', '-0.1', '1e309', 'null', 'true', '""', '"0"', '"-5"', '"1e3"', '"soon"', '{}', '[7200]', '"9999999999"'
  ]) {
    t.equal(readTokens(bytes(JSON.stringify(good).replace('7200', wrong)), []).expires_in, 7200, wrong)
  }
  t.equal(readTokens(bytes({ openid, access_token: 'x' }), []).expires_in, 7200)
})

t.test('an optional field of the wrong type is left out; an empty string is kept', async t => {
  const texts = ['nickname', 'language', 'city', 'province', 'country']
  for (const wrong of [null, 1, true, {}, [], ['x']]) {
    for (const name of texts) {
      t.strictSame(readUserInfo(bytes({ openid, [name]: wrong }), []), { openid }, `${name} ${JSON.stringify(wrong)}`)
    }
    t.same(
      readTokens(bytes({ openid, access_token: 'x', scope: wrong }), []),
      { openid, access_token: 'x', expires_in: 7200 }
    )
  }
  for (const wrong of [null, '1', true, {}, [], 0.5, 1e300]) {
    t.strictSame(readUserInfo(bytes({ openid, sex: wrong }), []), { openid }, `sex ${JSON.stringify(wrong)}`)
  }
  for (const wrong of [null, 'x', true, {}, [1], ['x', null], [['x']]]) {
    t.strictSame(
      readUserInfo(bytes({ openid, privilege: wrong }), []),
      { openid },
      `privilege ${JSON.stringify(wrong)}`
    )
  }
  for (const name of texts) t.strictSame(readUserInfo(bytes({ openid, [name]: '' }), []), { openid, [name]: '' })
  t.strictSame(readUserInfo(bytes({ openid, sex: 2, privilege: [] }), []), { openid, sex: 2, privilege: [] })
  t.strictSame(
    readUserInfo(bytes({ openid, privilege: Array(40).fill('PRIVILEGE') }), []).privilege,
    Array(32).fill('PRIVILEGE')
  )
  t.equal(readTokens(bytes({ ...good, scope: '' }), []).scope, '')
})

t.test('texts are well-formed and at most 512 code units, never cut inside a character', async t => {
  const nickname = (text: string) => readUserInfo(bytes(`{"openid":"${openid}","nickname":${text}}`), []).nickname
  t.equal(nickname('"\\ud83d\\ude00"'), '😀')
  t.equal(nickname('"a\\ud83db"'), 'a\uFFFDb')
  t.equal(nickname('"\\ude00"'), '\uFFFD')
  t.equal(nickname(JSON.stringify('x'.repeat(60_000))), 'x'.repeat(512))
  t.equal(nickname(JSON.stringify('x'.repeat(512))), 'x'.repeat(512))
  t.equal(nickname(JSON.stringify('x'.repeat(510) + '😀😀')), 'x'.repeat(510) + '😀')
  t.equal(nickname(JSON.stringify('x'.repeat(511) + '😀')), 'x'.repeat(511))
  t.strictSame(readUserInfo(bytes({ openid, privilege: ['😀'.repeat(300)] }), []).privilege, ['😀'.repeat(256)])
  t.equal(readTokens(bytes({ ...good, scope: 'x'.repeat(513) }), []).scope, 'x'.repeat(512))
})

t.test('a picture is kept only as an http or https URL, with https on WeChat\'s hosts', async t => {
  const long = `https://thirdwx.qlogo.cn/${'x'.repeat(2048 - 25)}`
  const cases: Array<[unknown, string | undefined]> = [
    ['https://thirdwx.qlogo.cn/mmopen/vi_32/Q0j4-_x/132', 'https://thirdwx.qlogo.cn/mmopen/vi_32/Q0j4-_x/132'],
    ['http://wx.qlogo.cn/mmopen/x/0', 'https://wx.qlogo.cn/mmopen/x/0'],
    ['HTTP://WX.QLOGO.CN', 'https://WX.QLOGO.CN'],
    ['http://qlogo.cn?x', 'https://qlogo.cn?x'],
    ['http://wx.qlogo.cn:80/x', 'http://wx.qlogo.cn:80/x'],
    ['http://evil-qlogo.cn/x', 'http://evil-qlogo.cn/x'],
    ['http://qlogo.cn.evil.example/x', 'http://qlogo.cn.evil.example/x'],
    ['http://img.example/a%20b?c=d&e=f#g', 'http://img.example/a%20b?c=d&e=f#g'],
    [long, long],
    [`${long}x`, undefined],
    ...[
      '', ' ', 'javascript:alert(1)', 'data:image/png;base64,AA', '//thirdwx.qlogo.cn/x', 'https:/x', 'https://',
      'ftp://a/b', 'https://a b/', 'https://a/b c', 'https://a/"onerror="x', "https://a/'x", 'https://a/<b>',
      'https://a/\u0000', 'https://a/\n', 'https://a/b\n', 'https://user@a/', 'https://a/\\b', 'https://a/图',
      'xhttps://a/', null, 1, {}, ['https://a/']
    ]
      .map((wrong): [unknown, undefined] => [wrong, undefined])
  ]
  for (const [given, kept] of cases) {
    t.equal(readImageUrl(given), kept, String(given).slice(0, 60))
    t.strictSame(
      readUserInfo(bytes({ openid, headimgurl: given }), []),
      kept === undefined ? { openid } : { openid, headimgurl: kept }
    )
  }
})

t.test('fields are picked by name: nothing else of a body comes through', async t => {
  const poison = '"__proto__":{"isAdmin":true,"unionid":"polluted"},"constructor":{"prototype":{"isAdmin":true}},"isAdmin":true,"toString":1'
  const tokens = readTokens(bytes(`{${poison},"access_token":"x","openid":"${openid}","session_key":"s"}`), [])
  const user = readUserInfo(bytes(`{"openid":"${openid}",${poison},"privilege":["__proto__"]}`), [])
  t.strictSame(Reflect.ownKeys(tokens), ['access_token', 'expires_in', 'openid'])
  t.strictSame(Reflect.ownKeys(user), ['openid', 'privilege'])
  t.equal(Object.getPrototypeOf(user), Object.prototype)
  t.equal(({} as Record<string, unknown>).isAdmin, undefined)
  t.equal((user as unknown as Record<string, unknown>).isAdmin, undefined)
  t.equal(
    readUserInfo(bytes(`{"openid":"wrong-one","openid":"${openid}"}`), []).openid,
    openid,
    'of a key given twice the last one counts'
  )
})

t.test('bodies are read as UTF-8 with the damage repaired, as WeChat sends them', async t => {
  const quote = '\\"'
  const cases: Array<[string | Buffer, unknown]> = [
    ['{"n":"\u0014Walker🍭"}', { n: '\u0014Walker🍭' }],
    ['{"n":"a\nb\r\tc\u0000\u001f","u":"https:\\/\\/x"}', { n: 'a\nb\r\tc\u0000\u001f', u: 'https://x' }],
    [`{"n":"\u0007${quote}{,\u0008${quote}","m":"\\\\"}`, { n: '\u0007"{,\u0008"', m: '\\' }],
    ['{\r\n\t"n" : "\u0001\\ud83d\\ude00"\n}\n', { n: '\u0001😀' }],
    ['{"n\u0002":1}', { 'n\u0002': 1 }],
    ['{"n":"\\\\\u0003"}', { n: '\\\u0003' }],
    ['\uFEFF{"n":"b"}', { n: 'b' }],
    ['\uFEFF{"n":"\u0014"}', { n: '\u0014' }],
    [Buffer.from([...Buffer.from('{"n":"'), 0xff, 0xc3, ...Buffer.from('"}')]), { n: '\uFFFD\uFFFD' }],
    [Buffer.from('{"n":"é"}', 'latin1'), { n: '\uFFFD' }]
  ]
  for (const [body, value] of cases) t.strictSame(parseJson(bytes(body)), value, String(body))
})

t.test('of anything that JSON can hold, the tolerant reader gives what JSON.parse gives', async t => {
  fc.assert(fc.property(fc.json({ stringUnit: 'binary', maxDepth: 3 }), text => {
    const value = JSON.parse(text)
    return value === null
      ? parseJson(bytes(text)) === null
      : JSON.stringify(parseJson(bytes(text))) === JSON.stringify(value)
  }))
  t.pass('held')
})

t.test('raw control characters inside strings read like escaped ones, whatever stands around them', async t => {
  const text = fc.string({
    unit: fc.constantFrom(
      '\u0000',
      '\u0014',
      '\n',
      '\t',
      '\u001f',
      '\u007f',
      '"',
      '\\',
      '/',
      '{',
      '}',
      ':',
      ',',
      'u',
      'a',
      '😀',
      '\u2028'
    )
  })
  fc.assert(
    fc.property(fc.dictionary(
      text,
      fc.oneof(text, fc.array(text), fc.integer())
    ), fc.constantFrom(0, 2), (value, indent) => {
      // JSON.stringify escapes control characters: put the raw ones back, but not those of the layout.
      const raw = JSON.stringify(value, null, indent)
        .replace(/\\\\|\\u00[01][0-9a-f]|\\[nt]/g, found => found === '\\\\' ? found : JSON.parse(`"${found}"`))
      return JSON.stringify(parseJson(bytes(raw))) === JSON.stringify(value)
    }),
    { numRuns: 500 }
  )
  t.pass('held')
})

t.test('no bytes make a reader throw anything but its own errors', async t => {
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map(array => Buffer.from(array)),
    fc.string({ unit: 'binary' }).map(bytes),
    fc.json().map(bytes),
    fc.record({
      openid: fc.anything(),
      access_token: fc.anything(),
      errcode: fc.anything(),
      errmsg: fc.anything(),
      headimgurl: fc.anything()
    }).map(value => bytes(JSON.stringify(value, (_key, item) => typeof item === 'bigint' ? 0 : item)))
  )
  fc.assert(fc.property(body, fc.constantFrom<Read>(readTokens, readUserInfo, readCheck), (body, read) => {
    try {
      read(body, ['secret'])
    } catch (error) {
      return error instanceof errors.WechatError
    }
    return true
  }), { numRuns: 500 })
  t.pass('held')
})

t.test('hostile bodies of the largest size are read in a moment', async t => {
  const size = 65_000
  const bodies = [
    '"\\'.repeat(size / 2),
    '{"a":"' + '\\"'.repeat(size / 2),
    '"'.repeat(size),
    '\\'.repeat(size),
    '{"a":"' + '\u0001'.repeat(size) + '"}',
    '['.repeat(size),
    JSON.stringify({ errcode: 1, errmsg: ' '.repeat(size) }),
    JSON.stringify({ errcode: 1, errmsg: ', '.repeat(size / 2) }),
    JSON.stringify({ errcode: 1, errmsg: 'a'.repeat(size) }),
    JSON.stringify({ errcode: 1, errmsg: 'hints: [ '.repeat(size / 9) }),
    JSON.stringify({ openid, headimgurl: 'http://' + 'a.'.repeat(1000) }),
    JSON.stringify({ openid, headimgurl: 'http://' + 'a'.repeat(2000) + '"' })
  ]
  const before = process.cpuUsage()
  for (const body of bodies) outcome(readUserInfo, body)
  for (const body of bodies) readErrmsg(body, ['a', '***'])
  t.ok(process.cpuUsage(before).user < 2_000_000, 'far below what a quadratic scan would take')
})

t.test('the request id is taken from each form, and the message is what is left', async t => {
  const cases: Array<[string, string, string | undefined]> = [
    ['invalid code', 'invalid code', undefined],
    ['', '', undefined],
    ['invalid code, hints: [ req_id: rA.hRA0175ns87 ]', 'invalid code', 'rA.hRA0175ns87'],
    ['invalid code, rid: 63eb339a-57c1b83a-3acf9bf5', 'invalid code', '63eb339a-57c1b83a-3acf9bf5'],
    ['appid missing rid: 63eb339a-57c1b83a-3acf9bf5', 'appid missing', '63eb339a-57c1b83a-3acf9bf5'],
    ['appid missing hint: [CCVj609301466]', 'appid missing', 'CCVj609301466'],
    ['appid missing hint: [CCVj609301466] rid: 63eb339a-57c1b83a-3acf9bf5', 'appid missing',
      '63eb339a-57c1b83a-3acf9bf5'],
    ['access_token missing rid: ', 'access_token missing', undefined],
    ['rid: 63eb339a-57c1b83a-3acf9bf5', '', '63eb339a-57c1b83a-3acf9bf5'],
    ['invalid code,rid:63eb339a', 'invalid code', '63eb339a'],
    ['invalid code, hints:[req_id:rA.hRA0175ns87]', 'invalid code', 'rA.hRA0175ns87'],
    ['invalid grant_type\n, rid: 65aa2cd5-0345a3f6-5c30965c', 'invalid grant_type', '65aa2cd5-0345a3f6-5c30965c'],
    [' invalid openid ', 'invalid openid', undefined],
    ['a grid: here', 'a grid: here', undefined],
    ['x, rid: <script>', 'x', undefined],
    [`x, rid: ${'y'.repeat(100)}`, 'x', 'y'.repeat(64)]
  ]
  for (const [text, errmsg, rid] of cases) {
    t.strictSame({ rid: undefined, ...readErrmsg(text, []) }, { errmsg, rid }, text)
  }
  for (const wrong of [undefined, null, 1, {}, ['x']]) t.strictSame(readErrmsg(wrong, []), {})
  t.notOk('errmsg' in caught(readTokens, { errcode: 1, errmsg: {} }))
  t.notOk('rid' in caught(readTokens, { errcode: 1, errmsg: 'x' }))
})

t.test('a message is one short line without invisible characters', async t => {
  t.equal(readErrmsg('a\u0000\u001b[2J\r\n\u007f\u0085\u202e\u2066\u200b\u2028\u2029\uFEFFb', []).errmsg, 'a[2Jb')
  t.equal(readErrmsg('x'.repeat(60_000), []).errmsg, 'x'.repeat(256))
  t.equal(readErrmsg('x'.repeat(255) + '😀', []).errmsg, 'x'.repeat(255))
  t.equal(readErrmsg('\ud83d', []).errmsg, '\uFFFD')
})

t.test('a message never repeats what was sent, raw, encoded, broken up or at a cut', async t => {
  const secret = '0123456789abcdef0123456789abcdef'
  const code = 'c o/d&e 密'
  const odd = 'odd\u0000one\ud83d'
  const echoes = [
    `invalid secret ${secret}`,
    `${secret}${secret}`,
    `x${code}x`,
    `x${odd}x`,
    `x${encodeURIComponent(code)}x`,
    secret.split('').join('\u200b'),
    `no, rid: ${secret}`,
    `no hint: [${secret}]`,
    ...Array.from({ length: 40 }, (_, index) => ' '.repeat(index % 2) + 'x'.repeat(230 + index) + secret),
    '\u0000'.repeat(2000) + secret,
    `${secret}, rid: 1`.repeat(100)
  ]
  for (const echo of echoes) {
    const error = caught(readTokens, { errcode: 40029, errmsg: echo }, ['', secret, code, odd])
    for (const part of ['oddone', 'odd%00one', secret, secret.slice(0, 8), code, encodeURIComponent(code)]) {
      t.notOk(JSON.stringify(error).includes(part), echo.slice(0, 40))
    }
  }
  t.equal(readErrmsg(`invalid code ${code}, rid: 63eb339a`, [secret, code]).errmsg, 'invalid code ***')
  t.equal(readErrmsg('a.b (c', ['.b (']).errmsg, 'a***c', 'taken literally, not as a pattern')
  t.equal(readErrmsg('abc', ['', '\u200b']).errmsg, 'abc', 'nothing sent is nothing to hide')
})
