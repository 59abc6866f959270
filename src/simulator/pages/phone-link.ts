// The way from the code to the phone, for those who have none at hand: another tab. A sandboxed frame opens no tab and
// sends no form, so there the link scans in place, for the user of this browser, and two buttons answer.

import { html, Html } from './html'

const SCRIPT = new Html(`(function (box) {
  if (window.top === window) return
  var link = box.querySelector('a')
  var answers = box.querySelector('.answers')

  function ask (isScanned) {
    link.hidden = isScanned
    answers.hidden = !isScanned
  }

  link.addEventListener('click', function (event) {
    event.preventDefault()
    fetch(link.href).then(function () { ask(true) })
  })
  answers.addEventListener('click', function (event) {
    var body = new URLSearchParams({ answer: event.target.closest('button').value })
    fetch(link.href, { method: 'POST', body: body }).then(function () { ask(false) })
  })
})(document.currentScript.parentElement)`)

export function phoneLink (uuid: string): Html {
  return html`<div>
<a class="button" href="/connect/confirm?uuid=${uuid}" target="_blank" rel="noopener">打开“手机”
<span lang="en">Open “phone”</span></a>
<div class="answers" hidden><button class="main" value="confirm">允许 <span lang="en">Allow</span></button>
<button value="cancel">拒绝 <span lang="en">Cancel</span></button></div>
<script>${SCRIPT}</script>
</div>`
}
