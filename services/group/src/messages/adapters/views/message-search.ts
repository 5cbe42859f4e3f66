import type { SqliteView } from '@beseda/event-log'
import type { Search, SearchedGroup } from '../../application/ports.js'
import { searchWords } from '../../domain/search-terms.js'
import { keyAt } from './message-keys.js'
import type { MessageRow } from './message-rows.js'
import { facet, markOfGroup } from './word-index.js'

/** Newest first. `now`: Unix ms; messages that have expired by then are not found. */
export function searchMessages(
  view: SqliteView,
  groups: readonly SearchedGroup[],
  userId: string,
  search: Search,
  now: number,
): MessageRow[] {
  const match = matchOf(
    groups.map(({ id }) => markOfGroup(view, id)),
    search,
  )
  if (match === '') return []
  const floors = new Map(groups.map(({ id, hiddenBefore }) => [id, hiddenBefore]))
  const found: MessageRow[] = []
  let below = Math.min(
    search.cursor || Number.MAX_SAFE_INTEGER,
    search.before > 0 ? keyAt(search.before) : Number.MAX_SAFE_INTEGER,
  )
  while (found.length < search.limit) {
    const page = view.all<MessageRow>(
      `SELECT message.* FROM message_text JOIN message ON message.key = message_text.rowid
       WHERE message_text MATCH ? AND message_text.rowid < ? AND message_text.rowid >= ? ORDER BY message_text.rowid DESC LIMIT ?`,
      match,
      below,
      keyAt(search.after),
      search.limit,
    )
    const shown = page.filter(
      (row) =>
        row.deleted === 0 &&
        (row.expires_at === 0 || row.expires_at > now) &&
        row.seq > (floors.get(row.group_id) ?? Number.MAX_SAFE_INTEGER) &&
        !isHidden(view, userId, row),
    )
    found.push(...shown)
    below = page.at(-1)?.key ?? 0
    if (page.length < search.limit) break
  }
  return found.slice(0, search.limit)
}

const isHidden = (view: SqliteView, userId: string, { group_id, id }: MessageRow): boolean =>
  view.get('SELECT 1 FROM hidden WHERE user_id = ? AND group_id = ? AND message_id = ?', userId, group_id, id) !==
  undefined

/** The query in FTS5's language: in any of the groups, all words and filters. Empty: the query has none. */
function matchOf(marks: readonly string[], { query, authorId, has }: Search): string {
  const words = searchWords(query)
  const terms = [
    ...words.map(({ stem, prefix }) => (mark: string) => {
      const exact = `"${mark}${stem}"`
      return prefix === undefined ? exact : `(${exact} OR "${mark}${prefix}"*)`
    }),
    ...has.map((contents) => (mark: string) => `"${mark}${facet.has(contents)}"`),
    ...(authorId === '' ? [] : [(mark: string) => `"${mark}${facet.from(authorId)}"`]),
  ]
  if (terms.length === 0) return ''
  return marks.map((mark) => `(${terms.map((term) => term(mark)).join(' AND ')})`).join(' OR ')
}
