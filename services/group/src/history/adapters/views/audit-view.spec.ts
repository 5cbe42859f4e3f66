import { SqliteView } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import { goneSubject, historyStream, historySubject, PEOPLE_STREAM } from '@beseda/proto'
import { GroupCreatedSchema, GroupKind } from '@beseda/proto/group/v1/events'
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

test('what people wrote to admins, and why they were banned or banned others, goes with their accounts', () => {
  const view = SqliteView.open(':memory:', historyView)
  const founding = create(GroupCreatedSchema, { kind: GroupKind.GROUP, name: 'G', ownerId: 'ann', memberIds: ['ann'] })
  const note = create(JoinRequestedSchema, { userId: 'bob', note: 'words of bob' })
  view.applyBatch(STREAM, 'e', [
    stored(STREAM, historySubject(0, groupId, 'group'), 1, 'ann', { case: 'groupCreated', value: founding }),
    stored(STREAM, historySubject(0, groupId, 'roster'), 2, 'bob', { case: 'joinRequested', value: note }),
    stored(STREAM, historySubject(0, groupId, 'roster'), 3, 'ann', banned('bob'), banned('eve')),
    stored(STREAM, historySubject(0, groupId, 'roster'), 4, 'bob', banned('kim')),
  ])
  const history = new SqliteHistoryReader({ view })
  const reader = { userId: 'ann', hiddenBefore: 0, now: 0 }
  const told = () =>
    JSON.stringify(history.audit(groupId, 0, 10).entries.map(({ event }) => event.body)) +
    toJsonLines(history.export(groupId, reader, 0).entries)
  for (const words of ['words of bob', 'about bob', 'about eve', 'about kim']) expect(told()).toContain(words)
  const gone = create(PersonGoneSchema)
  view.applyBatch(PEOPLE_STREAM, 'e', [
    stored(PEOPLE_STREAM, goneSubject('bob'), 1, 'bob', { case: 'personGone', value: gone }),
  ])
  expect(told()).toContain('about eve')
  for (const words of ['words of bob', 'about bob', 'about kim']) expect(told()).not.toContain(words)
})
