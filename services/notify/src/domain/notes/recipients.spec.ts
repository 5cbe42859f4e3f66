import { Role } from '@beseda/proto/common/v1/roles'
import { GroupKind, MessagePostedSchema } from '@beseda/proto/group/v1/events'
import { NotificationLevel } from '@beseda/proto/notify/v1/events'
import { DEFAULT_PREFERENCE } from '@beseda/rules'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { type Candidate, isAway, membersToNotify } from './recipients.js'

const GROUP = { kind: GroupKind.GROUP, archived: false }
const CHANNEL = { kind: GroupKind.CHANNEL, archived: false }
const candidate = (userId: string, change: Partial<Candidate> = {}): Candidate => ({
  userId,
  role: Role.MEMBER,
  preference: DEFAULT_PREFERENCE,
  quietHours: undefined,
  hasBlocked: false,
  follows: false,
  ...change,
})
const notified = (
  message: MessageInitShape<typeof MessagePostedSchema>,
  candidates: readonly Candidate[],
  group: typeof GROUP = GROUP,
) =>
  membersToNotify(create(MessagePostedSchema, { authorId: 'author', ...message }), group, candidates, 1_000).map(
    ({ userId }) => userId,
  )
const level = (chosen: NotificationLevel) => ({ preference: { level: chosen, mutedUntil: 0 } })

test('everybody of a group but the author', () => {
  expect(notified({}, [candidate('author'), candidate('ann'), candidate('bob')])).toEqual(['ann', 'bob'])
})

test('nobody of an archived group', () => {
  expect(notified({}, [candidate('ann')], { ...GROUP, archived: true })).toEqual([])
})

test('nobody who has blocked the author, even when mentioned', () => {
  const ann = candidate('ann', { hasBlocked: true })
  expect(notified({ mentions: { userIds: ['ann'] } }, [ann])).toEqual([])
})

test('of a channel only whom it calls: by name, all, or the admins', () => {
  const people = [candidate('ann'), candidate('bob'), candidate('eve', { role: Role.ADMIN })]
  expect(notified({}, people, CHANNEL)).toEqual([])
  expect(notified({ mentions: { userIds: ['bob'] } }, people, CHANNEL)).toEqual(['bob'])
  expect(notified({ mentions: { admins: true } }, people, CHANNEL)).toEqual(['eve'])
  expect(notified({ mentions: { all: true } }, people, CHANNEL)).toEqual(['ann', 'bob', 'eve'])
})

test('a reply notifies whom it answers as a mention does; an answer in a thread is no reply by itself', () => {
  const people = [
    candidate('ann', level(NotificationLevel.MENTIONS)),
    candidate('bob', level(NotificationLevel.MENTIONS)),
    candidate('eve', { preference: { level: NotificationLevel.MENTIONS, mutedUntil: 2_000 } }),
  ]
  expect(notified({ replyTo: 'm', mentions: { repliedUserId: 'ann' } }, people)).toEqual(['ann'])
  expect(notified({ replyTo: 'm', mentions: { repliedUserId: 'ann' } }, people, CHANNEL)).toEqual(['ann'])
  expect(notified({ threadId: 't', replyTo: 'm', mentions: { repliedUserId: 'ann' } }, people)).toEqual(['ann'])
  expect(notified({ threadId: 'a message of Ann' }, people)).toEqual([])
  expect(notified({ replyTo: 'm', mentions: { repliedUserId: 'eve' } }, people)).toEqual([])
})

test('an answer in a thread notifies who follows it as a message of the main line does: by their level', () => {
  const people = [
    candidate('ann', { follows: true }),
    candidate('bob'),
    candidate('cat', { follows: true, ...level(NotificationLevel.MENTIONS) }),
    candidate('dan', { follows: true, hasBlocked: true }),
    candidate('author', { follows: true }),
  ]
  expect(notified({ threadId: 'thread' }, people)).toEqual(['ann'])
  expect(notified({ threadId: 'thread' }, people, CHANNEL)).toEqual([])
  expect(notified({ threadId: 'thread', mentions: { userIds: ['cat', 'dan'] } }, people)).toEqual(['ann', 'cat'])
})

test('each as they preference', () => {
  const people = [
    candidate('all', level(NotificationLevel.ALL)),
    candidate('mentions', level(NotificationLevel.MENTIONS)),
    candidate('nothing', level(NotificationLevel.NOTHING)),
    candidate('muted', { preference: { level: NotificationLevel.ALL, mutedUntil: 2_000 } }),
    candidate('asleep', { quietHours: { enabled: true, fromMinute: 0, toMinute: 0, timeZone: 'UTC' } }),
  ]
  expect(notified({}, people)).toEqual(['all'])
  expect(notified({ mentions: { all: true } }, people)).toEqual(['all', 'mentions'])
  expect(notified({ threadId: 'thread' }, people)).toEqual([])
})

test.each([
  [undefined, true],
  [{ active: false, doNotDisturb: false }, true],
  [{ active: true, doNotDisturb: false }, false],
  [{ active: false, doNotDisturb: true }, false],
])('whose attention is %o is away: %s', (attention, away) => expect(isAway(attention)).toBe(away))
