// WeChat's side of the soak, in a process of its own. Its faults are told by messages.

import { createRequire } from 'node:module'

const { startWechatSimulator } = createRequire(import.meta.url)('../../dist/simulator')

const wechat = await startWechatSimulator({ callbackOrigin: process.argv[2], consent: 'qinghe' })
process.on('message', fault => wechat.control.fault(fault))
process.on('disconnect', () => process.exit())
process.send({ options: wechat.options })
