/// <reference lib="dom" />
// The page's side of a WeChat login. It runs in iOS 12.2 and Chromium 66: no newer syntax, no newer API. What is left
// of it in JavaScript is one file without imports, which the route client.js serves too.

import type { LoginError, Paths, Qr, QrOptions, User } from './types.mjs'

export type { LoginError, Paths, Qr, QrOptions, User }

/**
 * `code`: the server's `FST_WECHAT_*`, `NETWORK` (no answer), `BAD_ANSWER` (not the plugin's: see `configure`), or
 * `LOGIN_FAILED` (in the iframe).
 */
export class WechatLoginError extends Error implements LoginError {
  constructor (message: string, readonly code: string, readonly statusCode?: number) {
    super(message)
  }
}

let paths: Paths = {}
let leaving: Promise<string> | undefined
let ending: Promise<void> | undefined
const shown = new WeakMap<Element, Qr>()

/** Tells where the routes are, where they are not under `/wechat`. */
export function configure (given: Paths): void {
  paths = { ...paths, ...given }
}

/** The user, or null where nobody is logged in. Rejects where that cannot be known, e.g. offline. */
export async function checkLogin<Shown = User> (): Promise<Shown | null> {
  try {
    return (await call('me')).user as Shown
  } catch (error) {
    if ((error as LoginError).statusCode === 401) return null
    throw error
  }
}

/**
 * Leaves for the login that fits this browser, and comes back to `redirect` (by default this page as it is). Rejects
 * where that cannot work. Resolves only if the visitor comes back with the back button to this very page: to the user,
 * or null.
 */
export async function login<Shown = User> ({ redirect = here() }: { redirect?: string } = {}): Promise<Shown | null> {
  if (!leaving) leaving = call('login', { redirect }).then(({ authorizeUrl }) => authorizeUrl).finally(() => {
    leaving = undefined
  })
  location.assign(await leaving)
  await new Promise<void>(resolve => onReturn(resolve))
  return checkLogin()
}

export async function logout (): Promise<void> {
  if (!ending) ending = call('logout', {}, { method: 'POST', body: '{}' }).finally(() => { ending = undefined })
  return ending
}

/** Is this WeChat's own browser? On a server, which has none, false unless it is given the User-Agent of a request. */
export function isWechatBrowser (userAgent = typeof navigator === 'undefined' ? '' : navigator.userAgent): boolean {
  return /micromessenger/i.test(userAgent) && !/wxwork/i.test(userAgent)
}

/**
 * Shows a QR code in the element, in place of what is in it, and keeps it fresh until it is removed or the visitor is
 * logged in.
 */
export function embedQr<Shown = User> (element: Element, {
  redirect = here(),
  title = '微信登录 WeChat login',
  onReady = nothing,
  onRefused = nothing,
  onExpired = nothing,
  onDone,
  onError = nothing,
  ...look
}: QrOptions<Shown> = {}): Qr {
  const end = new AbortController()
  const { signal } = end
  let frame: HTMLIFrameElement | undefined
  let wechat = ''
  let target = ''
  let endsAt = Infinity
  let timer: ReturnType<typeof setTimeout> | undefined
  let shownAt = 0
  let wait = 0
  let failed = false

  async function renew (): Promise<void> {
    clearTimeout(timer)
    failed = false
    if (Date.now() >= endsAt) {
      endsAt = Infinity
      onExpired()
    }
    try {
      const given = await call('embed', { redirect, ...look }, { signal })
      show(given.src)
      target = given.redirect
      endsAt = Date.now() + given.expiresIn * 1000
      // Browsers count to 2^31 - 1.
      renewIn(Math.min(Math.max(given.expiresIn - 30, given.expiresIn / 2) * 1000, 2147483647))
    } catch (error) {
      if (signal.aborted) return
      failed = true
      if (frame) renewIn(20_000)
      onError(error as LoginError)
    }
  }

  function renewIn (milliseconds: number): void {
    // Of another renewal that went on at the same time.
    clearTimeout(timer)
    timer = setTimeout(again, milliseconds)
  }

  // A frame that says so time after time (a clock that is wrong, cookies that are dropped) would keep the server busy.
  function renewLater (): void {
    endsAt = 0
    if (Date.now() - shownAt > 60_000) wait = 0
    renewIn(wait)
    wait = Math.min(wait * 2 || 1000, 60_000)
  }

  function again (): void {
    void renew()
  }

  function show (src: string): void {
    frame = document.createElement('iframe')
    // Without the sandbox's last word Firefox would not let a scan change the page; without the second, cookies stay
    // away.
    frame.setAttribute('sandbox', 'allow-scripts allow-same-origin allow-top-navigation')
    if (look.fast_login !== 0) frame.allow = 'local-network-access'
    Object.assign(frame, { src, title, width: '300', height: '400', scrolling: 'no' })
    frame.style.border = '0'
    wechat = new URL(src).origin
    element.textContent = ''
    element.appendChild(frame)
    shownAt = Date.now()
  }

  async function finish (): Promise<void> {
    let user: Shown | null
    try {
      user = await checkLogin<Shown>()
      if (user === null) throw new WechatLoginError('The login did not last', 'LOGIN_FAILED')
    } catch (error) {
      return onError(error as LoginError)
    }
    qr.remove()
    if (onDone) return onDone(user)
    location.assign(target)
    // Where only the fragment differs, the browser has not loaded anything.
    if (location.href === new URL(target, location.href).href) location.reload()
  }

  function hear ({ source, origin, data }: MessageEvent): void {
    if (!frame || source !== frame.contentWindow) return
    if (origin === wechat && String(data).includes('wxReady')) onReady()
    if (origin !== location.origin) return
    switch (data.wechatLogin) {
      case 'done': void finish(); break
      case 'refused': onRefused(); break
      case 'expired': renewLater(); break
      case 'error': onError(new WechatLoginError('The login did not work', 'LOGIN_FAILED'))
    }
  }

  function retry (): void {
    if (failed) again()
  }

  const qr = {
    renew,
    remove (): void {
      end.abort()
      clearTimeout(timer)
      // Old browsers know no signal here.
      removeEventListener('message', hear)
      removeEventListener('online', retry)
      removeEventListener('pageshow', returned)
      if (frame) frame.remove()
    }
  }
  const before = shown.get(element)
  if (before) before.remove()
  shown.set(element, qr)
  const returned = onReturn(again)
  addEventListener('message', hear)
  addEventListener('online', retry)
  again()
  return qr
}

function nothing (): void {}

/** The back button brings a page back as it was left, hours ago perhaps. */
function onReturn (then: () => unknown): (event: PageTransitionEvent) => void {
  const listener = ({ persisted }: PageTransitionEvent): void => { if (persisted) then() }
  addEventListener('pageshow', listener)
  return listener
}

function here (): string {
  return location.pathname + location.search + location.hash
}

/** What each route answers with. */
interface Answers {
  login: { authorizeUrl: string }
  me: { user: unknown }
  logout: void
  embed: { src: string, redirect: string, expiresIn: number }
}

async function call<Route extends keyof Answers> (
  route: Route, query: object = {}, init?: RequestInit
): Promise<Answers[Route]> {
  const { base = '/wechat', [route]: path = `${base.replace(/\/$/, '')}/${route}` } = paths
  const given = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== undefined)).toString()
  const headers = { accept: 'application/json', 'content-type': 'application/json' }
  // The server compares the page's address with the callback's.
  const response = await fetch(
    given ? `${path}?${given}` : path,
    { headers, cache: 'no-store', referrerPolicy: 'same-origin', ...init }
  )
    .catch(() => { throw new WechatLoginError('No answer from the server', 'NETWORK') })
  const body = await response.json().catch(() => route === 'logout' && response.status === 204 && {})
  if (response.ok && body) return body
  const { message, code } = body || {}
  throw new WechatLoginError(
    message || `Not an answer of the login: ${path}`,
    code || 'BAD_ANSWER',
    response.status
  )
}
