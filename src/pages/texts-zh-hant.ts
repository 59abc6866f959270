import type { PageTexts } from './page-text'

const again = '重新登入'

/** In traditional characters, with the words of Taiwan and Hong Kong; WeChat's own labels as WeChat writes them. */
export const zhHant: PageTexts = {
  failed: { title: '登入沒有成功', message: '網站這邊出了點問題，您的微信帳號沒有受到影響。請稍後再試一次。', action: again },
  lost: { title: '登入已過期', message: '請重新登入。', action: again },
  busy: { title: '微信暫時沒有回應', message: '微信伺服器忙碌或無法連線。請過一會兒再試。', action: again },
  refused: { title: '登入未完成', message: '您已取消，或這個微信號沒有權限。', action: again },
  blocked: {
    title: '微信攔截了這次登入',
    message: '微信認為這個微信帳號有風險，本網站無法讓它登入。請在微信中查看帳號狀態，或換一個帳號登入。',
    action: again
  },
  snapshot: { title: '請點「使用完整服務」', message: '請點螢幕右下角「使用完整服務」（使用完整服务），同意後會自動登入。' },
  signedOut: { title: '您已登出', message: '想繼續使用，請重新登入。', action: '微信登入' },
  loginFirst: { title: '請先登入', message: '登入後就能看到這個頁面。', action: '微信登入' },
  openInWechat: {
    title: '請在微信中打開',
    message: '複製網址，傳給微信「檔案傳輸助手」（文件传输助手），再點開。',
    action: '用另一部手機掃碼登入'
  },
  scanInWechat: {
    title: '請在微信中打開',
    message: '請用手機微信掃描二維碼；也可以複製網址，傳給微信「檔案傳輸助手」（文件传输助手），再點開。',
    action: '掃碼登入'
  },
  openOnComputer: {
    title: '請在電腦上打開',
    message: '請在電腦的瀏覽器裡打開本網站，再用手機微信掃碼登入。',
    action: '用另一部手機掃碼登入'
  }
}
