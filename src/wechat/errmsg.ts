// WeChat's errmsg carries a request id, in one of five forms since 2016:
//   invalid code, hints: [ req_id: plAv90053th21 ]      invalid code, rid: 63eb339a-57c1b83a-3acf9bf5
//   appid missing hint: [CCVj609301466]                 appid missing rid: 63eb339a-…          and both at once
// It is also the one text of another machine that we put on an error, so that it must not carry what we sent.

import { toUSVString } from 'node:util'
import { capText } from './text'

const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu
const tail = /,? ?\b(?:hints?: ?\[|rid:)/
const newRid = /\brid: ?([\w.-]{1,64})/
const oldRid = /\bhints?: ?\[ ?(?:req_id: ?)?([\w.-]{1,64}) ?\]/

/** WeChat's errmsg in two parts. */
export interface Errmsg {
  /** At most 256 characters, one line, without the request id. */
  errmsg?: string | undefined
  rid?: string | undefined
}

function redact (text: string, confidential: string[]): string {
  for (const sent of confidential.map(toUSVString)) {
    for (const value of [sent, encodeURIComponent(sent)]) {
      const visible = value.replace(invisible, '')
      if (visible !== '') text = text.replaceAll(visible, '***')
    }
  }
  return text
}

/** Parts the message from the request id. `confidential`: the secret, code and tokens that were sent. */
export function readErrmsg (untrusted: unknown, confidential: string[]): Errmsg {
  if (typeof untrusted !== 'string') return {}
  // Redacted whole before it is cut: a cut could leave one half of a secret, which no longer matches.
  const text = redact(toUSVString(untrusted).replace(invisible, ''), confidential)
  const end = text.search(tail)
  const id = end < 0 ? '' : text.slice(end)
  return {
    errmsg: capText((end < 0 ? text : text.slice(0, end)).trim(), 256),
    rid: (newRid.exec(id) ?? oldRid.exec(id))?.[1]
  }
}
