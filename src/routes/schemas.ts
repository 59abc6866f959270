// Shapes that several routes share; @fastify/swagger documents the routes from them.

import { Type } from '@sinclair/typebox'

export const tags = ['wechat-login']

/** Any value is taken: what is no target of ours falls back to the default, and never fails a login. */
export const redirect = Type.Optional(Type.Unknown({ description: 'Where to go after the login: a path of this site, or a URL of a listed origin' }))

export const via = Type.Optional(Type.Union([Type.Literal('oneclick'), Type.Literal('qr')], { description: 'Which way to log in; by default the one that fits this browser' }))

/** WeChat's codes have 32 characters, our states too; the limits leave room and keep junk out. */
export const code = Type.String({ maxLength: 512, description: "WeChat's single-use code" })
export const state = Type.String({ maxLength: 128, description: 'The state of the attempt' })

export const error = Type.Object({
  statusCode: Type.Integer(),
  code: Type.Optional(Type.String({ description: 'FST_WECHAT_*' })),
  error: Type.String(),
  message: Type.String(),
  loginUrl: Type.Optional(Type.String({ description: 'Where to send the visitor to log in' }))
}, { description: 'Refused' })

export const user = Type.Object({}, { additionalProperties: true, description: 'What publicUser shows of the user' })
