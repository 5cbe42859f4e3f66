import { CallEndedSchema, CallMissedSchema, CallStartedSchema } from '@beseda/proto/call/v1/events'
import { Role } from '@beseda/proto/common/v1/roles'
import { GroupCreatedSchema, GroupSettingsSchema, GroupUpdatedSchema } from '@beseda/proto/group/v1/events'
import { type Event, EventSchema } from '@beseda/proto/log/v1/commit'
import {
  JoinDeclinedSchema,
  MemberBannedSchema,
  MemberJoinedSchema,
  MemberMutedSchema,
  RoleChangedSchema,
} from '@beseda/proto/membership/v1/events'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { expect, test } from 'vitest'
import { settingsBefore } from './changed-rules.js'
import { audit } from './en.js'
import { auditSentences } from './sentences.js'
import { isAudited, topicOf } from './topics.js'

const words = {
  nameOf: (id: string) => id.toUpperCase(),
  timeOf: (ms: number) => `t${ms}`,
  durationOf: (ms: number) => `${ms} ms`,
  labelOf: (rule: string) => rule,
}
const event = (body: Event['body'], actorId = 'ann') => create(EventSchema, { actorId, body })
const sentences = (body: Event['body'], actorId?: string) =>
  auditSentences(event(body, actorId), 1_000, words).map(({ key, values }) =>
    `${key} ${Object.values(values).join(' ')}`.trim(),
  )
const updated = (change: Parameters<typeof create<typeof GroupUpdatedSchema>>[1]): Event['body'] => ({
  case: 'groupUpdated',
  value: create(GroupUpdatedSchema, change),
})

test('a ban is described with its end and its reason', () => {
  const ban = { userId: 'bob', reason: 'spam', expiresAt: timestampFromMs(5_000) }
  expect(sentences({ case: 'memberBanned', value: create(MemberBannedSchema, ban) })).toEqual([
    'bannedUntil BOB t5000',
    'because spam',
  ])
  expect(sentences({ case: 'memberBanned', value: create(MemberBannedSchema, { userId: 'bob' }) })).toEqual([
    'memberBanned BOB',
  ])
})

test('a mute lasts until a later time, otherwise it is the end of one', () => {
  const mute = (ms: number): Event['body'] => ({
    case: 'memberMuted',
    value: create(MemberMutedSchema, { userId: 'bob', until: timestampFromMs(ms) }),
  })
  expect(sentences(mute(2_000))).toEqual(['memberMuted BOB t2000'])
  expect(sentences(mute(1_000))).toEqual(['memberUnmuted BOB t1000'])
})

test('what people do themselves is not described as done to them', () => {
  const joined: Event['body'] = { case: 'memberJoined', value: create(MemberJoinedSchema, { userId: 'bob' }) }
  const declined: Event['body'] = { case: 'joinDeclined', value: create(JoinDeclinedSchema, { userId: 'bob' }) }
  expect([sentences(joined, 'bob'), sentences(joined), sentences(declined, 'bob'), sentences(declined)]).toEqual([
    ['memberJoined'],
    ['letIn BOB'],
    ['joinWithdrawn BOB'],
    ['joinDeclined BOB'],
  ])
})

test('every field that a change touches is described', () => {
  expect(sentences(updated({ name: 'Go', topic: '19x19' }))).toEqual(['renamed Go', 'topicChanged 19x19'])
  expect(
    sentences({ case: 'roleChanged', value: create(RoleChangedSchema, { userId: 'bob', role: Role.ADMIN }) }),
  ).toEqual(['madeAdmin BOB'])
})

test('changed rules are named when the previous settings are known', () => {
  const slow = event(
    updated({ settings: create(GroupSettingsSchema, { slowModeS: 30, newcomerHistory: 1, discoverability: 1 }) }),
  )
  const open = event(
    updated({ settings: create(GroupSettingsSchema, { slowModeS: 30, newcomerHistory: 1, discoverability: 3 }) }),
  )
  const room = event(
    updated({
      settings: create(GroupSettingsSchema, {
        slowModeS: 30,
        newcomerHistory: 1,
        discoverability: 3,
        voiceRoom: true,
      }),
    }),
  )
  const founded = event({ case: 'groupCreated', value: create(GroupCreatedSchema) })
  const list = [open, slow, founded]
  const namesAt = (index: number, events = list) =>
    auditSentences(events[index] ?? founded, 0, words, settingsBefore(events, index)).map(({ key, values }) => [
      key,
      values.names,
    ])
  expect(namesAt(0)).toEqual([['settingsOf', 'discoverability']])
  expect(namesAt(1)).toEqual([['settingsOf', 'slowMode']])
  expect(namesAt(0, [room, open])).toEqual([['settingsOf', 'voiceRoom']])
  expect(namesAt(0, [open])).toEqual([['settingsChanged', undefined]])
})

test('whoever enters an empty voice room has called nobody', () => {
  const started = (room: boolean) => sentences({ case: 'callStarted', value: create(CallStartedSchema, { room }) })
  expect([started(false), started(true)]).toEqual([['callStarted'], ['roomEntered']])
})

test('a call that ended or was missed has nobody who did it', () => {
  expect(sentences({ case: 'callEnded', value: create(CallEndedSchema, { durationS: 65 }) })).toEqual([
    'callEndedAfter 65000 ms',
  ])
  expect(sentences({ case: 'callEnded', value: create(CallEndedSchema) })).toEqual(['callEnded'])
  const missed = create(CallMissedSchema, { userIds: ['bob', 'cid'] })
  expect(sentences({ case: 'callMissed', value: missed })).toEqual(['callMissed BOB, CID'])
})

test('who was in a group from its founding is named, but not everybody of a thousand', () => {
  const founded = (memberIds: string[]) =>
    sentences({ case: 'groupCreated', value: create(GroupCreatedSchema, { ownerId: 'ann', memberIds }) })
  expect(founded(['ann'])).toEqual(['groupCreated'])
  expect(founded(['ann', 'bob', 'cid'])).toEqual(['createdWith BOB, CID'])
  const [sentence = ''] = founded(['ann', ...Array.from({ length: 999 }, (_, i) => `p${i}`)])
  expect(sentence.split(', ')).toHaveLength(10)
  expect(sentence).toContain('+989')
})

/** Kinds of events that the audit log of a group gets: those of the histories that the server does not leave out. */
const cases = EventSchema.fields.filter(
  ({ oneof, localName }) => oneof?.localName === 'body' && isAudited(localName as never),
)

test('every kind of event has a topic and a sentence in words of its own', () => {
  expect(cases.length).toBeGreaterThan(20)
  for (const { localName, message } of cases) {
    const body = { case: localName, value: message && create(message) } as Event['body']
    expect([localName, topicOf(event(body))]).not.toContain(undefined)
    for (const { key } of auditSentences(event(body), 1_000, words)) {
      expect([localName, key]).not.toContain('other')
      expect(audit).toHaveProperty(key)
    }
  }
})
