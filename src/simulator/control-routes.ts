// The control object over HTTP, for tests in other processes and languages. Bodies are JSON, so that no page elsewhere
// can post them. AppSecrets are shown by their last characters.

import { SimulatorError } from './simulator-error'
import { hideSecret } from './directory'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { SimulatorCallFilter, SimulatorControl } from './control-types'
import type { SimulatorEndpoint, SimulatorFault } from './fault-types'
import { read, readQuery } from './query'

type Body = Record<string, unknown>
type Handler = (body: Body, request: FastifyRequest) => unknown

export function addControlRoutes (app: FastifyInstance, control: SimulatorControl): void {
  const route = (method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, handler: Handler): void => {
    app.route({
      method,
      url: `/simulator/${url}`,
      exposeHeadRoute: false,
      handler: (request, reply) =>
        reply.type('application/json; charset=utf-8').send(JSON.stringify(handler(readJson(request), request) ?? {}))
    })
  }

  route('GET', 'state', () => stateOf(control))
  route('GET', 'users', () => control.users)
  route('GET', 'apps', () => control.apps.map(hideSecret))
  route('GET', 'calls', (_body, request) => control.calls(readFilter(request)))
  route('GET', 'qr', () => control.qrs())
  route('GET', 'faults', () => control.faults())
  route('PUT', 'auto-consent', ({ user = null }) => { control.autoConsent = user === null ? null : text(user, 'user') })
  route('POST', 'approve', ({ url, user, snapshot }) => ({
    callbackUrl: control.approve(text(url, 'url'), { ...optionalUser(user), snapshot: snapshot === true })
  }))
  route('POST', 'duplicate', ({ callbackUrl, code }) => ({
    urls: control.duplicateCallbackUrls(text(callbackUrl, 'callbackUrl'), code === 'fresh' ? 'fresh' : 'same')
  }))
  route('POST', 'qr/:uuid/scan', ({ user }, request) => control.scan(uuidOf(request), optionalUser(user).user))
  route('POST', 'qr/:uuid/confirm', ({ user }, request) => control.confirm(uuidOf(request), optionalUser(user).user))
  route('POST', 'qr/:uuid/cancel', (_body, request) => control.cancel(uuidOf(request)))
  route('POST', 'qr/:uuid/expire', (_body, request) => control.expire(uuidOf(request)))
  route('POST', 'advance', ({ seconds }) => { control.advance(seconds as number); return { now: control.now() } })
  route('POST', 'faults', body => control.fault(body as unknown as SimulatorFault))
  route('DELETE', 'faults', (_body, request) => control.clearFaults(endpointOf(request)))
  route('PUT', 'apps/:appid/platform', ({ platform = null }, request) =>
    control.setPlatform(paramOf(request, 'appid'), platform === null ? null : text(platform, 'platform')))
  route('PUT', 'apps/:appid/secret', ({ secret }, request) =>
    control.setSecret(paramOf(request, 'appid'), text(secret, 'secret')))
  route('POST', 'reset', () => control.reset())
}

function stateOf (control: SimulatorControl): Body {
  const { autoConsent, users, apps } = control
  return {
    now: control.now(),
    autoConsent,
    users,
    apps: apps.map(hideSecret),
    qrs: control.qrs(),
    faults: control.faults(),
    calls: control.calls().length
  }
}

function readJson (request: FastifyRequest): Body {
  if (request.method === 'GET' || request.method === 'DELETE') return {}
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
    throw new SimulatorError('content-type: application/json')
  }
  const text = String(request.body)
  let body: unknown
  try {
    body = JSON.parse(text === '' ? '{}' : text)
  } catch {
    body = undefined
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new SimulatorError('body: a JSON object')
  return body as Body
}

function text (value: unknown, name: string): string {
  if (typeof value !== 'string') throw new SimulatorError(`${name}: a string`)
  return value
}

function optionalUser (value: unknown): { user?: string } {
  return value === undefined ? {} : { user: text(value, 'user') }
}

function paramOf (request: FastifyRequest, name: string): string {
  return (request.params as Record<string, string>)[name] as string
}

function uuidOf (request: FastifyRequest): string {
  return paramOf(request, 'uuid')
}

function endpointOf (request: FastifyRequest): SimulatorEndpoint | undefined {
  return (read(readQuery(request.url), 'endpoint') || undefined) as SimulatorEndpoint | undefined
}

function readFilter (request: FastifyRequest): SimulatorCallFilter {
  const endpoint = endpointOf(request)
  const accepted = read(readQuery(request.url), 'accepted')
  return { ...(endpoint !== undefined && { endpoint }), ...(accepted !== '' && { accepted: accepted === 'true' }) }
}
