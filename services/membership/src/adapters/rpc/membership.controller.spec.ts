import { newId } from '@beseda/kernel'
import { Role } from '@beseda/proto/common/v1/roles'
import { Discoverability, GroupKind } from '@beseda/proto/group/v1/events'
import * as pb from '@beseda/proto/membership/v1/membership_service'
import { signedInUser } from '@beseda/rpc'
import { create, type DescMessage, type MessageInitShape } from '@bufbuild/protobuf'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import { beforeEach, expect, test } from 'vitest'
import { openService, type Service } from '../../application/testing.js'
import { foundedBody } from '../../domain/roster/testing.js'
import { MembershipController } from './membership.controller.js'

let service: Service
let controller: MembershipController
beforeEach(async () => {
  service = await openService()
  controller = new MembershipController(service.commands, service.queries, service.invites, service.adding)
})

const contextOf = (userId?: string) => ({
  userId,
  deviceId: undefined,
  sessionId: undefined,
  address: undefined,
  deadline: 0,
  signal: new AbortController().signal,
  traceparent: undefined,
})
const as = (userId: string) => signedInUser(contextOf(userId))
/** The answer as a message of the contract: what the contract lacks or types otherwise does not pass. */
const message = async <Desc extends DescMessage>(schema: Desc, answer: Promise<MessageInitShape<Desc>>) =>
  create(schema, await answer)
const command = (groupId: string) => ({ groupId, commandId: newId() })

test('members with roles and times; no time where there is none', async () => {
  const groupId = await service.found(['owner', 'ann'])
  await controller.muteMember(
    create(pb.MuteMemberRequestSchema, { ...command(groupId), userId: 'ann', forS: 60 }),
    as('owner'),
  )
  const { members } = await message(
    pb.ListMembersResponseSchema,
    controller.listMembers(create(pb.ListMembersRequestSchema, { groupId }), as('ann')),
  )
  expect(members.map(({ userId, role }) => [userId, role])).toEqual([
    ['owner', Role.OWNER],
    ['ann', Role.MEMBER],
  ])
  const [owner, ann] = members
  expect(owner?.mutedUntil).toBeUndefined()
  expect(timestampMs(ann!.mutedUntil!)).toBeGreaterThan(Date.now())
})

test('a ban ends after the requested seconds, or never; line ends in its reason are normalized', async () => {
  const groupId = await service.found(['owner'])
  const ban = (userId: string, forS: number) =>
    controller.banMember(
      create(pb.BanMemberRequestSchema, { ...command(groupId), userId, reason: 'a\r\nb', forS }),
      as('owner'),
    )
  await ban('eve', 0)
  const before = Date.now()
  await ban('bob', 60)
  const { bans } = await message(
    pb.ListBansResponseSchema,
    controller.listBans(create(pb.ListBansRequestSchema, { groupId }), as('owner')),
  )
  const [bob, eve] = ['bob', 'eve'].map((id) => bans.find(({ userId }) => userId === id))
  expect(timestampMs(bob!.expiresAt!) - before).toBeGreaterThanOrEqual(60_000)
  expect(eve).toMatchObject({ reason: 'a\nb', bannedBy: 'owner' })
  expect(eve?.expiresAt).toBeUndefined()
})

test('joining says whether it has become a request', async () => {
  const join = async (discoverability: Discoverability) => {
    const groupId = await service.found(['owner'], { settings: { discoverability } })
    return message(
      pb.JoinGroupResponseSchema,
      controller.joinGroup(create(pb.JoinGroupRequestSchema, command(groupId)), as('eve')),
    )
  }
  expect(await join(Discoverability.OPEN)).toMatchObject({ requested: false })
  expect(await join(Discoverability.BY_REQUEST)).toMatchObject({ requested: true })
})

test('an invite from its creation to its use', async () => {
  const groupId = await service.found(['owner'], { name: 'Go' })
  const wanted = { ...command(groupId), maxUses: 3, needsApproval: true }
  const { invite, code } = await message(
    pb.CreateInviteResponseSchema,
    controller.createInvite(create(pb.CreateInviteRequestSchema, wanted), as('owner')),
  )
  expect(code).toHaveLength(22)
  expect(invite).toMatchObject({ maxUses: 3, uses: 0, needsApproval: true, role: Role.MEMBER })
  expect(invite?.expiresAt).toBeUndefined()
  const preview = controller.previewInvite(create(pb.PreviewInviteRequestSchema, { code }), contextOf())
  expect(await message(pb.PreviewInviteResponseSchema, preview)).toMatchObject({
    groupId,
    name: 'Go',
    memberCount: 1,
    invitedBy: 'owner',
    needsApproval: true,
  })
  const request = create(pb.AcceptInviteRequestSchema, { commandId: newId(), code, note: 'hello' })
  const accepted = await message(pb.AcceptInviteResponseSchema, controller.acceptInvite(request, as('eve')))
  expect(accepted).toMatchObject({ groupId, requested: true })
  const { requests } = await message(
    pb.ListJoinRequestsResponseSchema,
    controller.listJoinRequests(create(pb.ListJoinRequestsRequestSchema, { groupId }), as('owner')),
  )
  expect(requests).toMatchObject([{ userId: 'eve', note: 'hello', inviteId: invite?.id }])
})

test('positions of several people in the order of the request', async () => {
  const groupId = await service.found(['owner', 'ann'])
  const request = create(pb.ListGroupIdsRequestSchema, { userId: 'eve', moreUserIds: ['ann', 'kim'] })
  const { groups, more } = await message(pb.ListGroupIdsResponseSchema, controller.listGroupIds(request, contextOf()))
  expect(groups).toEqual([])
  expect(more.map((theirs) => theirs.groups.map((group) => group.groupId))).toEqual([[groupId], []])
})

test('a membership says who is muted, and names people and blocks of direct chats only', async () => {
  const groupId = await service.found(['owner', 'ann'])
  const direct = newId()
  await service.write(direct, 'group', foundedBody(['ann', 'owner'], GroupKind.DIRECT))
  await service.block('ann', 'owner')
  await service.caughtUp()
  const membership = (id: string, userId: string) =>
    message(
      pb.GetMembershipResponseSchema,
      controller.getMembership(create(pb.GetMembershipRequestSchema, { groupId: id, userId }), contextOf()),
    )
  await controller.muteMember(
    create(pb.MuteMemberRequestSchema, { ...command(groupId), userId: 'ann', forS: 60 }),
    as('owner'),
  )
  expect(timestampMs((await membership(groupId, 'ann')).mutedUntil!)).toBeGreaterThan(Date.now())
  expect((await membership(groupId, 'owner')).mutedUntil).toBeUndefined()
  expect(await membership(groupId, 'owner')).toMatchObject({ role: Role.OWNER, directUserIds: [], blocked: false })
  expect(await membership(direct, 'ann')).toMatchObject({ directUserIds: ['ann', 'owner'], blocked: true })
  expect(await membership(direct, 'eve')).toMatchObject({ role: Role.UNSPECIFIED, directUserIds: [], blocked: false })
})
