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

const check = Symbol('fastify-wechat-login.checkSaves')
interface Checking { [check]: (session: Session) => void }

/** Every save of a session with a login, by whomever in this scope, looks whether the login has ended. */
export function addSaveChecks (fastify: FastifyInstance, memory: Memory): void {
  fastify.decorateRequest(check, null)
  let isNameChecked = false
  fastify.addHook('onRequest', (request, reply, done) => {
    (request as unknown as Checking)[check] = session => { checkSavesOf(session, memory, request, reply) }
    if ((request.session as Session | null)?.[loginKey] !== undefined) {
      checkSaves(request)
      checkSavesOfOthers(request)
      if (!isNameChecked) checkCookieName(request)
      isNameChecked = true
    }
    done()
  })
}

/** The same for the session that this request has now. */
export function checkSaves (request: FastifyRequest): void {
  (request as unknown as Checking)[check](request.session)
}

// reload() and regenerate() of the host's give the request a session that takes the login with it.
function checkSavesOfOthers (request: FastifyRequest): void {
  let { session } = request as { session: Session | null }
  Object.defineProperty(request, 'session', {
    configurable: true,
    enumerable: true,
    get: () => session,
    set (given: Session | null) {
      session = given
      if (given !== null) checkSaves(request)
    }
  })
}

function checkSavesOf (session: Session, memory: Memory, request: FastifyRequest, reply: FastifyReply): void {
  const { save } = session
  const saveAsBefore = (): Promise<void> => new Promise((resolve, reject) => {
    Reflect.apply(save, session, [(error?: unknown) => { if (error) reject(error); else resolve() }])
  })
  Object.defineProperty(session, 'save', {
    configurable: true,
    value (done?: Done): Promise<void> | undefined {
      const saving = saveChecked(session, memory, request, reply, saveAsBefore)
      if (done === undefined) return saving
      saving.then(() => { done() }, done)
      return undefined
    }
  })
}

async function saveChecked (
  session: Session, memory: Memory, { sessionStore: store }: FastifyRequest, reply: FastifyReply,
  save: () => Promise<void>
): Promise<void> {
  const login = readLogin({ session })
  if (login === null) return save()
  const storeRef = { store, sessionId: session.sessionId }
  if (!await hasEnded(memory, login, store)) {
    await save()
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
