// What an operator can mend is said in a line; any other error is shown as it is.

import { ConfigError } from './config'

export function explain (error: NodeJS.ErrnoException & { port?: number }): unknown {
  if (error.code === 'EADDRINUSE') {
    return `PORT or SIMULATOR_PORT: port ${error.port} is in use by another program; choose another one.`
  }
  return error instanceof ConfigError || error.code === 'FST_WECHAT_INVALID_OPTIONS' ? error.message : error
}
