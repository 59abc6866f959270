// SECURITY.md's table of threats and the titles of the tests, held together in both directions.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { anchorOf, codeIn, readReadme, root } from './fixture/readme'

const page = readReadme('SECURITY.md')
const unused = ['T49', 'T69']
const numbers = Array.from({ length: 80 }, (_, index) => `T${String(index + 1).padStart(2, '0')}`).filter(number =>
  !unused.includes(number))
const threats = page.find(({ heading }) => heading === 'Every threat, and what meets it')!
const rows = threats.tables[0]!
const fileOf = (name: string): string => join(__dirname, `${name}.test.ts`)

/** For each number in a title the files of its tests, as the table names them. */
function filesByNumber (): Record<string, string[]> {
  const found: Record<string, string[]> = {}
  for (const path of readdirSync(__dirname, { recursive: true, encoding: 'utf8' }).sort()) {
    if (!path.endsWith('.test.ts')) continue
    const name = path.replaceAll('\\', '/').replace('.test.ts', '')
    for (const [, list] of readFileSync(fileOf(name), 'utf8').matchAll(/\b\w*test\(\s*['"`]((?:T\d+, )*T\d+): /gi)) {
      for (const number of list!.split(', ')) found[number] = [...new Set([...found[number] ?? [], name])]
    }
  }
  return found
}

test('every threat has one row, in order, and the numbers that are not in use are named', t => {
  t.strictSame(rows.map(([number]) => number), numbers)
  t.match(threats.prose, `${unused.join(' and ')} are not in use`)
  t.end()
})

test('a row says the threat, what meets it and where it is tested, and is short', t => {
  for (const [number, ...cells] of rows) {
    t.equal(cells.length, 3, number!)
    t.ok(cells.every(cell => cell.length > 0 && cell.length < 260), number!)
    t.strictSame(codeIn(cells.at(-1)!).filter(name => !existsSync(fileOf(name))), [], number!)
  }
  t.end()
})

test('the tests of a threat are where its row says, and nowhere else', t => {
  t.strictSame(Object.fromEntries(rows.map(row => [row[0]!, codeIn(row.at(-1)!).sort()])), filesByNumber())
  t.end()
})

test('what the page points at is there', t => {
  for (const [, path = '', anchor] of readFileSync(join(root, 'SECURITY.md'), 'utf8')
    .matchAll(/\]\(([^)#]*)(?:#([^)]+))?\)/g)) {
    t.ok(existsSync(join(root, path)), path)
    if (anchor !== undefined) {
      t.ok(readReadme(path || 'SECURITY.md').some(({ heading }) => anchorOf(heading) === anchor), `${path}#${anchor}`)
    }
  }
  t.end()
})
