import {
  Discoverability,
  GroupDeletedSchema,
  GroupSettingsSchema,
  GroupUpdatedSchema,
} from '@beseda/proto/group/v1/events'
import { NoticeKind } from '@beseda/proto/membership/v1/membership_service'
import { create } from '@bufbuild/protobuf'
import { beforeEach, expect, test } from 'vitest'
import type { RosterCommand } from '../domain/roster/commands.js'
import { callerOf, openService, type Service } from './testing.js'

const settings = create(GroupSettingsSchema, { discoverability: Discoverability.BY_REQUEST })
const { signal } = new AbortController()
const DAY = 86_400_000

let service: Service
let groupId: string
beforeEach(async () => {
  service = await openService()
  groupId = await service.found(['owner', 'ann', 'bob'], { name: 'Choir', settings })
})

const act = (userId: string, command: RosterCommand, now = new Date(0)) =>
  service.commands.run(groupId, command, callerOf(userId, now))
const ban = (userId: string, reason = '', expiresAt = 0) => ({ type: 'BanMember', userId, reason, expiresAt }) as const
async function toldTo(userId: string, now = new Date(0)) {
  await service.caughtUp()
  const notices = await service.queries.notices(userId, { minSeqGroupId: '', minSeq: 0 }, now, signal)
  return notices.map(({ kind, groupName, by, reason, expiresAt }) => [
    NoticeKind[kind],
    groupName,
    by,
    reason,
    expiresAt,
  ])
}

test('a member who is put out is told by whom; one who is banned also why and until when; nobody else is told', async () => {
  await act('owner', { type: 'RemoveMember', userId: 'ann' })
  await act('owner', ban('bob', 'spam', 5_000))
  expect(await toldTo('ann')).toEqual([['REMOVED', 'Choir', 'owner', '', 0]])
  expect(await toldTo('bob')).toEqual([['BANNED', 'Choir', 'owner', 'spam', 5_000]])
  expect([await toldTo('owner'), await toldTo('eve')]).toEqual([[], []])
})

test('a request waits, and is declined or taken back; whoever is let in needs no notice', async () => {
  for (const userId of ['eve', 'kim', 'lee']) await act(userId, { type: 'JoinGroup', note: '' })
  expect(await toldTo('eve')).toEqual([['REQUESTED', 'Choir', '', '', 0]])
  await act('owner', { type: 'ResolveJoinRequest', userId: 'eve', approve: false })
  await act('owner', { type: 'ResolveJoinRequest', userId: 'kim', approve: true })
  await act('lee', { type: 'ResolveJoinRequest', userId: 'lee', approve: false })
  // Who declined stays among the admins.
  expect(await toldTo('eve')).toEqual([['DECLINED', 'Choir', '', '', 0]])
  expect([await toldTo('kim'), await toldTo('lee')]).toEqual([[], []])
})

test('the newest thing is told: banned after having asked; nothing once the ban is lifted or the person is back', async () => {
  await act('eve', { type: 'JoinGroup', note: '' })
  await act('owner', ban('eve', 'no'))
  expect(await toldTo('eve')).toEqual([['BANNED', 'Choir', 'owner', 'no', 0]])
  await act('owner', { type: 'UnbanMember', userId: 'eve' })
  expect(await toldTo('eve')).toEqual([])
  await act('owner', { type: 'RemoveMember', userId: 'ann' })
  await act('owner', { type: 'AddMembers', userIds: ['ann'] })
  expect(await toldTo('ann')).toEqual([])
})

test('nobody reaches a stranger by banning them, and whoever leaves by themselves is told nothing', async () => {
  await act('owner', ban('eve', 'an insult'))
  await act('ann', { type: 'LeaveGroup' })
  expect([await toldTo('eve'), await toldTo('ann')]).toEqual([[], []])
})

test('members of a deleted group are told who deleted it; whoever waited hears no more of it', async () => {
  await act('eve', { type: 'JoinGroup', note: '' })
  await service.write(groupId, 'group', { case: 'groupDeleted', value: create(GroupDeletedSchema) })
  expect(await toldTo('ann')).toEqual([['GROUP_DELETED', 'Choir', 'owner', '', 0]])
  expect([await toldTo('owner'), await toldTo('eve')]).toEqual([[], []])
})

test('what becomes of a group is not for those outside of it: its name stays the one of then', async () => {
  await act('owner', { type: 'RemoveMember', userId: 'ann' })
  await service.write(groupId, 'group', { case: 'groupUpdated', value: create(GroupUpdatedSchema, { name: 'Merger' }) })
  expect(await toldTo('ann')).toEqual([['REMOVED', 'Choir', 'owner', '', 0]])
})

test('an old notice is told no more, an old request still waits', async () => {
  await act('eve', { type: 'JoinGroup', note: '' })
  await act('owner', { type: 'RemoveMember', userId: 'ann' })
  const later = new Date(31 * DAY)
  expect([(await toldTo('ann', later)).length, (await toldTo('eve', later)).length]).toEqual([0, 1])
})

test('the reason goes with the account of whoever gave it', async () => {
  await act('owner', ban('bob', 'spam'))
  await service.deleteAccount('owner')
  expect(await toldTo('bob')).toEqual([['BANNED', 'Choir', 'owner', '', 0]])
})

test('in an archived group a request can be taken back, and its owner can hand it over and leave', async () => {
  await act('eve', { type: 'JoinGroup', note: '' })
  await service.write(groupId, 'group', { case: 'groupUpdated', value: create(GroupUpdatedSchema, { archived: true }) })
  await act('eve', { type: 'ResolveJoinRequest', userId: 'eve', approve: false })
  await act('owner', { type: 'TransferOwnership', userId: 'ann' })
  await act('owner', { type: 'LeaveGroup' })
  expect(await toldTo('eve')).toEqual([])
})
