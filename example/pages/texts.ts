// What the pages say, in Chinese and English.

import type { FastifyRequest } from 'fastify'

export type Language = 'zh-CN' | 'en'

const zh = {
  site: '微信登录示例',
  skip: '跳到正文',
  home: {
    more: { title: '其他用法', embedded: '页面里的二维码', app: '单页应用' },
    title: '用微信登录，不用密码',
    lead: '手机上、电脑上，无论怎样登录，都是同一个账号。',
    login: '微信登录',
    account: '我的账号',
    welcome: '欢迎回来',
    ways: {
      qr: { title: '在电脑上', text: '用手机微信扫描二维码，在手机上点“允许”，电脑上就登录了。' },
      oneclick: { title: '在微信里', text: '在微信中打开这个网站，点一下“允许”，不用扫码。' }
    },
    simulator: {
      title: '这里的微信是模拟的',
      text: '不需要账号，也不连接微信。登录时选一个测试用户，试试两种方式进的是不是同一个账号。',
      oneclick: '在这个浏览器里试“在微信里”的方式',
      open: '打开模拟器'
    }
  },
  account: {
    title: '我的账号',
    number: '账号',
    since: '注册时间',
    lastLogin: '最近登录',
    ways: '用过的登录方式',
    oneclick: '微信内一键登录',
    qr: '扫码登录',
    json: '以 JSON 查看',
    logout: '退出登录',
    back: '返回首页'
  },
  embedded: {
    title: '页面里的二维码',
    legend: '登录之后',
    stay: '留在这个页面',
    go: '整个页面跳到“我的账号”',
    back: '返回首页',
    script: {
      title: '微信登录二维码',
      loading: '正在取二维码…',
      ready: '请用微信扫描二维码。',
      refused: '没有登录。要再试一次，请重新选择上面的方式。',
      done: '登录成功，页面没有离开：',
      account: '我的账号',
      offline: '网络断开了，恢复后会自动重试。',
      error: '没有成功，请稍后再试。'
    }
  },
  app: {
    title: '单页应用',
    noscript: '这个页面需要 JavaScript。',
    back: '返回首页',
    script: {
      stranger: '您还没有登录',
      login: '微信登录（扫码）',
      loginInWechat: '微信登录',
      user: '您好，',
      note: '随便写点什么，登录后还在：',
      logout: '退出登录',
      offline: '网络断开了',
      again: '再试一次'
    }
  },
  nameless: '微信用户',
  notFound: { title: '没有这个页面', text: '网址可能写错了，或者页面已经不在了。', back: '返回首页' }
}

const en: typeof zh = {
  site: 'WeChat login example',
  skip: 'Skip to the content',
  home: {
    more: { title: 'Other ways to do it', embedded: 'A QR code inside the page', app: 'A single-page app' },
    title: 'Your WeChat, no password',
    lead: 'On your phone or at a computer: however you log in, it is the same account.',
    login: 'Log in with WeChat',
    account: 'My account',
    welcome: 'Welcome back',
    ways: {
      qr: {
        title: 'At a computer',
        text: 'Scan the QR code with WeChat on your phone and tap Allow: the computer is logged in.'
      },
      oneclick: { title: 'Inside WeChat', text: 'Open this site in WeChat and tap Allow. There is nothing to scan.' }
    },
    simulator: {
      title: 'The WeChat here is simulated',
      text: 'No account is needed and nothing leaves this network. Choose a test user, ' +
        'and see that both ways lead to the same account.',
      oneclick: 'Try the way inside WeChat in this browser',
      open: 'Open the simulator'
    }
  },
  account: {
    title: 'My account',
    number: 'Account',
    since: 'Member since',
    lastLogin: 'Last login',
    ways: 'Ways you have logged in',
    oneclick: 'One tap inside WeChat',
    qr: 'QR code',
    json: 'See it as JSON',
    logout: 'Log out',
    back: 'Back to the start'
  },
  embedded: {
    title: 'A QR code inside the page',
    legend: 'After the login',
    stay: 'stay on this page',
    go: 'the whole page goes to “My account”',
    back: 'Back to the start',
    script: {
      title: 'QR code for logging in with WeChat',
      loading: 'Fetching a code…',
      ready: 'Scan the code with WeChat.',
      refused: 'You are not logged in. To try again, choose one of the two above.',
      done: 'Logged in, and the page has stayed:',
      account: 'My account',
      offline: 'You are offline. It goes on by itself later.',
      error: 'That did not work. Please try again in a moment.'
    }
  },
  app: {
    title: 'A single-page app',
    noscript: 'This page needs JavaScript.',
    back: 'Back to the start',
    script: {
      stranger: 'You are not logged in',
      login: 'Log in with WeChat (QR code)',
      loginInWechat: 'Log in with WeChat',
      user: 'Hello, ',
      note: 'Write something; it is still there after the login:',
      logout: 'Log out',
      offline: 'You are offline',
      again: 'Try again'
    }
  },
  nameless: 'WeChat user',
  notFound: {
    title: 'There is no such page',
    text: 'The address may be mistyped, or the page is gone.',
    back: 'Back to the start'
  }
}

export const texts: Record<Language, typeof zh> = { 'zh-CN': zh, en }

/** Chinese where the browser names it before English, else English. */
export function languageOf ({ headers }: FastifyRequest): Language {
  const first = /\b(zh|en)\b/i.exec(headers['accept-language'] ?? '')
  return first?.[1]?.toLowerCase() === 'zh' ? 'zh-CN' : 'en'
}
