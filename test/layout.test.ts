// The shape of src/, held by reading its import lines: arrows run one way, and what is odd stays in its one file.

import { readdirSync, readFileSync } from 'node:fs'
import { join, posix, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import ts from 'typescript'

const root = resolve(__dirname, '../src')

/**
 * The layers, top down: folders, and files of src/ itself. Each may import itself and what stands below it, for types
 * too. browser/ and simulator/ stand apart: they must not agree with the rest by sharing its code. The command line
 * alone starts both sides.
 */
const layers = [
  'bin', 'index', 'doctor', 'plugin', 'ways', 'routes', 'login', 'attempt', 'session', 'pages', 'urls', 'request-kind',
  'options', 'redirect-target', 'request-origin',
  'wechat-client', 'cookies', 'text-copy', 'events', 'fastify-types', 'types', 'user-types', 'wechat', 'option-checks',
  'errors', 'host-types', 'via'
]
const apart = ['browser', 'simulator']
const commandLine = 'bin -> simulator/command'

/** Which packages may be loaded when the code runs, and where. Everything else is imported for its types alone. */
const mayLoad: Record<string, RegExp> = {
  'fastify-plugin': /^(index|simulator\/.+)$/,
  '@fastify/error': /^errors$/,
  '@sinclair/typebox': /^(routes|wechat|ways)\//,
  '@sinclair/typebox/compiler': /^(routes|wechat)\//,
  '@fastify/cookie': /^session\/session-plugin$/,
  '@fastify/session': /^session\/session-plugin$/,
  'undici/index.js': /^wechat\/connections$/,
  fastify: /^simulator\//,
  uqr: /^(simulator\/.+|pages\/qr-code)$/
}

interface Import {
  /** A file of src/ without its extension, or a package. */
  target: string
  ours: boolean
  typeOnly: boolean
}

interface Source {
  /** Path under src/ without the extension: `login/attempt`. */
  name: string
  path: string
  lines: number
  ast: ts.SourceFile
  imports: Import[]
}

const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter(path => /\.[cm]?tsx?$/.test(path))
  .sort()
  .map(path => readSource(path.replaceAll('\\', '/')))
const names = new Set(sources.map(({ name }) => name))

t.test('every file of src/ lies in a layer, and every relative import leads to one of them', async t => {
  t.ok(sources.length > 60, `${sources.length} files found`)
  t.strictSame(sources.filter(({ name }) => ![...layers, ...apart].includes(layerOf(name))).map(({ path }) => path), [])
  t.strictSame(
    [...layers, ...apart].filter(layer => !sources.some(({ name }) => layerOf(name) === layer)),
    [],
    'no layer is empty'
  )
  t.strictSame(importsThat(({ ours, target }) => ours && !names.has(target)), [])
})

t.test('imports run one way through the layers', async t => {
  t.strictSame(importsThat(({ ours, target }, { name }) => {
    const [layer, below] = [layerOf(name), layerOf(target)]
    if (`${name} -> ${target}` === commandLine) return false
    return ours &&
      layer !== below &&
      (apart.includes(layer) || apart.includes(below) || layers.indexOf(layer) > layers.indexOf(below))
  }), [])
})

t.test('the ways are one list: nothing outside them compares a via with a word', async t => {
  t.strictSame(filesThat(comparesVia).filter(name => layerOf(name) !== 'ways'), [])
})

t.test('the name of a file is unique in the house', async t => {
  const names = sources.filter(({ name }) => !apart.includes(layerOf(name)))
    .map(({ name }) => posix.basename(name))
    .filter(name => name !== 'index')
  t.strictSame(names.filter((name, index) => names.indexOf(name) !== index), [])
})

t.test('no file imports itself by a detour', async t => {
  t.strictSame(cycles(), [])
})

t.test('a package is loaded only where the list says, and imported anywhere for its types', async t => {
  t.strictSame(importsThat(({ ours, target, typeOnly }, { name }) => {
    if (ours || typeOnly) return false
    return target.startsWith('node:') ? layerOf(name) === 'browser' : mayLoad[target]?.test(name) !== true
  }), [])
  t.strictSame(
    Object.keys(mayLoad).filter(name => !loadersOf(name).length),
    [],
    'the list holds no package that nobody loads'
  )
  t.strictSame(loadersOf('undici/index.js'), ['wechat/connections'])
})

t.test('wechat/ knows nothing of Fastify, nor do the files that it loads', async t => {
  t.strictSame(importsThat(({ target }, { name }) => layerOf(name) === 'wechat' && target.includes('fastify')), [])
  const loaded = closureOf(sources.filter(({ name }) => layerOf(name) === 'wechat').map(({ name }) => name))
  t.strictSame(
    importsThat(({ target, typeOnly }, { name }) => loaded.has(name) && !typeOnly && target.includes('fastify')),
    ['errors -> @fastify/error']
  )
})

t.test('only index.ts knows CommonJS, and only session/session-plugin.ts loads what may be missing', async t => {
  t.strictSame(filesThat(usesCommonJs), ['index'])
  t.strictSame(filesThat(ast => nodesOf(ast).some(isRequire)), ['session/session-plugin'])
})

t.test('only session/ touches request.session', async t => {
  t.strictSame(filesThat(touchesSession).filter(name => layerOf(name) !== 'session'), [])
})

t.test('a file is one idea: at most 180 lines, and a name that says which', async t => {
  // The helper is one file, as pages without a bundler load it.
  const limitOf = (path: string): number => path === 'browser/index.mts' ? 260 : 180
  t.strictSame(
    sources.filter(({ path, lines }) => lines > limitOf(path)).map(({ path, lines }) => `${path}: ${lines} lines`),
    []
  )
  t.strictSame(
    sources.filter(({ name }) => /^(utils?|helpers?|common|misc)$/.test(posix.basename(name))).map(({ path }) => path),
    []
  )
  t.strictSame(
    sources.filter(({ path }) => !/^([a-z0-9-]+\/)*[a-z0-9]+(-[a-z0-9]+)*\.m?ts$/.test(path)).map(({ path }) => path),
    []
  )
})

t.test('the mutation tests know every file of the login and of wechat/, each once, and tests that are there', async t => {
  const { areas } = await import(
    pathToFileURL(join(__dirname, 'mutation/areas.mjs')).href
  ) as { areas: Record<string, { mutate: string[], tests: string[] }> }
  const rooms = ['attempt', 'login', 'session', 'ways', 'wechat'].map(room => `src/${room}/**/*.ts`)
  const files = ['cookies', 'redirect-target', 'request-kind', 'request-origin', 'urls'].map(file => `src/${file}.ts`)
  t.strictSame(Object.values(areas).flatMap(({ mutate }) => mutate).sort(), [...rooms, ...files].sort())
  const tests =
    readdirSync(__dirname, { recursive: true, encoding: 'utf8' }).map(path => `test/${path.replaceAll('\\', '/')}`)
  const patterns = Object.values(areas).flatMap(area => area.tests)
  const isThere = (pattern: string): boolean =>
    tests.some(path => new RegExp(`^${pattern.replace('*', '[^/]*')}$`).test(path))
  t.strictSame(patterns.filter(pattern => !isThere(pattern)), [])
})

// One that holds nothing but types would count as not covered otherwise.
t.test('every file of src/ loads', async t => {
  for (const { name, path } of sources.filter(({ name }) => layerOf(name) !== 'browser')) {
    t.doesNotThrow(() => { require(join(root, path)) }, name)
  }
})

/** Each as `login/start -> errors`. */
function importsThat (test: (it: Import, source: Source) => boolean): string[] {
  return sources.flatMap(source =>
    source.imports.filter(it => test(it, source)).map(({ target }) => `${source.name} -> ${target}`))
}

function filesThat (test: (ast: ts.SourceFile) => boolean): string[] {
  return sources.filter(({ ast }) => test(ast)).map(({ name }) => name)
}

function loadersOf (name: string): string[] {
  return sources.filter(({ imports }) => imports.some(({ target, typeOnly }) => target === name && !typeOnly))
    .map(({ name }) => name)
}

/** The files that are loaded with these. */
function closureOf (loaded: string[]): Set<string> {
  const closure = new Set(loaded)
  for (const file of closure) {
    for (const { ours, typeOnly, target } of importsOfFile(file)) if (ours && !typeOnly) closure.add(target)
  }
  return closure
}

function readSource (path: string): Source {
  const name = path.replace(/\.[cm]?tsx?$/, '')
  const text = readFileSync(join(root, path), 'utf8')
  const ast = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  return { name, path, ast, lines: text.split('\n').length - 1, imports: importsOf(ast, name) }
}

function importsOf (ast: ts.SourceFile, name: string): Import[] {
  return nodesOf(ast).flatMap(node => {
    const { specifier, typeOnly } = specifierOf(node)
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return []
    const ours = specifier.text.startsWith('.')
    const target = ours ? posix.join(posix.dirname(name), specifier.text).replace(/\.[cm]?js$/, '') : specifier.text
    return [{ target, ours, typeOnly }]
  })
}

/** The module that a node names, in each of the ways to name one, and whether the emitted code leaves it out. */
function specifierOf (node: ts.Node): { specifier?: ts.Node | undefined, typeOnly: boolean } {
  if (ts.isImportDeclaration(node)) {
    return {
      specifier: node.moduleSpecifier,
      typeOnly: node.importClause !== undefined && isTypeOnly(node.importClause)
    }
  }
  if (ts.isExportDeclaration(node)) return { specifier: node.moduleSpecifier, typeOnly: node.isTypeOnly }
  if (ts.isImportTypeNode(node)) {
    return { specifier: ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, typeOnly: true }
  }
  if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) {
    return { specifier: node.moduleReference.expression, typeOnly: node.isTypeOnly }
  }
  if (isRequire(node) || (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)) {
    return { specifier: node.arguments[0], typeOnly: false }
  }
  return { typeOnly: false }
}

function isTypeOnly ({ phaseModifier, name, namedBindings }: ts.ImportClause): boolean {
  if (phaseModifier === ts.SyntaxKind.TypeKeyword) return true
  return name === undefined &&
    namedBindings !== undefined &&
    ts.isNamedImports(namedBindings) &&
    namedBindings.elements.every(element => element.isTypeOnly)
}

function isRequire (node: ts.Node): node is ts.CallExpression {
  return ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'require'
}

function usesCommonJs (ast: ts.SourceFile): boolean {
  return nodesOf(ast).some(node => (ts.isExportAssignment(node) && node.isExportEquals === true) ||
    (ts.isPropertyAccessExpression(node) && /^(module\.exports|exports)\b/.test(node.getText())))
}

/**
 * `request.session`, `request?.session`, `request['session']`, `const { session } = request`, `({ session }:
 * FastifyRequest) => …`
 */
function touchesSession (ast: ts.SourceFile): boolean {
  const isRequest = (node: ts.Node | undefined): boolean =>
    node !== undefined && /(^|\.)(request|req)!?$/.test(node.getText())
  return nodesOf(ast).some(node => {
    if (ts.isPropertyAccessExpression(node)) return node.name.text === 'session' && isRequest(node.expression)
    if (ts.isElementAccessExpression(node)) {
      return /^['"`]session['"`]$/.test(node.argumentExpression.getText()) && isRequest(node.expression)
    }
    if (!ts.isVariableDeclaration(node) && !ts.isParameter(node)) return false
    const takesSession = ts.isObjectBindingPattern(node.name) &&
      node.name.elements.some(({ name, propertyName }) => (propertyName ?? name).getText() === 'session')
    return takesSession && (isRequest(node.initializer) || /\bFastifyRequest\b/.test(node.type?.getText() ?? ''))
  })
}

/** `via === 'qr'`, `app.via !== 'qr'`, `['oneclick', 'qr']`, `case 'qr'` */
function comparesVia (ast: ts.SourceFile): boolean {
  const isWord = (node: ts.Node): boolean => ts.isStringLiteral(node) && ['oneclick', 'qr'].includes(node.text)
  return nodesOf(ast).some(node => (ts.isBinaryExpression(node) && [node.left, node.right].some(isWord)) ||
    (ts.isArrayLiteralExpression(node) && node.elements.some(isWord)) ||
    (ts.isCaseClause(node) && isWord(node.expression)))
}

function nodesOf (node: ts.Node): ts.Node[] {
  const found: ts.Node[] = []
  const visit = (child: ts.Node): void => {
    found.push(child)
    ts.forEachChild(child, visit)
  }
  ts.forEachChild(node, visit)
  return found
}

/** The folder under src/, or the file itself where it lies in src/. */
function layerOf (name: string): string {
  return name.split('/')[0] ?? name
}

/** Each as `a -> b -> a`. */
function cycles (): string[] {
  const found: string[] = []
  const done = new Set<string>()
  const walk = (name: string, trail: string[]): void => {
    if (trail.includes(name)) found.push([...trail.slice(trail.indexOf(name)), name].join(' -> '))
    if (trail.includes(name) || done.has(name)) return
    for (const target of edgesOf(name)) walk(target, [...trail, name])
    done.add(name)
  }
  for (const { name } of sources) walk(name, [])
  return found
}

function edgesOf (name: string): string[] {
  return importsOfFile(name).filter(({ ours }) => ours).map(({ target }) => target)
}

function importsOfFile (name: string): Import[] {
  return sources.find(source => source.name === name)?.imports ?? []
}
