import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import type { LaneName } from '@beseda/proto'
import { type Event, EventSchema } from '@beseda/proto/log/v1/commit'
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import type { Placed } from '../../../domain/placed.js'
import type { GroupCount, HeldEvent, Person, Range, Workbook, Written, WrittenFile } from '../../application/ports.js'
import type { MessageFacts } from '../../domain/entries.js'
import { SCHEMA } from './schema.js'

/** Rows that are read at once. */
const PAGE = 500

interface EventRow {
  readonly stream: string
  readonly seq: number
  readonly idx: number
  readonly at: number
  readonly lane: LaneName
  readonly body: Uint8Array
}

/** The workbook in one SQLite file. What is erased while it is open is overwritten. */
export class SqliteWorkbook implements Workbook {
  readonly #db: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  /** `terms`: what the archive is of. Errors: a sentence, when the file was begun for another archive. */
  constructor(file: string, terms: string) {
    this.#db = new DatabaseSync(file)
    this.#db.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON; PRAGMA cache_size = -32768',
    )
    this.#db.exec(SCHEMA)
    const begun = this.#get<{ terms: string }>('SELECT terms FROM task')
    if (!begun) this.#run('INSERT INTO task VALUES (?)', terms)
    else if (begun.terms !== terms) {
      throw new Error(
        `another export was begun in this folder: ${begun.terms}. Finish that one, or choose another folder.`,
      )
    }
  }

  close(): void {
    this.#db.close()
  }

  atomically<T>(work: () => T): T {
    this.#db.exec('BEGIN')
    try {
      const result = work()
      this.#db.exec('COMMIT')
      return result
    } catch (error) {
      this.#db.exec('ROLLBACK')
      throw error
    }
  }

  readUpTo(source: string): number {
    return this.#get<{ seq: number }>('SELECT seq FROM reading WHERE source = ?', source)?.seq ?? 0
  }

  setReadUpTo(source: string, seq: number): void {
    this.#run('INSERT OR REPLACE INTO reading VALUES (?, ?)', source, seq)
  }

  keep({ groupId, place: { stream, seq, index }, storedSeq, at, lane, event }: HeldEvent): void {
    const body = toBinary(EventSchema, event)
    const sql =
      'INSERT OR REPLACE INTO event (group_id, seq, idx, stored_seq, at, stream, lane, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)'
    this.#run(sql, groupId, seq, index, storedSeq, at, stream, lane, body)
  }

  dropCommit(groupId: string, storedSeq: number): void {
    this.#run('DELETE FROM event WHERE group_id = ? AND stored_seq = ?', groupId, storedSeq)
  }

  posted(groupId: string, messageId: string, { place: { seq, index }, at, event }: Placed): void {
    if (event.body.case !== 'messagePosted') return
    const { authorId, replyTo, threadId } = event.body.value
    this.#run(
      `INSERT INTO message (group_id, id, author_id, posted_at, reply_to, thread_id, first_seq, first_idx) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET author_id = excluded.author_id, posted_at = excluded.posted_at, reply_to = excluded.reply_to, thread_id = excluded.thread_id,
         first_seq = excluded.first_seq, first_idx = excluded.first_idx
       WHERE first_seq IS NULL OR (excluded.first_seq, excluded.first_idx) <= (first_seq, first_idx)`,
      ...[groupId, messageId, authorId, at, replyTo, threadId, seq, index],
    )
  }

  edited(groupId: string, messageId: string): void {
    this.#run(
      'INSERT INTO message (group_id, id, edited) VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET edited = 1',
      groupId,
      messageId,
    )
  }

  deleted(groupId: string, messageId: string): void {
    this.#run(
      'INSERT INTO message (group_id, id, deleted) VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET deleted = 1',
      groupId,
      messageId,
    )
  }

  ended(groupId: string): void {
    this.#run('INSERT OR IGNORE INTO ended VALUES (?)', groupId)
  }

  setHold(kind: 'group' | 'person', id: string, held: boolean): void {
    this.#run(
      held ? 'INSERT OR IGNORE INTO hold VALUES (?, ?)' : 'DELETE FROM hold WHERE kind = ? AND id = ?',
      kind,
      id,
    )
  }

  isHeld(groupId: string, authorId: string): boolean {
    const sql = "SELECT 1 FROM hold WHERE (kind, id) IN (VALUES ('group', ?), ('person', ?)) LIMIT 1"
    return this.#get(sql, groupId, authorId) !== undefined
  }

  setPerson(userId: string, { username, displayName, kind }: Partial<Person>): void {
    this.#run('INSERT OR IGNORE INTO person (id) VALUES (?)', userId)
    const sql =
      'UPDATE person SET username = coalesce(?, username), display_name = coalesce(?, display_name), kind = coalesce(?, kind) WHERE id = ?'
    this.#run(sql, username ?? null, displayName ?? null, kind ?? null, userId)
  }

  nextGroup(after: string, { from }: Range): string | undefined {
    const sql = 'SELECT group_id AS id FROM event WHERE group_id > ? AND at >= ? ORDER BY group_id LIMIT 1'
    return this.#get<{ id: string }>(sql, after, from)?.id
  }

  isEnded(groupId: string): boolean {
    return this.#get('SELECT 1 FROM ended WHERE group_id = ?', groupId) !== undefined
  }

  message(groupId: string, messageId: string): MessageFacts | undefined {
    const sql = `SELECT author_id AS authorId, posted_at AS postedAt, reply_to AS replyTo, thread_id AS threadId, deleted, edited,
      first_seq || '/' || first_idx AS first FROM message WHERE group_id = ? AND id = ?`
    type Row = Omit<MessageFacts, 'deleted' | 'edited' | 'postedAt'> & {
      deleted: number
      edited: number
      postedAt: number | null
    }
    const row = this.#get<Row>(sql, groupId, messageId)
    return row && { ...row, deleted: row.deleted === 1, edited: row.edited === 1, postedAt: row.postedAt ?? undefined }
  }

  person(userId: string): Person {
    const sql = 'SELECT username, display_name AS displayName, kind FROM person WHERE id = ?'
    return this.#get<Person>(sql, userId) ?? { username: '', displayName: '', kind: 'unknown' }
  }

  *events(groupId: string, after: { readonly seq: number; readonly index: number }): Iterable<Placed> {
    let { seq, index } = after
    for (;;) {
      const page = this.#all<EventRow>(
        'SELECT stream, seq, idx, at, lane, body FROM event WHERE group_id = ? AND (seq, idx) > (?, ?) ORDER BY seq, idx LIMIT ?',
        ...[groupId, seq, index, PAGE],
      )
      for (const row of page) yield placedOf(groupId, row)
      const last = page.at(-1)
      if (!last) return
      seq = last.seq
      index = last.idx
    }
  }

  *eventsUpTo(groupId: string, { seq, index }: { readonly seq: number; readonly index: number }): Iterable<Event> {
    const rows = this.#all<EventRow>(
      "SELECT stream, seq, idx, at, lane, body FROM event WHERE group_id = ? AND lane IN ('group', 'roster') AND (seq, idx) <= (?, ?) ORDER BY seq, idx",
      ...[groupId, seq, index],
    )
    for (const row of rows) yield placedOf(groupId, row).event
  }

  written(): Written | undefined {
    return this.#get<Written & Record<string, SQLInputValue>>(
      'SELECT part, group_id AS groupId, seq, idx AS "index" FROM written ORDER BY part DESC LIMIT 1',
    )
  }

  finish({ part, groupId, seq, index }: Written, files: readonly WrittenFile[], counts: readonly GroupCount[]): void {
    this.atomically(() => {
      this.#run('INSERT INTO written VALUES (?, ?, ?, ?)', part, groupId, seq, index)
      for (const { path, bytes, sha256 } of files)
        this.#run('INSERT OR REPLACE INTO file VALUES (?, ?, ?)', path, bytes, sha256)
      for (const { groupId: id, kind, name, groupKind, entries } of counts) {
        const sql =
          'INSERT INTO counted VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET entries = entries + excluded.entries, name = excluded.name'
        this.#run(sql, id, kind, name, groupKind, entries)
      }
    })
  }

  file(path: string): WrittenFile | undefined {
    return this.#get<WrittenFile>('SELECT path, bytes, sha256 FROM file WHERE path = ?', path)
  }

  files(): Iterable<WrittenFile> {
    return this.#prepared('SELECT path, bytes, sha256 FROM file ORDER BY path').iterate() as Iterable<WrittenFile>
  }

  counts(): Iterable<GroupCount> {
    const sql =
      'SELECT group_id AS groupId, kind, name, group_kind AS groupKind, entries FROM counted ORDER BY group_id, kind'
    return this.#prepared(sql).iterate() as Iterable<GroupCount>
  }

  #run(sql: string, ...values: SQLInputValue[]): void {
    this.#prepared(sql).run(...values)
  }

  #get<T>(sql: string, ...values: SQLInputValue[]): T | undefined {
    return this.#prepared(sql).get(...values) as T | undefined
  }

  #all<T>(sql: string, ...values: SQLInputValue[]): T[] {
    return this.#prepared(sql).all(...values) as T[]
  }

  #prepared(sql: string): StatementSync {
    const known = this.#statements.get(sql) ?? this.#db.prepare(sql)
    this.#statements.set(sql, known)
    return known
  }
}

const placedOf = (groupId: string, { stream, seq, idx, at, lane, body }: EventRow): Placed => ({
  place: { stream, seq, index: idx },
  ...{ groupId, lane, at, traceparent: '', event: fromBinary(EventSchema, body) },
})
