import type { SqliteView } from '@beseda/event-log'
import { MessagePostedSchema } from '@beseda/proto/group/v1/events'
import { targetsOf } from '@beseda/rules'
import { hasRuns, runsToCheck, type SearchWord, searchWords } from '@beseda/rules/search'
import { fromBinary } from '@bufbuild/protobuf'
import type { Search, SearchedGroup } from '../../application/ports.js'
import { keyAt } from './message-keys.js'
import type { MessageRow } from './message-rows.js'
import { facet, markOfGroup, searchedTexts } from './word-index.js'

/**
 * Newest first; all messages if the search has neither words nor filters. `now`: Unix ms; messages that have expired by then are not
 * found. The index is read on another thread, because a search whose words are frequent and never meet reads all of their lists; what
 * it finds is judged on the view as it is then. Errors: RATE_LIMITED when too many searches wait.
 */
export async function searchMessages(
  view: SqliteView,
  groups: readonly SearchedGroup[],
  userId: string,
  search: Search,
  now: number,
  signal?: AbortSignal,
): Promise<MessageRow[]> {
  const words = searchWords(search.query)
  // A query of signs only, in which there is no word to look for, finds nothing.
  if (groups.length === 0 || (words.length === 0 && search.query.trim() !== '')) return []
  const select = selectOf(view, groups, userId, search, words)
  const runs = runsToCheck(words)
  const floors = new Map(groups.map(({ id, hiddenBefore }) => [id, hiddenBefore]))
  const isShown = (row: MessageRow): boolean =>
    row.deleted === 0 &&
    (row.expires_at === 0 || row.expires_at > now) &&
    row.seq > (floors.get(row.group_id) ?? Number.MAX_SAFE_INTEGER) &&
    !isHidden(view, userId, row) &&
    (runs.length === 0 || hasRuns(searchedTexts(fromBinary(MessagePostedSchema, row.body)), runs))
  const found: MessageRow[] = []
  let below = Math.min(
    search.cursor || Number.MAX_SAFE_INTEGER,
    search.before > 0 ? keyAt(search.before) : Number.MAX_SAFE_INTEGER,
  )
  while (found.length < search.limit) {
    const values = [...select.values, below, keyAt(search.after), search.limit]
    const page = await view.allSlowly<{ key: number }>(select.sql, values, signal)
    found.push(...page.flatMap(({ key }) => findByKey(view, key) ?? []).filter(isShown))
    below = page.at(-1)?.key ?? 0
    if (page.length < search.limit) break
  }
  return found.slice(0, search.limit)
}

const findByKey = (view: SqliteView, key: number): MessageRow | undefined =>
  view.get<MessageRow>('SELECT * FROM message WHERE key = ?', key)

const isHidden = (view: SqliteView, userId: string, { group_id, id }: MessageRow): boolean =>
  view.get('SELECT 1 FROM hidden WHERE user_id = ? AND group_id = ? AND message_id = ?', userId, group_id, id) !==
  undefined

/** A mention of the searcher, by the rule that all share (`targetsOf`); what it includes depends on the role in the group. */
const MENTIONS_ME = `AND message.author_id <> ? AND EXISTS (
  SELECT 1 FROM mention JOIN json_each(?) AS mine ON mention.group_id = mine.value ->> 0 AND mention.target = mine.value ->> 1
  WHERE mention.group_id = message.group_id AND mention.message_id = message.id)`

const PINNED =
  'AND EXISTS (SELECT 1 FROM pin WHERE pin.group_id = message.group_id AND pin.message_id = message.id AND pin.pinned = 1)'

/** Whom the searcher has blocked says nothing to them. */
const REACTED = `AND EXISTS (SELECT 1 FROM reaction WHERE reaction.group_id = message.group_id AND reaction.message_id = message.id
  AND reaction.present = 1 AND reaction.user_id <> ? AND reaction.user_id NOT IN (SELECT other_id FROM block WHERE user_id = ?))`

function selectOf(
  view: SqliteView,
  groups: readonly SearchedGroup[],
  userId: string,
  search: Search,
  words: readonly SearchWord[],
): { readonly sql: string; readonly values: readonly string[] } {
  const marks = groups.map(({ id }) => markOfGroup(view, id))
  const mine = groups.flatMap(({ id, role }) => targetsOf({ userId, role }).map((target) => [id, target]))
  const mentions = search.mentionsMe ? [MENTIONS_ME] : []
  const pinned = search.pinned ? [PINNED] : []
  const reacted = search.reacted ? [REACTED] : []
  return {
    sql: `SELECT message.key FROM message_text JOIN message ON message.key = message_text.rowid
      WHERE message_text MATCH ? ${[...mentions, ...pinned, ...reacted].join(' ')}
      AND message_text.rowid < ? AND message_text.rowid >= ? ORDER BY message_text.rowid DESC LIMIT ?`,
    values: [
      matchOf(marks, search, words),
      ...(search.mentionsMe ? [userId, JSON.stringify(mine)] : []),
      ...(search.reacted ? [userId, userId] : []),
    ],
  }
}

/** The query in FTS5's language: in any of the groups, all words and filters. */
function matchOf(marks: readonly string[], { authorId, has }: Search, words: readonly SearchWord[]): string {
  const terms = [
    ...words.map((word) => (mark: string) => wordTerm(mark, word)),
    ...has.map((contents) => (mark: string) => `"${mark}${facet.has(contents)}"`),
    ...(authorId === '' ? [] : [(mark: string) => `"${mark}${facet.from(authorId)}"`]),
  ]
  const all = terms.length > 0 ? terms : [(mark: string) => `"${mark}${facet.any}"`]
  return marks.map((mark) => `(${all.map((term) => term(mark)).join(' AND ')})`).join(' OR ')
}

/** One character of a run is the beginning of a pair. */
function wordTerm(mark: string, word: SearchWord): string {
  if (word.kind === 'run') {
    const [first = ''] = word.pairs
    return [...word.text].length === 1
      ? `"${mark}${first}"*`
      : word.pairs.map((pair) => `"${mark}${pair}"`).join(' AND ')
  }
  const exact = `"${mark}${word.stem}"`
  return word.prefix === undefined ? exact : `(${exact} OR "${mark}${word.prefix}"*)`
}
