import type { SqliteView } from '@beseda/event-log'
import type { Event } from '@beseda/proto/log/v1/commit'
import { applyReport, forgetReportsOfPerson } from '../moderation/adapters/views/report-view.js'
import { reportChangesOf } from '../moderation/domain/report.js'

/** What one member stores about one group: how far they have read, what they have hidden and reported. */
export function applyPersonalEvent(
  view: SqliteView,
  { groupId, userId }: { readonly groupId: string; readonly userId: string },
  storedSeq: number,
  body: Event['body'],
): void {
  if (body.case === 'readMarked') {
    const { seq, index } = body.value
    view.run(
      `INSERT INTO read_mark VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET seq = excluded.seq, idx = excluded.idx, stored_seq = excluded.stored_seq`,
      ...[groupId, userId, Number(seq), index, storedSeq],
    )
  }
  for (const report of reportChangesOf(body)) {
    applyReport(view, { groupId, messageId: report.messageId, reporterId: userId }, storedSeq, report)
  }
  if (body.case === 'messageHidden') {
    view.run('INSERT OR IGNORE INTO hidden VALUES (?, ?, ?)', userId, groupId, body.value.messageId)
  }
}

/** What every service may know of people: whose account is deleted, and who has blocked whom. */
export function applyPeopleEvent(
  view: SqliteView,
  { userId, otherId }: { readonly userId: string; readonly otherId: string | undefined },
  body: Event['body'],
): void {
  if (body.case === 'personGone') {
    view.run('INSERT OR IGNORE INTO gone (user_id) VALUES (?)', userId)
    forgetReportsOfPerson(view, userId)
  }
  if (body.case !== 'blockChanged' || otherId === undefined) return
  if (body.value.blocked) view.run('INSERT OR IGNORE INTO block VALUES (?, ?)', userId, otherId)
  else view.run('DELETE FROM block WHERE user_id = ? AND other_id = ?', userId, otherId)
}
