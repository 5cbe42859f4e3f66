import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Role } from '@beseda/proto/common/v1/roles'
import {
  Discoverability,
  GroupDeletedSchema,
  GroupKind,
  MessagePostedSchema,
  NewcomerHistory,
} from '@beseda/proto/group/v1/events'
import { MembersAddedSchema } from '@beseda/proto/membership/v1/events'
import { create } from '@bufbuild/protobuf'
import { beforeEach, describe, expect, test } from 'vitest'
import { foundedBody } from '../domain/roster/testing.js'
import { callerOf, openService, type Service } from './testing.js'

let service: Service
beforeEach(async () => {
  service = await openService()
})

const { signal } = new AbortController()
const query = (groupId: string, userId: string, minSeq = 0) => ({ groupId, userId, minSeq, signal })
const added = (userIds: string[]) => ({ case: 'membersAdded' as const, value: create(MembersAddedSchema, { userIds }) })
const NOW = new Date(1_000)
const POSTED = create(MessagePostedSchema, { messageId: 'm', authorId: 'owner', text: 'hi' })

describe('members of a group', () => {
  test('are listed by role, then in the order in which they joined', async () => {
    const groupId = await service.found(['owner', 'zoe', 'ann'])
    await service.commands.run(groupId, { type: 'AddMembers', userIds: ['bob', 'amy'] }, callerOf('owner'))
    await service.commands.run(groupId, { type: 'ChangeRole', userId: 'bob', role: Role.ADMIN }, callerOf('owner'))
    const { members } = await service.queries.members(query(groupId, 'ann'))
    expect(members.map(({ userId }) => userId)).toEqual(['owner', 'bob', 'zoe', 'ann', 'amy'])
  })

  test('are shown to members only', async () => {
    const groupId = await service.found(['owner', 'ann'])
    await expect(service.queries.members(query(groupId, 'eve'))).rejects.toMatchObject({
      reason: ErrorReason.NOT_A_MEMBER,
    })
  })

  test('are shown to somebody who has joined on another replica a moment ago', async () => {
    const groupId = await service.found(['owner', 'ann'])
    await service.caughtUp()
    await service.write(groupId, 'roster', added(['eve']))
    expect((await service.queries.members(query(groupId, 'eve'))).members).toHaveLength(3)
  })

  test('are at least as new as the caller has seen', async () => {
    const groupId = await service.found(['owner', 'ann'])
    const seq = await service.write(groupId, 'roster', added(['bob']))
    expect((await service.queries.members(query(groupId, 'ann', seq))).members).toHaveLength(3)
  })

  test('say up to where they are true, whatever else the view holds', async () => {
    const groupId = await service.found(['owner', 'ann'])
    const joined = await service.write(groupId, 'roster', added(['bob']))
    expect((await service.queries.members(query(groupId, 'ann', joined))).asOfSeq).toBe(joined)
    const said = await service.write(groupId, 'messages', { case: 'messagePosted', value: POSTED })
    expect((await service.queries.members(query(groupId, 'ann', said))).asOfSeq).toBe(said)
    const page = { afterGroupId: '', minSeqGroupId: groupId, minSeq: said }
    expect((await service.queries.groupsOf('ann', page, signal)).groups).toMatchObject([{ asOfSeq: said }])
  })

  test('a sequence beyond the log is refused instead of waited for', async () => {
    const groupId = await service.found(['owner', 'ann'])
    await expect(service.queries.members(query(groupId, 'ann', 99))).rejects.toMatchObject({
      reason: ErrorReason.INVALID_REQUEST,
    })
  })

  test('a mute is shown also of somebody who left and came back', async () => {
    const groupId = await service.found(['owner', 'ann'])
    await service.commands.run(groupId, { type: 'MuteMember', userId: 'ann', until: 9_000 }, callerOf('owner'))
    await service.commands.run(groupId, { type: 'LeaveGroup' }, callerOf('ann'))
    await service.commands.run(groupId, { type: 'AddMembers', userIds: ['ann'] }, callerOf('owner'))
    expect((await service.queries.members(query(groupId, 'ann'))).members).toMatchObject([
      {},
      { userId: 'ann', mutedUntil: 9_000 },
    ])
  })
})

describe('bans', () => {
  const ban = (groupId: string, userId: string, expiresAt = 0, now = new Date(0)) =>
    service.commands.run(groupId, { type: 'BanMember', userId, reason: 'spam', expiresAt }, callerOf('owner', now))

  test('are shown to those who may ban, without the expired ones', async () => {
    const groupId = await service.found(['owner', 'ann'])
    await ban(groupId, 'eve')
    await ban(groupId, 'bob', 1_000)
    await ban(groupId, 'kim', 1_001, new Date(5))
    const bans = await service.queries.bans(query(groupId, 'owner'), NOW)
    expect(bans.map(({ userId, reason }) => [userId, reason])).toEqual([
      ['kim', 'spam'],
      ['eve', 'spam'],
    ])
    await expect(service.queries.bans(query(groupId, 'ann'), NOW)).rejects.toMatchObject({
      reason: ErrorReason.NOT_PERMITTED,
    })
  })

  test('no reason is shown when one of the two accounts is deleted', async () => {
    const groupId = await service.found(['owner', 'ann'])
    await ban(groupId, 'eve')
    await service.deleteAccount('eve')
    await service.caughtUp()
    expect(await service.queries.bans(query(groupId, 'owner'), NOW)).toMatchObject([{ userId: 'eve', reason: '' }])
  })
})

describe('requests to join', () => {
  test('are shown, oldest first, to those who may approve them', async () => {
    const groupId = await service.found(['owner', 'ann'], { settings: { discoverability: Discoverability.BY_REQUEST } })
    await service.commands.run(groupId, { type: 'JoinGroup', note: 'hello' }, callerOf('zoe', new Date(1)))
    await service.commands.run(groupId, { type: 'JoinGroup', note: '' }, callerOf('eve', new Date(2)))
    expect(await service.queries.joinRequests(query(groupId, 'owner'), NOW)).toEqual([
      { userId: 'zoe', note: 'hello', inviteId: '', requestedAt: 1 },
      { userId: 'eve', note: '', inviteId: '', requestedAt: 2 },
    ])
    expect([service.queries.hasJoinRequest(groupId, 'zoe'), service.queries.hasJoinRequest(groupId, 'ann')]).toEqual([
      true,
      false,
    ])
    await expect(service.queries.joinRequests(query(groupId, 'ann'), NOW)).rejects.toMatchObject({
      reason: ErrorReason.NOT_PERMITTED,
    })
  })
})

describe('the groups of a person', () => {
  const page = { afterGroupId: '', minSeqGroupId: '', minSeq: 0 }

  test('come in pages by id, and in a page by activity', async () => {
    const ids: string[] = []
    for (let n = 0; n < 151; n++) ids.push(await service.found(['owner']))
    const sorted = ids.toSorted((a, b) => (a < b ? -1 : 1))
    await service.write(sorted[7] ?? '', 'messages', { case: 'messagePosted', value: POSTED }, 'owner', 5_000)
    await service.caughtUp()
    const first = await service.queries.groupsOf('owner', page, signal)
    expect([first.groups.length, first.hasMore, first.groups[0]?.id]).toEqual([150, true, sorted[7]])
    const second = await service.queries.groupsOf('owner', { ...page, afterGroupId: sorted[149] ?? '' }, signal)
    expect([second.groups.map(({ id }) => id), second.hasMore]).toEqual([[sorted[150]], false])
  })

  test('tell what a list of chats shows', async () => {
    const groupId = await service.found(['owner', 'ann'], { name: 'Go', archived: true, topic: 'games' })
    const direct = '00000000-0000-7000-8000-000000000001'
    await service.write(direct, 'group', foundedBody(['ann', 'bob'], GroupKind.DIRECT))
    const seq = await service.write(groupId, 'messages', { case: 'messagePosted', value: POSTED }, 'owner', 5_000)
    const { groups } = await service.queries.groupsOf('ann', { ...page, minSeqGroupId: groupId, minSeq: seq }, signal)
    expect(groups).toMatchObject([
      {
        id: groupId,
        name: 'Go',
        topic: 'games',
        archived: true,
        role: Role.MEMBER,
        memberCount: 2,
        joinRequestCount: 0,
        mutedUntil: 0,
        peerId: undefined,
        lastActivityAt: 5_000,
        lastMessageSeq: seq,
      },
      { id: direct, kind: GroupKind.DIRECT, peerId: 'bob', lastMessageSeq: 0 },
    ])
  })

  test('tell of a message that was posted before, although messages come into the view late', async () => {
    const groupId = await service.found(['owner', 'ann'])
    await service.caughtUp()
    await service.write(groupId, 'messages', { case: 'messagePosted', value: POSTED }, 'owner', 5_000)
    const { groups } = await service.queries.groupsOf('ann', page, signal)
    expect(groups).toMatchObject([{ id: groupId, lastActivityAt: 5_000 }])
  })

  test('are told all the same when the log does not answer', async () => {
    const groupId = await service.found(['owner', 'ann'])
    await service.caughtUp()
    service.store.info = () => new Promise(() => undefined)
    const { groups } = await service.queries.groupsOf('ann', page, signal)
    expect(groups).toMatchObject([{ id: groupId }])
  })
})

describe('groups that everybody can find', () => {
  const open = { settings: { discoverability: Discoverability.OPEN } }

  test('are found by a part of their name; the largest first', async () => {
    const small = await service.found(['owner'], { ...open, name: 'Chess club' })
    const large = await service.found(['owner', 'ann'], { ...open, name: 'Chess 100%' })
    await service.found(['owner'], { name: 'Hidden chess' })
    await service.found(['owner'], { ...open, name: 'Archived chess', archived: true })
    const deleted = await service.found(['owner'], { ...open, name: 'Deleted chess' })
    await service.write(deleted, 'group', { case: 'groupDeleted', value: create(GroupDeletedSchema) })
    await service.caughtUp()
    const found = service.queries.discover('ann', 'CHESS', 10)
    expect(found.map(({ id, isMember }) => [id, isMember])).toEqual([
      [large, true],
      [small, false],
    ])
    expect(service.queries.discover('ann', '100%', 10).map(({ id }) => id)).toEqual([large])
    expect(service.queries.discover('ann', '%', 10).map(({ id }) => id)).toEqual([large])
  })
})

describe('for gateways and services', () => {
  test('positions are as of now, with what is hidden from newcomers', async () => {
    const settings = { newcomerHistory: NewcomerHistory.FROM_JOINING }
    const groupId = await service.found(['owner', 'ann'], { settings })
    const seq = await service.write(groupId, 'roster', added(['eve']))
    const [eve, owner, nobody] = await service.queries.positionsOf(['eve', 'owner', 'kim'], signal)
    expect(eve).toEqual([{ groupId, rosterSeq: seq, hiddenUpToSeq: seq }])
    expect(owner).toEqual([{ groupId, rosterSeq: seq, hiddenUpToSeq: 0 }])
    expect(nobody).toEqual([])
  })

  test('a membership is as of now', async () => {
    const groupId = await service.found(['owner', 'ann'])
    await service.caughtUp()
    await service.write(groupId, 'roster', added(['eve']))
    const { group, role, direct } = await service.queries.membership(groupId, 'eve', signal)
    expect([group?.id, role, direct]).toEqual([groupId, Role.MEMBER, undefined])
    expect((await service.queries.membership(groupId, 'kim', signal)).role).toBeUndefined()
    expect((await service.queries.membership('none', 'kim', signal)).group).toBeUndefined()
  })

  test('a membership in a direct chat names both people, and tells of a block by either', async () => {
    const groupId = 'direct'
    await service.write(groupId, 'group', foundedBody(['ann', 'bob'], GroupKind.DIRECT))
    await service.caughtUp()
    const direct = async (userId: string) => (await service.queries.membership(groupId, userId, signal)).direct
    expect(await direct('ann')).toEqual({ userIds: ['ann', 'bob'], blocked: false })
    // Also of one that this replica has not heard of yet.
    await service.block('bob', 'ann')
    expect([(await direct('ann'))?.blocked, (await direct('bob'))?.blocked]).toEqual([true, true])
    expect(await direct('eve')).toBeUndefined()
  })

  test('a caller rings the others without a block, and nobody where too many are', async () => {
    const groupId = await service.found(['owner', 'ann', 'bob', 'kim'])
    await service.block('ann', 'owner')
    await service.block('owner', 'bob')
    expect(await service.queries.callees(groupId, 'owner', 3, signal)).toEqual(['kim'])
    expect(await service.queries.callees(groupId, 'owner', 2, signal)).toEqual([])
  })
})
