import type { Caller } from '@beseda/history'
import { Role } from '@beseda/proto/common/v1/roles'
import { Discoverability, GroupKind } from '@beseda/proto/group/v1/events'
import type * as pb from '@beseda/proto/membership/v1/membership_service'
import { MembershipService } from '@beseda/proto/membership/v1/membership_service'
import { callerOf, Rpc, type RpcContext, requireUser } from '@beseda/rpc'
import { cleanText } from '@beseda/rules'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { Controller } from '@nestjs/common'
import { Invites } from './application/invites.js'
import { Questions } from './application/questions.js'
import { Rosters } from './application/rosters.js'
import type { RosterCommand } from './domain/roster.js'
import { MembershipEvents } from './events.js'
import type { InviteRow } from './projections/invites.js'
import { settingsOf } from './projections/queries.js'

const { method } = MembershipService
const DEFAULT_FOUND = 20

/** The contract's MembershipService: from messages to the application and back. */
@Controller()
export class MembershipController {
  constructor(
    private readonly rosters: Rosters,
    private readonly invites: Invites,
    private readonly questions: Questions,
    private readonly events: MembershipEvents,
  ) {}

  @Rpc(method.listMyGroups)
  async listMyGroups(request: pb.ListMyGroupsRequest, context: RpcContext) {
    const { afterGroupId, minSeqGroupId, minSeq } = request
    const userId = requireUser(context)
    const page = await this.questions.groupsOf(userId, afterGroupId, minSeqGroupId, Number(minSeq), context.signal)
    const groups = page.groups.map((row) => ({
      groupId: row.id,
      kind: row.kind,
      name: row.name,
      topic: row.topic,
      role: row.role,
      memberCount: row.member_count,
      peerId: row.peer_id ?? '',
      lastActivityAt: timestampFromMs(row.last_activity_at),
      lastMessageSeq: BigInt(row.last_message_seq),
      avatarFileId: row.avatar_file_id,
      archived: row.archived === 1,
      joinRequests: row.join_requests,
      mutedUntil: timestampOf(row.muted_until),
      settings: settingsOf(row),
    }))
    return { groups, hasMore: page.hasMore }
  }

  @Rpc(method.listMembers)
  async listMembers({ groupId, minSeq }: pb.ListMembersRequest, context: RpcContext) {
    const rows = await this.questions.members(groupId, requireUser(context), Number(minSeq), context.signal)
    return {
      members: rows.map((row) => ({
        userId: row.user_id,
        role: row.role,
        joinedAt: timestampFromMs(row.joined_at),
        mutedUntil: timestampOf(row.muted_until),
      })),
    }
  }

  @Rpc(method.addMembers)
  async addMembers({ groupId, commandId, userIds }: pb.AddMembersRequest, context: RpcContext) {
    await this.questions.requirePeople(userIds, context.signal)
    return this.#run(groupId, { type: 'AddMembers', userIds }, callerOf(context, commandId))
  }

  @Rpc(method.removeMember)
  async removeMember({ groupId, commandId, userId }: pb.RemoveMemberRequest, context: RpcContext) {
    return this.#run(groupId, { type: 'RemoveMember', userId }, callerOf(context, commandId))
  }

  @Rpc(method.banMember)
  async banMember({ groupId, commandId, userId, reason, forS }: pb.BanMemberRequest, context: RpcContext) {
    const caller = callerOf(context, commandId)
    const expiresAt = forS > 0 ? caller.now.getTime() + forS * 1000 : 0
    return this.#run(groupId, { type: 'Ban', userId, reason: cleanText('reason', reason), expiresAt }, caller)
  }

  @Rpc(method.unbanMember)
  async unbanMember({ groupId, commandId, userId }: pb.UnbanMemberRequest, context: RpcContext) {
    return this.#run(groupId, { type: 'Unban', userId }, callerOf(context, commandId))
  }

  @Rpc(method.listBans)
  async listBans({ groupId, minSeq }: pb.ListBansRequest, context: RpcContext) {
    const rows = await this.questions.bans(groupId, requireUser(context), Number(minSeq), new Date(), context.signal)
    return {
      bans: rows.map((row) => ({
        userId: row.user_id,
        reason: row.reason,
        bannedBy: row.banned_by,
        bannedAt: timestampFromMs(row.banned_at),
        expiresAt: timestampOf(row.expires_at),
      })),
    }
  }

  @Rpc(method.muteMember)
  async muteMember({ groupId, commandId, userId, forS }: pb.MuteMemberRequest, context: RpcContext) {
    const caller = callerOf(context, commandId)
    return this.#run(groupId, { type: 'Mute', userId, until: caller.now.getTime() + forS * 1000 }, caller)
  }

  @Rpc(method.discoverGroups)
  async discoverGroups({ query, limit }: pb.DiscoverGroupsRequest, context: RpcContext) {
    const rows = this.questions.discover(requireUser(context), query, limit || DEFAULT_FOUND)
    const groups = rows.map((row) => ({
      groupId: row.id,
      kind: row.kind,
      name: row.name,
      topic: row.topic,
      avatarFileId: row.avatar_file_id,
      memberCount: row.member_count,
      open: row.discoverability === Discoverability.OPEN,
      member: row.member === 1,
      requested: row.requested === 1,
    }))
    return { groups }
  }

  @Rpc(method.joinGroup)
  async joinGroup({ groupId, commandId, note }: pb.JoinGroupRequest, context: RpcContext) {
    const caller = callerOf(context, commandId)
    const { seq } = await this.#run(groupId, { type: 'Enter', note: cleanText('note', note) }, caller)
    return { seq, requested: this.questions.isWaiting(groupId, caller.userId) }
  }

  @Rpc(method.listJoinRequests)
  async listJoinRequests({ groupId, minSeq }: pb.ListJoinRequestsRequest, context: RpcContext) {
    const rows = await this.questions.joinRequests(groupId, requireUser(context), Number(minSeq), context.signal)
    return {
      requests: rows.map((row) => ({
        userId: row.user_id,
        note: row.note,
        inviteId: row.invite_id,
        requestedAt: timestampFromMs(row.requested_at),
      })),
    }
  }

  @Rpc(method.resolveJoinRequest)
  async resolveJoinRequest(request: pb.ResolveJoinRequestRequest, context: RpcContext) {
    const { groupId, commandId, userId, approve } = request
    return this.#run(groupId, { type: 'Resolve', userId, approve }, callerOf(context, commandId))
  }

  @Rpc(method.changeRole)
  async changeRole({ groupId, commandId, userId, role }: pb.ChangeRoleRequest, context: RpcContext) {
    return this.#run(groupId, { type: 'ChangeRole', userId, role }, callerOf(context, commandId))
  }

  @Rpc(method.transferOwnership)
  async transferOwnership({ groupId, commandId, userId }: pb.TransferOwnershipRequest, context: RpcContext) {
    return this.#run(groupId, { type: 'TransferOwnership', userId }, callerOf(context, commandId))
  }

  @Rpc(method.leaveGroup)
  async leaveGroup({ groupId, commandId }: pb.LeaveGroupRequest, context: RpcContext) {
    return this.#run(groupId, { type: 'Leave' }, callerOf(context, commandId))
  }

  @Rpc(method.createInvite)
  async createInvite({ groupId, commandId, ...terms }: pb.CreateInviteRequest, context: RpcContext) {
    const { code, seq, invite } = await this.invites.create(groupId, terms, callerOf(context, commandId))
    this.events.changed('CreateInvite', groupId, requireUser(context))
    return { invite: inviteOf(invite), code, seq: BigInt(seq) }
  }

  @Rpc(method.listInvites)
  async listInvites({ groupId, minSeq }: pb.ListInvitesRequest, context: RpcContext) {
    const rows = await this.invites.list(groupId, requireUser(context), Number(minSeq), context.signal)
    return { invites: rows.map(inviteOf) }
  }

  @Rpc(method.revokeInvite)
  async revokeInvite({ groupId, commandId, inviteId }: pb.RevokeInviteRequest, context: RpcContext) {
    return this.#run(groupId, { type: 'RevokeInvite', inviteId }, callerOf(context, commandId))
  }

  @Rpc(method.previewInvite)
  async previewInvite({ code }: pb.PreviewInviteRequest, context: RpcContext) {
    const { invite, group, members } = await this.invites.preview(code, new Date(), context.signal)
    return {
      groupId: group.id,
      kind: group.kind,
      name: group.name,
      topic: group.topic,
      memberCount: members,
      invitedBy: invite.created_by,
      needsApproval: invite.needs_approval === 1,
      avatarFileId: group.avatar_file_id,
      expiresAt: timestampOf(invite.expires_at),
    }
  }

  @Rpc(method.acceptInvite)
  async acceptInvite({ code, commandId, note }: pb.AcceptInviteRequest, context: RpcContext) {
    const caller = callerOf(context, commandId)
    const { groupId, seq } = await this.invites.accept(code, cleanText('note', note), caller)
    this.events.changed('Join', groupId, caller.userId)
    return { groupId, seq: BigInt(seq), requested: this.questions.isWaiting(groupId, caller.userId) }
  }

  @Rpc(method.listGroupIds)
  async listGroupIds({ userId, moreUserIds }: pb.ListGroupIdsRequest, context: RpcContext) {
    const [groups = [], ...more] = await this.questions.positionsOf([userId, ...moreUserIds], context.signal)
    return { groups: [...groups], more: more.map((theirs) => ({ groups: [...theirs] })) }
  }

  @Rpc(method.getMembership)
  async getMembership({ groupId, userId }: pb.GetMembershipRequest, context: RpcContext) {
    const { group, role, members, blocked } = await this.questions.membership(groupId, userId, context.signal)
    const direct = group?.kind === GroupKind.DIRECT && role !== undefined
    return {
      role: role ?? Role.UNSPECIFIED,
      kind: group?.kind ?? GroupKind.UNSPECIFIED,
      directUserIds: direct ? members.map(({ user_id }) => user_id) : [],
      blocked: direct && blocked,
      overrides: (group && settingsOf(group)?.permissions) ?? [],
    }
  }

  @Rpc(method.listCallees)
  async listCallees({ groupId, callerId, limit }: pb.ListCalleesRequest, context: RpcContext) {
    return { userIds: await this.questions.callees(groupId, callerId, limit, context.signal) }
  }

  async #run(groupId: string, command: RosterCommand, caller: Caller) {
    const { seq, events } = await this.rosters.run(groupId, command, caller)
    if (events.length > 0) this.events.changed(command.type, groupId, caller.userId)
    return { seq: BigInt(seq) }
  }
}

/** 0 is no time. */
const timestampOf = (ms: number) => (ms > 0 ? timestampFromMs(ms) : undefined)

const inviteOf = (row: InviteRow) => ({
  id: row.id,
  createdAt: timestampFromMs(row.created_at),
  maxUses: row.max_uses,
  uses: row.uses,
  role: row.role,
  createdBy: row.created_by,
  expiresAt: timestampOf(row.expires_at),
  needsApproval: row.needs_approval === 1,
})
