// WeCom (wxwork) also says MicroMessenger, but cannot do an Official Account's login, and some logs and proxies
// lower-case the header. Every other token (WindowsWechat on a Mac, MQQBrowser, QQ/, miniProgram) misleads.

/** Is this WeChat's own browser, by its User-Agent? Web-views of mini-programs are. */
export function isWechatUserAgent (userAgent = ''): boolean {
  return /micromessenger/i.test(userAgent) && !/wxwork/i.test(userAgent)
}
