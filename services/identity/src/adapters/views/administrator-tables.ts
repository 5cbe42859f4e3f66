import type { SqliteView, StoredCommit } from '@beseda/event-log'
import type { AdministratorActed } from '@beseda/proto/identity/v1/events'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import { appointmentAfter } from '../../domain/administrators/appointment.js'
import { noteCommand } from './command-table.js'

/** Who administers the installation, and what they did. */
export const ADMINISTRATOR_SCHEMA = `
  CREATE TABLE founder (user_id TEXT NOT NULL);
  CREATE TABLE listed (key TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE administrator (
    user_id TEXT PRIMARY KEY, appointed INTEGER NOT NULL, provider_id TEXT NOT NULL, seq INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE administrator_action (
    seq INTEGER PRIMARY KEY, command_id TEXT NOT NULL UNIQUE, at INTEGER NOT NULL, actor_id TEXT NOT NULL, action INTEGER NOT NULL,
    user_id TEXT NOT NULL, group_id TEXT NOT NULL, message_id TEXT NOT NULL, detail TEXT NOT NULL
  );
`

/** Subjects `identity.founder`, `identity.listed.*`, `identity.administrator.*` and `identity.audit.*`. */
export function applyAdministrators(view: SqliteView, stored: StoredCommit): void {
  const { subject, seq, commit } = stored
  const key = subject.split('.')[2] ?? ''
  for (const { body, actorId, commandId } of commit.events) {
    const after = appointmentAfter(body)
    if (after) {
      const { appointed, providerId } = after
      view.run('INSERT OR REPLACE INTO administrator VALUES (?, ?, ?, ?)', key, Number(appointed), providerId, seq)
      noteCommand(view, commandId, seq)
    } else if (body.case === 'founderRegistered') {
      view.run('INSERT INTO founder SELECT ? WHERE NOT EXISTS (SELECT 1 FROM founder)', body.value.userId)
    } else if (body.case === 'administratorListed') {
      view.run('INSERT OR IGNORE INTO listed VALUES (?, ?)', key, seq)
    } else if (body.case === 'administratorActed') {
      record(view, stored, { actorId, commandId, ...body.value })
    }
  }
}

function record(
  view: SqliteView,
  { seq, commit }: StoredCommit,
  acted: Omit<AdministratorActed, '$typeName' | '$unknown'> & { readonly actorId: string; readonly commandId: string },
): void {
  view.run(
    'INSERT OR IGNORE INTO administrator_action VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    seq,
    acted.commandId,
    commit.time ? timestampMs(commit.time) : 0,
    acted.actorId,
    acted.action,
    acted.userId,
    acted.groupId,
    acted.messageId,
    acted.detail,
  )
}
