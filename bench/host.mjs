// One contender in a process of its own. Answers to { cpu }, { memory } and { store }.

const [name, settings] = [process.argv[2], JSON.parse(process.argv[3])]
const { build } = await import(`./contenders/${name}.mjs`)
const { app, storeSize } = await build(settings)
await app.listen({ port: settings.port, host: '127.0.0.1' })

async function answer (message) {
  if (message.memory) {
    for (let turn = 0; turn < 5; turn++) { global.gc(); await new Promise(resolve => setImmediate(resolve)) }
  }
  const { user, system } = process.cpuUsage()
  process.send({ answer: { cpu: user + system, heap: process.memoryUsage().heapUsed, store: await storeSize?.() } })
}

process.on('message', message => { void answer(message) })
process.on('disconnect', () => process.exit(0))
process.send({ ready: true })
