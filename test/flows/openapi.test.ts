// What @fastify/swagger tells of our routes: a valid document, and a true one.

import swagger from '@fastify/swagger'
import Fastify, { type FastifyInstance } from 'fastify'
import {
  jsonSchemaTransform, serializerCompiler, validatorCompiler, type ZodTypeProvider
} from 'fastify-type-provider-zod'
import { test } from 'tap'
import { z } from 'zod'
import wechatLogin from '../../src/index'
import type { Answer } from '../fixture/browser'
import { startHost } from '../fixture/host'
import { beginLogin, logIn } from '../fixture/login'
import { accounts, sameOrigin, sessionSecret } from '../fixture/settings'

type Document = ReturnType<FastifyInstance['swagger']> & { paths: Record<string, Record<string, any>> }

const options = { ...accounts, session: { secret: sessionSecret } }

async function documentOf (
  openapi: string, prepare: (host: FastifyInstance) => void = () => {}, transform = {}
): Promise<Document> {
  const host = Fastify()
  await host.register(swagger, { openapi: { openapi, info: { title: 'Test', version: '1.0.0' } }, ...transform })
  prepare(host)
  await host.register(wechatLogin, options)
  await host.ready()
  const document = JSON.parse(JSON.stringify(host.swagger()))
  await host.close()
  return document
}

async function validate (document: Document) {
  const { Validator } = await import('@seriousme/openapi-schema-validator')
  return new Validator().validate(document as object as Record<string, unknown>)
}

for (const version of ['3.0.3', '3.1.0']) {
  test(`with OpenAPI ${version} the document is valid and has every route`, async t => {
    const document = await documentOf(version)
    const { valid, errors } = await validate(document)
    t.ok(valid, JSON.stringify(errors))
    t.strictSame(operationsOf(document).map(({ name }) => name).sort(), [
      'get /wechat/client.js',
      'get /wechat/embed',
      'get /wechat/login',
      'get /wechat/me',
      'get /wechat/oneclick',
      'get /wechat/qr',
      'post /wechat/logout',
      'post /wechat/oneclick',
      'post /wechat/qr'
    ])
  })
}

interface Operation {
  name: string
  summary: string
  tags: string[]
  parameters?: any[]
  requestBody?: any
  responses: Record<string, any>
}

function operationsOf ({ paths }: Document): Operation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, ...operation })))
}

function operationOf (document: Document, name: string): Operation {
  return operationsOf(document).find(operation => operation.name === name)!
}

test('each operation says what it is for, what each parameter means and what each answer is', async t => {
  const document = await documentOf('3.1.0')
  for (const { name, summary, tags, parameters = [], responses } of operationsOf(document)) {
    t.strictSame(tags, ['wechat-login'], name)
    t.ok(summary.length > 5, `${name}: ${summary}`)
    for (const parameter of parameters) {
      t.match(
        parameter,
        { in: 'query', required: false, description: /\w/, schema: { type: 'string' } },
        `${name} ${parameter.name}`
      )
    }
    for (const [status, response] of Object.entries(responses)) {
      t.match(response.description, /\w/, `${name} ${status}`)
      t.not(response.description, 'Default Response')
      if (['302', '303'].includes(status)) t.ok(response.headers.location, `${name} ${status} names its Location`)
    }
    t.match(
      responses.default.content['application/json'].schema,
      { required: ['statusCode', 'error', 'message'], properties: { code: {}, loginUrl: {} } }
    )
  }
})

test('the parameters and bodies of the operations are these', async t => {
  const document = await documentOf('3.1.0')
  t.strictSame(Object.fromEntries(operationsOf(document).map(({ name, parameters = [], requestBody }) =>
    [name, [...parameters.map(parameter => parameter.name), ...Object.keys(requestBody?.content ?? {})]])), {
    'get /wechat/login': ['redirect', 'via', 'hop'],
    'get /wechat/embed': [
      'redirect', 'self_redirect', 'style', 'href', 'lang', 'stylelite', 'fast_login', 'color_scheme'
    ],
    'get /wechat/client.js': ['v'],
    'get /wechat/oneclick': ['code', 'state', 'redirect', 'restarted', 'embedded', 'bounced'],
    'post /wechat/oneclick': ['application/json'],
    'get /wechat/qr': ['code', 'state', 'redirect', 'restarted', 'embedded', 'bounced'],
    'post /wechat/qr': ['application/json'],
    'get /wechat/me': [],
    'post /wechat/logout': ['application/json', 'application/x-www-form-urlencoded']
  })
  t.strictSame(operationOf(document, 'get /wechat/login').parameters?.[1].schema.enum, ['oneclick', 'qr'])
  t.strictSame(
    Object.keys(operationOf(document, 'post /wechat/qr').requestBody.content['application/json'].schema.properties),
    ['code', 'state', 'redirect']
  )
})

test('every error that a visitor may meet is documented under its own status', async t => {
  const document = await documentOf('3.1.0')
  const documented = new Set(operationsOf(document).flatMap(({ responses }) =>
    Object.entries(responses).flatMap(([status, { description }]) =>
      [...description.matchAll(/FST_WECHAT_\w+/g)].map(([code]) => `${status} ${code}`))))
  const made = Object.values(wechatLogin.errors)
    .filter(made => made !== wechatLogin.errors.WechatError && made !== wechatLogin.errors.InvalidOptionsError)
    .map(Made => new (Made as new () => { code: string, statusCode: number })())
  t.strictSame([...documented].sort(), made.map(({ statusCode, code }) => `${statusCode} ${code}`).sort())
})

test('what the routes really answer is in the document', async t => {
  const host = await startHost(t, {
    before: async app => { await app.register(swagger, { openapi: { openapi: '3.1.0' } }) }
  })
  const document = JSON.parse(JSON.stringify(host.app.swagger()))
  const browser = host.browser()
  const check = (name: string, { status, headers, body }: Answer): void => {
    const response = operationOf(document, name).responses[status]
    t.ok(response, `${name} ${status}`)
    for (const header of ['location', 'set-cookie'].filter(header => headers[header] !== undefined)) {
      t.ok(response.headers?.[header], `${name} ${status} ${header}`)
    }
    const type = String(headers['content-type'] ?? '').split(';')[0]!
    t.strictSame(Object.keys(response.content ?? {}), body === '' ? [] : [type])
    if (type !== 'application/json') return
    const { properties, required } = response.content[type].schema
    t.strictSame(
      Object.keys(JSON.parse(body)).filter(key => !(key in properties)),
      [],
      'and nothing but what is documented'
    )
    t.strictSame(required.filter((key: string) => !(key in JSON.parse(body))), [])
  }
  check('get /wechat/login', await browser.get(`${host.origin}/wechat/login`))
  check('get /wechat/login', await browser.fetch(`${host.origin}/wechat/login?via=oneclick`))
  check('get /wechat/embed', await browser.fetch(`${host.origin}/wechat/embed`))
  check('get /wechat/client.js', await browser.fetch(`${host.origin}/wechat/client.js`))
  check('get /wechat/me', await browser.fetch(`${host.origin}/wechat/me`))
  check('get /wechat/qr', await browser.fetch(`${host.origin}/wechat/qr`))
  check('post /wechat/qr', await browser.post(`${host.origin}/wechat/qr`, {}))
  check('get /wechat/qr', await logIn(host, browser))
  check('get /wechat/me', await browser.fetch(`${host.origin}/wechat/me`))
  check('post /wechat/logout', await browser.post(`${host.origin}/wechat/logout`, {}, sameOrigin))
  check(
    'post /wechat/logout',
    await browser.post(`${host.origin}/wechat/logout`, {}, { 'sec-fetch-site': 'cross-site' })
  )
  const { searchParams } = new URL(await beginLogin(host, browser))
  check(
    'post /wechat/qr',
    await browser.post(`${host.origin}/wechat/qr`, { code: searchParams.get('code'), state: searchParams.get('state') })
  )
})

test("beside a host's own zod schemas ours are documented just the same", async t => {
  const alone = await documentOf('3.1.0')
  const beside = await documentOf('3.1.0', host => {
    host.setValidatorCompiler(validatorCompiler)
    host.setSerializerCompiler(serializerCompiler)
    host.withTypeProvider<ZodTypeProvider>()
      .get('/age', { schema: { querystring: z.object({ age: z.coerce.number() }) } }, async () => 'old')
  }, {
    // The transform of fastify-type-provider-zod knows schemas of zod alone.
    transform: (route: Parameters<typeof jsonSchemaTransform>[0]) =>
      route.schema?.tags?.includes('wechat-login') ? route : jsonSchemaTransform(route)
  })
  const { '/age': own, ...rest } = beside.paths
  t.equal(own?.get.parameters[0].name, 'age')
  t.strictSame(rest, alone.paths)
  t.ok((await validate(beside)).valid)
})

test('registered after the plugin @fastify/swagger does not see its routes', async t => {
  const host = Fastify()
  await host.register(wechatLogin, options)
  await host.register(swagger, { openapi: {} })
  await host.ready()
  t.strictSame(Object.keys(host.swagger().paths ?? {}), [])
  await host.close()
})
