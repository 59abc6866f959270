// A single-page app: the server sends an empty page, and everything that is shown comes from the helper and from JSON.

import { checkLogin, isWechatBrowser, login, logout } from '/wechat/client.js'

/* global addEventListener, document, fetch, history, location */

const view = document.querySelector('#app')
const { texts } = JSON.parse(view.dataset.page)
let current

/** Asks who is logged in, and shows it where that has changed. */
async function refresh () {
  try {
    const user = await checkLogin()
    if (current === JSON.stringify(user)) return
    current = JSON.stringify(user)
    if (user === null) showStranger()
    else showUser(user, await getProfile())
  } catch (error) {
    showFailure(error)
  }
}

async function getProfile () {
  const answer = await fetch('/api/profile', { headers: { accept: 'application/json' } })
  // 401: somebody has logged out in another tab since.
  return answer.ok ? answer.json() : null
}

function showStranger () {
  // Comes back to this address, so the note in its fragment is still there. Rejects where it cannot leave, e.g.
  // offline.
  show(texts.stranger, note(), button(isWechatBrowser() ? texts.loginInWechat : texts.login, login))
}

function showUser ({ nickname }, profile) {
  show(texts.user + nickname, note(), element('pre', JSON.stringify(profile, null, 2)), button(texts.logout, logout))
}

function showFailure (error) {
  current = undefined
  show(error.code === 'NETWORK' ? texts.offline : error.message, button(texts.again, async () => {}))
}

function show (heading, ...parts) {
  view.replaceChildren(element('h1', heading), ...parts)
}

/** What is being written is kept in the address. */
function note () {
  const label = element('label', texts.note)
  const field = element('input')
  field.value = decodeURIComponent(location.hash.slice(1))
  field.addEventListener('input', () => { history.replaceState(null, '', `#${encodeURIComponent(field.value)}`) })
  label.append(field)
  return label
}

function button (label, act) {
  const made = element('button', label)
  made.addEventListener('click', () => { act().then(refresh, showFailure) })
  return made
}

function element (name, text = '') {
  const made = document.createElement(name)
  made.textContent = text
  return made
}

// What may have changed it elsewhere: another tab, and the time that a page spent behind the back button.
addEventListener('pageshow', ({ persisted }) => { if (persisted) void refresh() })
addEventListener('visibilitychange', () => { if (!document.hidden) void refresh() })
void refresh()
