import { typingSubject } from '@beseda/proto'
import { Permission } from '@beseda/proto/common/v1/permissions'
import { Role } from '@beseda/proto/common/v1/roles'
import { TypingSchema } from '@beseda/proto/gateway/v1/frames'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { GetMembershipResponseSchema } from '@beseda/proto/membership/v1/membership_service'
import { create, fromBinary, type MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { expect, test } from 'vitest'
import { RateLimits } from '../session/limits.js'
import { TestGateway } from '../testing/fixture.js'
import { SilentBus } from '../testing/silent-bus.js'
import { Speakers } from './speakers.js'
import { TypingNotices } from './typing.js'

const membership = (more: MessageInitShape<typeof GetMembershipResponseSchema> = {}) =>
  create(GetMembershipResponseSchema, { role: Role.MEMBER, kind: GroupKind.GROUP, ...more })

async function typing(answer = membership()) {
  const gateway = new TestGateway()
  const bus = new SilentBus()
  const room = gateway.room('g')
  const find = async (groupId: string) => (groupId === 'g' ? room : undefined)
  const asked: string[] = []
  const speakers = new Speakers(async (groupId, userId) => {
    asked.push(`${groupId} ${userId}`)
    return answer
  })
  const notices = new TypingNotices(bus.connection, { find }, new RateLimits(), speakers)
  const ann = gateway.socket('ann')
  await room.attach(ann, 0)
  return { notices, bus, ann, gateway, asked, speakers }
}

test('goes to the group on all gateways, stamped with who it is', async () => {
  const { notices, bus, ann } = await typing()
  await notices.notify(ann, 'g')
  expect(bus.published.map(({ subject }) => subject)).toEqual([typingSubject('g')])
  expect(fromBinary(TypingSchema, bus.published[0]!.data)).toMatchObject({ groupId: 'g', userId: 'ann' })
})

test('does not leave this gateway for a group that the socket is not in', async () => {
  const { notices, bus, ann, gateway } = await typing()
  await notices.notify(gateway.socket('eve'), 'g')
  for (const groupId of ['other', '*', '>', '']) await notices.notify(ann, groupId)
  expect(bus.published).toEqual([])
})

test('beyond the rate of a person is dropped', async () => {
  const { notices, bus, ann } = await typing()
  for (let i = 0; i < 50; i++) await notices.notify(ann, 'g')
  expect(bus.published).toHaveLength(5)
})

test.each([
  ['muted', membership({ mutedUntil: timestampFromMs(Date.now() + 60_000) }), false],
  ['whose mute has ended', membership({ mutedUntil: timestampFromMs(Date.now() - 1) }), true],
  ['who is no member any more', membership({ role: Role.UNSPECIFIED }), false],
  ['who may only read', membership({ overrides: [{ permission: Permission.POST, leastRole: Role.ADMIN }] }), false],
  ['blocked by the other one', membership({ kind: GroupKind.DIRECT, blocked: true }), false],
])('of somebody %s: told only if they may post', async (_, answer, isTold) => {
  const { notices, bus, ann } = await typing(answer)
  await notices.notify(ann, 'g')
  expect(bus.published).toHaveLength(isTold ? 1 : 0)
})

test('the membership service is asked once until the roster changes, and in a direct chat every 10 s', async () => {
  const { speakers, asked } = await typing()
  for (const now of [0, 1_000, 60_000]) await speakers.mayPost('g', 'ann', 7, now)
  expect(asked).toHaveLength(1)
  await speakers.mayPost('g', 'ann', 8, 60_000)
  expect(asked).toHaveLength(2)
  const chat = await typing(membership({ kind: GroupKind.DIRECT }))
  for (const now of [0, 9_000, 11_000]) await chat.speakers.mayPost('g', 'ann', 7, now)
  expect(chat.asked).toHaveLength(2)
})
