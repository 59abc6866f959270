// The page with the QR code in it. Both ways that WeChat offers; the helper makes the iframe and says what it can
// learn.

import { embedQr } from '/wechat/client.js'

/* global document */

const box = document.querySelector('#qr')
const status = document.querySelector('[role=status]')
const { texts } = JSON.parse(document.querySelector('#embedded').dataset.page)

function show (stays) {
  status.textContent = texts.loading
  embedQr(box, {
    redirect: '/account',
    self_redirect: stays,
    lang: document.documentElement.lang === 'en' ? 'en' : 'cn',
    color_scheme: 'auto',
    fast_login: 0,
    title: texts.title,
    onReady: () => { status.textContent = texts.ready },
    onRefused: () => { status.textContent = texts.refused },
    onExpired: () => { status.textContent = texts.loading },
    onDone: user => { greet(user) },
    onError: error => { status.textContent = error.code === 'NETWORK' ? texts.offline : texts.error }
  })
}

// The page is still the same one: whatever was in it is there.
function greet ({ nickname }) {
  const account = document.createElement('a')
  account.href = '/account'
  account.textContent = texts.account
  status.replaceChildren(texts.done, ' ', nickname, ' ', account)
}

for (const way of document.querySelectorAll('input[name=way]')) {
  way.addEventListener('change', () => { show(way.value === 'stay') })
}
show(document.querySelector('input[name=way]:checked').value === 'stay')
