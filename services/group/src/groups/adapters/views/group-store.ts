import type { Projection, SqliteView } from '@beseda/event-log'
import { type GroupCreated, GroupKind } from '@beseda/proto/group/v1/events'
import { EventSchema } from '@beseda/proto/log/v1/commit'
import { fromBinary } from '@bufbuild/protobuf'
import { GroupStore } from '../../application/ports.js'
import type { Group } from '../../domain/group-changes.js'
import { findGroup, findWebhooks, settingsOf } from './group-rows.js'

export class SqliteGroupStore extends GroupStore {
  constructor(private readonly projection: Pick<Projection, 'view'>) {
    super()
  }

  load(groupId: string): { state: Group; lastSeq: number } {
    return loadGroup(this.projection.view, groupId)
  }

  result(commandId: string) {
    const { view } = this.projection
    const done = view.get<{ groupId: string; actorId: string; seq: number; kind: string }>(
      'SELECT group_id AS groupId, actor_id AS actorId, seq, kind FROM command WHERE id = ?',
      commandId,
    )
    if (!done) return undefined
    const { groupId, seq, kind } = done
    const events = view.all<{ event: Uint8Array }>(
      'SELECT event FROM audit WHERE group_id = ? AND seq = ?',
      groupId,
      seq,
    )
    const body = events.map(({ event }) => fromBinary(EventSchema, event).body).find((one) => one.case === kind)
    return { ...done, body }
  }

  founding(groupId: string): GroupCreated | undefined {
    const first = this.projection.view.get<{ event: Uint8Array }>(
      'SELECT event FROM audit WHERE group_id = ? ORDER BY seq, idx LIMIT 1',
      groupId,
    )
    const body = first && fromBinary(EventSchema, first.event).body
    return body?.case === 'groupCreated' ? body.value : undefined
  }

  directChatOf(one: string, other: string): string | undefined {
    return this.projection.view.get<{ id: string }>(
      `SELECT grp.id FROM member AS mine JOIN member AS theirs ON theirs.group_id = mine.group_id AND theirs.user_id = ?
         JOIN grp ON grp.id = mine.group_id
       WHERE mine.user_id = ? AND grp.kind = ? AND grp.deleted = 0 AND (SELECT COUNT(*) FROM member WHERE group_id = grp.id) = 2
       ORDER BY grp.created_at, grp.id LIMIT 1`,
      other,
      one,
      GroupKind.DIRECT,
    )?.id
  }
}

export function loadGroup(view: SqliteView, groupId: string): { state: Group; lastSeq: number } {
  const row = findGroup(view, groupId)
  if (!row) return { state: undefined, lastSeq: 0 }
  const { kind, name, topic, avatar_file_id: avatarFileId } = row
  const state = {
    kind,
    name,
    topic,
    avatarFileId,
    settings: settingsOf(row),
    archived: row.archived === 1,
    deleted: row.deleted === 1,
    webhooks: new Set(findWebhooks(view, groupId).map(({ id }) => id)),
  }
  return { state, lastSeq: row.roster_seq }
}
