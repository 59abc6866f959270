#!/usr/bin/env node
// `npx fastify-wechat-login <command>`: finds the command. Each takes its own arguments and resolves to the exit code.

import { run as runDoctor } from './doctor/run'
import { runSimulator } from './simulator/command'

type Command = (args: string[], env: NodeJS.ProcessEnv, write: (text: string) => void) => Promise<number>

const commands: Readonly<Record<string, Command>> = { doctor: runDoctor, simulator: runSimulator }

const usage = `Usage: fastify-wechat-login <command> [options]

  doctor      checks a configuration against WeChat's rules and the plugin's own  检查配置
  simulator   plays WeChat's side, for development and tests  在本机模拟微信，用于开发和测试

fastify-wechat-login <command> --help tells more. 查看各命令的帮助：fastify-wechat-login <command> --help
`

async function dispatch (given: string | undefined, args: string[], write: (text: string) => void): Promise<number> {
  const isKnown = given !== undefined && Object.hasOwn(commands, given)
  if (isKnown) return (commands[given] as Command)(args, process.env, write)
  write(usage)
  return given === '--help' || given === '-h' ? 0 : 2
}

if (require.main === module) {
  const [command, ...args] = process.argv.slice(2)
  dispatch(command, args, text => { process.stdout.write(text) }).then(code => { process.exitCode = code }, error => {
    // Without its message, which may be the host's and hold a secret.
    const frames = String(Object(error).stack).split('\n').filter(line => /^ +at /.test(line))
    process.stderr.write('fastify-wechat-login: the command itself has failed, or a value of the module has ' +
      `thrown an error\n${frames.join('\n')}\n`)
    process.exitCode = 2
  })
}
