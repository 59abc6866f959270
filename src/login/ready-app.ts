import type { App } from '../options/app-options'
import type { WechatClient } from '../wechat/client-types'

/** A checked app with the client that asks WeChat in its name. */
export type ReadyApp<Checked extends App = App> = Checked & { readonly client: WechatClient }
