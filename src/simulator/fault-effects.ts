// What each fault does. `answer` comes in place of WeChat's own; without `spends` WeChat does no work for it, so a code
// stays good. `rewrite` edits the text that WeChat would have sent. `delivery` is for replies that do not arrive as
// they should.

import { refusalBody } from './errcodes'
import { apiAnswer, stringifyLikeWechat } from './wire'
import type { Answer } from './answer'
import type { Body } from './wire'
import type { SimulatorFault, SimulatorFaultKind } from './fault-types'
import type { World } from './world'

export type Delivery = 'whole' | 'nothing' | 'reset' | 'silence' | 'cut' | 'drip'

export interface Effect {
  readonly answer?: (world: World, fault: SimulatorFault) => Answer
  readonly rewrite?: (text: string, fault: SimulatorFault) => string | Buffer
  readonly delivery?: Delivery
  readonly spends?: boolean
}

const GATEWAY_PAGE = '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad ' +
  'Gateway</h1></center>\r\n</body>\r\n</html>\r\n'

export const effects: Readonly<Partial<Record<SimulatorFaultKind, Effect>>> = {
  reset: { delivery: 'reset' },
  silence: { delivery: 'silence' },
  'lost-reply': { delivery: 'nothing', spends: true },
  cut: { delivery: 'cut', spends: true },
  drip: { delivery: 'drip', spends: true },
  'html-502': { answer: () => plain(502, 'text/html', GATEWAY_PAGE) },
  'empty-502': { answer: () => plain(502, 'text/html', '') },
  'status-500': { answer: () => plain(500, 'text/plain', 'Internal Server Error') },
  redirect: {
    answer: (_world, { status = 302, location = '/simulator/elsewhere' }) => ({
      ...plain(status, 'text/html', ''),
      headers: { location }
    })
  },
  'html-200': { answer: () => plain(200, 'text/html', '<!doctype html><title>Login to this network</title>') },
  'empty-200': { answer: () => plain(200, 'text/plain', '') },

  busy: { answer: world => refused(world, -1) },
  'busy-after': { answer: world => refused(world, -1), spends: true },
  'rate-limit': { answer: world => refused(world, 45011) },
  quota: { answer: world => refused(world, 45009) },
  errcode: { answer: answerErrcode },

  truncated: { rewrite: text => text.slice(0, text.length >> 1), spends: true },
  oversized: {
    rewrite: (text, { bytes = 8 << 20 }) => `${text.slice(0, -1)},"padding":"${'x'.repeat(bytes)}"}`,
    spends: true
  },
  'wrong-types': edit(body =>
    Object.fromEntries(Object.entries(body).map(([name, value]) => [name, toWrongType(value)]))),
  'json-null': { rewrite: () => 'null', spends: true },
  bom: { rewrite: text => `\uFEFF${text}`, spends: true },
  pretty: { rewrite: text => JSON.stringify(JSON.parse(text), null, 2), spends: true },
  // The form of 2016 to 2020, still met now and then.
  hints: edit(body => ({
    ...body,
    ...('errmsg' in body && { errmsg: String(body.errmsg).replace(/, rid: .*/, ', hints: [ req_id: plAv90053th21 ]') })
  })),
  'errcode-zero': edit(body => ({ errcode: 0, errmsg: 'ok', ...body })),
  'no-openid': edit(({ openid, ...rest }) => rest),
  'no-scope': edit(({ scope, ...rest }) => rest),
  'no-unionid': edit(({ unionid, ...rest }) => rest),
  // Seen on users whose openid was real.
  'snapshot-flag': edit(body => ({ ...body, is_snapshotuser: 1 })),
  'other-openid': edit(body => ({ ...body, openid: 'oSOMEBODY-ELSE-ALTOGETHER-00' })),
  'other-unionid': edit(body => ({ ...body, unionid: 'oANOTHER-UNION-ALTOGETHER-00' })),
  // Raw bytes inside the string, as recorded in nicknames: not JSON.
  'control-characters': { rewrite: text => text.replace('"nickname":"', '"nickname":"\u0014\u0007'), spends: true },
  'invalid-utf8': { rewrite: breakUtf8, spends: true }
}

function plain (status: number, type: string, body: string): Answer {
  return { status, type, body }
}

function refused (world: World, errcode: number, errmsg?: string): Answer {
  return apiAnswer(refusalBody(world, errcode, errmsg))
}

// A poll's number is written in a script.
function answerErrcode (world: World, { endpoint, errcode = -1, errmsg }: SimulatorFault): Answer {
  if (endpoint === 'poll') return plain(200, 'text/javascript', `window.wx_errcode=${errcode};window.wx_code='';`)
  return refused(world, errcode, errmsg)
}

function edit (change: (body: Body) => Body): Effect {
  return { rewrite: text => stringifyLikeWechat(change(JSON.parse(text) as Body)), spends: true }
}

function toWrongType (value: unknown): unknown {
  if (typeof value === 'number') return { value }
  return typeof value === 'string' ? [value] : 'none'
}

function breakUtf8 (text: string): Buffer {
  const [before = '', after = ''] = text.split('"nickname":"')
  return Buffer.concat([Buffer.from(`${before}"nickname":"`), Buffer.from([0xff, 0xc3, 0x28]), Buffer.from(after)])
}
