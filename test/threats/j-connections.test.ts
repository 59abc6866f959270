// Attacks by another machine in the way, and by connections that never finish.

import { connect } from 'node:tls'
import { test } from 'tap'
import { Agent } from 'undici'
import { tls } from '../fixture/data'
import { startHost } from '../fixture/host'
import { begin, exchanges, isLoggedIn, logIn } from '../fixture/login'

test('T57: an API host whose certificate is good, but for another name, is given no code and no secret', async t => {
  const upstream = new Agent({ connect: { ca: tls.cert, servername: 'api.weixin.qq.com.evil.example' } })
  t.teardown(() => upstream.destroy())
  const host = await startHost(t, { options: { client: { dispatcher: upstream } } })
  const browser = host.browser()
  const { callback } = await begin(host, browser)
  t.equal((await browser.get(callback)).status, 504)
  t.strictSame([exchanges(host), await isLoggedIn(host, browser)], [0, false])
  t.match(host.rawLog(), 'ERR_TLS_CERT_ALTNAME_INVALID')
})

test('T70: bodies that come byte by byte keep nobody else from logging in, and leave nothing', async t => {
  const host = await startHost(t)
  const { port } = new URL(host.address)
  const sockets = await Promise.all(
    Array.from({ length: 50 }, () => new Promise<ReturnType<typeof connect>>((resolve, reject) => {
      const socket =
        connect({ host: '127.0.0.1', port: Number(port), ca: tls.cert, servername: 'app.example.com' }, () => {
          socket.write(
            'POST /wechat/qr HTTP/1.1\r\nHost: app.example.com\r\nSec-Fetch-Site: same-origin\r\nContent-Type: ' +
              'application/json\r\nContent-Length: 60\r\n\r\n{"code":"',
            () => resolve(socket)
          )
        })
      socket.on('error', reject)
    }))
  )
  for (const socket of sockets) socket.write('a')
  t.equal((await logIn(host, host.browser())).status, 303)
  for (const socket of sockets) socket.write('b')
  t.equal((await logIn(host, host.browser())).status, 303)
  t.equal(exchanges(host), 2)
  for (const socket of sockets) socket.destroy()
  t.notOk(host.rawLog().includes('{\\"code'), 'nothing of them is in the log')
})
