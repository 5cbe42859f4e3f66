import type { SqliteView } from '@beseda/event-log'
import type { ReadMarked, ThreadsChosen } from '@beseda/proto/group/v1/events'
import type { Event } from '@beseda/proto/log/v1/commit'
import { forgetWordsOf } from '../history/adapters/views/audit-view.js'
import { applyReport, forgetReportsOfPerson } from '../moderation/adapters/views/report-view.js'
import { reportChangesOf } from '../moderation/domain/report.js'

/** What one member stores about one group: how far they have read, what they have hidden and reported. */
export function applyPersonalEvent(
  view: SqliteView,
  { groupId, userId }: { readonly groupId: string; readonly userId: string },
  storedSeq: number,
  body: Event['body'],
): void {
  if (body.case === 'readMarked') applyReadMarks(view, { groupId, userId }, storedSeq, body.value)
  if (body.case === 'threadsChosen') applyChoices(view, { groupId, userId }, storedSeq, body.value)
  for (const report of reportChangesOf(body)) {
    applyReport(view, { groupId, messageId: report.messageId, reporterId: userId }, storedSeq, report)
  }
  if (body.case === 'messageHidden') {
    view.run('INSERT OR IGNORE INTO hidden VALUES (?, ?, ?)', userId, groupId, body.value.messageId)
  }
}

/** Before threads had marks of their own, they were read with the main line. */
function applyReadMarks(
  view: SqliteView,
  { groupId, userId }: { readonly groupId: string; readonly userId: string },
  storedSeq: number,
  { seq, index, threads, backs, markedUnread, seenSeq, seenIndex }: ReadMarked,
): void {
  const reached = threads ?? { seq, index, marks: [] }
  const seen = seenSeq > 0n ? { seq: seenSeq, index: seenIndex } : { seq, index }
  view.run(
    'INSERT OR REPLACE INTO read_mark VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ...[groupId, userId, Number(seq), index, storedSeq, Number(reached.seq), reached.index],
    ...[backs, Number(markedUnread), Number(seen.seq), seen.index],
  )
  view.run('DELETE FROM thread_mark WHERE group_id = ? AND user_id = ?', groupId, userId)
  for (const mark of reached.marks) {
    const values = [groupId, userId, mark.threadId, Number(mark.seq), mark.index]
    view.run('INSERT OR REPLACE INTO thread_mark VALUES (?, ?, ?, ?, ?)', ...values)
  }
}

function applyChoices(
  view: SqliteView,
  { groupId, userId }: { readonly groupId: string; readonly userId: string },
  storedSeq: number,
  { choices }: ThreadsChosen,
): void {
  view.run('DELETE FROM thread_choice WHERE user_id = ? AND group_id = ?', userId, groupId)
  for (const [nth, { threadId, follows }] of choices.entries()) {
    const values = [userId, groupId, threadId, Number(follows), nth, storedSeq]
    view.run('INSERT OR REPLACE INTO thread_choice VALUES (?, ?, ?, ?, ?, ?)', ...values)
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
    forgetWordsOf(view, userId)
  }
  if (body.case !== 'blockChanged' || otherId === undefined) return
  if (body.value.blocked) view.run('INSERT OR IGNORE INTO block VALUES (?, ?)', userId, otherId)
  else view.run('DELETE FROM block WHERE user_id = ? AND other_id = ?', userId, otherId)
}
