// The URLs on which WeChat asks the visitor. The order of the parameters is part of the protocol: WeChat checks the
// link by a strict pattern, and its desktop browser shows a blank page for any other order.

/** What every such URL holds. */
interface Authorization {
  /** Origin of WeChat's pages, without a slash at the end. */
  openHost: string
  appid: string
  /** Absolute and not yet encoded. Each function here encodes it exactly once. */
  redirectUri: string
  /** `[A-Za-z0-9]`, at most 128 characters. */
  state: string
}

/** What an Official Account's URL may hold besides. WeChat's page: OA_Web_Apps/Wechat_webpage_authorization. */
export interface OneclickParameters extends Authorization {
  scope: 'snsapi_userinfo' | 'snsapi_base'
  /** Always show WeChat's consent. */
  forcePopup?: boolean | undefined
  /** Always show WeChat's snapshot page first. */
  forceSnapShot?: boolean | undefined
  /** Adds `connect_redirect=1`, which no page of WeChat's names. */
  connectRedirect?: boolean | undefined
}

/** What wxLogin.js takes, in its own words and values. WeChat's page: Website_App/WeChat_Login/Wechat_Login. */
export interface EmbedParameters extends Authorization {
  /**
   * True: the callback opens inside the iframe. False: in the top window. Absent: WeChat's `default`, on other sites
   * the same as false.
   */
  self_redirect?: boolean | undefined
  style?: 'black' | 'white' | undefined
  /** A style sheet, as an https or a `data:text/css;base64,` URL, not yet encoded. */
  href?: string | undefined
  lang?: 'cn' | 'en' | undefined
  /** 1: the newer, smaller page. */
  stylelite?: 1 | undefined
  /** 0: no login by the WeChat client on the same computer. */
  fast_login?: 0 | undefined
  color_scheme?: 'auto' | 'dark' | 'light' | undefined
}

/**
 * An Official Account's, for WeChat's own browser, as a top-level navigation.
 * Follows OA_Web_Apps/Wechat_webpage_authorization.
 */
export function oneclickUrl (parameters: OneclickParameters): string {
  const { openHost, appid, redirectUri, scope, state, forcePopup, forceSnapShot, connectRedirect } = parameters
  return `${openHost}/connect/oauth2/authorize?appid=${appid}&redirect_uri=${encodeURIComponent(redirectUri)}` +
    `&response_type=code&scope=${scope}&state=${encodeURIComponent(state)}` +
    (forcePopup ? '&forcePopup=true' : '') +
    (forceSnapShot ? '&forceSnapShot=true' : '') +
    (connectRedirect ? '&connect_redirect=1' : '') +
    '#wechat_redirect'
}

/** A Website App's: a page with a QR code, for any other browser. Follows Website_App/WeChat_Login/Wechat_Login. */
export function qrUrl ({ openHost, appid, redirectUri, state }: Authorization): string {
  return `${openHost}/connect/qrconnect?appid=${appid}&redirect_uri=${encodeURIComponent(redirectUri)}` +
    `&response_type=code&scope=snsapi_login&state=${encodeURIComponent(state)}#wechat_redirect`
}

/**
 * The `src` of the iframe that wxLogin.js would make: another order, no `response_type`, no fragment, and the four old
 * parameters that the script always writes, empty. The script encodes nothing itself; here `redirect_uri` and `href`
 * are. Follows Website_App/WeChat_Login/Wechat_Login and the script itself.
 */
export function embedUrl (parameters: EmbedParameters): string {
  const { openHost, appid, redirectUri, state, style, href, lang, stylelite, color_scheme: colorScheme } = parameters
  return `${openHost}/connect/qrconnect?appid=${appid}&scope=snsapi_login` +
    `&redirect_uri=${encodeURIComponent(redirectUri)}` +
    `&state=${encodeURIComponent(state)}&login_type=jssdk&self_redirect=${parameters.self_redirect ?? 'default'}` +
    '&styletype=&sizetype=&bgcolor=&rst=' +
    (style ? `&style=${style}` : '') +
    (href ? `&href=${encodeURIComponent(href)}` : '') +
    (lang === 'en' ? '&lang=en' : '') +
    (stylelite === 1 ? '&stylelite=1' : '') +
    (parameters.fast_login === 0 ? '&fast_login=0' : '') +
    (colorScheme ? `&color_scheme=${colorScheme}` : '')
}
