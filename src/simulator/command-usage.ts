// How the command is called.

export const usage = `Usage: fastify-wechat-login simulator [--port 4000] [--callback-origin http://localhost:3000] …

Plays open.weixin.qq.com and api.weixin.qq.com on this machine: no account, no network. Ctrl+C ends it.
在本机模拟 open.weixin.qq.com 和 api.weixin.qq.com：不需要帐号，也不连接网络。按 Ctrl+C 结束。

  --port N                where it listens, 0 for any free port; 4000 if not given  端口，默认 4000，0 为任意空闲端口
  --host ADDRESS          127.0.0.1 if not given; 0.0.0.0 opens it to phones on the same network
                          监听地址，默认 127.0.0.1；0.0.0.0 可供同一网络中的手机访问
  --callback-origin URL   your application; http://localhost:3000 if not given  您的应用，默认 http://localhost:3000
  --user ID[=NICKNAME]    a user in the place of the usual ones; may come again  自定义用户，可重复
  --consent ID            this user consents to everything at once; "refuse": everything is refused
                          该用户自动同意一切；refuse：一律拒绝
  --phone-host NAME       the host name that QR codes carry  二维码中的主机名
  --allowed-host NAME     one more name that it answers to; may come again  允许的其他域名，可重复
  --https-key FILE, --https-cert FILE   speak https  使用 https
  --seed TEXT             codes and tokens repeat from run to run  使 code 与令牌可重现
  --any-browser           WeChat's consent page in every browser, not in WeChat's alone  任何浏览器都能打开授权页
  --any-port              a callback URL with a port, which WeChat never takes, also where it is not on loopback
                          允许带端口的回调地址（微信不允许）
  --allow-in-production   start under NODE_ENV=production, where it lets anyone in as anyone
                          在 NODE_ENV=production 下也启动：任何人都能以任何身份登录
  --json                  print the plugin's options as one line of JSON, and nothing else  只输出一行 JSON
  --help                  show this  显示帮助

Exit code: 0 ended by Ctrl+C, 2 called wrongly or could not start. 退出码：0 正常结束，2 用法错误或无法启动。
`
