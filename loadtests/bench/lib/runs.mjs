/** Numbers of a printed cell, with their sign and fraction. */
const NUMBER = /-?\d+(?:\.\d+)?/g

/** The median; of an even number the lower one. @param {readonly string[]} sorted */
const middle = (sorted) => sorted[(sorted.length - 1) >> 1] ?? ''

/**
 * One table of several runs: a cell that is the same in all stays, and each number of the others becomes its median with the least and the
 * greatest in brackets: `4.1 / 9.2` and `4.3 / 8.8` become `4.1 (4.1–4.3) / 8.8 (8.8–9.2)`. Cells that differ in more than their
 * numbers are all shown.
 * @param {readonly (readonly (readonly string[])[])[]} tables the rows of each run, in the same order
 */
export function merged(tables) {
  const [first = [], ...others] = tables
  return first.map((row, i) => row.map((cell, j) => spread([cell, ...others.map((table) => table[i]?.[j] ?? '')])))
}

/** @param {readonly string[]} cells of the runs */
export function spread(cells) {
  const [first = ''] = cells
  if (cells.every((cell) => cell === first)) return first
  const frames = new Set(cells.map((cell) => cell.replace(NUMBER, '#')))
  if (frames.size > 1) return cells.join('; ')
  const numbers = cells.map((cell) => cell.match(NUMBER) ?? [])
  let at = 0
  return first.replace(NUMBER, () => {
    const sorted = numbers.map((all) => all[at] ?? '').sort((a, b) => Number(a) - Number(b))
    at++
    const [least, most] = [sorted[0] ?? '', sorted.at(-1) ?? '']
    return least === most ? least : `${middle(sorted)} (${least}–${most})`
  })
}
