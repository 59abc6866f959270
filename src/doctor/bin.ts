#!/usr/bin/env node
// `npx fastify-wechat-login doctor`

import { run } from './run'

if (require.main === module) {
  void run(process.argv.slice(2), process.env, text => { process.stdout.write(text) }).then(code => { process.exitCode = code })
}
