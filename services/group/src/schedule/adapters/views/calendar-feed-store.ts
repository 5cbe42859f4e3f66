import type { Projection, SqliteView, StoredCommit } from '@beseda/event-log'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import { type CalendarFeed, CalendarFeedStore } from '../../application/ports.js'

export const CALENDAR_SCHEMA = `
  CREATE TABLE calendar_feed (
    user_id TEXT PRIMARY KEY, token_hash BLOB NOT NULL, titles INTEGER NOT NULL, changed_at INTEGER NOT NULL, command_id TEXT NOT NULL,
    seq INTEGER NOT NULL, after_seq INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX calendar_token ON calendar_feed (token_hash);
`

/** A commit on a subject of the person in stream PEOPLE. The link ends with the account. */
export function applyCalendarFeed(view: SqliteView, userId: string, { commit, seq }: StoredCommit): void {
  for (const { body, commandId } of commit.events) {
    if (body.case === 'personGone') view.run('DELETE FROM calendar_feed WHERE user_id = ?', userId)
    if (body.case !== 'calendarFeedChanged') continue
    const { tokenHash, titles, afterSeq } = body.value
    const at = commit.time ? timestampMs(commit.time) : 0
    view.run(
      `INSERT OR REPLACE INTO calendar_feed
         SELECT ?, ?, ?, ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM gone WHERE user_id = ?)`,
      ...[userId, tokenHash, Number(titles), at, commandId, seq, Number(afterSeq), userId],
    )
  }
}

interface FeedRow extends Omit<CalendarFeed, 'titles'> {
  readonly titles: number
}

const FEED = `SELECT user_id AS userId, token_hash AS tokenHash, titles, changed_at AS changedAt, command_id AS commandId, seq,
    after_seq AS afterSeq
  FROM calendar_feed`

export class SqliteCalendarFeedStore extends CalendarFeedStore {
  constructor(private readonly projection: Pick<Projection, 'view'>) {
    super()
  }

  of(userId: string): CalendarFeed | undefined {
    return feedOf(this.projection.view.get<FeedRow>(`${FEED} WHERE user_id = ?`, userId))
  }

  byTokenHash(tokenHash: Uint8Array): CalendarFeed | undefined {
    return feedOf(this.projection.view.get<FeedRow>(`${FEED} WHERE token_hash = ?`, tokenHash))
  }
}

const feedOf = (row: FeedRow | undefined): CalendarFeed | undefined => row && { ...row, titles: row.titles === 1 }
