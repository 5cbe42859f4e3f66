import type { Projection, SqliteView } from '@beseda/event-log'
import { foldText } from '@beseda/rules'
import { similarity, trigrams } from '../domain/search.js'
import type { AccountRow } from './queries.js'

/** Below, the names have too little in common to be a typo of each other. */
const MIN_SIMILARITY = 0.35
/** Words looked at for a beginning: of "a" there are a hundred thousand, and nobody can want them all. */
const PREFIX_CANDIDATES = 400
/** The rarest trigrams of a query say most about it, and have short lists. */
const GRAMS = 6
/** Names read of each trigram's list. */
const LIST = 8_000
/** Names compared letter by letter after the trigrams have chosen. */
const CANDIDATES = 100

/** The directory of people, as far as this process has read. */
export class Directory {
  constructor(private readonly projection: Pick<Projection, 'view'>) {}

  /** People whose names begin with the query, then those that are like it, best first. */
  search(query: string, limit: number): AccountRow[] {
    const { view } = this.projection
    const wanted = foldText(query)
    if (wanted === '') return []
    const prefixed = beginning(view, wanted, limit)
    if (prefixed.length >= limit) return prefixed
    const found = new Set(prefixed.map(({ number }) => number))
    return [...prefixed, ...alike(view, query).filter(({ number }) => !found.has(number))].slice(0, limit)
  }
}

/** Exactly so first, then whole names, then parts of names; short ones before long ones. */
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

function alike(view: SqliteView, query: string): AccountRow[] {
  const common = new Map<number, number>()
  for (const gram of rarest(view, [...new Set(trigrams(query))].slice(0, 64))) {
    const list = view.all<{ number: number }>('SELECT number FROM trigram WHERE trigram = ? LIMIT ?', gram, LIST)
    for (const { number } of list) common.set(number, (common.get(number) ?? 0) + 1)
  }
  const best = [...common].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, CANDIDATES)
  return accounts(
    view,
    best.map(([number]) => number),
  )
    .map((row) => ({ row, score: Math.max(similarity(query, row.username), similarity(query, row.display_name)) }))
    .filter(({ score }) => score >= MIN_SIMILARITY)
    .sort((a, b) => b.score - a.score || a.row.number - b.row.number)
    .map(({ row }) => row)
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
