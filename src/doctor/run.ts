// The doctor's visit: look at everything, ask WeChat where that is allowed, and tell.

import { InvalidOptionsError } from '../errors'
import { ways } from '../ways/index'
import { askWechat } from './ask-wechat'
import { checkAppOption } from './check-app'
import { checkAsPlugin, checkPair, checkProxy, checkSession } from './check-host'
import type { Finding } from './finding'
import { inJson, inWords } from './report'
import { type Env, readSetup, type Setup } from './setup'
import { usage, UsageError } from './usage'

/**
 * `fastify-wechat-login doctor`. Resolves to the exit code: 0, 1 where there is a problem, 2 where there is nothing to
 * look at. A fault of the doctor's own rejects.
 */
export async function run (
  args: string[], env: Env, write: (text: string) => void, now: () => number = Date.now
): Promise<number> {
  try {
    const setup = await readSetup(args, env)
    if (setup.help) {
      write(usage)
      return 0
    }
    const findings = await examine(setup, now)
    write(setup.json ? inJson(findings) : inWords(findings))
    return findings.some(({ level }) => level === 'problem') ? 1 : 0
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof InvalidOptionsError)) throw error
    write(`fastify-wechat-login: ${error.message.replace('fastify-wechat-login: ', '')}\n\n${usage}`)
    return 2
  }
}

async function examine (setup: Setup, now: () => number): Promise<Finding[]> {
  const { options, ask } = setup
  const findings = ways.flatMap(way => {
    const { [way.via]: given } = options
    return given === undefined ? [] : checkAppOption(given, way, Object(options.routes)[way.via])
  })
  findings.push(...checkPair(setup), ...checkSession(setup), ...checkProxy(setup))
  if (!findings.some(isProblem)) findings.push(...checkAsPlugin(setup))
  const canAsk = ask &&
    !findings.some(finding => isProblem(finding) && /\.(?:appid|secret)$|^options$|^client\b/.test(finding.about))
  return canAsk ? [...findings, ...await askWechat(setup, now)] : findings
}

function isProblem ({ level }: Finding): boolean {
  return level === 'problem'
}
