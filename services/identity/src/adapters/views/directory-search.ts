import type { Projection, SqliteView } from '@beseda/event-log'
import { foldUsername } from '@beseda/rules'
import type { AccountRecord, DirectorySearch } from '../../application/accounts/ports.js'
import { similarity, trigrams } from '../../domain/directory/search.js'
import { type AccountRow, recordOf } from './account-rows.js'

/** Names that have less in common are not spellings of each other. */
const MIN_SIMILARITY = 0.35
/** Words read for one prefix. More: short prefixes, which a hundred thousand names share, become slow. */
const PREFIX_CANDIDATES = 400
/** Trigrams looked up for a query: its rarest ones, which tell most and have short lists. */
const GRAMS = 6
/** Names read from the list of one trigram. */
const LIST = 8_000
/** Names with the most trigrams in common whose similarity is computed. */
const CANDIDATES = 100

export class SqliteDirectorySearch implements DirectorySearch {
  constructor(private readonly projection: Pick<Projection, 'view'>) {}

  async search(query: string, limit: number, signal?: AbortSignal): Promise<readonly AccountRecord[]> {
    const { view } = this.projection
    // Typed with the @ with which user names are shown, or without.
    const wanted = foldUsername(query)
    if (wanted === '') return []
    const prefixed = beginning(view, wanted, limit)
    if (prefixed.length >= limit) return prefixed.map(recordOf)
    const found = new Set(prefixed.map(({ number }) => number))
    const similar = (await alike(view, wanted, signal)).filter(({ number }) => !found.has(number))
    return [...prefixed, ...similar].slice(0, limit).map(recordOf)
  }
}

/** Exact matches first, then whole names, then parts of names; short ones before long ones. */
function beginning(view: SqliteView, wanted: string, limit: number): AccountRow[] {
  const words = view.all<{ number: number; word: string; weight: number }>(
    'SELECT number, word, weight FROM word WHERE word >= ? AND word < ? LIMIT ?',
    wanted,
    `${wanted}\u{10ffff}`,
    PREFIX_CANDIDATES,
  )
  const rank = ({ word, weight }: { word: string; weight: number }) =>
    (word === wanted ? -1 : weight) * 100 + word.length
  const numbers = new Set(words.sort((a, b) => rank(a) - rank(b) || a.number - b.number).map(({ number }) => number))
  return accounts(view, [...numbers].slice(0, limit))
}

async function alike(view: SqliteView, query: string, signal: AbortSignal | undefined): Promise<AccountRow[]> {
  const best = await sharing(view, rarest(view, [...new Set(trigrams(query))].slice(0, 64)), signal)
  return accounts(view, best)
    .map((row) => ({ row, score: Math.max(similarity(query, row.username), similarity(query, row.display_name)) }))
    .filter(({ score }) => score >= MIN_SIMILARITY)
    .sort((a, b) => b.score - a.score || a.row.number - b.row.number)
    .map(({ row }) => row)
}

/** Accounts that have most of the trigrams. Tens of thousands of names are counted, on another thread. */
async function sharing(view: SqliteView, grams: readonly string[], signal?: AbortSignal): Promise<number[]> {
  if (grams.length === 0) return []
  const list = 'SELECT * FROM (SELECT number FROM trigram WHERE trigram = ? LIMIT ?)'
  const sql = `SELECT number FROM (${grams.map(() => list).join(' UNION ALL ')})
    GROUP BY number ORDER BY COUNT(*) DESC, number LIMIT ${CANDIDATES}`
  const values = grams.flatMap((gram) => [gram, LIST])
  const rows = await view.allSlowly<{ number: number }>(sql, values, signal)
  return rows.map(({ number }) => number)
}

function rarest(view: SqliteView, grams: readonly string[]): string[] {
  const counts = view.all<{ trigram: string }>(
    `SELECT trigram FROM trigram_count WHERE trigram IN (${grams.map(() => '?').join(', ')}) AND names > 0 ORDER BY names LIMIT ${GRAMS}`,
    ...grams,
  )
  return counts.map(({ trigram }) => trigram)
}

const accounts = (view: SqliteView, numbers: readonly number[]): AccountRow[] =>
  numbers.flatMap((number) => view.get<AccountRow>('SELECT * FROM account WHERE number = ?', number) ?? [])
