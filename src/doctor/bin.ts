#!/usr/bin/env node
// `npx fastify-wechat-login doctor`

import { run } from './run'

if (require.main === module) {
  run(process.argv.slice(2), process.env, text => {
    process.stdout.write(text)
  }).then(code => { process.exitCode = code }, (error: unknown) => {
    // Without its message, which may be the host's and hold a secret.
    const frames = String(Object(error).stack).split('\n').filter(line => /^ +at /.test(line))
    process.stderr.write('fastify-wechat-login: the doctor itself has failed, or a value of the module has thrown an ' +
      `error\n${frames.join('\n')}\n`)
    process.exitCode = 2
  })
}
