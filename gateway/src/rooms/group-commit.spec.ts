import { historySubject } from '@beseda/proto'
import { PollVotedSchema } from '@beseda/proto/group/v1/events'
import { CommitSchema, type Event, EventSchema } from '@beseda/proto/log/v1/commit'
import { JoinDeclinedSchema, JoinRequestedSchema, MemberBannedSchema } from '@beseda/proto/membership/v1/events'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { copiedCommit, storedCommit } from './group-commit.js'

const posted = {
  commandId: 'p',
  actorId: '',
  version: 1,
  body: { case: 'messagePosted' as const, value: { text: 'hi' } },
}
const redacted = {
  commandId: 'r',
  actorId: '',
  version: 1,
  body: { case: 'commitRedacted' as const, value: { seq: 4n } },
}
const commit = create(CommitSchema, { id: 'c', events: [posted] })
const bytes = toBinary(CommitSchema, commit)

test('a copy keeps its place, the sequence before it, and its bytes as they came', () => {
  const copy = copiedCommit({ partition: 0, groupId: 'g', lane: 'messages', seq: 7, prevSeq: 5, bytes })
  expect(copy).toMatchObject({ groupId: 'g', lane: 'messages', seq: 7, prevSeq: 5, erased: [] })
  expect(copy.bytes).toBe(bytes)
})

test('what is not for every member is emptied, live and when read from the log, and nothing else is touched', () => {
  const event = (body: Event['body']) => create(EventSchema, { commandId: 'c', actorId: 'ann', version: 1, body })
  const whole = create(CommitSchema, {
    id: 'roster',
    events: [
      event({ case: 'joinDeclined', value: create(JoinDeclinedSchema, { userId: 'bob' }) }),
      event({ case: 'memberBanned', value: create(MemberBannedSchema, { userId: 'bob', reason: 'a private matter' }) }),
      event({ case: 'joinRequested', value: create(JoinRequestedSchema, { userId: 'eve', note: 'for the admins' }) }),
    ],
  })
  const data = toBinary(CommitSchema, whole)
  const subject = historySubject(0, 'g', 'roster')
  const live = copiedCommit({ partition: 0, groupId: 'g', lane: 'roster', seq: 7, prevSeq: 0, bytes: data })
  const replayed = storedCommit({ stream: 'HISTORY_0', subject, seq: 7, commit: whole, bytes: data })
  for (const found of [live, replayed]) {
    const sent = fromBinary(CommitSchema, found!.bytes)
    expect(sent).toEqual(found?.commit)
    expect(sent).toMatchObject({ id: 'roster', events: [{ commandId: 'c' }, { actorId: 'ann' }, {}] })
    expect(sent.events.map(({ body }) => body.value)).toMatchObject([
      { userId: 'bob' },
      { userId: 'bob', reason: '' },
      { userId: 'eve', note: '' },
    ])
  }
  // The stored commit itself is not changed: others read it too.
  expect(toBinary(CommitSchema, whole)).toEqual(data)
})

test('who chose what in an anonymous poll reaches nobody, and how the poll stands reaches everybody', () => {
  const vote = { messageId: 'm', tally: [0, 1], voters: 1, secretVoterId: 'ann', secretOptions: [1] }
  const event = create(EventSchema, {
    commandId: 'c',
    body: { case: 'pollVoted', value: create(PollVotedSchema, vote) },
  })
  const data = toBinary(CommitSchema, create(CommitSchema, { id: 'c', events: [event] }))
  const sent = copiedCommit({ partition: 0, groupId: 'g', lane: 'messages', seq: 7, prevSeq: 5, bytes: data })
  expect(fromBinary(CommitSchema, sent.bytes).events[0]?.body.value).toMatchObject({
    ...{ tally: [0, 1], voters: 1, options: [], secretVoterId: '', secretOptions: [] },
  })
})

test('what is left of an erased commit does not reach clients, but its commit keeps its place', () => {
  const erasing = create(CommitSchema, { id: 'e', events: [posted, redacted] })
  const stored = {
    subject: historySubject(0, 'g', 'messages'),
    seq: 9,
    commit: erasing,
    bytes: toBinary(CommitSchema, erasing),
  }
  const found = storedCommit(stored as unknown as Parameters<typeof storedCommit>[0])
  expect(found).toMatchObject({ seq: 9, erased: [4] })
  const cases = fromBinary(CommitSchema, found!.bytes).events.map(({ body }) => body.case)
  expect(cases).toEqual(['messagePosted'])
  // The stored commit itself is not changed: others read it too.
  expect(erasing.events).toHaveLength(2)
})
