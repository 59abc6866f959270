// The index page: what this is, who and what there is to test with.

import { hideSecret } from '../directory'
import { html } from './html'
import { layout } from './layout'
import { avatar, nameOf } from './people'
import type { SimulatedUser } from '../types'
import type { World } from '../world'
import type { Html } from './html'

export function homePage (world: World, current: SimulatedUser): Html {
  return layout({
    title: '微信登录模拟器 · WeChat login simulator',
    frame: 'wide',
    body: html`
<h1>微信登录模拟器 <span lang="en">WeChat login simulator</span></h1>
<p>在本机模拟 open.weixin.qq.com 和 api.weixin.qq.com，用于开发和测试：不需要帐号，也不连接网络。这不是微信，与腾讯无关。</p>
<p lang="en">Plays open.weixin.qq.com and api.weixin.qq.com on this machine, for development and tests: no account, no
network. It is not WeChat and has nothing to do with Tencent.</p>
${apps(world)}
${users(world, current)}
<h2>你的应用 <span lang="en">Your application</span></h2>
<ul>${[...new Set(world.directory.apps.map(app => new URL(app.callbackUrl).origin))].map(origin => html`
<li><a href="${origin}">${origin}</a></li>`)}</ul>
<h2>控制 <span lang="en">Control</span></h2>
<ul>
<li><a href="/simulator/state"><code>GET /simulator/state</code></a> 当前状态 <span lang="en">what is going on</span></li>
<li><a href="/simulator/calls"><code>GET /simulator/calls</code></a> 收到的请求 <span lang="en">requests so far</span></li>
<li><a href="/simulator/faults"><code>GET /simulator/faults</code></a> 故障 <span lang="en">faults in wait</span></li>
</ul>`
  })
}

function apps (world: World): Html {
  return html`<h2>应用 <span lang="en">Apps</span></h2>
<div class="scroll" role="region" aria-label="应用 Apps" tabindex="0"><table>
<tr><th>名称 Name</th><th>appid</th><th>secret</th><th>授权域名 Domain</th><th>callbackUrl</th></tr>
${world.directory.apps.map(hideSecret).map(app => html`<tr><td>${app.name}</td><td><code>${app.appid}</code></td>
<td><code>${app.secret}</code></td><td>${app.callbackDomain}</td><td>${app.callbackUrl}</td></tr>
`)}</table></div>
<p>完整的 secret 在启动时的终端里，或在代码的 <code>options</code> 中。
<span lang="en">The whole secrets are in the terminal that started this, or in
<code>options</code> in code.</span></p>`
}

function users (world: World, current: SimulatedUser): Html {
  return html`<h2>用户 <span lang="en">Users</span></h2>
<p>当前浏览器的微信用户：<strong>${nameOf(current)}</strong> <span lang="en">is whose WeChat this browser holds.</span></p>
<form method="post" action="/simulator/act-as"><ul class="people">
${world.directory.users.slice(0, 20).map(user => html`<li class="row">${avatar(user)}
<span>${nameOf(user)} <code>${user.id}</code></span>
<button name="simulator_user" value="${user.id}" aria-label="使用 Be ${user.id}">使用
<span lang="en">Be</span></button></li>
`)}</ul></form>`
}
