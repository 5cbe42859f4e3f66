import type { SqliteView, StoredCommit, ViewDefinition } from '@beseda/event-log'
import { rosterChanges } from '@beseda/kernel'
import { parseHistorySubject } from '@beseda/proto'
import type { GroupCreated, MessagePosted } from '@beseda/proto/group/v1/events'
import type { Event } from '@beseda/proto/log/v1/commit'
import { timestampMs } from '@bufbuild/protobuf/wkt'

/** Groups, who is in them, and their messages. */
export const historyView: ViewDefinition = {
  name: 'history',
  version: 1,
  schema: `
    CREATE TABLE grp (
      id TEXT PRIMARY KEY, kind INTEGER NOT NULL, name TEXT NOT NULL, topic TEXT NOT NULL, created_at INTEGER NOT NULL,
      founder_id TEXT NOT NULL, deleted INTEGER NOT NULL DEFAULT 0, group_seq INTEGER NOT NULL, roster_seq INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID;
    CREATE TABLE member (group_id TEXT NOT NULL, user_id TEXT NOT NULL, role INTEGER NOT NULL, PRIMARY KEY (group_id, user_id)) WITHOUT ROWID;
    CREATE TABLE message (
      group_id TEXT NOT NULL, seq INTEGER NOT NULL, idx INTEGER NOT NULL, id TEXT NOT NULL, author_id TEXT NOT NULL,
      text TEXT NOT NULL, reply_to TEXT NOT NULL, sent_at INTEGER NOT NULL, PRIMARY KEY (group_id, seq, idx)
    ) WITHOUT ROWID;
    CREATE UNIQUE INDEX message_id ON message (group_id, id);
    CREATE TABLE command (id TEXT PRIMARY KEY, group_id TEXT NOT NULL, actor_id TEXT NOT NULL, seq INTEGER NOT NULL) WITHOUT ROWID;
  `,

  apply(view, stored) {
    const place = parseHistorySubject(stored.subject)
    if (!place) return
    const { groupId, lane } = place
    if (lane === 'group') view.run('UPDATE grp SET group_seq = ? WHERE id = ?', stored.seq, groupId)
    if (lane === 'roster') view.run('UPDATE grp SET roster_seq = ? WHERE id = ?', stored.seq, groupId)
    for (const [index, event] of stored.commit.events.entries()) applyEvent(view, stored, groupId, event, index)
  },
}

function applyEvent(view: SqliteView, stored: StoredCommit, groupId: string, event: Event, index: number): void {
  const { body, commandId, actorId } = event
  if (body.case === 'messagePosted') {
    posted(view, stored, groupId, body.value, index)
    return
  }
  if (body.case === 'groupCreated') created(view, stored, groupId, actorId, body.value)
  if (isDeleted(view, groupId)) return
  if (body.case === 'groupUpdated') {
    const { name, topic } = body.value
    view.run(
      'UPDATE grp SET name = COALESCE(?, name), topic = COALESCE(?, topic) WHERE id = ?',
      name ?? null,
      topic ?? null,
      groupId,
    )
  }
  for (const { userId, role } of rosterChanges(body)) {
    if (role === undefined) view.run('DELETE FROM member WHERE group_id = ? AND user_id = ?', groupId, userId)
    else
      view.run(
        'INSERT INTO member VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET role = excluded.role',
        groupId,
        userId,
        role,
      )
  }
  if (body.case === 'groupDeleted') {
    view.run('UPDATE grp SET deleted = 1 WHERE id = ?', groupId)
    view.run('DELETE FROM member WHERE group_id = ?', groupId)
    view.run('DELETE FROM message WHERE group_id = ?', groupId)
  }
  if (body.case?.startsWith('group')) {
    view.run('INSERT OR IGNORE INTO command VALUES (?, ?, ?, ?)', commandId, groupId, actorId, stored.seq)
  }
}

/** Unknown groups count as deleted: nothing comes before the founding. */
const isDeleted = (view: SqliteView, groupId: string): boolean =>
  view.get<{ deleted: number }>('SELECT deleted FROM grp WHERE id = ?', groupId)?.deleted !== 0

const timeOf = ({ commit }: StoredCommit): number => (commit.time ? timestampMs(commit.time) : 0)

function created(
  view: SqliteView,
  stored: StoredCommit,
  groupId: string,
  founderId: string,
  event: GroupCreated,
): void {
  view.run(
    'INSERT OR IGNORE INTO grp (id, kind, name, topic, created_at, founder_id, group_seq) VALUES (?, ?, ?, ?, ?, ?, ?)',
    groupId,
    event.kind,
    event.name,
    event.topic,
    timeOf(stored),
    founderId,
    stored.seq,
  )
}

/** The second message with one id is not a message (ADR 3); neither is one after the end of the group. */
function posted(view: SqliteView, stored: StoredCommit, groupId: string, event: MessagePosted, index: number): void {
  if (isDeleted(view, groupId)) return
  view.run(
    'INSERT OR IGNORE INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    groupId,
    stored.seq,
    index,
    event.messageId,
    event.authorId,
    event.text,
    event.replyTo,
    timeOf(stored),
  )
}
