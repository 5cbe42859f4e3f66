import { CallEndedSchema, CallJoinedSchema, CallLeftSchema, CallStartedSchema } from '@beseda/proto/call/v1/events'
import { type Event, EventSchema } from '@beseda/proto/log/v1/commit'
import { JoinDeclinedSchema, MemberLeftSchema, MemberRemovedSchema } from '@beseda/proto/membership/v1/events'
import { create } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { personOf } from './event-person.js'

const bob = { userId: 'bob' }
test.each<[string, Event['body'], string]>([
  ['whoever joins a call', { case: 'callJoined', value: create(CallJoinedSchema, bob) }, 'bob'],
  ['whoever leaves a call', { case: 'callLeft', value: create(CallLeftSchema, bob) }, 'bob'],
  ['whoever starts a call', { case: 'callStarted', value: create(CallStartedSchema, { callerId: 'cid' }) }, 'cid'],
  ['nobody: a call ends', { case: 'callEnded', value: create(CallEndedSchema) }, ''],
  ['whoever leaves the group', { case: 'memberLeft', value: create(MemberLeftSchema, bob) }, 'bob'],
  ['the admin who removes somebody', { case: 'memberRemoved', value: create(MemberRemovedSchema, bob) }, 'ann'],
  ['the admin who declines', { case: 'joinDeclined', value: create(JoinDeclinedSchema, bob) }, 'ann'],
])('%s', (_, body, person) => expect(personOf(create(EventSchema, { actorId: 'ann', body }))).toBe(person))
