import { fold, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Permission } from '@beseda/proto/common/v1/permissions'
import { Role } from '@beseda/proto/common/v1/roles'
import { GroupDeletedSchema, GroupKind, GroupUpdatedSchema } from '@beseda/proto/group/v1/events'
import { MEMBER_LIMIT } from '@beseda/rules'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ActedCommand, RosterCommand } from './commands.js'
import { rosterDecider } from './decide.js'
import { heirOf } from './members.js'
import { EMPTY_ROSTER } from './roster.js'
import { anyCommand, by, followedBy, founded, given, history, invite, recorded, rolesOf, trio } from './testing.js'

describe('members', () => {
  test('members of a group add people; in a channel only admins do', () => {
    const add = { type: 'AddMembers', userIds: ['bob', 'ann', 'bob'] } as const
    expect(rolesOf(history(trio, by('ann', add)))).toMatchObject({ bob: Role.MEMBER, ann: Role.MEMBER })
    given(founded(['owner', 'ann'], GroupKind.CHANNEL))
      .when(by('ann', add))
      .refused(ErrorReason.NOT_PERMITTED)
  })

  test('the permissions of the group count', () => {
    const permissions = [{ permission: Permission.ADD_MEMBERS, leastRole: Role.ADMIN }]
    const value = create(GroupUpdatedSchema, { settings: { permissions } })
    const strict = followedBy(trio, { case: 'groupUpdated', value })
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
    expect(rolesOf(history(trio, by('admin', { type: 'RemoveMember', userId: 'ann' })))).not.toHaveProperty('ann')
    expect(rolesOf(history(trio, by('owner', { type: 'RemoveMember', userId: 'admin' })))).not.toHaveProperty('admin')
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

  describe('bots of somebody who is put out', () => {
    const owners = new Map([
      ['bot', 'ann'],
      ['chief bot', 'ann'],
      ['other bot', 'admin'],
    ])
    const all = founded(['owner', 'admin', 'ann', 'bot', 'chief bot', 'other bot'])
    const withBots = history(
      all,
      by('owner', { type: 'ChangeRole', userId: 'admin', role: Role.ADMIN }),
      by('owner', { type: 'ChangeRole', userId: 'chief bot', role: Role.ADMIN }),
    )
    const remove = { type: 'RemoveMember', userId: 'ann' } as const
    const ban = { type: 'BanMember', userId: 'ann', reason: '', expiresAt: 0 } as const

    test.each([remove, ban])('go with them: $type', (command) => {
      const left = rolesOf(history(withBots, { ...by('owner', command), owners }))
      expect(Object.keys(left)).toEqual(['owner', 'admin', 'other bot'])
    })

    test('go with them also where the actor could not remove them alone', () => {
      const left = rolesOf(history(withBots, { ...by('admin', ban), owners }))
      expect(Object.keys(left)).toEqual(['owner', 'admin', 'other bot'])
      given(withBots)
        .when(by('admin', { type: 'RemoveMember', userId: 'chief bot' }))
        .refused(ErrorReason.NOT_PERMITTED)
    })

    test('protect them where one owns the group', () => {
      const owned = history(withBots, by('owner', { type: 'TransferOwnership', userId: 'bot' }))
      for (const command of [remove, ban, { type: 'MuteMember', userId: 'ann', until: 9_000 } as const])
        given(owned)
          .when({ ...by('admin', command), owners })
          .refused(ErrorReason.NOT_PERMITTED)
    })

    test('are muted with them, and may speak again with them', () => {
      const mute = { type: 'MuteMember', userId: 'ann', until: 9_000 } as const
      const mutes = (...commands: ActedCommand[]) =>
        Object.fromEntries(fold(rosterDecider, history(withBots, ...commands)).mutes)
      const silenced = { ...by('admin', mute), owners }
      expect(mutes(silenced)).toEqual({ ann: 9_000, bot: 9_000, 'chief bot': 9_000 })
      expect(mutes(silenced, { ...by('admin', { ...mute, until: 0 }), owners })).toEqual({
        ann: 0,
        bot: 0,
        'chief bot': 0,
      })
      given(history(withBots, silenced)).when(silenced).yields(given(withBots).when(silenced).events())
    })

    test('that are added while their owner is muted are muted, too', () => {
      const mute = by('admin', { type: 'MuteMember', userId: 'ann', until: 9_000 })
      const add = {
        ...by('admin', { type: 'AddMembers', userIds: ['late bot'] }),
        owners: new Map([['late bot', 'ann']]),
      }
      const { mutes } = fold(rosterDecider, history(withBots, mute, add))
      expect(mutes.get('late bot')).toBe(9_000)
    })

    test('do not come back while their owner is banned', () => {
      const banned = history(withBots, { ...by('owner', ban), owners })
      const add = { ...by('admin', { type: 'AddMembers', userIds: ['bot'] }), owners }
      given(banned).when(add).refused(ErrorReason.BANNED)
      const pardoned = history(banned, by('owner', { type: 'UnbanMember', userId: 'ann' }))
      expect(given(pardoned).when(add).events()).toHaveLength(1)
    })

    test('stay when their owner leaves on their own', () => {
      const left = rolesOf(history(withBots, { ...by('ann', { type: 'LeaveGroup' }), owners }))
      expect(left).toHaveProperty('bot')
    })
  })

  test('everybody can leave but the owner and the last member', () => {
    given(trio)
      .when(by('owner', { type: 'LeaveGroup' }))
      .refused(ErrorReason.OWNER_CANNOT_LEAVE)
    given(founded(['owner']))
      .when(by('owner', { type: 'LeaveGroup' }))
      .refused(ErrorReason.LAST_MEMBER)
    expect(rolesOf(history(trio, by('ann', { type: 'LeaveGroup' })))).not.toHaveProperty('ann')
  })

  test('ownership moves by one event', () => {
    const after = history(trio, by('owner', { type: 'TransferOwnership', userId: 'ann' }))
    expect(rolesOf(after)).toEqual({ owner: Role.ADMIN, admin: Role.ADMIN, ann: Role.OWNER })
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
    given(followedBy(trio, { case: 'groupDeleted', value: create(GroupDeletedSchema) }))
      .when(by('owner', leave))
      .refused(ErrorReason.NOT_A_MEMBER)
  })
})

describe('bans and mutes', () => {
  const ban = { type: 'BanMember', userId: 'ann', reason: 'spam', expiresAt: 1_000 } as const

  test('a banned member is removed and cannot join until the ban ends', () => {
    const banned = history(trio, by('owner', invite()), by('admin', ban))
    expect(rolesOf(banned)).not.toHaveProperty('ann')
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
    expect(rolesOf(history(muted, by('ann', { type: 'LeaveGroup' })))).not.toHaveProperty('ann')
  })

  test('who comes back while the mute goes on is told to be muted', () => {
    const until = timestampFromMs(1_000)
    const mute = by('admin', { type: 'MuteMember', userId: 'ann', until: 1_000 })
    const away = history(trio, mute, by('admin', { type: 'RemoveMember', userId: 'ann' }))
    const add = { type: 'AddMembers', userIds: ['ann', 'bob'] } as const
    const added = (now: number) =>
      given(away)
        .when(by('owner', add, now))
        .events()
    expect(added(999)).toMatchObject([{ value: { userIds: ['ann', 'bob'], stillMuted: [{ userId: 'ann', until }] } }])
    expect(added(1_000)).toMatchObject([{ value: { stillMuted: [] } }])
    const invited = history(away, by('owner', invite()))
    const accept = { type: 'AcceptInvite', inviteId: 'i', note: '' } as const
    expect(
      given(invited)
        .when(by('ann', accept, 999))
        .events(),
    ).toMatchObject([{ value: { userId: 'ann', mutedUntil: until } }])
  })

  test('a muted admin still moderates, and does not end the mute', () => {
    const muted = history(trio, by('owner', { type: 'MuteMember', userId: 'admin', until: 1_000 }))
    expect(given(muted).when(by('admin', ban)).events()).toHaveLength(1)
    given(muted)
      .when(by('admin', { type: 'MuteMember', userId: 'admin', until: 0 }))
      .refused(ErrorReason.NOT_PERMITTED)
  })

  test('a mute that ends with the handing over is over by every clock, also by one that is behind', () => {
    const mutes = (...commands: ActedCommand[]) => fold(rosterDecider, history(trio, ...commands)).mutes.get('admin')
    const mute = by('owner', { type: 'MuteMember', userId: 'admin', until: 1_000 })
    expect(mutes(mute)).toBe(1_000)
    expect(mutes(mute, by('owner', { type: 'TransferOwnership', userId: 'admin' }, 500))).toBe(0)
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

test('the group of a deleted account passes to its longest-standing admin, else member; the last member just leaves', () => {
  const depart = { type: 'RemoveDeletedAccount' } as const
  expect(rolesOf(history(trio, by('owner', depart)))).toEqual({ admin: Role.OWNER, ann: Role.MEMBER })
  const plain = history(founded(['owner', 'ann', 'bob']), by('owner', depart))
  expect(rolesOf(plain)).toEqual({ ann: Role.OWNER, bob: Role.MEMBER })
  expect(rolesOf(history(plain, by('ann', depart), by('bob', depart)))).toEqual({})
})

test('a group passes to no bot while a person is there', () => {
  const owners = new Map([['bot', 'ann']])
  const depart = { ...by('owner', { type: 'RemoveDeletedAccount' }), owners }
  const group = history(
    founded(['owner', 'bot', 'ann']),
    by('owner', { type: 'ChangeRole', userId: 'bot', role: Role.ADMIN }),
  )
  expect(rolesOf(history(group, depart))).toEqual({ bot: Role.ADMIN, ann: Role.OWNER })
  expect(rolesOf(history(founded(['owner', 'bot']), depart))).toEqual({ bot: Role.OWNER })
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
  const archived = followedBy(trio, { case: 'groupUpdated', value: create(GroupUpdatedSchema, { archived: true }) })
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
