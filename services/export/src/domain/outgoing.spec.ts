import {
  GroupDeletedSchema,
  MessageDeletedSchema,
  MessageEditedSchema,
  MessagePostedSchema,
} from '@beseda/proto/group/v1/events'
import { CommitRedactedSchema, type Event, EventSchema } from '@beseda/proto/log/v1/commit'
import { JoinRequestedSchema, MembersAddedSchema } from '@beseda/proto/membership/v1/events'
import { create } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { contentOf, type GroupFacts, type Outgoing, outgoingOf } from './outgoing.js'
import type { Placed } from './placed.js'

const event = (body: Event['body']): Event => create(EventSchema, { actorId: 'ann', body })
const posted = (text: string) =>
  event({ case: 'messagePosted', value: create(MessagePostedSchema, { messageId: 'm1', text }) })
const at = (seq: number, of: Event): Placed => ({
  place: { stream: 'HISTORY_0', seq, index: 0 },
  groupId: 'g',
  lane: 'messages',
  at: 1,
  traceparent: '',
  event: of,
})
const facts = (some: Partial<GroupFacts> = {}): GroupFacts => ({
  endedAt: () => undefined,
  messagesOf: () => [],
  erasedBy: () => [],
  ...some,
})
const kinds = (outgoing: Iterable<Outgoing>) =>
  [...outgoing].map((one) => (one.kind === 'erased' ? `erased ${one.messageId}` : one.kind))

test('an event leaves as it is, and names the message whose content it carries', () => {
  expect([...outgoingOf(at(1, posted('hello')), facts())]).toEqual([
    { kind: 'event', placed: at(1, posted('hello')), messageId: 'm1' },
  ])
  const edited = event({ case: 'messageEdited', value: create(MessageEditedSchema, { messageId: 'm2', text: 'x' }) })
  expect([contentOf(edited), contentOf(posted(''))]).toEqual(['m2', undefined])
})

test('a deletion is told, and then what it deleted goes', () => {
  const deleted = event({ case: 'messageDeleted', value: create(MessageDeletedSchema, { messageId: 'm1' }) })
  expect(kinds(outgoingOf(at(2, deleted), facts()))).toEqual(['event', 'erased m1'])
})

test('with a group all of its messages go, and what is posted after its end is not handed on', () => {
  const ended = event({ case: 'groupDeleted', value: create(GroupDeletedSchema) })
  expect(kinds(outgoingOf(at(3, ended), facts({ messagesOf: () => ['m1', 'm2'] })))).toEqual([
    'event',
    'erased m1',
    'erased m2',
  ])
  const known = facts({ endedAt: () => 3 })
  expect([kinds(outgoingOf(at(4, posted('late')), known)), kinds(outgoingOf(at(2, posted('before')), known))]).toEqual([
    [],
    ['event'],
  ])
})

test('a redaction hands on no event, only what went with it', () => {
  const redacted = event({ case: 'commitRedacted', value: create(CommitRedactedSchema, { seq: 1n }) })
  expect(kinds(outgoingOf(at(5, redacted), facts({ erasedBy: () => ['m1'] })))).toEqual(['erased m1'])
})

test('what members may not read stays in the house', () => {
  const added = event({ case: 'membersAdded', value: create(MembersAddedSchema, { userIds: ['bob'] }) })
  const asked = event({ case: 'joinRequested', value: create(JoinRequestedSchema, { note: 'please' }) })
  const bodies = [added, asked].map((one) => {
    const [out] = outgoingOf(at(6, one), facts())
    return out?.kind === 'event' ? out.placed.event.body.value : undefined
  })
  expect(JSON.stringify(bodies)).not.toContain('please')
  expect(JSON.stringify(bodies)).toContain('bob')
})
