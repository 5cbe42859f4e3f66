import { CallRescheduledSchema, CallScheduledSchema } from '@beseda/proto/call/v1/events'
import { GroupCreatedSchema, GroupUpdatedSchema } from '@beseda/proto/group/v1/events'
import { type Event, EventSchema } from '@beseda/proto/log/v1/commit'
import { JoinRequestedSchema, MemberBannedSchema } from '@beseda/proto/membership/v1/events'
import { create, type DescMessage, fromJson, type JsonValue, ScalarType, toJsonString } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { type Known, withoutLeftovers } from './leftovers.js'

const known = (more: Partial<Known> = {}): Known => ({
  ...{ ended: false, held: false, isGone: () => false, isHeld: () => false },
  ...more,
})
const gone = (...people: string[]) => ({ isGone: (userId: string) => people.includes(userId) })
const event = (body: Event['body'], actorId = 'ann') => create(EventSchema, { actorId, body })

const created = event({
  case: 'groupCreated',
  value: create(GroupCreatedSchema, { name: 'Choir', topic: 'songs', ownerId: 'ann' }),
})
const renamed = event({ case: 'groupUpdated', value: create(GroupUpdatedSchema, { name: 'Band' }) })
const note = event(
  { case: 'joinRequested', value: create(JoinRequestedSchema, { userId: 'bob', note: 'hello' }) },
  'bob',
)
const ban = event({ case: 'memberBanned', value: create(MemberBannedSchema, { userId: 'bob', reason: 'spam' }) })

test('a deleted group has neither names nor topics, notes nor reasons; the facts stay', () => {
  const left = [created, renamed, note, ban].map((one) => withoutLeftovers(one, known({ ended: true })))
  expect(left.map(({ actorId }) => actorId)).toEqual(['ann', 'ann', 'bob', 'ann'])
  expect(left[0]?.body.value).toEqual(create(GroupCreatedSchema, { ownerId: 'ann' }))
  // That the name was changed is a fact, and so is that the topic was not.
  expect(left[1]?.body.value).toEqual(create(GroupUpdatedSchema, { name: '' }))
  expect(left.slice(2).map(({ body }) => body.value)).toMatchObject([
    { userId: 'bob', note: '' },
    { userId: 'bob', reason: '' },
  ])
  expect(created.body.value).toMatchObject({ name: 'Choir' })
})

test('of somebody whose account is deleted notes and reasons go, also those that they gave others', () => {
  const texts = (people: string[]) => [note, ban].map((one) => withoutLeftovers(one, known(gone(...people))) === one)
  expect(texts([])).toEqual([true, true])
  expect(texts(['bob'])).toEqual([false, false])
  expect(texts(['ann'])).toEqual([true, false])
  expect(withoutLeftovers(created, known(gone('ann')))).toBe(created)
})

test('a legal hold keeps what is said in a group, or by a person', () => {
  const over = { ended: true, ...gone('ann', 'bob') }
  for (const one of [created, note, ban]) expect(withoutLeftovers(one, known({ ...over, held: true }))).toBe(one)
  const isHeld = (userId: string) => userId === 'bob'
  expect(withoutLeftovers(note, known({ ...over, isHeld }))).toBe(note)
  expect(withoutLeftovers(ban, known({ ...over, isHeld }))).not.toBe(ban)
})

test('what has no text any more is returned as it is', () => {
  const over = known({ ended: true, ...gone('ann', 'bob') })
  for (const one of [created, renamed, note, ban]) {
    const left = withoutLeftovers(one, over)
    expect(withoutLeftovers(left, over)).toBe(left)
  }
})

/** Texts that people write, by the names of their fields: everything but ids, hashes and what a machine has made. */
const isWritten = (name: string): boolean => !/(_id|_ids|_hash|emoji|content_type|waveform)$/.test(name)
/** Lanes of their own: `messages`, whose content the eraser removes (ADR 9), and `calls`; and streams of their own. */
const ELSEWHERE =
  /^(message|reaction|pin|read|call|commit|username|account|password|profile|bot|person|block|notification|groupNotifications|push|external|passkey|secondFactor|recovery|provider|founder|administrator|device|registration|report|retention|hold|email|occurrence|attendance|calendarFeed)/

const bodies = EventSchema.fields.flatMap((field) =>
  field.oneof?.localName === 'body' && field.message && !ELSEWHERE.test(field.localName)
    ? [{ name: field.localName, message: field.message }]
    : [],
)
function filled(message: DescMessage): Record<string, JsonValue> {
  const entries = message.fields.flatMap((field): [string, JsonValue][] => {
    if (field.fieldKind === 'scalar' && field.scalar === ScalarType.STRING)
      return [[field.jsonName, isWritten(field.name) ? 'written by somebody' : 'id']]
    return []
  })
  return Object.fromEntries(entries)
}

test.each(bodies)('$name has no text after the end of its group', ({ name, message }) => {
  const one = fromJson(EventSchema, { actorId: 'ann', [name]: filled(message) })
  expect(toJsonString(EventSchema, withoutLeftovers(one, known({ ended: true })))).not.toContain('written by somebody')
})

test('the lanes `group` and `roster` have these events', () => {
  expect(bodies.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      'groupCreated',
      'groupUpdated',
      'webhookCreated',
      'inviteCreated',
      'joinRequested',
      'memberBanned',
    ]),
  )
  expect(bodies.length).toBeGreaterThan(15)
})

test('titles of calls that were scheduled in a group go with it, the times stay', () => {
  const terms = { title: 'Choir', startsAt: '2027-03-08T10:00' }
  const scheduled = event({ case: 'callScheduled', value: create(CallScheduledSchema, { terms }) })
  const moved = event({ case: 'callRescheduled', value: create(CallRescheduledSchema, { terms }) })
  for (const one of [scheduled, moved]) {
    expect(withoutLeftovers(one, known())).toBe(one)
    const left = withoutLeftovers(one, known({ ended: true }))
    expect(left.body.value).toMatchObject({ terms: { title: '', startsAt: terms.startsAt } })
    expect(withoutLeftovers(left, known({ ended: true }))).toBe(left)
  }
})
