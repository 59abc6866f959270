// A request that writes to its session while the login in it ends elsewhere would bring the login back with that
// write. So a session with a login is saved between two looks at the tombstone: whoever ends the login leaves the
// tombstone first and destroys the session then, so that one of the two sees the other.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Login, loginKey } from './login-record'
import { readLogin } from './request-session'
import { sendNothing, signedId } from './session-answer'
import { checkCookieName } from './session-check'
import { destroySession } from './session-store'
import { type Memory, rememberEnd } from './stored-login'
import { hasTombstone } from './tombstone'

type Session = FastifyRequest['session']
type Done = (error?: unknown) => void

const checks = Symbol('fastify-wechat-login.checks')
interface Checks { readonly memory: Memory, readonly request: FastifyRequest, readonly reply: FastifyReply }
/** A request, and a session whose saves are checked. */
interface Checked { [checks]: Checks }

/** Every save of a session with a login, by whomever in this scope, looks whether the login has ended. */
export function addSaveChecks (fastify: FastifyInstance, memory: Memory): void {
  fastify.decorateRequest(checks, null)
  let isNameChecked = false
  fastify.addHook('onRequest', (request, reply, done) => {
    (request as unknown as Checked)[checks] = { memory, request, reply }
    if ((request.session as Session | null)?.[loginKey] !== undefined) {
      checkSaves(request)
      if (!isNameChecked) checkCookieName(request)
      isNameChecked = true
    }
    done()
  })
}

/** The same for the session that this request has now. */
export function checkSaves (request: FastifyRequest): void {
  const session = request.session as Session & Checked
  session[checks] = (request as unknown as Checked)[checks]
  Object.setPrototypeOf(session, checkedPrototypeOf(Object.getPrototypeOf(session)))
}

// One for all sessions: with properties of its own each would be an object of a kind of its own, and slow from then on.
const checkedPrototypes = new WeakMap<object, object>()

function checkedPrototypeOf (prototype: object): object {
  const known = checkedPrototypes.get(prototype)
  if (known !== undefined) return known
  const checked = Object.create(prototype, checkedMethods) as object
  checkedPrototypes.set(prototype, checked)
  return checked
}

// reload() and regenerate() give the request a session that takes the login with it.
const checkedMethods: PropertyDescriptorMap = {
  save: { configurable: true, value: withPromise(saveChecked) },
  reload: { configurable: true, value: withPromise(session => replace(session, 'reload', [])) },
  regenerate: {
    configurable: true,
    value (this: Session, keys?: string[] | Done, done?: Done) {
      const isKeys = Array.isArray(keys)
      const run = withPromise(session => replace(session, 'regenerate', isKeys ? [keys] : []))
      return Reflect.apply(run, this, [isKeys ? done : keys])
    }
  }
}

/** A method of the session as @fastify/session has them: with a callback, or with a promise. */
function withPromise (
  run: (session: Session) => Promise<void>
): (this: Session, done?: Done) => Promise<void> | undefined {
  return function (done) {
    const running = run(this)
    if (done === undefined) return running
    running.then(() => { done() }, done)
    return undefined
  }
}

/** The session plugin's own method, below ours. */
function callOwn (session: Session, name: 'save' | 'reload' | 'regenerate', given: unknown[]): Promise<void> {
  const own = Object.getPrototypeOf(Object.getPrototypeOf(session)) as Session
  return Reflect.apply(own[name], session, given) as Promise<void>
}

function replace (session: Session, name: 'reload' | 'regenerate', given: unknown[]): Promise<void> {
  const { request } = (session as unknown as Checked)[checks]
  return callOwn(session, name, given).finally(() => { checkSaves(request) })
}

async function saveChecked (session: Session): Promise<void> {
  const { memory, request: { sessionStore: store }, reply } = (session as unknown as Checked)[checks]
  const login = readLogin({ session })
  if (login === null) return callOwn(session, 'save', [])
  const storeRef = { store, sessionId: session.sessionId }
  if (!await hasEnded(memory, login, store)) {
    await callOwn(session, 'save', [])
    if (!await hasEnded(memory, login, store)) return
    await destroySession(storeRef, memory.settings.timeout)
  }
  rememberEnd(memory, login, storeRef)
  dropCookie(reply, signedId(session))
  sendNothing(session)
}

async function hasEnded (
  { ended, settings: { timeout } }: Memory, { id }: Login, store: FastifyRequest['sessionStore']
): Promise<boolean> {
  return ended.has(id) || hasTombstone(store, id, timeout)
}

// The session plugin sends the cookie of a session whose save() is done, and has read its id before.
function dropCookie (reply: FastifyReply, signed: string): void {
  const { setCookie } = reply
  Object.defineProperty(reply, 'setCookie', {
    configurable: true,
    value: (...cookie: Parameters<FastifyReply['setCookie']>) =>
      cookie[1].endsWith(signed) ? reply : Reflect.apply(setCookie, reply, cookie)
  })
}
