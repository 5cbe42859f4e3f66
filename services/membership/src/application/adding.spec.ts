import { Discoverability, GroupKind, MessagePostedSchema } from '@beseda/proto/group/v1/events'
import { WhoMayAdd } from '@beseda/proto/identity/v1/events'
import { MemberLeftSchema } from '@beseda/proto/membership/v1/events'
import { create } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { refusalOf } from '../../../testing/refusal-of.js'
import { callerOf, openService } from './testing.js'

const { CONTACTS, NOBODY, EVERYBODY } = WhoMayAdd

/** A group of `owner` and `ann`, to which others are added. */
async function world() {
  const service = await openService()
  const groupId = await service.found(['owner', 'ann'], { settings: { discoverability: Discoverability.BY_REQUEST } })
  const add = (userId: string, by = 'owner') =>
    refusalOf(service.commands.run(groupId, { type: 'AddMembers', userIds: [userId] }, callerOf(by)))
  return { ...service, groupId, add, let: service.letAdd, chat: service.foundKind }
}

test('who lets nobody add them comes by a link, or because they have asked', async () => {
  const { add, let: choose, commands, groupId } = await world()
  await choose('bob', NOBODY)
  await choose('eve', NOBODY)
  await choose('eve', EVERYBODY)
  expect([await add('bob'), await add('eve'), await add('kim')]).toEqual(['NOT_ADDABLE', 'accepted', 'accepted'])
  // Who may not add people learns of no setting.
  expect([await add('bob', 'stranger'), await add('zoe', 'stranger')]).toEqual(['NOT_A_MEMBER', 'NOT_A_MEMBER'])
  await commands.run(groupId, { type: 'JoinGroup', note: '' }, callerOf('bob'))
  expect(await add('bob')).toBe('accepted')
})

test('the refusal names everybody whom it is about', async () => {
  const { let: choose, commands, groupId } = await world()
  for (const userId of ['bob', 'eve']) await choose(userId, NOBODY)
  const adding = commands.run(groupId, { type: 'AddMembers', userIds: ['kim', 'eve', 'bob'] }, callerOf('owner'))
  expect(await adding.catch((error) => error)).toMatchObject({ metadata: { user_id: 'eve', user_ids: 'eve,bob' } })
})

test('contacts are people of the same group, and whom the person has written to; a channel makes none', async () => {
  const { add, let: choose, chat, write } = await world()
  for (const userId of ['bob', 'eve', 'kim', 'zoe']) await choose(userId, CONTACTS)
  await chat(['owner', 'bob'], GroupKind.GROUP)
  const direct = await chat(['owner', 'eve'], GroupKind.DIRECT)
  await chat(['owner', 'kim'], GroupKind.CHANNEL)
  const post = (author: string) =>
    write(direct, 'messages', { case: 'messagePosted', value: create(MessagePostedSchema, { text: 'hi' }) }, author)
  // A chat that somebody else opens and writes in makes them no contact.
  await post('owner')
  expect([await add('eve'), await add('kim'), await add('zoe')]).toEqual(Array(3).fill('NOT_ADDABLE'))
  await post('eve')
  expect([await add('bob'), await add('eve')]).toEqual(['accepted', 'accepted'])
})

test('somebody who has left the shared group is no longer a contact', async () => {
  const { add, let: choose, chat, write } = await world()
  await choose('bob', CONTACTS)
  const shared = await chat(['owner', 'bob'], GroupKind.GROUP)
  await write(shared, 'roster', { case: 'memberLeft', value: create(MemberLeftSchema, { userId: 'bob' }) }, 'bob')
  expect(await add('bob')).toBe('NOT_ADDABLE')
})

test('a choice that this replica has not heard of yet counts, and a contact whom it has not heard of', async () => {
  const { add, let: choose, chat, caughtUp } = await world()
  await caughtUp()
  await choose('bob', CONTACTS)
  expect(await add('bob')).toBe('NOT_ADDABLE')
  await chat(['owner', 'bob'], GroupKind.GROUP)
  expect(await add('bob')).toBe('accepted')
})
