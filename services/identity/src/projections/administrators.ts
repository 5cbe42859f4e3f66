import type { SqliteView, StoredCommit } from '@beseda/event-log'
import type { AdministratorAction } from '@beseda/proto/identity/v1/events'
import { timestampMs } from '@bufbuild/protobuf/wkt'

/** Who looks after the installation, and what they did. Part of the directory view. */
export const ADMINISTRATORS_SCHEMA = `
  CREATE TABLE founder (user_id TEXT NOT NULL);
  CREATE TABLE listed (key TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE administrator (user_id TEXT PRIMARY KEY, appointed INTEGER NOT NULL, seq INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE administrator_action (
    seq INTEGER PRIMARY KEY, command_id TEXT NOT NULL UNIQUE, at INTEGER NOT NULL, actor_id TEXT NOT NULL, action INTEGER NOT NULL,
    user_id TEXT NOT NULL, group_id TEXT NOT NULL, message_id TEXT NOT NULL
  );
`

export interface ActionRow {
  readonly seq: number
  /** Unix ms. */
  readonly at: number
  /** Empty: an operator. */
  readonly actor_id: string
  readonly action: AdministratorAction
  readonly user_id: string
  readonly group_id: string
  readonly message_id: string
}

export const founderOf = (view: SqliteView): string | undefined =>
  view.get<{ user_id: string }>('SELECT user_id FROM founder')?.user_id

/** The place in the log from which accounts come too late for a name of ADMINS; undefined: not noted yet. */
export const listedSince = (view: SqliteView, key: string): number | undefined =>
  view.get<{ seq: number }>('SELECT seq FROM listed WHERE key = ?', key)?.seq

/** `appointed` 0: it was ended. */
export const appointmentOf = (view: SqliteView, userId: string) =>
  view.get<{ appointed: number; seq: number }>('SELECT appointed, seq FROM administrator WHERE user_id = ?', userId)

export const isRecorded = (view: SqliteView, commandId: string): boolean =>
  view.get('SELECT 1 FROM administrator_action WHERE command_id = ?', commandId) !== undefined

/** Newest first. */
export const actionsBefore = (view: SqliteView, seq: number, limit: number) =>
  view.all<ActionRow>('SELECT * FROM administrator_action WHERE seq < ? ORDER BY seq DESC LIMIT ?', seq, limit)

const SUBJECT = /^identity\.(founder|listed|administrator|audit)(?:\.|$)/

/** False: the commit is about something else. */
export function applyAdministrators(view: SqliteView, { subject, seq, commit }: StoredCommit): boolean {
  if (!SUBJECT.test(subject)) return false
  const key = subject.split('.')[2] ?? ''
  for (const { body, actorId, commandId } of commit.events) {
    if (body.case === 'founderRegistered' && founderOf(view) === undefined)
      view.run('INSERT INTO founder VALUES (?)', body.value.userId)
    if (body.case === 'administratorListed') view.run('INSERT OR IGNORE INTO listed VALUES (?, ?)', key, seq)
    if (body.case === 'administratorAppointed' || body.case === 'administratorDismissed') {
      const appointed = Number(body.case === 'administratorAppointed')
      view.run('INSERT OR REPLACE INTO administrator VALUES (?, ?, ?)', key, appointed, seq)
    }
    if (body.case !== 'administratorActed') continue
    const { action, userId, groupId, messageId } = body.value
    const at = commit.time ? timestampMs(commit.time) : 0
    view.run(
      'INSERT OR IGNORE INTO administrator_action VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      seq,
      commandId,
      at,
      actorId,
      action,
      userId,
      groupId,
      messageId,
    )
  }
  return true
}
