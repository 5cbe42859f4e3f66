import type { SqliteView } from '@beseda/event-log'
import { fold, similarity, trigrams } from '../domain/search.js'

export interface AccountRow {
  readonly user_id: string
  readonly username: string
  readonly display_name: string
  readonly status_text: string
  readonly password_hash: string
  readonly locale: string
  readonly time_zone: string
  /** Unix ms. */
  readonly created_at: number
  /** Last sequence of the account's subject. */
  readonly seq: number
}

export const accountById = (view: SqliteView, userId: string) =>
  view.get<AccountRow>('SELECT * FROM account WHERE user_id = ?', userId)

export const accountByUsername = (view: SqliteView, username: string) =>
  view.get<AccountRow>('SELECT * FROM account WHERE username = ?', username)

export const nameHolder = (view: SqliteView, username: string) =>
  view.get<{ user_id: string; claimed_at: number }>('SELECT user_id, claimed_at FROM name WHERE username = ?', username)

export const commandSeq = (view: SqliteView, commandId: string): number | undefined =>
  view.get<{ seq: number }>('SELECT seq FROM command WHERE id = ?', commandId)?.seq

/** Below, the names have too little in common to be a typo of each other. */
const MIN_SIMILARITY = 0.35
/** Names compared after the trigrams have chosen; a common trigram is in thousands of names. */
const CANDIDATES = 200

/** People whose names begin with the query, then those that are like it, best first. */
export function search(view: SqliteView, query: string, limit: number): AccountRow[] {
  const wanted = fold(query)
  if (wanted === '') return []
  const prefixed = view.all<AccountRow>(
    `SELECT DISTINCT account.* FROM word JOIN account USING (user_id)
     WHERE word >= ? AND word < ? ORDER BY length(username), username LIMIT ?`,
    wanted,
    `${wanted}\u{10ffff}`,
    limit,
  )
  if (prefixed.length >= limit) return prefixed
  const found = new Set(prefixed.map(({ user_id }) => user_id))
  const grams = [...new Set(trigrams(query))].slice(0, 64)
  const candidates = view.all<AccountRow>(
    `SELECT account.* FROM (
       SELECT user_id, COUNT(*) AS common FROM trigram WHERE trigram IN (${grams.map(() => '?').join(',')})
       GROUP BY user_id ORDER BY common DESC LIMIT ${CANDIDATES}) JOIN account USING (user_id)`,
    ...grams,
  )
  const like = candidates
    .filter(({ user_id }) => !found.has(user_id))
    .map((row) => ({ row, score: Math.max(similarity(query, row.username), similarity(query, row.display_name)) }))
    .filter(({ score }) => score >= MIN_SIMILARITY)
    .sort((a, b) => b.score - a.score || a.row.username.localeCompare(b.row.username))
  return [...prefixed, ...like.map(({ row }) => row)].slice(0, limit)
}
