// `fastify-wechat-login/simulator`: WeChat's side, for development and tests with no account and no network.

export { faultKinds } from './faults'
export { wechatSimulator } from './plugin'
export { startWechatSimulator } from './start'
export type * from './types'
export type * from './control-types'
export type * from './fault-types'
