import { readFileSync } from 'node:fs'

const PAGE = new URL('../configuration.md', import.meta.url)

/** The variables in the first columns of docs/configuration.md's tables. */
export function documentedVariables(): ReadonlySet<string> {
  const rows = readFileSync(PAGE, 'utf8').match(/^\| `.*$/gm) ?? []
  return new Set(rows.flatMap((row) => row.split('|')[1]?.match(/[A-Z][A-Z0-9_]+/g) ?? []))
}
