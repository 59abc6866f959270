// The one list of the ways of logging in. The first that fits a browser is the one that the login route takes.

import { oneclick } from './oneclick'
import { qr } from './qr/index'
import type { Way } from './way'

export const ways: readonly Way[] = [oneclick, qr]
