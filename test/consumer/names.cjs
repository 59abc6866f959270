// What `require` and `import` give of the package, and whether each of the ways to register it works. Prints what it
// found.

const Fastify = require('fastify')

const options = {
  qr: { appid: 'wx0123456789abcdef', secret: '0123456789abcdef0123456789abcdef', callbackUrl: 'http://localhost:3000/wechat/qr' },
  session: { secret: 'a session secret of the consumer, long enough' }
}

async function registers (plugin) {
  const app = Fastify()
  await app.register(plugin, options)
  await app.ready()
  const registered = app.hasPlugin('fastify-wechat-login') && typeof app.requireWechatUser === 'function'
  await app.close()
  return registered
}

async function find (name) {
  const required = require(name)
  const imported = await import(name)
  return {
    required: Object.keys(required).sort(),
    imported: Object.keys(imported).filter(key => key !== 'module.exports').sort(),
    same: Object.keys(required).every(key => required[key] === imported[key])
  }
}

async function main () {
  const plugin = require('fastify-wechat-login')
  console.log(JSON.stringify({
    plugin: await find('fastify-wechat-login'),
    simulator: await find('fastify-wechat-login/simulator'),
    errors: Object.keys(plugin.errors).sort(),
    isDefault: plugin.default === plugin && (await import('fastify-wechat-login')).default === plugin,
    registers: {
      required: await registers(plugin),
      'required default': await registers(plugin.default),
      imported: await registers((await import('fastify-wechat-login')).default),
      'import()': await registers(import('fastify-wechat-login'))
    }
  }))
}

void main()
