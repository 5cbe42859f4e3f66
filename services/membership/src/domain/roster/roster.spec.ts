import { fold, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Permission } from '@beseda/proto/common/v1/permissions'
import { Role } from '@beseda/proto/common/v1/roles'
import {
  Discoverability,
  GroupDeletedSchema,
  GroupKind,
  GroupSettingsSchema,
  GroupUpdatedSchema,
} from '@beseda/proto/group/v1/events'
import { MEMBER_LIMIT } from '@beseda/rules'
import { create } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { EventBody, RosterEvent } from './changes.js'
import type { ActedCommand, RosterCommand } from './commands.js'
import { rosterDecider } from './decide.js'
import { heirOf } from './members.js'
import { EMPTY_ROSTER } from './roster.js'
import { anyCommand, by, founded, given, history, invite, recorded } from './testing.js'

const members = (events: readonly RosterEvent[]) =>
  Object.fromEntries([...given(events).state().members].map(([userId, { role }]) => [userId, role]))
/** The history with an event of the group service after it. */
const then = (events: readonly RosterEvent[], body: EventBody) => [...events, ...recorded([body], 'owner', 1_000)]

const trio = history(
  founded(['owner', 'admin', 'ann']),
  by('owner', { type: 'ChangeRole', userId: 'admin', role: Role.ADMIN }),
)

describe('members', () => {
  test('members of a group add people; in a channel only admins do', () => {
    const add = { type: 'AddMembers', userIds: ['bob', 'ann', 'bob'] } as const
    expect(members(history(trio, by('ann', add)))).toMatchObject({ bob: Role.MEMBER, ann: Role.MEMBER })
    given(founded(['owner', 'ann'], GroupKind.CHANNEL))
      .when(by('ann', add))
      .refused(ErrorReason.NOT_PERMITTED)
  })

  test('the permissions of the group count', () => {
    const permissions = [{ permission: Permission.ADD_MEMBERS, leastRole: Role.ADMIN }]
    const value = create(GroupUpdatedSchema, { settings: { permissions } })
    const strict = then(trio, { case: 'groupUpdated', value })
    const add = { type: 'AddMembers', userIds: ['bob'] } as const
    given(strict).when(by('ann', add)).refused(ErrorReason.NOT_PERMITTED)
    expect(given(strict).when(by('admin', add)).events()).toHaveLength(1)
  })

  test('adding somebody who is a member already changes nothing', () => {
    given(trio)
      .when(by('ann', { type: 'AddMembers', userIds: ['admin'] }))
      .yields([])
  })

  test('an admin removes members, not admins; the owner removes both; nobody removes the owner', () => {
    expect(members(history(trio, by('admin', { type: 'RemoveMember', userId: 'ann' })))).not.toHaveProperty('ann')
    expect(members(history(trio, by('owner', { type: 'RemoveMember', userId: 'admin' })))).not.toHaveProperty('admin')
    given(trio)
      .when(by('admin', { type: 'RemoveMember', userId: 'owner' }))
      .refused(ErrorReason.NOT_PERMITTED)
    given(trio)
      .when(by('admin', { type: 'RemoveMember', userId: 'admin' }))
      .refused(ErrorReason.NOT_PERMITTED)
    given(trio)
      .when(by('ann', { type: 'RemoveMember', userId: 'admin' }))
      .refused(ErrorReason.NOT_PERMITTED)
  })

  test('everybody can leave but the owner and the last member', () => {
    given(trio)
      .when(by('owner', { type: 'LeaveGroup' }))
      .refused(ErrorReason.OWNER_CANNOT_LEAVE)
    given(founded(['owner']))
      .when(by('owner', { type: 'LeaveGroup' }))
      .refused(ErrorReason.LAST_MEMBER)
    expect(members(history(trio, by('ann', { type: 'LeaveGroup' })))).not.toHaveProperty('ann')
  })

  test('ownership moves by one event', () => {
    const after = history(trio, by('owner', { type: 'TransferOwnership', userId: 'ann' }))
    expect(members(after)).toEqual({ owner: Role.ADMIN, admin: Role.ADMIN, ann: Role.OWNER })
    given(trio)
      .when(by('owner', { type: 'TransferOwnership', userId: 'stranger' }))
      .refused(ErrorReason.USER_NOT_FOUND)
    given(trio)
      .when(by('admin', { type: 'TransferOwnership', userId: 'admin' }))
      .refused(ErrorReason.NOT_PERMITTED)
  })

  test('the owner cannot be made an admin, nor anybody an owner', () => {
    given(trio)
      .when(by('owner', { type: 'ChangeRole', userId: 'owner', role: Role.ADMIN }))
      .refused(ErrorReason.NOT_PERMITTED)
    given(trio)
      .when(by('owner', { type: 'ChangeRole', userId: 'ann', role: Role.OWNER }))
      .refused(ErrorReason.NOT_PERMITTED)
  })

  test('strangers, direct chats and deleted groups refuse everything', () => {
    const leave: RosterCommand = { type: 'LeaveGroup' }
    given(trio).when(by('stranger', leave)).refused(ErrorReason.NOT_A_MEMBER)
    given(founded(['a', 'b'], GroupKind.DIRECT))
      .when(by('a', leave))
      .refused(ErrorReason.DIRECT_CHAT)
    given(then(trio, { case: 'groupDeleted', value: create(GroupDeletedSchema) }))
      .when(by('owner', leave))
      .refused(ErrorReason.NOT_A_MEMBER)
  })
})

describe('invites', () => {
  const join = { type: 'AcceptInvite', inviteId: 'i', note: '' } as const

  test('admit until they are used up; a member uses none up', () => {
    const invited = history(trio, by('ann', invite({ maxUses: 1 })))
    given(invited).when(by('admin', join)).yields([])
    const joined = history(invited, by('bob', join))
    expect(members(joined)).toMatchObject({ bob: Role.MEMBER })
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
    expect(members(history(invited, by('bob', join)))).toMatchObject({ bob: Role.ADMIN })
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
      'no longer allowed': then(invited, { case: 'groupUpdated', value }),
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
    expect(members(history(muted, by('bob', join, 1_000)))).toMatchObject({ bob: Role.MEMBER })
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
    expect(members(approved)).toMatchObject({ bob: Role.MEMBER })
  })

  test('an unknown invite is refused', () => {
    given(trio).when(by('bob', join)).refused(ErrorReason.INVITE_NOT_FOUND)
  })
})

describe('bans and mutes', () => {
  const ban = { type: 'BanMember', userId: 'ann', reason: 'spam', expiresAt: 1_000 } as const

  test('a banned member is removed and cannot join until the ban ends', () => {
    const banned = history(trio, by('owner', invite()), by('admin', ban))
    expect(members(banned)).not.toHaveProperty('ann')
    const join = { type: 'AcceptInvite', inviteId: 'i', note: '' } as const
    given(banned)
      .when(by('ann', join, 999))
      .refused(ErrorReason.BANNED)
    given(banned)
      .when(by('owner', { type: 'AddMembers', userIds: ['ann'] }, 999))
      .refused(ErrorReason.BANNED)
    expect(
      given(banned)
        .when(by('ann', join, 1_000))
        .events(),
    ).toHaveLength(1)
    const free = history(banned, by('admin', { type: 'UnbanMember', userId: 'ann' }))
    expect(
      given(free)
        .when(by('ann', join, 1))
        .events(),
    ).toHaveLength(1)
  })

  test('a muted member brings nobody in until the mute ends, and may leave', () => {
    const until = 1_000
    const muted = history(trio, by('admin', { type: 'MuteMember', userId: 'ann', until }))
    for (const command of [{ type: 'AddMembers', userIds: ['bob'] } as const, invite()]) {
      given(muted)
        .when(by('ann', command, until - 1))
        .refused(ErrorReason.MUTED)
      const later = given(muted).when(by('ann', command, until))
      expect(later.events()).toHaveLength(1)
    }
    expect(members(history(muted, by('ann', { type: 'LeaveGroup' })))).not.toHaveProperty('ann')
  })

  test('a muted admin still moderates, and does not end the mute', () => {
    const muted = history(trio, by('owner', { type: 'MuteMember', userId: 'admin', until: 1_000 }))
    expect(given(muted).when(by('admin', ban)).events()).toHaveLength(1)
    given(muted)
      .when(by('admin', { type: 'MuteMember', userId: 'admin', until: 0 }))
      .refused(ErrorReason.NOT_PERMITTED)
  })

  test('nobody bans or mutes somebody of their own role or a higher one; a stranger can be banned in advance', () => {
    for (const userId of ['admin', 'owner']) {
      given(trio)
        .when(by('admin', { ...ban, userId }))
        .refused(ErrorReason.NOT_PERMITTED)
      given(trio)
        .when(by('admin', { type: 'MuteMember', userId, until: 5 }))
        .refused(ErrorReason.NOT_PERMITTED)
    }
    expect(
      given(trio)
        .when(by('admin', { ...ban, userId: 'stranger' }))
        .events(),
    ).toHaveLength(1)
    given(trio)
      .when(by('ann', { ...ban, userId: 'stranger' }))
      .refused(ErrorReason.NOT_PERMITTED)
  })
})

describe('requests to join', () => {
  const settings = create(GroupSettingsSchema, { discoverability: Discoverability.BY_REQUEST })
  const byRequest = then(trio, { case: 'groupUpdated', value: create(GroupUpdatedSchema, { settings }) })
  const ask = { type: 'JoinGroup', note: 'hello' } as const

  test('are approved or declined by an admin, once', () => {
    const asked = history(byRequest, by('bob', ask))
    given(asked).when(by('bob', ask)).yields([])
    given(asked)
      .when(by('ann', { type: 'ResolveJoinRequest', userId: 'bob', approve: true }))
      .refused(ErrorReason.NOT_PERMITTED)
    const approved = history(asked, by('admin', { type: 'ResolveJoinRequest', userId: 'bob', approve: true }))
    expect(members(approved)).toMatchObject({ bob: Role.MEMBER })
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
    const open = then(trio, { case: 'groupUpdated', value: create(GroupUpdatedSchema, { settings }) })
    expect(members(history(open, by('bob', ask)))).toMatchObject({ bob: Role.MEMBER })
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

test('the group of a deleted account passes to its longest-standing admin, else member; the last member just leaves', () => {
  const depart = { type: 'RemoveDeletedAccount' } as const
  expect(members(history(trio, by('owner', depart)))).toEqual({ admin: Role.OWNER, ann: Role.MEMBER })
  const plain = history(founded(['owner', 'ann', 'bob']), by('owner', depart))
  expect(members(plain)).toEqual({ ann: Role.OWNER, bob: Role.MEMBER })
  expect(members(history(plain, by('ann', depart), by('bob', depart)))).toEqual({})
})

test('the heir is found by ordinal, in whatever order the members come', () => {
  const member = (seq: number, index: number, role = Role.MEMBER) => ({ role, joinedAt: 0, ordinal: { seq, index } })
  const people = { zoe: member(2, 1), ann: member(2, 0), bob: member(9, 0, Role.ADMIN), kim: member(8, 7, Role.ADMIN) }
  const heir = (...order: (keyof typeof people)[]) =>
    heirOf({ ...EMPTY_ROSTER, members: new Map(order.map((id) => [id, people[id]])) }, 'owner')
  expect([heir('zoe', 'ann'), heir('ann', 'zoe')]).toEqual(['ann', 'ann'])
  expect([heir('zoe', 'bob', 'kim'), heir('kim', 'bob')]).toEqual(['kim', 'kim'])
  expect(heir()).toBeUndefined()
})

test('an archived group refuses changes, but its members can leave', () => {
  const archived = then(trio, { case: 'groupUpdated', value: create(GroupUpdatedSchema, { archived: true }) })
  given(archived)
    .when(by('owner', { type: 'AddMembers', userIds: ['bob'] }))
    .refused(ErrorReason.ARCHIVED)
  expect(
    given(archived)
      .when(by('ann', { type: 'LeaveGroup' }))
      .events(),
  ).toHaveLength(1)
})

const person = fc.nat(12).map((n) => `u${n}`)

test('whatever commands come: exactly one owner, never above the limit, no invite used too often, no banned member', () => {
  const actions = fc.array(fc.tuple(person, anyCommand(13)), { minLength: 1, maxLength: 80 })
  fc.assert(
    fc.property(actions, fc.constantFrom(GroupKind.GROUP, GroupKind.CHANNEL), (list, kind) => {
      // Two free seats, so that the limit is really met.
      const crowd = Array.from({ length: MEMBER_LIMIT[kind] - 4 }, (_, i) => `crowd${i}`)
      let state = given(founded(['u0', 'u1', ...crowd], kind)).state()
      for (const [now, [actorId, command]] of list.entries()) {
        try {
          const decided = rosterDecider.decide(by(actorId, command, now), state)
          if (command.type === 'AcceptInvite' && decided.length > 0) {
            const creatorId = state.invites.get(command.inviteId)?.createdBy ?? ''
            expect(state.members.has(creatorId)).toBe(true)
            expect(state.mutes.get(creatorId) ?? 0).toBeLessThanOrEqual(now)
          }
          state = fold(rosterDecider, recorded(decided, actorId, now + 2), state)
        } catch (error) {
          if (!(error instanceof Refusal)) throw error
        }
        const owners = [...state.members.values()].filter(({ role }) => role === Role.OWNER)
        expect(owners).toHaveLength(state.members.size === 0 ? 0 : 1)
        const ordinals = [...state.members.values()].map(({ ordinal }) => ordinal)
        expect(ordinals).toEqual(ordinals.toSorted((a, b) => a.seq - b.seq || a.index - b.index))
        expect(new Set(ordinals.map(({ seq, index }) => `${seq} ${index}`)).size).toBe(ordinals.length)
        for (const userId of state.requests.keys()) expect(state.members.has(userId)).toBe(false)
        for (const [userId, { expiresAt }] of state.bans) {
          if (expiresAt === 0 || expiresAt > now) expect(state.members.has(userId)).toBe(false)
        }
        expect(state.members.size).toBeLessThanOrEqual(MEMBER_LIMIT[kind])
        for (const { uses, maxUses } of state.invites.values())
          if (maxUses > 0) expect(uses).toBeLessThanOrEqual(maxUses)
      }
    }),
    { numRuns: 200 },
  )
})
