const TAB = 4

export const isBlank = (line: string | undefined): boolean => line === undefined || line.trim() === ''

/** Columns before the first word; a tab goes to the next multiple of four. */
export function indentOf(line: string): number {
  let columns = 0
  for (const sign of line) {
    if (sign === ' ') columns++
    else if (sign === '\t') columns += TAB - (columns % TAB)
    else break
  }
  return columns
}

/** Removes up to `columns` columns of white space from the start of the line. */
export function outdented(line: string, columns: number): string {
  const own = indentOf(line)
  return ' '.repeat(Math.max(0, own - columns)) + line.replace(/^[ \t]+/, '')
}

/** The next line with words, at or after `at`. */
export function nextWords(lines: readonly string[], at: number): number {
  let next = at
  while (next < lines.length && isBlank(lines[next])) next++
  return next
}
