import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Permission } from '@beseda/proto/common/v1/permissions'
import { Role } from '@beseda/proto/common/v1/roles'
import { Discoverability, GroupSettingsSchema, GroupUpdatedSchema } from '@beseda/proto/group/v1/events'
import { create } from '@bufbuild/protobuf'
import { describe, expect, test } from 'vitest'
import type { RosterEvent } from './changes.js'
import type { ActedCommand } from './commands.js'
import { by, followedBy, founded, given, history, invite, rolesOf, trio } from './testing.js'

describe('invites', () => {
  const join = { type: 'AcceptInvite', inviteId: 'i', note: '' } as const

  test('admit until they are used up; a member uses none up', () => {
    const invited = history(trio, by('ann', invite({ maxUses: 1 })))
    given(invited).when(by('admin', join)).yields([])
    const joined = history(invited, by('bob', join))
    expect(rolesOf(joined)).toMatchObject({ bob: Role.MEMBER })
    given(joined).when(by('carl', join)).refused(ErrorReason.INVITE_USED_UP)
  })

  test('end when they expire, and when their creator or an admin revokes them', () => {
    const invited = history(trio, by('ann', invite({ expiresAt: 1_000 })))
    given(invited)
      .when(by('bob', join, 1_000))
      .refused(ErrorReason.INVITE_EXPIRED)
    expect(
      given(invited)
        .when(by('bob', join, 999))
        .events(),
    ).toHaveLength(1)
    const revoked = history(invited, by('admin', { type: 'RevokeInvite', inviteId: 'i' }))
    given(revoked).when(by('bob', join)).refused(ErrorReason.INVITE_REVOKED)
    const others = history(founded(['owner', 'ann', 'eve']), by('ann', invite()))
    given(others)
      .when(by('eve', { type: 'RevokeInvite', inviteId: 'i' }))
      .refused(ErrorReason.NOT_PERMITTED)
  })

  test('for admins are created by the owner only; whoever accepts one joins as an admin', () => {
    given(trio)
      .when(by('admin', invite({ role: Role.ADMIN })))
      .refused(ErrorReason.NOT_PERMITTED)
    const invited = history(trio, by('owner', invite({ role: Role.ADMIN })))
    expect(rolesOf(history(invited, by('bob', join)))).toMatchObject({ bob: Role.ADMIN })
  })

  test('admit only while their creator is a member who may invite', () => {
    const invited = history(trio, by('ann', invite()))
    const settings = { permissions: [{ permission: Permission.INVITE, leastRole: Role.ADMIN }] }
    const value = create(GroupUpdatedSchema, { settings })
    const muted = history(invited, by('admin', { type: 'MuteMember', userId: 'ann', until: 1_000 }))
    const ends: Record<string, RosterEvent[]> = {
      banned: history(invited, by('admin', { type: 'BanMember', userId: 'ann', reason: '', expiresAt: 0 })),
      removed: history(invited, by('admin', { type: 'RemoveMember', userId: 'ann' })),
      left: history(invited, by('ann', { type: 'LeaveGroup' })),
      muted,
      'no longer allowed': followedBy(invited, { case: 'groupUpdated', value }),
    }
    for (const [name, ended] of Object.entries(ends)) {
      expect(
        () =>
          given(ended)
            .when(by('bob', join, 999))
            .events(),
        name,
      ).toThrow(expect.objectContaining({ reason: ErrorReason.INVITE_REVOKED }))
    }
    expect(rolesOf(history(muted, by('bob', join, 1_000)))).toMatchObject({ bob: Role.MEMBER })
  })

  test('for admins end when their creator may make no admins, whatever else they may', () => {
    const invited = history(
      trio,
      by('owner', invite({ role: Role.ADMIN })),
      by('owner', { type: 'TransferOwnership', userId: 'admin' }),
    )
    given(invited).when(by('bob', join)).refused(ErrorReason.INVITE_REVOKED)
  })

  test('that have ended leave a request from before to the admins; it makes no admin then', () => {
    const asked = history(
      trio,
      by('owner', invite({ role: Role.ADMIN, needsApproval: true })),
      by('bob', join),
      by('owner', { type: 'TransferOwnership', userId: 'admin' }),
      by('owner', { type: 'LeaveGroup' }),
    )
    const approved = history(asked, by('admin', { type: 'ResolveJoinRequest', userId: 'bob', approve: true }))
    expect(rolesOf(approved)).toMatchObject({ bob: Role.MEMBER })
  })

  test('an unknown invite is refused', () => {
    given(trio).when(by('bob', join)).refused(ErrorReason.INVITE_NOT_FOUND)
  })
})

describe('requests to join', () => {
  const settings = create(GroupSettingsSchema, { discoverability: Discoverability.BY_REQUEST })
  const byRequest = followedBy(trio, { case: 'groupUpdated', value: create(GroupUpdatedSchema, { settings }) })
  const ask = { type: 'JoinGroup', note: 'hello' } as const

  test('are approved or declined by an admin, once', () => {
    const asked = history(byRequest, by('bob', ask))
    given(asked).when(by('bob', ask)).yields([])
    given(asked)
      .when(by('ann', { type: 'ResolveJoinRequest', userId: 'bob', approve: true }))
      .refused(ErrorReason.NOT_PERMITTED)
    const approved = history(asked, by('admin', { type: 'ResolveJoinRequest', userId: 'bob', approve: true }))
    expect(rolesOf(approved)).toMatchObject({ bob: Role.MEMBER })
    const refused = history(asked, by('admin', { type: 'ResolveJoinRequest', userId: 'bob', approve: false }))
    given(refused)
      .when(by('owner', { type: 'ResolveJoinRequest', userId: 'bob', approve: true }))
      .refused(ErrorReason.JOIN_REQUEST_NOT_FOUND)
  })

  test('can be withdrawn by the person who made them', () => {
    const asked = history(byRequest, by('bob', ask))
    const back = history(asked, by('bob', { type: 'ResolveJoinRequest', userId: 'bob', approve: false }))
    expect(given(back).state().requests.size).toBe(0)
  })

  test('end when the person is added, accepts an invite, is banned, or deletes their account', () => {
    const asked = history(byRequest, by('ann', invite()), by('bob', ask))
    const cases = (command: ActedCommand) =>
      given(asked)
        .when(command)
        .events()
        .map((body) => body.case)
    expect(cases(by('owner', { type: 'AddMembers', userIds: ['bob', 'eve'] }))).toEqual([
      'memberJoined',
      'membersAdded',
    ])
    expect(cases(by('bob', { type: 'AcceptInvite', inviteId: 'i', note: '' }))).toEqual([
      'joinDeclined',
      'memberJoined',
    ])
    const ban = { type: 'BanMember', userId: 'bob', reason: '', expiresAt: 0 } as const
    expect(cases(by('owner', ban))).toEqual(['joinDeclined', 'memberBanned'])
    expect(cases(by('bob', { type: 'RemoveDeletedAccount' }))).toEqual(['joinDeclined'])
    expect(cases(by('eve', { type: 'RemoveDeletedAccount' }))).toEqual([])
  })

  test('that are approved by adding people: everybody gets an ordinal of their own', () => {
    const asked = history(byRequest, by('bob', ask))
    const after = history(asked, by('owner', { type: 'AddMembers', userIds: ['eve', 'bob', 'kim'] }))
    const { members: people } = given(after).state()
    const indexes = ['bob', 'eve', 'kim'].map((userId) => people.get(userId)?.ordinal.index)
    expect([[...people.keys()].slice(3), indexes]).toEqual([
      ['bob', 'eve', 'kim'],
      [0, 1, 2],
    ])
  })

  test('are refused by a hidden group as if it did not exist; an open one admits at once', () => {
    given(trio).when(by('bob', ask)).refused(ErrorReason.GROUP_NOT_FOUND)
    const settings = create(GroupSettingsSchema, { discoverability: Discoverability.OPEN })
    const open = followedBy(trio, { case: 'groupUpdated', value: create(GroupUpdatedSchema, { settings }) })
    expect(rolesOf(history(open, by('bob', ask)))).toMatchObject({ bob: Role.MEMBER })
  })

  test('by an invite use it up when they are approved, not when they are made', () => {
    const join = { type: 'AcceptInvite', inviteId: 'i', note: '' } as const
    const asked = history(
      trio,
      by('owner', invite({ maxUses: 1, needsApproval: true })),
      by('bob', join),
      by('eve', join),
    )
    const one = history(asked, by('admin', { type: 'ResolveJoinRequest', userId: 'bob', approve: true }))
    given(one)
      .when(by('admin', { type: 'ResolveJoinRequest', userId: 'eve', approve: true }))
      .refused(ErrorReason.INVITE_USED_UP)
  })
})
