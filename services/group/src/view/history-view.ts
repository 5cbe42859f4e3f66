import type { SqliteView, StoredCommit, ViewDefinition } from '@beseda/event-log'
import { parseHistorySubject, parsePeopleSubject, parsePersonalSubject, RETENTION_STREAM } from '@beseda/proto'
import type { Event } from '@beseda/proto/log/v1/commit'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import { FILES_SCHEMA } from '../files/adapters/views/file-uses.js'
import { applyGroupEvent, GROUPS_SCHEMA, isDeleted } from '../groups/adapters/views/group-view.js'
import { MEMBERS_SCHEMA } from '../groups/adapters/views/member-view.js'
import { AUDIT_SCHEMA, applyAudit } from '../history/adapters/views/audit-view.js'
import { applyCallEvent, CALLS_SCHEMA } from '../history/adapters/views/call-record-view.js'
import { ERASURE_SCHEMA } from '../history/adapters/views/erasure-store.js'
import { dropFilesOf } from '../messages/adapters/views/message-removal.js'
import { applyMessageEvent } from '../messages/adapters/views/message-view.js'
import { MESSAGES_SCHEMA } from '../messages/adapters/views/messages-schema.js'
import { REPORTS_SCHEMA } from '../moderation/adapters/views/report-view.js'
import { applyRetention, RETENTION_SCHEMA } from '../retention/adapters/views/retention-view.js'
import { applyCalendarFeed, CALENDAR_SCHEMA } from '../schedule/adapters/views/calendar-feed-store.js'
import { applyScheduleEvent, SCHEDULE_SCHEMA } from '../schedule/adapters/views/schedule-view.js'
import { applyPeopleEvent, applyPersonalEvent } from './personal-view.js'
import type { Placed } from './placed.js'

/** The view of the service: one file, so that a commit changes all its tables together. Each subject has its tables. */
export const historyView: ViewDefinition = {
  name: 'history',
  version: 19,
  schema: [
    GROUPS_SCHEMA,
    MEMBERS_SCHEMA,
    MESSAGES_SCHEMA,
    FILES_SCHEMA,
    AUDIT_SCHEMA,
    CALLS_SCHEMA,
    ERASURE_SCHEMA,
    REPORTS_SCHEMA,
    RETENTION_SCHEMA,
    SCHEDULE_SCHEMA,
    CALENDAR_SCHEMA,
  ].join('\n'),
  apply(view, stored) {
    const place = parseHistorySubject(stored.subject)
    if (!place) {
      applyOther(view, stored)
      return
    }
    const { groupId, lane } = place
    if (lane !== 'calls') view.run(`UPDATE grp SET ${lane}_seq = ? WHERE id = ?`, stored.seq, groupId)
    // A group ends in another lane than its messages, so one query tells for all events of the commit.
    const ended = lane === 'messages' ? isDeleted(view, groupId) : undefined
    for (const placed of placedEvents(groupId, stored)) applyEvent(view, placed, ended)
  },
}

const timeOf = ({ commit }: StoredCommit): number => (commit.time ? timestampMs(commit.time) : 0)

/** The events of a commit; those that an erasure has kept, at the places that they had first. */
function placedEvents(groupId: string, stored: StoredCommit): Placed[] {
  return stored.commit.events.flatMap((event, index): Placed[] => {
    const own = { groupId, seq: stored.seq, index, at: timeOf(stored), storedSeq: stored.seq, event }
    if (event.body.case !== 'commitRedacted') return [own]
    const kept = event.body.value.kept.flatMap(({ seq, index: first, time, event: moved }) =>
      moved ? [{ ...own, seq: Number(seq), index: first, at: time ? timestampMs(time) : 0, event: moved }] : [],
    )
    return [own, ...kept]
  })
}

/** They change nothing of their group, and most events are of these kinds. */
const OF_MESSAGES: ReadonlySet<Event['body']['case']> = new Set([
  'messagePosted',
  'messageEdited',
  'messageDeleted',
  'reactionChanged',
  'pinChanged',
  'pollVoted',
  'pollEnded',
])

/** `ended`: whether the group has ended; undefined: not known yet. */
function applyEvent(view: SqliteView, placed: Placed, ended: boolean | undefined): void {
  if (!OF_MESSAGES.has(placed.event.body.case)) applyGroupEvent(view, placed)
  if (ended ?? isDeleted(view, placed.groupId)) {
    // Posted after the end, by somebody who did not know of it: erased as well.
    const { body, actorId } = placed.event
    if (body.case !== 'messagePosted' && body.case !== 'messageEdited') return
    const authorId = body.case === 'messagePosted' ? body.value.authorId : actorId
    if (body.case === 'messagePosted') dropFilesOf(view, placed.groupId, body.value)
    view.run('INSERT OR IGNORE INTO erasure_due VALUES (?, ?, ?)', placed.groupId, placed.storedSeq, authorId)
    return
  }
  applyMessageEvent(view, placed)
  applyCallEvent(view, placed)
  applyScheduleEvent(view, placed)
  applyAudit(view, placed)
}

function applyOther(view: SqliteView, stored: StoredCommit): void {
  if (stored.stream === RETENTION_STREAM) applyRetention(view, stored)
  const personal = parsePersonalSubject(stored.subject)
  const person = parsePeopleSubject(stored.subject)
  if (person) applyCalendarFeed(view, person.userId, stored)
  for (const { body } of stored.commit.events) {
    if (personal) applyPersonalEvent(view, personal, stored.seq, body)
    if (person) applyPeopleEvent(view, person, body)
  }
}
