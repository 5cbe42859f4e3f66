import { Refusal } from '@beseda/kernel'
import { aggregate } from '@beseda/kernel/testing'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Role } from '@beseda/proto/common/v1/roles'
import {
  Discoverability,
  GroupCreatedSchema,
  GroupDeletedSchema,
  GroupKind,
  GroupSettingsSchema,
  GroupUpdatedSchema,
} from '@beseda/proto/group/v1/events'
import { MEMBER_LIMIT } from '@beseda/rules'
import { create } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rosterDecider } from './decide.js'
import type { ActedCommand, ActedEvent, RosterCommand } from './roster.js'

const given = aggregate(rosterDecider)
const founded = (memberIds: string[], kind = GroupKind.GROUP): ActedEvent => {
  const ownerId = kind === GroupKind.DIRECT ? '' : (memberIds[0] ?? '')
  const value = create(GroupCreatedSchema, { kind, name: 'x', ownerId, memberIds })
  return { actorId: memberIds[0] ?? '', body: { case: 'groupCreated', value } }
}
const by = (actorId: string, command: RosterCommand, now = 0): ActedCommand => ({ ...command, actorId, now })
/** The history after commands, each accepted. */
const history = (start: ActedEvent[], ...commands: ActedCommand[]): ActedEvent[] => {
  const events = [...start]
  for (const command of commands) events.push(...given(events).when(command).events())
  return events
}

const members = (events: ActedEvent[]) => Object.fromEntries(given(events).state().members)

const trio = history(
  [founded(['owner', 'admin', 'ann'])],
  by('owner', { type: 'ChangeRole', userId: 'admin', role: Role.ADMIN }),
)
const invite = (change: Partial<Extract<RosterCommand, { type: 'CreateInvite' }>> = {}) =>
  ({
    type: 'CreateInvite',
    inviteId: 'i',
    codeHash: new Uint8Array([1]),
    expiresAt: 0,
    maxUses: 0,
    role: Role.MEMBER,
    needsApproval: false,
    ...change,
  }) as const

describe('members', () => {
  test('members of a group add people; in a channel only admins do', () => {
    const add = { type: 'AddMembers', userIds: ['bob', 'ann', 'bob'] } as const
    expect(members(history(trio, by('ann', add)))).toMatchObject({ bob: Role.MEMBER, ann: Role.MEMBER })
    given([founded(['owner', 'ann'], GroupKind.CHANNEL)])
      .when(by('ann', add))
      .refused(ErrorReason.NOT_PERMITTED)
  })

  test('adding who is there already changes nothing', () => {
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

  test('the owner cannot leave, others can', () => {
    given(trio)
      .when(by('owner', { type: 'Leave' }))
      .refused(ErrorReason.OWNER_CANNOT_LEAVE)
    given([founded(['owner'])])
      .when(by('owner', { type: 'Leave' }))
      .refused(ErrorReason.LAST_MEMBER)
    expect(members(history(trio, by('ann', { type: 'Leave' })))).not.toHaveProperty('ann')
  })

  test('ownership moves in one event', () => {
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
    const leave: RosterCommand = { type: 'Leave' }
    given(trio).when(by('stranger', leave)).refused(ErrorReason.NOT_A_MEMBER)
    given([founded(['a', 'b'], GroupKind.DIRECT)])
      .when(by('a', leave))
      .refused(ErrorReason.DIRECT_CHAT)
    const deletion: ActedEvent = { actorId: 'owner', body: { case: 'groupDeleted', value: create(GroupDeletedSchema) } }
    given([...trio, deletion])
      .when(by('owner', leave))
      .refused(ErrorReason.NOT_A_MEMBER)
  })
})

describe('invites', () => {
  const join = { type: 'Join', inviteId: 'i', note: '' } as const

  test('let in until used up; a member passes without using it', () => {
    const invited = history(trio, by('ann', invite({ maxUses: 1 })))
    given(invited).when(by('admin', join)).yields([])
    const joined = history(invited, by('bob', join))
    expect(members(joined)).toMatchObject({ bob: Role.MEMBER })
    given(joined).when(by('carl', join)).refused(ErrorReason.INVITE_USED_UP)
  })

  test('end at their time, and when revoked by their maker or an admin', () => {
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
    const others = history([founded(['owner', 'ann', 'eve'])], by('ann', invite()))
    given(others)
      .when(by('eve', { type: 'RevokeInvite', inviteId: 'i' }))
      .refused(ErrorReason.NOT_PERMITTED)
  })

  test('only the owner invites admins, and they join as such', () => {
    given(trio)
      .when(by('admin', invite({ role: Role.ADMIN })))
      .refused(ErrorReason.NOT_PERMITTED)
    const invited = history(trio, by('owner', invite({ role: Role.ADMIN })))
    expect(members(history(invited, by('bob', join)))).toMatchObject({ bob: Role.ADMIN })
  })

  test('an unknown invite is refused', () => {
    given(trio).when(by('bob', join)).refused(ErrorReason.INVITE_NOT_FOUND)
  })
})

describe('bans and mutes', () => {
  const ban = { type: 'Ban', userId: 'ann', reason: 'spam', expiresAt: 1_000 } as const

  test('who is banned is out, and stays out until the ban ends', () => {
    const banned = history(trio, by('owner', invite()), by('admin', ban))
    expect(members(banned)).not.toHaveProperty('ann')
    const join = { type: 'Join', inviteId: 'i', note: '' } as const
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
    const free = history(banned, by('admin', { type: 'Unban', userId: 'ann' }))
    expect(
      given(free)
        .when(by('ann', join, 1))
        .events(),
    ).toHaveLength(1)
  })

  test('nobody bans or mutes their equal; a stranger can be banned ahead', () => {
    for (const userId of ['admin', 'owner']) {
      given(trio)
        .when(by('admin', { ...ban, userId }))
        .refused(ErrorReason.NOT_PERMITTED)
      given(trio)
        .when(by('admin', { type: 'Mute', userId, until: 5 }))
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

describe('asking to be let in', () => {
  const settings = create(GroupSettingsSchema, { discoverability: Discoverability.BY_REQUEST })
  const found: ActedEvent = {
    actorId: 'owner',
    body: { case: 'groupUpdated', value: create(GroupUpdatedSchema, { settings }) },
  }
  const byRequest = [...trio, found]
  const ask = { type: 'Enter', note: 'hello' } as const

  test('an admin approves or refuses, once', () => {
    const asked = history(byRequest, by('bob', ask))
    given(asked).when(by('bob', ask)).yields([])
    given(asked)
      .when(by('ann', { type: 'Resolve', userId: 'bob', approve: true }))
      .refused(ErrorReason.NOT_PERMITTED)
    const approved = history(asked, by('admin', { type: 'Resolve', userId: 'bob', approve: true }))
    expect(members(approved)).toMatchObject({ bob: Role.MEMBER })
    const refused = history(asked, by('admin', { type: 'Resolve', userId: 'bob', approve: false }))
    given(refused)
      .when(by('owner', { type: 'Resolve', userId: 'bob', approve: true }))
      .refused(ErrorReason.JOIN_REQUEST_NOT_FOUND)
  })

  test('can be taken back by who has asked', () => {
    const asked = history(byRequest, by('bob', ask))
    const back = history(asked, by('bob', { type: 'Resolve', userId: 'bob', approve: false }))
    expect(given(back).state().requests.size).toBe(0)
  })

  test('is settled by whatever comes first: added by hand, in by an invite, banned, or the account is no more', () => {
    const asked = history([...byRequest], by('ann', invite()), by('bob', ask))
    const cases = (command: ActedCommand) =>
      given(asked)
        .when(command)
        .events()
        .map(({ body }) => body.case)
    expect(cases(by('owner', { type: 'AddMembers', userIds: ['bob', 'eve'] }))).toEqual([
      'memberJoined',
      'membersAdded',
    ])
    expect(cases(by('bob', { type: 'Join', inviteId: 'i', note: '' }))).toEqual(['joinDeclined', 'memberJoined'])
    const ban = { type: 'Ban', userId: 'bob', reason: '', expiresAt: 0 } as const
    expect(cases(by('owner', ban))).toEqual(['joinDeclined', 'memberBanned'])
    expect(cases(by('bob', { type: 'Depart' }))).toEqual(['joinDeclined'])
    expect(cases(by('eve', { type: 'Depart' }))).toEqual([])
  })

  test('a hidden group is not there; an open one lets in at once', () => {
    given(trio).when(by('bob', ask)).refused(ErrorReason.GROUP_NOT_FOUND)
    const open: ActedEvent = {
      actorId: 'owner',
      body: {
        case: 'groupUpdated',
        value: create(GroupUpdatedSchema, {
          settings: create(GroupSettingsSchema, { discoverability: Discoverability.OPEN }),
        }),
      },
    }
    expect(members(history([...trio, open], by('bob', ask)))).toMatchObject({ bob: Role.MEMBER })
  })

  test('an invite that needs approval is used up by the approval, not by the asking', () => {
    const join = { type: 'Join', inviteId: 'i', note: '' } as const
    const asked = history(
      trio,
      by('owner', invite({ maxUses: 1, needsApproval: true })),
      by('bob', join),
      by('eve', join),
    )
    const one = history(asked, by('admin', { type: 'Resolve', userId: 'bob', approve: true }))
    given(one)
      .when(by('admin', { type: 'Resolve', userId: 'eve', approve: true }))
      .refused(ErrorReason.INVITE_USED_UP)
  })
})

test('when an account goes, ownership passes to the oldest admin, else to the oldest member, and the last one just leaves', () => {
  const depart = { type: 'Depart' } as const
  expect(members(history(trio, by('owner', depart)))).toEqual({ admin: Role.OWNER, ann: Role.MEMBER })
  const plain = history([founded(['owner', 'ann', 'bob'])], by('owner', depart))
  expect(members(plain)).toEqual({ ann: Role.OWNER, bob: Role.MEMBER })
  expect(members(history(plain, by('ann', depart), by('bob', depart)))).toEqual({})
})

test('an archived group is left as it is, and nobody is held in it', () => {
  const archived: ActedEvent = {
    actorId: 'owner',
    body: { case: 'groupUpdated', value: create(GroupUpdatedSchema, { archived: true }) },
  }
  given([...trio, archived])
    .when(by('owner', { type: 'AddMembers', userIds: ['bob'] }))
    .refused(ErrorReason.ARCHIVED)
  expect(
    given([...trio, archived])
      .when(by('ann', { type: 'Leave' }))
      .events(),
  ).toHaveLength(1)
})

const person = fc.integer({ min: 0, max: 12 }).map((n) => `u${n}`)
const role = fc.constantFrom(Role.MEMBER, Role.ADMIN, Role.OWNER)
const anyCommand: fc.Arbitrary<RosterCommand> = fc.oneof(
  fc.record({ type: fc.constant('AddMembers' as const), userIds: fc.array(person, { maxLength: 60 }) }),
  fc.record({ type: fc.constant('RemoveMember' as const), userId: person }),
  fc.record({ type: fc.constant('ChangeRole' as const), userId: person, role }),
  fc.record({ type: fc.constant('TransferOwnership' as const), userId: person }),
  fc.constant({ type: 'Leave' as const }),
  fc.constant({ type: 'Depart' as const }),
  fc.record({ type: fc.constant('Join' as const), inviteId: fc.constantFrom('i', 'j', 'k'), note: fc.constant('') }),
  fc.record({ type: fc.constant('Enter' as const), note: fc.constant('') }),
  fc.record({ type: fc.constant('Resolve' as const), userId: person, approve: fc.boolean() }),
  fc.record({
    type: fc.constant('Ban' as const),
    userId: person,
    reason: fc.constant(''),
    expiresAt: fc.constantFrom(0, 5, 15),
  }),
  fc.record({ type: fc.constant('Unban' as const), userId: person }),
  fc.record({ type: fc.constant('Mute' as const), userId: person, until: fc.constant(5) }),
  fc.constantFrom(
    invite({ maxUses: 2 }),
    invite({ inviteId: 'j', role: Role.ADMIN }),
    invite({ inviteId: 'k', maxUses: 1, needsApproval: true }),
  ),
)

test('whatever is commanded: exactly one owner, never beyond the limit, no invite used too often, nobody banned inside', () => {
  const actions = fc.array(fc.tuple(person, anyCommand), { minLength: 1, maxLength: 80 })
  fc.assert(
    fc.property(actions, fc.constantFrom(GroupKind.GROUP, GroupKind.CHANNEL), (list, kind) => {
      // Two free seats, so that the limit is really met.
      const crowd = Array.from({ length: MEMBER_LIMIT[kind] - 4 }, (_, i) => `crowd${i}`)
      let state = given([founded(['u0', 'u1', ...crowd], kind)]).state()
      for (const [now, [actorId, command]] of list.entries()) {
        try {
          for (const event of rosterDecider.decide(by(actorId, command, now), state))
            state = rosterDecider.evolve(state, event)
        } catch (error) {
          if (!(error instanceof Refusal)) throw error
        }
        const owners = [...state.members.values()].filter((held) => held === Role.OWNER)
        expect(owners).toHaveLength(state.members.size === 0 ? 0 : 1)
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
