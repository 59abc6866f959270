// What a visitor can do whose browser cannot do the login: open the page where it can, or ask for the way that needs
// another device.

import type { FastifyRequest } from 'fastify'
import { type BrowserChoices, WrongBrowserError } from '../errors'
import type { CallbackApp } from '../options/app-options'
import type { Settings } from '../options/parse-options'
import { textFor, wrongBrowserText } from '../pages/texts'
import type { RedirectTarget } from '../redirect-target'
import { browserKindOf } from '../request-kind'
import { addressElsewhere, loginUrlBy } from '../urls'
import type { BrowserWay } from './login-way'

export interface Choices {
  /** A way that works in another browser, and its app. */
  elsewhere: { way: BrowserWay, app: CallbackApp }
  /** One that works in this browser, if the visitor asks for it. */
  here: BrowserWay | undefined
  returnTo: RedirectTarget
}

export function createWrongBrowserError (
  settings: Settings, request: FastifyRequest, { elsewhere, here, returnTo }: Choices
): Error {
  const openIn = elsewhere.way.browser.fits('wechat', false) ? 'wechat' : 'computer'
  const loginUrl = here && loginUrlBy(settings, here.via, returnTo)
  const choices: BrowserChoices = {
    openIn,
    address: addressElsewhere(settings, elsewhere.app, returnTo),
    ...(loginUrl && { loginUrl })
  }
  const name = wrongBrowserText(browserKindOf(settings, request), openIn)
  const hint = { en: textFor(name, 'en').message, zh: textFor(name, 'zh').message }
  return Object.assign(new WrongBrowserError(), { hint, choices })
}
