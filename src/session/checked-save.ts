// A request that writes to its session while the login in it ends elsewhere would bring the login back with that
// write. So a session with a login is saved between two looks at the tombstone: whoever ends the login leaves the
// tombstone first and destroys the session then, so that one of the two sees the other.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { EndedLogins } from './ended-logins'
import { loginKey } from './login-record'
import { readLogin } from './request-session'
import { sendNothing, signedId } from './session-answer'
import { destroySession } from './session-store'
import { hasTombstone } from './tombstone'

type Session = FastifyRequest['session']
type Done = (error?: unknown) => void

export interface SaveRules {
  readonly ended: EndedLogins
  /** Milliseconds that the store may take. */
  readonly settings: { readonly timeout: number }
}

/** Every save of a session with a login, by whomever in this scope, looks whether the login has ended. */
export function addSaveChecks (fastify: FastifyInstance, rules: SaveRules): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    if ((request.session as Session | undefined)?.[loginKey] !== undefined) checkSaves(rules, request, reply)
    done()
  })
}

function checkSaves (rules: SaveRules, request: FastifyRequest, reply: FastifyReply): void {
  const { session } = request
  const { save } = session
  const saveAsBefore = (): Promise<void> => new Promise((resolve, reject) => {
    Reflect.apply(save, session, [(error?: unknown) => { if (error) reject(error); else resolve() }])
  })
  Object.defineProperty(session, 'save', {
    configurable: true,
    value (done?: Done): Promise<void> | undefined {
      const saving = saveChecked(rules, request, reply, session, saveAsBefore)
      if (done === undefined) return saving
      saving.then(() => { done() }, done)
      return undefined
    }
  })
}

async function saveChecked (
  { ended, settings: { timeout } }: SaveRules, request: FastifyRequest, reply: FastifyReply, session: Session,
  save: () => Promise<void>
): Promise<void> {
  const { sessionStore: store } = request
  const login = readLogin({ session })
  if (login === null) return save()
  const hasEnded = async (): Promise<boolean> => ended.has(login.id) || hasTombstone(store, login.id, timeout)
  if (!await hasEnded()) {
    await save()
    if (!await hasEnded()) return
    await destroySession({ store, sessionId: session.sessionId }, timeout)
  }
  dropCookie(reply, signedId(session))
  sendNothing(session)
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
