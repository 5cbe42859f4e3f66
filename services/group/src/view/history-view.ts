import type { SqliteView, StoredCommit, ViewDefinition } from '@beseda/event-log'
import { parseHistorySubject, parsePeopleSubject, parsePersonalSubject } from '@beseda/proto'
import type { Event } from '@beseda/proto/log/v1/commit'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import { applyGroupEvent, isDeleted } from '../groups/adapters/views/group-view.js'
import { applyAudit } from '../history/adapters/views/audit-view.js'
import { applyCallEvent } from '../history/adapters/views/call-record-view.js'
import { applyMessageEvent } from '../messages/adapters/views/message-view.js'
import { applyPeopleEvent, applyPersonalEvent } from './personal-view.js'
import { SCHEMA } from './schema.js'

/** An event at its place. `storedSeq` differs from `seq` when the event was moved by an erasure (ADR 9). */
export interface Placed {
  readonly groupId: string
  readonly seq: number
  readonly idx: number
  /** Unix ms. */
  readonly at: number
  readonly storedSeq: number
  readonly event: Event
}

/** Groups, who is in them, their messages, and what each member keeps about them. */
export const historyView: ViewDefinition = {
  name: 'history',
  version: 4,
  schema: SCHEMA,
  apply(view, stored) {
    const place = parseHistorySubject(stored.subject)
    if (!place) {
      applyOther(view, stored)
      return
    }
    const { groupId, lane } = place
    if (lane !== 'calls') view.run(`UPDATE grp SET ${lane}_seq = ? WHERE id = ?`, stored.seq, groupId)
    // A group ends in another lane than its messages.
    const ended = lane === 'messages' ? isDeleted(view, groupId) : undefined
    for (const placed of placedEvents(groupId, stored)) applyEvent(view, placed, ended)
  },
}

const timeOf = ({ commit }: StoredCommit): number => (commit.time ? timestampMs(commit.time) : 0)

/** The events of a commit; those that an erasure has kept at the places they had first. */
function placedEvents(groupId: string, stored: StoredCommit): Placed[] {
  return stored.commit.events.flatMap((event, idx): Placed[] => {
    const own = { groupId, seq: stored.seq, idx, at: timeOf(stored), storedSeq: stored.seq, event }
    if (event.body.case !== 'commitRedacted') return [own]
    const kept = event.body.value.kept.flatMap(({ seq, index, time, event: moved }) =>
      moved ? [{ ...own, seq: Number(seq), idx: index, at: time ? timestampMs(time) : 0, event: moved }] : [],
    )
    return [own, ...kept]
  })
}

/** They change nothing of their group: most of what is ever folded. */
const OF_MESSAGES: ReadonlySet<Event['body']['case']> = new Set([
  'messagePosted',
  'messageEdited',
  'messageDeleted',
  'reactionChanged',
  'pinChanged',
])

/** `ended`: whether its group is no more, where that is known. */
function applyEvent(view: SqliteView, placed: Placed, ended: boolean | undefined): void {
  if (!OF_MESSAGES.has(placed.event.body.case)) applyGroupEvent(view, placed)
  if (ended ?? isDeleted(view, placed.groupId)) {
    // Said after the end, by somebody who did not know of it: erased as well.
    if (placed.event.body.case === 'messagePosted' || placed.event.body.case === 'messageEdited') {
      view.run('INSERT OR IGNORE INTO erasure_due VALUES (?, ?)', placed.groupId, placed.storedSeq)
    }
    return
  }
  applyMessageEvent(view, placed)
  applyCallEvent(view, placed)
  applyAudit(view, placed)
}

function applyOther(view: SqliteView, stored: StoredCommit): void {
  const personal = parsePersonalSubject(stored.subject)
  const person = parsePeopleSubject(stored.subject)
  for (const { body } of stored.commit.events) {
    if (personal) applyPersonalEvent(view, personal, stored.seq, body)
    if (person) applyPeopleEvent(view, person, body)
  }
}
