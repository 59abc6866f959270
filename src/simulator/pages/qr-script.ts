// The QR page's own script: polls as WeChat's does (a script element a poll, the same waits) and navigates as WeChat's
// does.

import { Html } from './html'

/** Reads its settings from the data-* attributes of its own element. */
export const QR_SCRIPT = new Html(`(function () {
  var data = document.currentScript.dataset
  var framed = window.top !== window

  function show (id) {
    ['wx_default_tip', 'wx_after_scan', 'wx_after_cancel'].forEach(function (name) {
      document.getElementById(name).hidden = name !== id
    })
  }

  // Concatenated as text, behind a fragment too.
  function leave (params) {
    var url = data.redirect + (data.redirect.indexOf('?') < 0 ? '?' : '&') + params + 'state=' + data.state
    if (!framed || data.self === 'true') return location.assign(url)
    window.top.location = url
  }

  function decide (last) {
    switch (window.wx_errcode) {
      case 405: return leave('code=' + window.wx_code + '&')
      case 404: show('wx_after_scan'); return setTimeout(poll, 100, 404)
      case 403:
        show('wx_after_cancel')
        if (data.refusal !== 'none') return leave(data.refusal === 'authdeny' ? 'code=authdeny&' : '')
        return setTimeout(poll, 2000, 403)
      case 402: case 500: return location.reload()
      case 408: return setTimeout(poll, 2000)
      default: return setTimeout(poll, 5000, last)
    }
  }

  function poll (last) {
    var script = document.createElement('script')
    var limit = setTimeout(finish, 60000)
    function finish () {
      clearTimeout(limit)
      script.onload = script.onerror = null
      script.remove()
      decide(last)
    }
    window.wx_errcode = undefined
    script.onload = script.onerror = finish
    script.src = '/connect/l/qrconnect?uuid=' + data.uuid + (last ? '&last=' + last : '') + '&_=' + Date.now()
    document.head.appendChild(script)
  }

  if (framed) window.parent.postMessage(JSON.stringify({ type: 'status', status: 'wxReady' }), '*')
  poll()
})()`)
