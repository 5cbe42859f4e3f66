import type { Caller } from '@beseda/history'
import type * as pb from '@beseda/proto/membership/v1/membership_service'
import { MembershipService } from '@beseda/proto/membership/v1/membership_service'
import { Context, Rpc, type RpcContext, SignedIn, type SignedInUser } from '@beseda/rpc'
import { cleanLine, cleanText } from '@beseda/rules'
import { Controller } from '@nestjs/common'
import { AddingQueries } from '../../application/adding-queries.js'
import { Invites } from '../../application/invites.js'
import { MembershipQueries } from '../../application/membership-queries.js'
import { RosterCommands } from '../../application/roster-commands.js'
import type { RosterCommand } from '../../domain/roster/commands.js'
import {
  banMessage,
  foundGroupMessage,
  joinRequestMessage,
  listedInviteMessage,
  memberMessage,
  membershipMessage,
  myGroupMessage,
  noticeMessage,
  positionMessage,
  previewMessage,
} from './mapping.js'

const { method } = MembershipService
const DEFAULT_FOUND = 20

/** The methods of the contract's MembershipService. */
@Controller()
export class MembershipController {
  constructor(
    private readonly commands: RosterCommands,
    private readonly queries: MembershipQueries,
    private readonly invites: Invites,
    private readonly adding: AddingQueries,
  ) {}

  @Rpc(method.listMyGroups)
  async listMyGroups(request: pb.ListMyGroupsRequest, @SignedIn() { userId, signal }: SignedInUser) {
    const page = await this.queries.groupsOf(userId, { ...request, minSeq: Number(request.minSeq) }, signal)
    return { groups: page.groups.map(myGroupMessage), hasMore: page.hasMore }
  }

  @Rpc(method.listMembers)
  async listMembers(request: pb.ListMembersRequest, @SignedIn() user: SignedInUser) {
    const { members, asOfSeq } = await this.queries.members(queryOf(request, user))
    return { members: members.map(memberMessage), asOfSeq: BigInt(asOfSeq) }
  }

  @Rpc(method.addMembers)
  addMembers({ groupId, commandId, userIds }: pb.AddMembersRequest, @SignedIn() user: SignedInUser) {
    return this.#run(groupId, { type: 'AddMembers', userIds }, user.command(commandId))
  }

  @Rpc(method.removeMember)
  removeMember({ groupId, commandId, userId }: pb.RemoveMemberRequest, @SignedIn() user: SignedInUser) {
    return this.#run(groupId, { type: 'RemoveMember', userId }, user.command(commandId))
  }

  @Rpc(method.banMember)
  async banMember(request: pb.BanMemberRequest, @SignedIn() user: SignedInUser) {
    const { groupId, commandId, userId, forS } = request
    const caller = user.command(commandId)
    const expiresAt = forS > 0 ? caller.now.getTime() + forS * 1000 : 0
    const reason = cleanText('reason', request.reason)
    return this.#run(groupId, { type: 'BanMember', userId, reason, expiresAt }, caller)
  }

  @Rpc(method.unbanMember)
  unbanMember({ groupId, commandId, userId }: pb.UnbanMemberRequest, @SignedIn() user: SignedInUser) {
    return this.#run(groupId, { type: 'UnbanMember', userId }, user.command(commandId))
  }

  @Rpc(method.listBans)
  async listBans(request: pb.ListBansRequest, @SignedIn() user: SignedInUser) {
    const bans = await this.queries.bans(queryOf(request, user), new Date())
    return { bans: bans.map(banMessage) }
  }

  @Rpc(method.muteMember)
  muteMember({ groupId, commandId, userId, forS }: pb.MuteMemberRequest, @SignedIn() user: SignedInUser) {
    const caller = user.command(commandId)
    const until = forS > 0 ? caller.now.getTime() + forS * 1000 : 0
    return this.#run(groupId, { type: 'MuteMember', userId, until }, caller)
  }

  @Rpc(method.discoverGroups)
  async discoverGroups({ query, limit }: pb.DiscoverGroupsRequest, @SignedIn() { userId }: SignedInUser) {
    return { groups: this.queries.discover(userId, query, limit || DEFAULT_FOUND).map(foundGroupMessage) }
  }

  @Rpc(method.joinGroup)
  async joinGroup({ groupId, commandId, note }: pb.JoinGroupRequest, @SignedIn() user: SignedInUser) {
    const command = { type: 'JoinGroup', note: cleanText('note', note) } as const
    const { seq } = await this.#run(groupId, command, user.command(commandId))
    return { seq, requested: this.queries.hasJoinRequest(groupId, user.userId) }
  }

  @Rpc(method.listJoinRequests)
  async listJoinRequests(request: pb.ListJoinRequestsRequest, @SignedIn() user: SignedInUser) {
    const requests = await this.queries.joinRequests(queryOf(request, user), new Date())
    return { requests: requests.map(joinRequestMessage) }
  }

  @Rpc(method.resolveJoinRequest)
  resolveJoinRequest(request: pb.ResolveJoinRequestRequest, @SignedIn() user: SignedInUser) {
    const { groupId, commandId, userId, approve } = request
    return this.#run(groupId, { type: 'ResolveJoinRequest', userId, approve }, user.command(commandId))
  }

  @Rpc(method.changeRole)
  changeRole({ groupId, commandId, userId, role }: pb.ChangeRoleRequest, @SignedIn() user: SignedInUser) {
    return this.#run(groupId, { type: 'ChangeRole', userId, role }, user.command(commandId))
  }

  @Rpc(method.transferOwnership)
  transferOwnership({ groupId, commandId, userId }: pb.TransferOwnershipRequest, @SignedIn() user: SignedInUser) {
    return this.#run(groupId, { type: 'TransferOwnership', userId }, user.command(commandId))
  }

  @Rpc(method.leaveGroup)
  leaveGroup({ groupId, commandId }: pb.LeaveGroupRequest, @SignedIn() user: SignedInUser) {
    return this.#run(groupId, { type: 'LeaveGroup' }, user.command(commandId))
  }

  @Rpc(method.createInvite)
  async createInvite({ groupId, commandId, ...terms }: pb.CreateInviteRequest, @SignedIn() user: SignedInUser) {
    const name = cleanLine('name', terms.name)
    const created = await this.invites.create(groupId, { ...terms, name }, user.command(commandId))
    return { invite: listedInviteMessage(created), code: created.code, seq: BigInt(created.seq) }
  }

  @Rpc(method.listInvites)
  async listInvites(request: pb.ListInvitesRequest, @SignedIn() user: SignedInUser) {
    const invites = await this.invites.list(queryOf(request, user), new Date())
    return { invites: invites.map(listedInviteMessage) }
  }

  @Rpc(method.revokeInvite)
  revokeInvite({ groupId, commandId, inviteId }: pb.RevokeInviteRequest, @SignedIn() user: SignedInUser) {
    return this.#run(groupId, { type: 'RevokeInvite', inviteId }, user.command(commandId))
  }

  @Rpc(method.previewInvite)
  async previewInvite({ code }: pb.PreviewInviteRequest, @Context() { signal }: RpcContext) {
    return previewMessage(await this.invites.preview(code, new Date(), signal))
  }

  @Rpc(method.acceptInvite)
  async acceptInvite({ code, commandId, note }: pb.AcceptInviteRequest, @SignedIn() user: SignedInUser) {
    const { groupId, seq } = await this.invites.accept(code, cleanText('note', note), user.command(commandId))
    return { groupId, seq: BigInt(seq), requested: this.queries.hasJoinRequest(groupId, user.userId) }
  }

  @Rpc(method.listMyNotices)
  async listMyNotices(request: pb.ListMyNoticesRequest, @SignedIn() { userId, signal }: SignedInUser) {
    const reflected = { ...request, minSeq: Number(request.minSeq) }
    const notices = await this.queries.notices(userId, reflected, new Date(), signal)
    return { notices: notices.map(noticeMessage) }
  }

  @Rpc(method.listGroupIds)
  async listGroupIds({ userId, moreUserIds }: pb.ListGroupIdsRequest, @Context() { signal }: RpcContext) {
    const positions = await this.queries.positionsOf([userId, ...moreUserIds], signal)
    const [groups = [], ...more] = positions.map((theirs) => theirs.map(positionMessage))
    return { groups, more: more.map((theirs) => ({ groups: theirs })) }
  }

  @Rpc(method.getMembership)
  async getMembership({ groupId, userId }: pb.GetMembershipRequest, @Context() { signal }: RpcContext) {
    return membershipMessage(await this.queries.membership(groupId, userId, signal))
  }

  @Rpc(method.listCallees)
  async listCallees({ groupId, callerId, limit }: pb.ListCalleesRequest, @Context() { signal }: RpcContext) {
    return { userIds: [...(await this.queries.callees(groupId, callerId, limit, signal))] }
  }

  @Rpc(method.listUnaddable)
  async listUnaddable({ actorId, userIds }: pb.ListUnaddableRequest, @Context() { signal }: RpcContext) {
    return { userIds: [...(await this.adding.unaddable(actorId, userIds, signal))] }
  }

  async #run(groupId: string, command: RosterCommand, caller: Caller) {
    const { seq } = await this.commands.run(groupId, command, caller)
    return { seq: BigInt(seq) }
  }
}

const queryOf = (
  { groupId, minSeq }: { readonly groupId: string; readonly minSeq: bigint },
  { userId, signal }: SignedInUser,
) => ({ groupId, minSeq: Number(minSeq), userId, signal })
