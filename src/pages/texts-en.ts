import type { PageTexts } from './page-text'

const again = 'Log in again'

export const en: PageTexts = {
  failed: {
    title: 'The login did not work',
    message: 'Something went wrong on this site; your WeChat account is not affected. Please try again in a moment.',
    action: again
  },
  lost: {
    title: 'Please log in again',
    message: 'This login took too long, or was started in another browser.',
    action: again
  },
  busy: {
    title: 'WeChat is not answering',
    message: 'WeChat is busy or cannot be reached. Please try again in a moment.',
    action: again
  },
  refused: {
    title: 'You are not logged in',
    message: 'You cancelled the login, or this account may not log in here.',
    action: again
  },
  blocked: {
    title: 'WeChat has blocked this login',
    message: 'WeChat takes this WeChat account for a risk, and this site cannot log it in. ' +
      'Look at the state of the account in WeChat, or log in with another one.',
    action: again
  },
  // Everything but scrolling is dead in a snapshot.
  snapshot: {
    title: 'Tap 使用完整服务 (use full service)',
    message: 'Tap 使用完整服务 at the bottom right of the screen. Once you agree, you are logged in.'
  },
  signedOut: { title: 'You are signed out', message: 'To go on, log in again.', action: 'Log in with WeChat' },
  loginFirst: {
    title: 'Please log in',
    message: 'This page is for visitors who are logged in.',
    action: 'Log in with WeChat'
  },
  openInWechat: {
    title: 'Open this page in WeChat',
    message: 'Copy the address, send it to File Transfer (文件传输助手) in WeChat, and tap it there.',
    action: 'Scan with another phone'
  },
  scanInWechat: {
    title: 'Open this page in WeChat',
    message: 'Scan the code with WeChat on your phone, ' +
      'or copy the address, send it to File Transfer (文件传输助手) in WeChat, and tap it there.',
    action: 'Log in by QR code'
  },
  openOnComputer: {
    title: 'Open this page on a computer',
    message: 'Open this site in a browser on a computer, and scan its QR code with WeChat on your phone.',
    action: 'Scan with another phone'
  }
}
