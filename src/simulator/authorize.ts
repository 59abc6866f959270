// `/connect/oauth2/authorize`: the Official Account's page, which works in WeChat's own browser only.

import { checkOneclick, isPageError } from './authorize-checks'
import { pageAnswer, redirectAnswer } from './answer'
import { oneclickCallback, qrCallback } from './callback-url'
import { decide } from './consent'
import { consentPage } from './pages/consent'
import { cancelledPage, errorPage, gatePage } from './pages/error'
import { snapshotPage } from './pages/snapshot'
import { twicePage } from './pages/twice'
import { checkWithFault } from './page-faults'
import { perform } from './perform'
import type { FastifyInstance } from 'fastify'
import type { AuthorizeRequest } from './authorize-checks'
import type { Decision } from './consent'
import type { Visit, Work } from './perform'
import type { SimulatorFaultKind } from './fault-types'
import type { World } from './world'

export function addAuthorizeRoute (app: FastifyInstance, world: World): void {
  app.get('/connect/oauth2/authorize', { exposeHeadRoute: false }, (request, reply) =>
    perform(world, 'authorize', request, reply, visit => authorize(world, visit)))
}

function authorize (world: World, { request, query, fault }: Visit): Work {
  const { 'user-agent': userAgent, 'sec-fetch-dest': destination, cookie } = request.headers
  if (world.settings.uaGate && !isWechat(userAgent)) return refusedBy(gatePage())
  // WeChat draws its consent over the top-level page; in a frame there is nothing but an empty shell.
  if (destination === 'iframe') return refusedBy('')
  const oauth = checkWithFault(fault, () => checkOneclick(world, query))
  if (isPageError(oauth)) return refusedBy(errorPage(oauth), oauth.errcode)
  const decision = decide(world, oauth, { query, cookie, snapshot: fault?.kind === 'snapshot' })
  switch (decision.kind) {
    case 'ask': return refusedBy(consentPage(world, oauth, query, world.visitors.current(cookie)))
    case 'show-snapshot': return refusedBy(snapshotPage(query))
    case 'refuse': return refuse(world, oauth)
    case 'grant': return grantCode(world, oauth, decision, fault?.kind)
  }
}

function isWechat (userAgent = ''): boolean {
  return /micromessenger/i.test(userAgent) && !/wxwork/i.test(userAgent)
}

function refusedBy (page: { toString (): string }, errcode?: number): Work {
  return { answer: pageAnswer(page), accepted: false, errcode }
}

/** In practice nothing comes back; old documents say state alone, old code knows `code=authdeny`. */
function refuse (world: World, { redirectUri, state }: AuthorizeRequest): Work {
  if (world.settings.refusal === 'none') return refusedBy(cancelledPage())
  const params = world.settings.refusal === 'authdeny' ? { code: 'authdeny', state } : { state }
  return { answer: redirectAnswer(oneclickCallback(redirectUri, params)), accepted: false }
}

function grantCode (
  world: World,
  request: AuthorizeRequest,
  { grant, asked }: Decision & { kind: 'grant' },
  fault: SimulatorFaultKind | undefined
): Work {
  if (asked) world.visitors.remember(request.app, grant.user)
  const code = fault === 'same-code' ? world.grants.repeatCode(grant) : world.grants.issueCode(grant)
  const cookies = asked ? world.visitors.cookieFor(grant.user) : {}
  const urlWith = (value: string): string => {
    const build = fault === 'fragment-redirect' ? qrCallback : oneclickCallback
    return build(request.redirectUri, { code: value, state: request.state })
  }
  if (fault === 'duplicate-same-code' || fault === 'duplicate-fresh-code') {
    const second = fault === 'duplicate-same-code' ? code : world.grants.issueCode(grant)
    return { answer: pageAnswer(twicePage(urlWith(code), urlWith(second)), cookies), accepted: true }
  }
  return { answer: redirectAnswer(urlWith(code), cookies), accepted: true }
}
