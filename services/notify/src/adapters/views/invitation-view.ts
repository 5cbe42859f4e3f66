import type { SqliteView } from '@beseda/event-log'
import type { Invited } from '../../domain/invitations/invitations.js'

/** Of which scheduled calls people were written to. `invitations` has a row of each person who was, for its sequence. */
export const INVITATION_SCHEMA = `
  CREATE TABLE invitations (user_id TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE invited (
    user_id TEXT NOT NULL, schedule_id TEXT NOT NULL, group_id TEXT NOT NULL, sequence INTEGER NOT NULL, letter INTEGER NOT NULL,
    starts_at INTEGER NOT NULL, ends_at INTEGER NOT NULL, cancelled INTEGER NOT NULL, place INTEGER NOT NULL,
    PRIMARY KEY (user_id, schedule_id)
  ) WITHOUT ROWID;
  CREATE INDEX inviting ON settings (user_id) WHERE invitations = 1 AND mail <> 1;
  CREATE INDEX member_of ON member (user_id);
`

export function applyInvitations(view: SqliteView, userId: string, invited: readonly Invited[], seq: number): void {
  view.run('INSERT OR REPLACE INTO invitations VALUES (?, ?)', userId, seq)
  view.run('DELETE FROM invited WHERE user_id = ?', userId)
  for (const [place, one] of invited.entries()) {
    const { scheduleId, groupId, sequence, letterSequence, startsAt, endsAt, cancelled } = one
    view.run(
      'INSERT OR REPLACE INTO invited VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
      ...[userId, scheduleId, groupId, sequence, letterSequence, startsAt, endsAt, Number(cancelled), place],
    )
  }
}
