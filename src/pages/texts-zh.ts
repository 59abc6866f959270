import type { PageTexts } from './page-text'

const again = '重新登录'

/** In simplified characters. */
export const zh: PageTexts = {
  failed: { title: '登录没有成功', message: '网站这边出了点问题，您的微信账号没有受到影响。请稍后再试一次。', action: again },
  lost: { title: '登录已过期', message: '请重新登录。', action: again },
  busy: { title: '微信暂时没有回应', message: '微信服务器繁忙或无法连接。请过一会儿再试。', action: again },
  refused: { title: '登录未完成', message: '您已取消，或这个微信号没有权限。', action: again },
  blocked: {
    title: '微信拦截了这次登录',
    message: '微信认为这个微信账号存在风险，本网站无法让它登录。请在微信中查看账号状态，或换一个账号登录。',
    action: again
  },
  // Everything but scrolling is dead in a snapshot.
  snapshot: { title: '请点“使用完整服务”', message: '请点屏幕右下角「使用完整服务」，同意后会自动登录。' },
  signedOut: { title: '您已退出登录', message: '想继续使用，请重新登录。', action: '微信登录' },
  loginFirst: { title: '请先登录', message: '登录后就能看到这个页面。', action: '微信登录' },
  openInWechat: {
    title: '请在微信中打开',
    message: '复制网址，发给微信「文件传输助手」，再点开。',
    action: '用另一部手机扫码登录'
  },
  scanInWechat: {
    title: '请在微信中打开',
    message: '请用手机微信扫描二维码；也可以复制网址，发给微信「文件传输助手」，再点开。',
    action: '扫码登录'
  },
  openOnComputer: {
    title: '请在电脑上打开',
    message: '请在电脑的浏览器里打开本网站，再用手机微信扫码登录。',
    action: '用另一部手机扫码登录'
  }
}
