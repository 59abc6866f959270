// What a page says, in the visitor's language, for each refusal. Fixed texts: nothing that WeChat or a visitor said.

export type Language = 'zh' | 'en'

export interface PageText {
  title: string
  message: string
  /** The label of the one way on; absent where there is none in this browser. */
  action?: string
}

type Texts = Record<Language, PageText>

const tryAgain = { zh: '重新登录', en: 'Log in again' }

const failed: Texts = {
  zh: { title: '登录没有成功', message: '网站这边出了点问题，您的微信账号没有受到影响。请稍后再试一次。', action: tryAgain.zh },
  en: {
    title: 'The login did not work',
    message: 'Something went wrong on this site; your WeChat account is not affected. Please try again in a moment.',
    action: tryAgain.en
  }
}

const lost: Texts = {
  zh: { title: '请重新登录', message: '这次登录不是在这个浏览器里开始的，或者已经过期。重新登录一次就好。', action: tryAgain.zh },
  en: {
    title: 'Please log in again',
    message: 'This login was not started in this browser, or it took too long. Logging in once more is enough.',
    action: tryAgain.en
  }
}

const busy: Texts = {
  zh: { title: '微信暂时没有回应', message: '微信服务器繁忙或无法连接。请过一会儿再试。', action: tryAgain.zh },
  en: {
    title: 'WeChat is not answering',
    message: 'WeChat is busy or cannot be reached. Please try again in a moment.',
    action: tryAgain.en
  }
}

const byCode: Record<string, Texts> = {
  FST_WECHAT_INVALID_STATE: lost,
  FST_WECHAT_INVALID_CODE: lost,
  FST_WECHAT_TOKEN_EXPIRED: lost,
  FST_WECHAT_ACCESS_DENIED: {
    zh: { title: '您没有登录', message: '登录已取消，或者这个账号不能登录本网站。', action: tryAgain.zh },
    en: {
      title: 'You are not logged in',
      message: 'The login was cancelled, or this account may not log in here.',
      action: tryAgain.en
    }
  },
  FST_WECHAT_USER_BLOCKED: {
    zh: { title: '微信拦截了这次登录', message: '微信认为这个微信账号存在风险，本网站无法让它登录。请在微信中查看账号状态，或换一个账号登录。', action: tryAgain.zh },
    en: {
      title: 'WeChat has blocked this login',
      message: 'WeChat takes this WeChat account for a risk, and this site cannot log it in. ' +
        'Look at the state of the account in WeChat, or log in with another one.',
      action: tryAgain.en
    }
  },
  FST_WECHAT_SNAPSHOT_USER: {
    zh: { title: '请点击“使用完整服务”', message: '微信现在显示的是网页快照。请点击右下角的“使用完整服务”，然后再登录一次。', action: tryAgain.zh },
    en: {
      title: 'Tap 使用完整服务 (use full service)',
      message: 'WeChat is showing a snapshot of this page. Tap 使用完整服务 at the bottom right, then log in again.',
      action: tryAgain.en
    }
  },
  FST_WECHAT_RATE_LIMITED: busy,
  FST_WECHAT_UNREACHABLE: busy,
  FST_WECHAT_API_ERROR: busy,
  FST_WECHAT_BAD_RESPONSE: busy,
  FST_WECHAT_UNAUTHENTICATED: {
    zh: { title: '您已退出登录', message: '想继续使用，请重新登录。', action: '微信登录' },
    en: { title: 'You are signed out', message: 'To go on, log in again.', action: 'Log in with WeChat' }
  }
}

const wrongBrowser: Record<'wechat' | 'other', Texts> = {
  wechat: {
    zh: { title: '请在浏览器中打开', message: '这个网站用扫码登录，微信里不能扫码。请点击右上角“…”，选择“在浏览器打开”。' },
    en: {
      title: 'Open this page in a browser',
      message: 'This site logs in by QR code, which does not work inside WeChat. ' +
        'Tap “…” at the top right and choose to open it in your browser.'
    }
  },
  other: {
    zh: { title: '请在微信中打开', message: '这个网站只能在微信里登录。请把网址发到微信，在微信里打开。' },
    en: {
      title: 'Open this page in WeChat',
      message: 'This site can only log you in inside WeChat. Send yourself the address in WeChat and open it there.'
    }
  }
}

export function textFor (code: string, isWechat: boolean, language: Language): PageText {
  const texts = code === 'FST_WECHAT_WRONG_BROWSER'
    ? wrongBrowser[isWechat ? 'wechat' : 'other']
    : Object.hasOwn(byCode, code) ? byCode[code]! : failed
  return texts[language]
}

/** Chinese where the visitor names it before English, else English. */
export function languageOf (acceptLanguage: string | undefined = ''): Language {
  const first = /\b(zh|en)\b/i.exec(acceptLanguage)
  return first?.[1]?.toLowerCase() === 'zh' ? 'zh' : 'en'
}
