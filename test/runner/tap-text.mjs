// What a test file has printed, in TAP: its assertions counted, and what of it is worth a look.

/**
 * `passed`, `failed`, `skipped`: every assertion, those of subtests too, as tap itself counts them at the end of a
 * file; undefined where the text has no such end. `hasPlan`: whether a plan stands at the outermost level, which says
 * that the file came to its end. `shown`: the lines that say what failed, what was skipped and why, and whatever else
 * the file printed.
 */
export function readTap (text) {
  const lines = text.split('\n')
  return { ...readTotals(lines), hasPlan: lines.some(line => /^1\.\.\d+/.test(line)), shown: linesToShow(lines) }
}

/** e.g. `# { total: 13, pass: 4, fail: 6, todo: 1, skip: 2 }` */
function readTotals (lines) {
  const totals = lines.findLast(line => line.startsWith('# { total: '))
  if (totals === undefined) return {}
  const { pass = 0, fail = 0, skip = 0, todo = 0 } =
    Object.fromEntries([...totals.matchAll(/(\w+): (\d+)/g)].map(([, name, count]) => [name, Number(count)]))
  return { passed: pass, failed: fail, skipped: skip + todo }
}

function linesToShow (lines) {
  let explains = false // in the YAML below a result
  return lines.filter(line => {
    if (/^ *---$/.test(line)) explains = true
    const shows = explains || !isNoise(line)
    if (/^ *\.\.\.$/.test(line)) explains = false
    return shows
  })
}

/**
 * Passing results, plans, headings, comments, and the blank lines between. A directive, `# ` and capitals, says what
 * did not run: those stay.
 */
function isNoise (line) {
  return /^ *(ok \d+(?!.*# [A-Z]{4})|\d+\.\.\d+$|# |TAP version \d+$|$)/.test(line)
}
