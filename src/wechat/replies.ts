// WeChat's replies as values: picked by name, so that nothing else in a body (`__proto__`, new fields) comes through.
// A required field of the wrong shape refuses the reply; an optional one is left out. Success and failure both come
// with status 200, and success may carry `errcode: 0`. `confidential` is what was sent and may not show in an error.

import { Type } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import type { WechatTokens, WechatUserInfo } from './client-types'
import { explainErrcode } from './errcode-meanings'
import { readErrmsg } from './errmsg'
import { badResponse, createFailure } from './failure'
import { readImageUrl } from './image-url'
import { parseJson } from './json'
import { capText } from './text'

type Untrusted = Record<string, unknown>

const Id = Type.String({ pattern: '^[A-Za-z0-9_-]{6,64}$' })
const isReply = TypeCompiler.Compile(Type.Object({}))
const isId = TypeCompiler.Compile(Id)
const Token = Type.String({ minLength: 1, maxLength: 512 })
const isTokens = TypeCompiler.Compile(Type.Object({ access_token: Token, openid: Id }))
// A recorded reply for a snapshot page's virtual user has empty tokens.
const isSnapshotTokens = TypeCompiler.Compile(Type.Object({
  access_token: Type.String({ maxLength: 512 }),
  openid: Id
}))
const isUserInfo = TypeCompiler.Compile(Type.Object({ openid: Id }))
const isToken = TypeCompiler.Compile(Token)
const isTexts = TypeCompiler.Compile(Type.Array(Type.String()))
const isErrcode = TypeCompiler.Compile(Type.Union([
  Type.Integer(),
  Type.String({ pattern: '^-?[0-9]{1,9}$' })
]))
const isSeconds = TypeCompiler.Compile(Type.Union([
  Type.Number({ exclusiveMinimum: 0 }),
  Type.String({ pattern: '^0*[1-9][0-9]{0,8}$' })
]))

function readReply (bytes: Buffer, confidential: string[]): Untrusted {
  const reply = parseJson(bytes)
  if (!isReply.Check(reply)) throw badResponse('NOT_JSON')
  const { errcode = null, errmsg } = reply as Untrusted
  if (errcode === null) return reply
  if (!isErrcode.Check(errcode)) throw badResponse('SHAPE')
  if (Number(errcode) === 0) return reply
  const { Refusal, hint } = explainErrcode(Number(errcode))
  throw createFailure(Refusal, { errcode: Number(errcode), ...readErrmsg(errmsg, confidential), hint, sent: true })
}

function readText (untrusted: unknown): string | undefined {
  return typeof untrusted === 'string' ? capText(untrusted, 512) : undefined
}

function readId (untrusted: unknown): string | undefined {
  return isId.Check(untrusted) ? untrusted : undefined
}

function readSnapshot (untrusted: unknown): 1 | undefined {
  return untrusted === 1 || untrusted === '1' || untrusted === true ? 1 : undefined
}

function pick<T extends object> (fields: { [Name in keyof T]: T[Name] | undefined }): T {
  const picked: Partial<T> = {}
  for (const name of Object.keys(fields) as Array<keyof T>) if (fields[name] !== undefined) picked[name] = fields[name]
  return picked as T
}

/**
 * The reply to a code and to a refresh. Follows api_snsaccesstoken and api_snsrefreshtoken.
 * @throws BadResponseError, or the error of WeChat's errcode
 */
export function readTokens (bytes: Buffer, confidential: string[]): WechatTokens {
  const reply = readReply(bytes, confidential)
  const snapshot = readSnapshot(reply.is_snapshotuser)
  const shape = snapshot === 1 ? isSnapshotTokens : isTokens
  if (!shape.Check(reply)) throw badResponse('SHAPE')
  const {
    access_token: accessToken, openid, expires_in: expiresIn, refresh_token: refreshToken, scope, unionid
  } = reply as typeof reply & Untrusted
  return pick<WechatTokens>({
    access_token: accessToken,
    expires_in: isSeconds.Check(expiresIn) ? Number(expiresIn) : 7200,
    refresh_token: isToken.Check(refreshToken) ? refreshToken : undefined,
    openid,
    scope: readText(scope),
    unionid: readId(unionid),
    is_snapshotuser: snapshot
  })
}

/**
 * The reply to `/sns/userinfo`; an empty string stays one, but for the picture. Follows api_snsuserinfo.
 * @throws BadResponseError, or the error of WeChat's errcode
 */
export function readUserInfo (bytes: Buffer, confidential: string[]): WechatUserInfo {
  const reply = readReply(bytes, confidential)
  if (!isUserInfo.Check(reply)) throw badResponse('SHAPE')
  const {
    openid, unionid, nickname, sex, language, city, province, country, headimgurl, privilege, is_snapshotuser: snapshot
  } = reply as typeof reply & Untrusted
  return pick<WechatUserInfo>({
    openid,
    nickname: readText(nickname),
    sex: Number.isSafeInteger(sex) ? sex as number : undefined,
    language: readText(language),
    city: readText(city),
    province: readText(province),
    country: readText(country),
    headimgurl: readImageUrl(headimgurl),
    privilege: isTexts.Check(privilege) ? privilege.slice(0, 32).map(text => capText(text, 512)) : undefined,
    unionid: readId(unionid),
    is_snapshotuser: readSnapshot(snapshot)
  })
}

/**
 * The reply to `/sns/auth`, whose success is an errcode of 0 and nothing else. Follows api_snsauth.
 * @throws BadResponseError, or the error of WeChat's errcode
 */
export function readCheck (bytes: Buffer, confidential: string[]): true {
  const reply = readReply(bytes, confidential)
  if (!isErrcode.Check(reply.errcode)) throw badResponse('SHAPE')
  return true
}
