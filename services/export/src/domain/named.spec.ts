import { MessageEditedSchema, MessagePostedSchema } from '@beseda/proto/group/v1/events'
import { type Event, EventSchema } from '@beseda/proto/log/v1/commit'
import { MembersAddedSchema } from '@beseda/proto/membership/v1/events'
import { create } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { namedIn } from './named.js'
import type { Placed } from './placed.js'

const by = (actorId: string, body: Event['body']): Placed => ({
  place: { stream: 'HISTORY_0', seq: 1, index: 0 },
  ...{ groupId: 'g', lane: 'messages', at: 1, traceparent: '' },
  event: create(EventSchema, { actorId, body }),
})
const posted = by('bot', { case: 'messagePosted', value: create(MessagePostedSchema, { authorId: 'ann', text: 'x' }) })
const edited = by('ann', { case: 'messageEdited', value: create(MessageEditedSchema, { messageId: 'm', text: 'y' }) })
const added = by('ann', { case: 'membersAdded', value: create(MembersAddedSchema, { userIds: ['bob', 'eve'] }) })
const system = by('', { case: 'membersAdded', value: create(MembersAddedSchema, { userIds: ['bob'] }) })

test('everybody whom an event is about is named where the record leaves as a whole', () => {
  expect([posted, edited, added, system].map((one) => [...namedIn(one, false, 'all')])).toEqual([
    ['bot', 'ann'],
    ['ann'],
    ['ann', 'bob', 'eve'],
    ['bob'],
  ])
})

test('where only content leaves, only its author is named, and nobody beside what stays', () => {
  expect([...namedIn(posted, true, 'authors')]).toEqual(['ann'])
  expect([...namedIn(edited, true, 'authors')]).toEqual(['ann'])
  expect([...namedIn(posted, false, 'authors'), ...namedIn(added, false, 'authors')]).toEqual([])
})
