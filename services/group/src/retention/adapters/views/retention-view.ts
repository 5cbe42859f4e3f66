import type { SqliteView, StoredCommit } from '@beseda/event-log'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import { changesOf } from '../../domain/retention.js'

/** The rule has one row at most. */
export const RETENTION_SCHEMA = `
  CREATE TABLE retention (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL, direct INTEGER NOT NULL, grp INTEGER NOT NULL, channel INTEGER NOT NULL);
  CREATE TABLE hold (
    kind TEXT NOT NULL, id TEXT NOT NULL, reason TEXT NOT NULL, placed_by TEXT NOT NULL, placed_at INTEGER NOT NULL, PRIMARY KEY (kind, id)
  ) WITHOUT ROWID;
  INSERT INTO retention VALUES (1, 0, 0, 0, 0);
`

/** What is said or done by this person, or in this group, is held: a condition on columns of a query. */
export const isHeld = (groupId: string, authorId: string): string =>
  `(EXISTS (SELECT 1 FROM hold WHERE kind = 'group' AND id = ${groupId}) OR EXISTS (SELECT 1 FROM hold WHERE kind = 'person' AND id = ${authorId}))`

export function applyRetention(view: SqliteView, { seq, commit }: StoredCommit): void {
  view.run('UPDATE retention SET seq = ?', seq)
  for (const { actorId, body } of commit.events) {
    for (const change of changesOf(body)) {
      if (change.kind === 'rule') {
        const { rule } = change
        const days = [rule[GroupKind.DIRECT], rule[GroupKind.GROUP], rule[GroupKind.CHANNEL]]
        view.run('UPDATE retention SET direct = ?, grp = ?, channel = ?', ...days)
      } else if (change.kind === 'held') {
        const { kind, id, reason } = change.hold
        const at = commit.time ? timestampMs(commit.time) : 0
        view.run(
          'INSERT INTO hold VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET reason = excluded.reason, placed_by = excluded.placed_by',
          ...[kind, id, reason, actorId, at],
        )
      } else {
        view.run('DELETE FROM hold WHERE kind = ? AND id = ?', change.held.kind, change.held.id)
      }
    }
  }
}
