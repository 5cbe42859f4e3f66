import { aggregate } from '@beseda/kernel/testing'
import { Role } from '@beseda/proto/common/v1/roles'
import {
  Discoverability,
  GroupCreatedSchema,
  GroupDeletedSchema,
  GroupKind,
  GroupUpdatedSchema,
} from '@beseda/proto/group/v1/events'
import { CommitSchema } from '@beseda/proto/log/v1/commit'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import fc from 'fast-check'
import { type EventBody, type RosterEvent, rosterEventsOf } from './changes.js'
import type { ActedCommand, RosterCommand } from './commands.js'
import { rosterDecider } from './decide.js'

/** Events of one commit as they stand in the log. */
export const recorded = (bodies: readonly EventBody[], actorId: string, seq: number, at = 0): RosterEvent[] =>
  rosterEventsOf({
    seq,
    commit: create(CommitSchema, { time: timestampFromMs(at), events: bodies.map((body) => ({ actorId, body })) }),
  })

export const given = aggregate(rosterDecider, (decided: readonly EventBody[], command: ActedCommand, history) => {
  const last = Math.max(0, ...history.map(({ seq }) => seq))
  return recorded(decided, command.actorId, last + 1, command.now)
})

export const by = (actorId: string, command: RosterCommand, now = 0): ActedCommand => ({ ...command, actorId, now })

/** The history after commands, each of them accepted. */
export function history(start: readonly RosterEvent[], ...commands: readonly ActedCommand[]): RosterEvent[] {
  const events = [...start]
  for (const command of commands) events.push(...given(events).when(command).recorded())
  return events
}

export const foundedBody = (memberIds: readonly string[], kind = GroupKind.GROUP): EventBody => {
  const ownerId = kind === GroupKind.DIRECT ? '' : (memberIds[0] ?? '')
  return {
    case: 'groupCreated',
    value: create(GroupCreatedSchema, { kind, name: 'x', ownerId, memberIds: [...memberIds] }),
  }
}

export const founded = (memberIds: readonly string[], kind?: GroupKind): RosterEvent[] =>
  recorded([foundedBody(memberIds, kind)], memberIds[0] ?? '', 1)

export const invite = (change: Partial<Extract<RosterCommand, { type: 'CreateInvite' }>> = {}) =>
  ({
    type: 'CreateInvite',
    inviteId: 'i',
    codeHash: new Uint8Array([1]),
    expiresAt: 0,
    maxUses: 0,
    role: Role.MEMBER,
    needsApproval: false,
    name: '',
    ...change,
  }) as const

/** Any command, about the people `u0` to `u<people - 1>` and the invites `i`, `j` and `k`. */
export function anyCommand(people: number): fc.Arbitrary<RosterCommand> {
  const userId = fc.nat(people - 1).map((n) => `u${n}`)
  const role = fc.constantFrom(Role.MEMBER, Role.ADMIN, Role.OWNER)
  const text = fc.constantFrom('', 'hello')
  return fc.oneof(
    fc.record({ type: fc.constant('AddMembers' as const), userIds: fc.array(userId, { maxLength: 60 }) }),
    fc.record({ type: fc.constant('RemoveMember' as const), userId }),
    fc.record({ type: fc.constant('ChangeRole' as const), userId, role }),
    fc.record({ type: fc.constant('TransferOwnership' as const), userId }),
    fc.constant({ type: 'LeaveGroup' as const }),
    fc.constant({ type: 'RemoveDeletedAccount' as const }),
    fc.record({ type: fc.constant('AcceptInvite' as const), inviteId: fc.constantFrom('i', 'j', 'k'), note: text }),
    fc.record({ type: fc.constant('JoinGroup' as const), note: text }),
    fc.record({ type: fc.constant('ResolveJoinRequest' as const), userId, approve: fc.boolean() }),
    fc.record({
      type: fc.constant('BanMember' as const),
      userId,
      reason: text,
      expiresAt: fc.constantFrom(0, 5, 15),
    }),
    fc.record({ type: fc.constant('UnbanMember' as const), userId }),
    fc.record({ type: fc.constant('MuteMember' as const), userId, until: fc.constantFrom(0, 5) }),
    fc.record({ type: fc.constant('RevokeInvite' as const), inviteId: fc.constantFrom('i', 'j', 'k') }),
    fc.constantFrom(
      invite({ maxUses: 2 }),
      invite({ inviteId: 'j', role: Role.ADMIN }),
      invite({ inviteId: 'k', maxUses: 1, needsApproval: true }),
    ),
  )
}

/** What commands of the group service do to a roster. */
export const groupEvent: fc.Arbitrary<EventBody> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .record({
        archived: fc.option(fc.boolean(), { nil: undefined }),
        name: fc.option(fc.string(), { nil: undefined }),
        discoverability: fc.option(
          fc.constantFrom(Discoverability.HIDDEN, Discoverability.BY_REQUEST, Discoverability.OPEN),
          { nil: undefined },
        ),
      })
      .map(({ archived, name, discoverability }): EventBody => {
        const settings = discoverability === undefined ? {} : { settings: { discoverability } }
        const rest = { ...(archived === undefined ? {} : { archived }), ...(name === undefined ? {} : { name }) }
        return { case: 'groupUpdated', value: create(GroupUpdatedSchema, { ...settings, ...rest }) }
      }),
  },
  { weight: 1, arbitrary: fc.constant<EventBody>({ case: 'groupDeleted', value: create(GroupDeletedSchema) }) },
)

/** Each member's role. */
export const rolesOf = (events: readonly RosterEvent[]): Record<string, Role> =>
  Object.fromEntries([...given(events).state().members].map(([userId, { role }]) => [userId, role]))

/** The history with an event of the group service after it. */
export const followedBy = (events: readonly RosterEvent[], body: EventBody): RosterEvent[] => [
  ...events,
  ...recorded([body], 'owner', 1_000),
]

/** An owner, an admin and a member. */
export const trio = history(
  founded(['owner', 'admin', 'ann']),
  by('owner', { type: 'ChangeRole', userId: 'admin', role: Role.ADMIN }),
)
