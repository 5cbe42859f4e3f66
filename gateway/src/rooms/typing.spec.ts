import { typingSubject } from '@beseda/proto'
import { TypingSchema } from '@beseda/proto/gateway/v1/frames'
import { fromBinary } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { RateLimits } from '../session/limits.js'
import { TestGateway } from '../testing/fixture.js'
import { SilentBus } from '../testing/silent-bus.js'
import { TypingNotices } from './typing.js'

async function typing() {
  const gateway = new TestGateway()
  const bus = new SilentBus()
  const room = gateway.room('g')
  const find = async (groupId: string) => (groupId === 'g' ? room : undefined)
  const notices = new TypingNotices(bus.connection, { find }, new RateLimits())
  const ann = gateway.socket('ann')
  await room.attach(ann, 0)
  return { notices, bus, ann, gateway }
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
