import type { SqliteView, StoredCommit, ViewDefinition } from '@beseda/event-log'
import { parseHistorySubject } from '@beseda/proto'
import type { CommitRedacted, Event } from '@beseda/proto/log/v1/commit'
import { contentOf } from '../../domain/outgoing.js'

/**
 * Ids and places; no content. `content`: which commit holds content of which message. `erased`: messages whose content went with the commit
 * that the redaction at `seq` explains. `moved`: events of erased commits at their first places, and the commit that holds them now.
 */
const SCHEMA = `
CREATE TABLE content (
  group_id TEXT NOT NULL, message_id TEXT NOT NULL, stream TEXT NOT NULL, stored_seq INTEGER NOT NULL,
  PRIMARY KEY (group_id, message_id, stored_seq)
) WITHOUT ROWID;
CREATE INDEX content_by_commit ON content (stream, stored_seq);
CREATE TABLE ended (group_id TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE erased (
  stream TEXT NOT NULL, seq INTEGER NOT NULL, idx INTEGER NOT NULL, message_id TEXT NOT NULL,
  PRIMARY KEY (stream, seq, idx, message_id)
) WITHOUT ROWID;
CREATE TABLE moved (
  stream TEXT NOT NULL, seq INTEGER NOT NULL, idx INTEGER NOT NULL, stored_seq INTEGER NOT NULL,
  PRIMARY KEY (stream, seq, idx)
) WITHOUT ROWID;
CREATE INDEX moved_by_commit ON moved (stream, stored_seq);
`

export const contentsView: ViewDefinition = {
  name: 'contents',
  version: 1,
  schema: SCHEMA,
  apply(view, stored) {
    const place = parseHistorySubject(stored.subject)
    if (!place) return
    const { groupId } = place
    for (const [index, event] of stored.commit.events.entries()) {
      const { body } = event
      if (body.case === 'commitRedacted') redact(view, groupId, stored, index, body.value)
      else if (body.case === 'groupDeleted') view.run('INSERT OR IGNORE INTO ended VALUES (?, ?)', groupId, stored.seq)
      else remember(view, groupId, stored, event)
    }
  },
}

/** Returns the message whose content the event carries. */
function remember(view: SqliteView, groupId: string, { stream, seq }: StoredCommit, event: Event): string | undefined {
  const messageId = contentOf(event)
  if (messageId !== undefined) {
    view.run('INSERT OR IGNORE INTO content VALUES (?, ?, ?, ?)', groupId, messageId, stream, seq)
  }
  return messageId
}

function redact(
  view: SqliteView,
  groupId: string,
  stored: StoredCommit,
  index: number,
  redacted: CommitRedacted,
): void {
  const { stream, seq: storedSeq } = stored
  const gone = Number(redacted.seq)
  const before = view.all<{ id: string }>(
    'SELECT message_id AS id FROM content WHERE stream = ? AND stored_seq = ?',
    stream,
    gone,
  )
  view.run('DELETE FROM content WHERE stream = ? AND stored_seq = ?', stream, gone)
  view.run('DELETE FROM moved WHERE stream = ? AND stored_seq = ?', stream, gone)
  const left = new Set<string | undefined>()
  for (const kept of redacted.kept) {
    if (!kept.event) continue
    view.run('INSERT OR REPLACE INTO moved VALUES (?, ?, ?, ?)', stream, Number(kept.seq), kept.index, storedSeq)
    left.add(remember(view, groupId, stored, kept.event))
  }
  for (const { id } of before) {
    if (!left.has(id)) view.run('INSERT OR IGNORE INTO erased VALUES (?, ?, ?, ?)', stream, storedSeq, index, id)
  }
}
