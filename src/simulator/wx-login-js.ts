// `wxLogin.js`, told from its documented behaviour: options, their order in the URL, no encoding (callers encode
// redirect_uri themselves), the frame's size, and onReady through a message from the page's origin.

export const WX_LOGIN_PATH = '/connect/zh_CN/htmledition/js/wxLogin.js'

export const WX_LOGIN_JS = `(function (window, document) {
  var origin = new URL(document.currentScript.src).origin

  function buildUrl (o) {
    var self = o.self_redirect === true ? 'true' : o.self_redirect === false ? 'false' : 'default'
    var url = origin + '/connect/qrconnect?appid=' + o.appid + '&scope=' + o.scope + '&redirect_uri=' + o.redirect_uri +
      '&state=' + o.state + '&login_type=jssdk&self_redirect=' + self + '&styletype=' + (o.styletype || '') +
      '&sizetype=' + (o.sizetype || '') + '&bgcolor=' + (o.bgcolor || '') + '&rst=' + (o.rst || '')
    if (o.style) url += '&style=' + o.style
    if (o.href) url += '&href=' + o.href
    if (o.lang === 'en') url += '&lang=en'
    if (o.stylelite === 1) url += '&stylelite=1'
    if (o.fast_login === 0) url += '&fast_login=0'
    if (['auto', 'dark', 'light'].indexOf(o.color_scheme) >= 0) url += '&color_scheme=' + o.color_scheme
    return url
  }

  function listen (onReady, frame) {
    window.addEventListener('message', function (event) {
      if (event.origin !== origin || event.source !== frame.contentWindow) return
      var message
      try { message = JSON.parse(event.data) } catch (error) { return }
      if (message.type === 'status') onReady(message.status === 'wxReady')
    })
  }

  window.WxLogin = function WxLogin (o) {
    var frame = document.createElement('iframe')
    frame.frameBorder = '0'
    frame.allowTransparency = 'true'
    frame.scrolling = 'no'
    frame.width = '300px'
    frame.height = '400px'
    if (typeof o.onReady === 'function') listen(o.onReady, frame)
    frame.src = buildUrl(o)
    var container = document.getElementById(o.id)
    container.innerHTML = ''
    container.appendChild(frame)
  }
})(window, document)
`
