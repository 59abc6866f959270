// What stands in a session under its keys, the login's own and the host's.

import type { FastifyRequest } from 'fastify'
import { loginKey } from './login-record'

type Session = FastifyRequest['session']

/** Writes a login into the session, or what stood there before, or nothing; it is not saved yet. */
export function setLogin (session: Session, login: unknown): void {
  Object.assign(session, { [loginKey]: login })
}

/** Takes what stands under these keys of one session into another. */
export function copyKeys (from: Session, to: Session, keys: readonly string[]): void {
  for (const key of presentKeys(from, keys)) Object.assign(to, { [key]: from[key as keyof Session] })
}

/** Those of the keys under which there is something. */
export function presentKeys (session: Session, keys: readonly string[]): string[] {
  return keys.filter(key => session[key as keyof Session] !== undefined)
}

/** True where nobody has put anything into the session, so that no store needs to know of it. */
export function isEmpty (session: Session): boolean {
  return Object.keys(session).every(key => key === 'cookie')
}
