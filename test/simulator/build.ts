// A simulator a test, over a real socket, and the few requests that every test makes.

import { startWechatSimulator } from '../../src/simulator'
import type { Test } from 'tap'
import type { WechatSimulator, WechatSimulatorServerOptions } from '../../src/simulator'

const WECHAT = 'Mozilla/5.0 (Linux; Android 15; wv) Chrome/138.0 Mobile Safari/537.36 MicroMessenger/8.0.61.2880(0x28003D5B) Language/zh_CN'

export async function start (t: Test, options: WechatSimulatorServerOptions = {}): Promise<WechatSimulator> {
  const wechat = await startWechatSimulator({ pollHold: 20, ...options })
  t.teardown(() => wechat.close())
  return wechat
}

export type Params = Record<string, string | undefined>

function toQuery (params: Params): string {
  return Object.entries(params).filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(value as string)}`).join('&')
}

export function oneclickUrl ({ url, options }: WechatSimulator, change: Params = {}): string {
  const { appid, callbackUrl } = options.oneclick
  const params = { appid, redirect_uri: callbackUrl, response_type: 'code', scope: 'snsapi_userinfo', state: 'abc123', ...change }
  return `${url}/connect/oauth2/authorize?${toQuery(params)}#wechat_redirect`
}

export function qrUrl ({ url, options }: WechatSimulator, change: Params = {}): string {
  const { appid, callbackUrl } = options.qr
  const params = { appid, redirect_uri: callbackUrl, response_type: 'code', scope: 'snsapi_login', state: 'abc123', ...change }
  return `${url}/connect/qrconnect?${toQuery(params)}#wechat_redirect`
}

export interface Reply {
  status: number
  headers: Headers
  text: string
  bytes: Buffer
  /** Location of a redirect, else an empty string. */
  location: string
}

export async function get (url: string, headers: Record<string, string> = {}, init: RequestInit = {}): Promise<Reply> {
  const response = await fetch(url, { redirect: 'manual', ...init, headers: { 'user-agent': WECHAT, ...headers } })
  const bytes = Buffer.from(await response.arrayBuffer())
  return { status: response.status, headers: response.headers, text: bytes.toString(), bytes, location: response.headers.get('location') ?? '' }
}

export async function post (url: string, body: unknown = {}, method = 'POST'): Promise<{ status: number, body: any }> {
  const response = await fetch(url, { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })
  return { status: response.status, body: await response.json() }
}

export function param (url: string, name: string): string | null {
  return new URL(url).searchParams.get(name)
}

export function codeIn (url: string): string {
  return param(url, 'code') ?? ''
}

/** A code as if the user had just consented. */
export function codeOf (wechat: WechatSimulator, choice: { user?: string, snapshot?: boolean } = {}, change: Params = {}): string {
  return codeIn(wechat.control.approve(oneclickUrl(wechat, change), choice))
}

export async function sns (wechat: WechatSimulator, path: string, params: Params): Promise<any> {
  return JSON.parse((await get(`${wechat.url}/sns/${path}?${toQuery(params)}`)).text)
}

export function exchangeUrl ({ url, options }: WechatSimulator, code: string | undefined, change: Params = {}): string {
  const { appid, secret } = options.oneclick
  return `${url}/sns/oauth2/access_token?${toQuery({ appid, secret, code, grant_type: 'authorization_code', ...change })}`
}

export async function exchange (wechat: WechatSimulator, code: string | undefined, change: Params = {}): Promise<any> {
  return JSON.parse((await get(exchangeUrl(wechat, code, change))).text)
}

export async function profileOf (wechat: WechatSimulator, tokens: Params): Promise<any> {
  return sns(wechat, 'userinfo', { ...pick(tokens), lang: 'zh_CN' })
}

/** What profile and token check ask for. */
export function pick (tokens: Params): Params {
  return { access_token: tokens.access_token, openid: tokens.openid }
}
