import type { EventBody } from '@beseda/event-log'
import { Role } from '@beseda/proto/common/v1/roles'
import { Discoverability, GroupKind, GroupUpdatedSchema } from '@beseda/proto/group/v1/events'
import {
  JoinRequestedSchema,
  MemberBannedSchema,
  MemberLeftSchema,
  MembersAddedSchema,
  MemberUnbannedSchema,
  RoleChangedSchema,
} from '@beseda/proto/membership/v1/events'
import { MEMBER_LIMIT } from '@beseda/rules'
import { create } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import type { RosterCommand } from '../domain/roster/commands.js'
import { callerOf, openService } from './testing.js'

/** Another replica has written an event that this one's view has not folded; without it the command would be refused. */
interface Case {
  readonly before?: EventBody
  readonly unseen: EventBody
  readonly lane?: 'group' | 'roster'
  readonly actorId: string
  readonly command: RosterCommand
}

const banned: EventBody = { case: 'memberBanned', value: create(MemberBannedSchema, { userId: 'eve' }) }
const unbanned: EventBody = { case: 'memberUnbanned', value: create(MemberUnbannedSchema, { userId: 'eve' }) }
const added: EventBody = { case: 'membersAdded', value: create(MembersAddedSchema, { userIds: ['eve'] }) }
const promoted: EventBody = {
  case: 'roleChanged',
  value: create(RoleChangedSchema, { userId: 'ann', role: Role.ADMIN }),
}
const asked: EventBody = { case: 'joinRequested', value: create(JoinRequestedSchema, { userId: 'eve' }) }
const updated = (value: Parameters<typeof create<typeof GroupUpdatedSchema>>[1]): EventBody => ({
  case: 'groupUpdated',
  value: create(GroupUpdatedSchema, value),
})
const open = updated({ settings: { discoverability: Discoverability.OPEN } })
const join = { type: 'JoinGroup', note: '' } as const

test.each<[string, Case]>([
  ['BANNED', { before: banned, unseen: unbanned, actorId: 'eve', command: join }],
  ['NOT_A_MEMBER', { unseen: added, actorId: 'eve', command: { type: 'LeaveGroup' } }],
  ['NOT_PERMITTED', { unseen: promoted, actorId: 'ann', command: { type: 'UnbanMember', userId: 'kim' } }],
  ['USER_NOT_FOUND', { unseen: added, actorId: 'owner', command: { type: 'MuteMember', userId: 'eve', until: 1 } }],
  ['GROUP_NOT_FOUND', { unseen: open, lane: 'group', actorId: 'kim', command: join }],
  [
    'JOIN_REQUEST_NOT_FOUND',
    { unseen: asked, actorId: 'owner', command: { type: 'ResolveJoinRequest', userId: 'eve', approve: true } },
  ],
  [
    'ARCHIVED',
    {
      before: updated({ archived: true }),
      unseen: updated({ archived: false }),
      lane: 'group',
      actorId: 'owner',
      command: { type: 'AddMembers', userIds: ['kim'] },
    },
  ],
])('a view that lags does not refuse with %s', async (_, { before, unseen, lane = 'roster', actorId, command }) => {
  const service = await openService()
  const settings = { discoverability: lane === 'roster' ? Discoverability.OPEN : Discoverability.HIDDEN }
  const groupId = await service.found(['owner', 'ann'], { settings })
  if (before) await service.write(groupId, lane, before)
  await service.caughtUp()
  await service.write(groupId, lane, unseen)
  await expect(service.commands.run(groupId, command, callerOf(actorId))).resolves.toBeDefined()
})

test('a view that lags does not refuse a seat that has become free', async () => {
  const service = await openService()
  const crowd = Array.from({ length: MEMBER_LIMIT[GroupKind.GROUP] - 1 }, (_, i) => `u${i}`)
  const groupId = await service.found(['owner', ...crowd])
  await service.caughtUp()
  await service.write(groupId, 'roster', { case: 'memberLeft', value: create(MemberLeftSchema, { userId: 'u1' }) })
  const adding = service.commands.run(groupId, { type: 'AddMembers', userIds: ['eve'] }, callerOf('owner'))
  await expect(adding).resolves.toMatchObject({ events: [{ case: 'membersAdded' }] })
})
