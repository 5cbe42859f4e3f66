import type { SqliteView } from '@beseda/event-log'
import { foldText } from '@beseda/rules'
import { trigrams } from '../../domain/directory/search.js'

/** What accounts are found by: words of their names, and trigrams for similar spellings. */
export const SEARCH_SCHEMA = `
  CREATE TABLE word (word TEXT NOT NULL, weight INTEGER NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (word, weight, number)) WITHOUT ROWID;
  CREATE TABLE trigram (trigram TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (trigram, number)) WITHOUT ROWID;
  CREATE TABLE trigram_count (trigram TEXT PRIMARY KEY, names INTEGER NOT NULL) WITHOUT ROWID;
`

interface Named {
  readonly number: number
  readonly username: string
  readonly display_name: string
}

/** The words of both names and their trigrams. Weight 0: a whole name; 1: a part of one. */
function termsOf(view: SqliteView, userId: string) {
  const account = view.get<Named>('SELECT number, username, display_name FROM account WHERE user_id = ?', userId)
  if (!account) return undefined
  const names = [account.username, account.display_name].map(foldText)
  const parts = names.flatMap((name) => name.split(/[\s._-]+/)).filter((word) => word !== '' && !names.includes(word))
  const words = [...new Set(names)].map((word) => ({ word, weight: 0 }))
  const partial = [...new Set(parts)].map((word) => ({ word, weight: 1 }))
  return { number: account.number, words: [...words, ...partial], grams: new Set(names.flatMap(trigrams)) }
}

export function indexNames(view: SqliteView, userId: string): void {
  const terms = termsOf(view, userId)
  if (!terms) return
  const { number, words, grams } = terms
  for (const { word, weight } of words) view.run('INSERT OR IGNORE INTO word VALUES (?, ?, ?)', word, weight, number)
  for (const gram of grams) {
    view.run('INSERT INTO trigram VALUES (?, ?)', gram, number)
    view.run('INSERT INTO trigram_count VALUES (?, 1) ON CONFLICT DO UPDATE SET names = names + 1', gram)
  }
}

export function unindexNames(view: SqliteView, userId: string): void {
  const terms = termsOf(view, userId)
  if (!terms) return
  const { number, words, grams } = terms
  for (const { word, weight } of words) {
    view.run('DELETE FROM word WHERE word = ? AND weight = ? AND number = ?', word, weight, number)
  }
  for (const gram of grams) {
    view.run('DELETE FROM trigram WHERE trigram = ? AND number = ?', gram, number)
    view.run('UPDATE trigram_count SET names = names - 1 WHERE trigram = ?', gram)
  }
}
