import { MEMBER_LIMIT, Refusal } from '@beseda/kernel'
import { aggregate } from '@beseda/kernel/testing'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { GroupCreatedSchema, GroupDeletedSchema, GroupKind } from '@beseda/proto/group/v1/events'
import { Role } from '@beseda/proto/membership/v1/events'
import { create } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ActedCommand, type ActedEvent, type RosterCommand, rosterDecider } from './roster.js'

const given = aggregate(rosterDecider)
const founded = (memberIds: string[], kind = GroupKind.GROUP): ActedEvent => {
  const ownerId = kind === GroupKind.DIRECT ? '' : (memberIds[0] ?? '')
  const value = create(GroupCreatedSchema, { kind, name: 'x', ownerId, memberIds })
  return { actorId: memberIds[0] ?? '', body: { case: 'groupCreated', value } }
}
const by = (actorId: string, command: RosterCommand): ActedCommand => ({ ...command, actorId })
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
  const join = { type: 'Join', inviteId: 'i', now: 1_000 } as const

  test('let in until used up; a member passes without using it', () => {
    const invited = history(trio, by('ann', invite({ maxUses: 1 })))
    given(invited).when(by('admin', join)).yields([])
    const joined = history(invited, by('bob', join))
    expect(members(joined)).toMatchObject({ bob: Role.MEMBER })
    given(joined).when(by('carl', join)).refused(ErrorReason.INVITE_USED_UP)
  })

  test('end at their time, and when revoked by their maker or an admin', () => {
    const invited = history(trio, by('ann', invite({ expiresAt: 1_000 })))
    given(invited).when(by('bob', join)).refused(ErrorReason.INVITE_EXPIRED)
    expect(
      given(invited)
        .when(by('bob', { ...join, now: 999 }))
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

const person = fc.integer({ min: 0, max: 12 }).map((n) => `u${n}`)
const role = fc.constantFrom(Role.MEMBER, Role.ADMIN, Role.OWNER)
const anyCommand: fc.Arbitrary<RosterCommand> = fc.oneof(
  fc.record({ type: fc.constant('AddMembers' as const), userIds: fc.array(person, { maxLength: 60 }) }),
  fc.record({ type: fc.constant('RemoveMember' as const), userId: person }),
  fc.record({ type: fc.constant('ChangeRole' as const), userId: person, role }),
  fc.record({ type: fc.constant('TransferOwnership' as const), userId: person }),
  fc.constant({ type: 'Leave' as const }),
  fc.record({ type: fc.constant('Join' as const), inviteId: fc.constantFrom('i', 'j'), now: fc.constant(1) }),
  fc.constantFrom(invite({ maxUses: 2 }), invite({ inviteId: 'j', role: Role.ADMIN })),
)

test('whatever is commanded: exactly one owner, never beyond the limit, no invite used too often', () => {
  const actions = fc.array(fc.tuple(person, anyCommand), { minLength: 1, maxLength: 80 })
  fc.assert(
    fc.property(actions, fc.constantFrom(GroupKind.GROUP, GroupKind.CHANNEL), (list, kind) => {
      // Two free seats, so that the limit is really met.
      const crowd = Array.from({ length: MEMBER_LIMIT[kind] - 4 }, (_, i) => `crowd${i}`)
      let state = given([founded(['u0', 'u1', ...crowd], kind)]).state()
      for (const [actorId, command] of list) {
        try {
          for (const event of rosterDecider.decide(by(actorId, command), state))
            state = rosterDecider.evolve(state, event)
        } catch (error) {
          if (!(error instanceof Refusal)) throw error
        }
        expect([...state.members.values()].filter((held) => held === Role.OWNER)).toHaveLength(1)
        expect(state.members.size).toBeLessThanOrEqual(MEMBER_LIMIT[kind])
        for (const { uses, maxUses } of state.invites.values())
          if (maxUses > 0) expect(uses).toBeLessThanOrEqual(maxUses)
      }
    }),
    { numRuns: 200 },
  )
})
