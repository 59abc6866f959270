// Faults of WeChat's two pages that change what was asked. Those that change the answer are with the page.

import { isPageError } from './authorize-checks'
import { numberedError } from './page-errors'
import type { AuthorizeRequest } from './authorize-checks'
import type { SimulatorFault } from './fault-types'
import type { PageError } from './page-errors'

export function checkWithFault (
  fault: SimulatorFault | undefined, check: () => AuthorizeRequest | PageError
): AuthorizeRequest | PageError {
  if (fault?.kind === 'page-error') {
    return numberedError(fault.errcode ?? -1, '由 page-error 故障触发。', 'Asked for by the fault page-error.')
  }
  const request = check()
  if (isPageError(request)) return request
  switch (fault?.kind) {
    // One browser is known to append text of its own to state.
    case 'altered-state': return { ...request, state: `${request.state}https://i.example` }
    case 'fragment-redirect': return { ...request, redirectUri: `${request.redirectUri}#/` }
    default: return request
  }
}
