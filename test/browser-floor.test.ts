// The browser helper runs in the oldest browsers that WeChat's users have, iOS 12.2 and Chromium 66, and can be
// imported where there is no browser at all.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import ts from 'typescript'
import { userAgents } from './fixture/data'
import { env } from './fixture/program'

const file = join(__dirname, '../dist/browser/index.mjs')
const text = readFileSync(file, 'utf8')

/**
 * What the helper may use of a browser and of the language: each is in iOS 12.2 and in Chromium 66 (caniuse.com, MDN).
 */
const globals = new Set([
  'AbortController', 'Date', 'Error', 'Infinity', 'Math', 'Object', 'Promise', 'String', 'URL', 'URLSearchParams',
  'WeakMap', 'addEventListener', 'clearTimeout', 'document', 'fetch', 'location', 'navigator', 'removeEventListener',
  'setTimeout', 'undefined'
])
const members = new Set([
  'abort', 'aborted', 'allow', 'appendChild', 'assign', 'border', 'catch', 'contentWindow', 'createElement', 'entries',
  'filter', 'finally', 'get', 'hash', 'href', 'includes', 'json', 'max', 'min', 'now', 'ok', 'origin', 'pathname',
  'reload', 'remove', 'replace', 'search', 'set', 'setAttribute', 'signal', 'status', 'style', 'test', 'textContent',
  'then', 'toString', 'userAgent'
])
/** Of our own answers and objects. */
const own = new Set([
  'authorizeUrl', 'base', 'code', 'expiresIn', 'fast_login', 'message', 'redirect', 'src', 'statusCode', 'user',
  'wechatLogin'
])

const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)

function nodesOf (node: ts.Node): ts.Node[] {
  return [node, ...node.getChildren(source).flatMap(nodesOf)]
}

/** Every name that is declared somewhere in the file. */
function declared (nodes: ts.Node[]): Set<string> {
  return new Set(nodes.flatMap(node => {
    const { name } = node as { name?: ts.Node }
    return name !== undefined && ts.isIdentifier(name) && !ts.isPropertyAccessExpression(node) ? [name.text] : []
  }))
}

const isReference = ({ parent }: ts.Identifier, node: ts.Node): boolean =>
  !(ts.isPropertyAccessExpression(parent) && parent.name === node) &&
  !(ts.isPropertyAssignment(parent) && parent.name === node) &&
  !(ts.isBindingElement(parent) && parent.propertyName === node)

t.test('the syntax is of ES2019: a compiler finds nothing to bring down', async t => {
  const compile = (target: ts.ScriptTarget): string => ts.transpileModule(text, {
    compilerOptions: { target, module: ts.ModuleKind.ESNext, useDefineForClassFields: true }
  }).outputText
  t.equal(compile(ts.ScriptTarget.ES2019), compile(ts.ScriptTarget.ESNext))
  t.notMatch(text, /\(\?<|\/[a-z]*[svd][a-z]*[.;,)]/, 'nor regular expressions that are newer')
})

t.test('every global and every member that it uses is known to be in the floor', async t => {
  const nodes = nodesOf(source)
  const names = declared(nodes)
  const used = nodes.filter(ts.isIdentifier).filter(node => isReference(node, node)).map(node => node.text)
  t.strictSame([...new Set(used)].filter(name => !names.has(name) && !globals.has(name)).sort(), [])
  const read = nodes.filter(ts.isPropertyAccessExpression).map(({ name }) => name.text)
  t.strictSame([...new Set(read)].filter(name => !members.has(name) && !own.has(name) && !names.has(name)).sort(), [])
  t.notMatch(
    text,
    /addEventListener\([^)]*\{/,
    'no options: a signal there is newer than the floor, and would be passed over in silence'
  )
})

t.test('it is imported on a server, where nobody is in WeChat until a request says so', async t => {
  const [ios] = userAgents.filter(({ kind }) => kind === 'wechat-ios')
  const program = `
    Object.defineProperty(globalThis, 'navigator', { value: undefined, configurable: true })
    delete globalThis.navigator
    const { isWechatBrowser } = await import(${JSON.stringify(pathToFileURL(file).href)})
    console.log(JSON.stringify([typeof navigator, isWechatBrowser(), isWechatBrowser(${JSON.stringify(ios!.userAgent)})]))`
  t.strictSame(
    JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', program], { env, encoding: 'utf8' })),
    ['undefined', false, true]
  )
})
