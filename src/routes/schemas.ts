// Shapes that several routes share; @fastify/swagger documents the routes from them.

import { Kind, type TObject, type TSchema, type TUnsafe, Type } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { InvalidRequestError } from '../errors'
import type { BrowserWay } from '../login/login-way'
import type { Via } from '../via'

export const tags = ['wechat-login']

/** For Fastify: what breaks the schema is `FST_WECHAT_INVALID_REQUEST`. */
export function compileValidator (schema: unknown) {
  const checker = TypeCompiler.Compile(schema as TSchema)
  return (value: unknown) => checker.Check(value) ? { value } : { error: new InvalidRequestError() }
}

/** Documented as a text, though any value is taken. */
export function text (description: string): TUnsafe<unknown> {
  return Type.Unsafe<unknown>({ [Kind]: 'Unknown', type: 'string', description })
}

/** One of these words. (A union of literals would be documented as that many schemas.) */
export function oneOf<const Word extends string> (words: readonly Word[], description: string): TUnsafe<Word> {
  return Type.Unsafe<Word>({
    [Kind]: 'String',
    type: 'string',
    enum: words,
    pattern: `^(${words.join('|')})$`,
    description
  })
}

/** What is no target of ours falls back to the default, and never fails a login. */
export const redirect =
  Type.Optional(text('Where to go after the login: a path of this site, or a URL of a listed origin'))

/** The name of one of these ways. */
export function viaOf (ways: readonly BrowserWay[]): TUnsafe<Via> {
  return oneOf(ways.map(({ via }) => via), ways.map(({ via, browser }) => `${via}: ${browser.summary}`).join('; '))
}

/** WeChat's codes have 32 characters, our states too; the limits leave room and keep junk out. */
export const code = Type.String({ maxLength: 512, description: "WeChat's single-use code" })
export const state = Type.String({ maxLength: 128, description: 'The state of the attempt' })

export const user = Type.Object({}, { additionalProperties: true, description: 'What publicUser shows of the user' })

/** An answer without a body; its headers by name, with what they say. */
export function noBody (description: string, headers: Record<string, string> = {}): TSchema {
  return Type.Null({ description, ...withHeaders(headers) })
}

/** For the options of an answer's schema. */
export function withHeaders (headers: Record<string, string>) {
  return {
    headers: Object.fromEntries(Object.entries(headers).map(([name, description]) =>
      [name, { type: 'string', description }]))
  }
}

/** What the Set-Cookie of an answer does. */
export const cookies = {
  attempt: { 'set-cookie': 'Binds the attempt to this browser' },
  session: { 'set-cookie': 'The session, with a new id; ends the attempt' }
}

/** A text that is no JSON. */
export function media (type: string, description: string): TUnsafe<string> {
  return Type.Unsafe<string>({ description, content: { [type]: { schema: Type.String() } } })
}

type Refusals = Record<string, TObject>

/** The answers with an error, by status: these of ours, and any of the host's. Visitors get a page in their place. */
export function refusals (...errors: Array<new () => { code: string, statusCode?: number }>): Refusals {
  const byStatus: Record<string, string[]> = {}
  for (const RefusalError of errors) {
    const { statusCode, code } = new RefusalError();
    (byStatus[String(statusCode)] ??= []).push(code)
  }
  const ours = Object.entries(byStatus).map(([status, codes]) => [status, refusal(codes.join(', '))])
  return {
    ...Object.fromEntries(ours) as Refusals,
    default: refusal('Refused by another part of this application, or failed')
  }
}

function refusal (description: string): TObject {
  return Type.Object({
    statusCode: Type.Integer(),
    code: Type.Optional(Type.String({ description: 'FST_WECHAT_*' })),
    error: Type.String(),
    message: Type.String(),
    loginUrl: Type.Optional(Type.String({ description: 'Where to send the visitor to log in' })),
    hint: Type.Optional(Type.Object(
      { en: Type.String(), zh: Type.String() },
      { description: 'What the visitor can do (FST_WECHAT_WRONG_BROWSER)' }
    )),
    choices: Type.Optional(Type.Object({
      openIn: Type.String({ description: 'Where the login works: wechat or computer' }),
      address: Type.String({ description: 'What to open there' }),
      loginUrl: Type.Optional(Type.String({ description: 'For who has a second phone: a login by QR code here' }))
    }, { description: 'What to do instead (FST_WECHAT_WRONG_BROWSER)' }))
  }, { description })
}
