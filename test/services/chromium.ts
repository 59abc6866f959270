// A real Chromium with no manual step. It comes inside @sparticuz/chromium and is unpacked here, once for each version:
// that package's own unpacking goes to one fixed name, where two processes race, and its arguments switch web security
// off.

import { execFileSync } from 'node:child_process'
import { createHash, createPublicKey } from 'node:crypto'
import {
  chmodSync, createReadStream, createWriteStream, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync,
  writeFileSync
} from 'node:fs'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { brotliDecompressSync, createBrotliDecompress } from 'node:zlib'
import { type BrowserServer, chromium, type LaunchOptions } from 'playwright-core'
import { tls } from '../fixture/data'

/**
 * A Chromium for every process that is told its address, or null where none runs. It knows no names but localhost: a
 * visitor who is to find others is given a proxy (test/fixture/chromium.ts).
 */
export async function startChromium (): Promise<BrowserServer | null> {
  const found = await findChromium()
  return found && chromium.launchServer({ ...found, ...options() })
}

// RenderDocument keeps what is left of each page that a tab has shown: after a hundred of them a page costs six times
// what the first did. This switch takes the place of Playwright's own, whose features are therefore named again: those
// that pages can tell.
const switchedOff = [
  'RenderDocument', 'AvoidUnnecessaryBeforeUnloadCheckSync', 'DestroyProfileOnBrowserClose', 'HttpsUpgrades',
  'HttpsFirstBalancedModeAutoEnable', 'MediaRouter', 'OptimizationHints', 'PaintHolding',
  'ThirdPartyStoragePartitioning'
]

function options (): LaunchOptions {
  const key = createPublicKey(tls.cert).export({ type: 'spki', format: 'der' })
  return {
    args: [
      '--no-sandbox',
      `--disable-features=${switchedOff.join()}`,
      '--host-resolver-rules=MAP * ~NOTFOUND,EXCLUDE localhost,EXCLUDE 127.0.0.1',
      `--ignore-certificate-errors-spki-list=${createHash('sha256').update(key).digest('base64')}`
    ],
    // What a visitor's browser does at the back button.
    ignoreDefaultArgs: ['--disable-back-forward-cache']
  }
}

type Found = Required<Pick<LaunchOptions, 'executablePath' | 'env'>>

async function findChromium (): Promise<Found | null> {
  const { CHROMIUM_PATH } = process.env
  if (CHROMIUM_PATH) return { executablePath: CHROMIUM_PATH, env: process.env }
  try {
    const folder = await unpack()
    const executablePath = join(folder, 'chromium')
    const env = { ...process.env, LD_LIBRARY_PATH: join(folder, 'lib'), FONTCONFIG_FILE: join(folder, 'fonts.conf') }
    execFileSync(executablePath, ['--version'], { env, stdio: 'ignore' })
    return { executablePath, env }
  } catch (error) {
    console.error('the Chromium of @sparticuz/chromium does not run here:', error)
    return existsSync('/usr/bin/chromium') ? { executablePath: '/usr/bin/chromium', env: process.env } : null
  }
}
async function unpack (): Promise<string> {
  const home = join(dirname(require.resolve('@sparticuz/chromium')), '../..')
  const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))
  const cache = join(__dirname, '../../node_modules/.cache/fastify-wechat-login')
  const folder = join(cache, `chromium-${version}`)
  if (existsSync(folder)) return folder
  mkdirSync(cache, { recursive: true })
  const making = mkdtempSync(join(cache, 'unpacking-'))
  await pipeline(
    createReadStream(join(home, 'bin/chromium.br')),
    createBrotliDecompress(),
    createWriteStream(join(making, 'chromium'), { mode: 0o755 })
  )
  for (const archive of ['al2023', 'fonts']) {
    execFileSync(
      'tar',
      ['-x', '-C', making],
      { input: brotliDecompressSync(readFileSync(join(home, `bin/${archive}.tar.br`))) }
    )
  }
  chmodSync(making, 0o755) // whoever else runs the tests here
  writeFileSync(join(making, 'fonts.conf'), fontsConf(join(folder, 'fonts')))
  try {
    renameSync(making, folder)
  } catch (error) {
    // Another process was faster.
    rmSync(making, { recursive: true })
    if (!existsSync(folder)) throw error
  }
  return folder
}

/** The machine's own fonts, and one for a machine that has none. */
function fontsConf (folder: string): string {
  return `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig><include ignore_missing="yes">/etc/fonts/fonts.conf</include><dir>${folder}</dir><cachedir>${folder}/cache</cachedir></fontconfig>
`
}
