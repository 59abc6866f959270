import t from 'tap'
import { embedUrl, oneclickUrl, qrUrl } from '../../src/wechat/authorize-url'

const account = {
  openHost: 'https://open.weixin.qq.com',
  appid: 'wx0123456789abcdef',
  redirectUri: 'https://app.example.com/wechat/回调?redirect=%2Fa%3Fb%3D1%26c&x=1#f',
  state: 'abcDEF123'
}
const encoded =
  'https%3A%2F%2Fapp.example.com%2Fwechat%2F%E5%9B%9E%E8%B0%83%3Fredirect%3D%252Fa%253Fb%253D1%2526c%26x%3D1%23f'

t.test('the oneclick URL has WeChat\'s parameters in WeChat\'s order, and the fragment', async t => {
  const head = `https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx0123456789abcdef&redirect_uri=${encoded}` +
    '&response_type=code&scope='
  const cases: Array<[object, string]> = [
    [{}, 'snsapi_userinfo&state=abcDEF123#wechat_redirect'],
    [{ scope: 'snsapi_base' }, 'snsapi_base&state=abcDEF123#wechat_redirect'],
    [{ forcePopup: true }, 'snsapi_userinfo&state=abcDEF123&forcePopup=true#wechat_redirect'],
    [{ forceSnapShot: true }, 'snsapi_userinfo&state=abcDEF123&forceSnapShot=true#wechat_redirect'],
    [{ connectRedirect: true }, 'snsapi_userinfo&state=abcDEF123&connect_redirect=1#wechat_redirect'],
    [{ connectRedirect: true, forceSnapShot: true, forcePopup: true },
      'snsapi_userinfo&state=abcDEF123&forcePopup=true&forceSnapShot=true&connect_redirect=1#wechat_redirect'],
    [{ forcePopup: false, forceSnapShot: undefined, connectRedirect: false },
      'snsapi_userinfo&state=abcDEF123#wechat_redirect']
  ]
  for (const [options, tail] of cases) {
    t.equal(oneclickUrl({ ...account, scope: 'snsapi_userinfo', ...options }), head + tail, JSON.stringify(options))
  }
})

t.test('the qr URL always asks for snsapi_login', async t => {
  t.equal(
    qrUrl(account),
    `https://open.weixin.qq.com/connect/qrconnect?appid=wx0123456789abcdef&redirect_uri=${encoded}&response_type=code` +
      '&scope=snsapi_login&state=abcDEF123#wechat_redirect'
  )
})

t.test('the embed URL is what wxLogin.js would put into its iframe', async t => {
  const head = 'https://open.weixin.qq.com/connect/qrconnect?appid=wx0123456789abcdef&scope=snsapi_login' +
    `&redirect_uri=${encoded}&state=abcDEF123&login_type=jssdk&self_redirect=`
  const old = '&styletype=&sizetype=&bgcolor=&rst='
  const cases: Array<[object, string]> = [
    [{}, `default${old}`],
    [{ self_redirect: true }, `true${old}`],
    [{ self_redirect: false }, `false${old}`],
    [{ style: 'white' }, `default${old}&style=white`],
    [{ href: 'https://a.example/b.css?c=d&e' }, `default${old}&href=https%3A%2F%2Fa.example%2Fb.css%3Fc%3Dd%26e`],
    [{ lang: 'en' }, `default${old}&lang=en`],
    [{ lang: 'cn' }, `default${old}`],
    [{ stylelite: 1 }, `default${old}&stylelite=1`],
    [{ fast_login: 0 }, `default${old}&fast_login=0`],
    [{ color_scheme: 'dark' }, `default${old}&color_scheme=dark`],
    [
      {
        color_scheme: 'auto',
        fast_login: 0,
        stylelite: 1,
        lang: 'en',
        href: 'data:text/css;base64,YQ==',
        style: 'black',
        self_redirect: true
      },
      `true${old}&style=black&href=data%3Atext%2Fcss%3Bbase64%2CYQ%3D%3D&lang=en&stylelite=1&fast_login=0` +
        '&color_scheme=auto'
    ]
  ]
  for (const [options, tail] of cases) {
    t.equal(embedUrl({ ...account, ...options }), head + tail, JSON.stringify(options))
  }
})

t.test('each URL gives the callback URL and the state back after one decoding', async t => {
  const state = 'a b&c=d#e+%41'
  for (const url of [
    oneclickUrl({ ...account, state, scope: 'snsapi_base' }),
    qrUrl({ ...account, state }),
    embedUrl({ ...account, state })
  ]) {
    const query = new URL(url).searchParams
    t.equal(query.get('redirect_uri'), account.redirectUri)
    t.equal(query.get('state'), state)
  }
})
