import { SqliteView } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import { goneSubject, historyStream, historySubject, PEOPLE_STREAM } from '@beseda/proto'
import { GroupCreatedSchema, GroupKind, GroupUpdatedSchema } from '@beseda/proto/group/v1/events'
import { PersonGoneSchema } from '@beseda/proto/identity/v1/events'
import { CommitSchema, type Event, EventSchema } from '@beseda/proto/log/v1/commit'
import { JoinRequestedSchema, MemberBannedSchema } from '@beseda/proto/membership/v1/events'
import { create } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { historyView } from '../../../view/history-view.js'
import { toJsonLines } from '../rpc/export-json.js'
import { SqliteHistoryReader } from './history-reader.js'

const STREAM = historyStream(0)
const groupId = newId()

const stored = (stream: string, subject: string, seq: number, actorId: string, ...bodies: Event['body'][]) => ({
  stream,
  subject,
  seq,
  bytes: new Uint8Array(),
  commit: create(CommitSchema, { events: bodies.map((body) => create(EventSchema, { actorId, body })) }),
})
const banned = (userId: string): Event['body'] => ({
  case: 'memberBanned',
  value: create(MemberBannedSchema, { userId, reason: `words about ${userId}` }),
})
const renamed = (name: string): Event['body'] => ({ case: 'groupUpdated', value: create(GroupUpdatedSchema, { name }) })

test('what people wrote to admins, and why they were banned or banned others, goes with their accounts', () => {
  const view = SqliteView.open(':memory:', historyView)
  const founding = create(GroupCreatedSchema, { kind: GroupKind.GROUP, name: 'G', ownerId: 'ann', memberIds: ['ann'] })
  const note = create(JoinRequestedSchema, { userId: 'bob', note: 'words of bob' })
  const events = [
    stored(STREAM, historySubject(0, groupId, 'group'), 1, 'ann', { case: 'groupCreated', value: founding }),
    stored(STREAM, historySubject(0, groupId, 'roster'), 2, 'bob', { case: 'joinRequested', value: note }),
    stored(STREAM, historySubject(0, groupId, 'roster'), 3, 'ann', banned('bob'), banned('eve')),
    stored(STREAM, historySubject(0, groupId, 'roster'), 4, 'bob', banned('kim')),
  ]
  view.applyBatch(STREAM, 'e', events)
  const history = new SqliteHistoryReader({ view })
  const reader = { userId: 'ann', hiddenBefore: 0, now: 0 }
  const told = () =>
    JSON.stringify(history.audit(groupId, 0, 10).entries.map(({ event }) => event.body)) +
    toJsonLines(history.export(groupId, reader, 0).entries)
  for (const words of ['words of bob', 'about bob', 'about eve', 'about kim']) expect(told()).toContain(words)
  const gone = create(PersonGoneSchema)
  const leaving = stored(PEOPLE_STREAM, goneSubject('bob'), 1, 'bob', { case: 'personGone', value: gone })
  view.applyBatch(PEOPLE_STREAM, 'e', [leaving])
  expect(told()).toContain('about eve')
  for (const words of ['words of bob', 'about bob', 'about kim']) expect(told()).not.toContain(words)
  // Nor are they in the tables, also when the events come after the end of the account.
  const late = SqliteView.open(':memory:', historyView)
  late.applyBatch(PEOPLE_STREAM, 'e', [leaving])
  late.applyBatch(STREAM, 'e', events)
  for (const one of [view, late]) {
    const rows = one.all<{ event: Uint8Array }>('SELECT event FROM audit ORDER BY seq, idx')
    const bytes = rows.map(({ event }) => Buffer.from(event).toString('latin1')).join()
    expect(bytes).toContain('about eve')
    for (const words of ['words of bob', 'about bob', 'about kim']) expect(bytes).not.toContain(words)
    expect(one.all('SELECT DISTINCT user_id AS id FROM audit_words')).toEqual([{ id: 'ann' }, { id: 'eve' }])
  }
})

test('members see what happened between their messages, without what is for admins, and nothing from before they may read', () => {
  const view = SqliteView.open(':memory:', historyView)
  const subject = historySubject(0, groupId, 'roster')
  const note = create(JoinRequestedSchema, { userId: 'bob', note: 'let me in' })
  const founding = create(GroupCreatedSchema, { kind: GroupKind.GROUP, name: 'G', ownerId: 'ann', memberIds: ['ann'] })
  const created: Event['body'] = { case: 'groupCreated', value: founding }
  view.applyBatch(STREAM, 'e', [
    stored(STREAM, historySubject(0, groupId, 'group'), 1, 'ann', created, renamed('two')),
    stored(STREAM, subject, 2, 'bob', { case: 'joinRequested', value: note }),
    stored(STREAM, subject, 3, 'ann', banned('eve')),
    stored(STREAM, historySubject(0, groupId, 'group'), 4, 'ann', renamed('three')),
  ])
  const history = new SqliteHistoryReader({ view })
  const page = (hiddenBefore: number, beforeSeq: number, limit: number) => {
    const { events, hasMore } = history.systemEvents(groupId, hiddenBefore, beforeSeq, limit)
    return [...events.map(({ seq, index }) => `${seq}.${index}`), ...(hasMore ? ['more'] : [])]
  }
  expect(page(0, 0, 10)).toEqual(['4.0', '3.0', '1.1', '1.0'])
  expect(page(0, 0, 1)).toEqual(['4.0', 'more'])
  // The events of one commit are never separated.
  expect(page(0, 3, 1)).toEqual(['1.1', '1.0'])
  expect(page(1, 0, 2)).toEqual(['4.0', '3.0'])
  expect(JSON.stringify(history.systemEvents(groupId, 0, 0, 10).events.map(({ event }) => event.body))).not.toContain(
    'words about',
  )
})
