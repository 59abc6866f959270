// In the process of a test file: V8 counts which parts of src/ run, and as the process ends they are written into the
// folder that COVERAGE_FOLDER names.
//
// This is what NODE_V8_COVERAGE does, which also writes about node's own modules and every package: some five megabytes
// for each test file, and it has all their source maps read.

const { mkdirSync, writeFileSync } = require('node:fs')
const { Session } = require('node:inspector')
const { join } = require('node:path')
const { pathToFileURL } = require('node:url')

/** `source`, `compiled`: the folders of the sources and of what they are compiled to. */
module.exports = (folder, source, compiled) => {
  const [from, to] = [source, compiled].map(path => `${pathToFileURL(path).href}/`)
  const session = new Session()
  session.connect()
  session.post('Profiler.enable')
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  process.once('exit', () => {
    session.post('Profiler.takePreciseCoverage', (error, { result }) => {
      if (error) throw error
      // The ranges are of the compiled text, and beside it lies its map.
      const ours = result.filter(({ url }) => url.startsWith(from)).map(script => ({ ...script, url: script.url.replace(from, to).replace(/ts$/, 'js') }))
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, `coverage-${process.pid}-${Date.now()}.json`), JSON.stringify({ result: ours }))
    })
  })
}
