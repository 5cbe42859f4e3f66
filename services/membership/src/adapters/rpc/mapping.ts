import { Role } from '@beseda/proto/common/v1/roles'
import { Discoverability, GroupKind } from '@beseda/proto/group/v1/events'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import type { InvitePreview, ListedInvite } from '../../application/invites.js'
import type { AsOf, Membership } from '../../application/membership-queries.js'
import type {
  BanRecord,
  FoundGroupRecord,
  GroupPosition,
  InviteRecord,
  JoinRequestRecord,
  MemberRecord,
  MyGroupRecord,
  NoticeRecord,
} from '../../application/ports.js'

/** Records of the application as messages of the contract. */
export const myGroupMessage = (group: AsOf<MyGroupRecord>) => ({
  groupId: group.id,
  kind: group.kind,
  name: group.name,
  topic: group.topic,
  role: group.role,
  memberCount: group.memberCount,
  peerId: group.peerId ?? '',
  lastActivityAt: timestampFromMs(group.lastActivityAt),
  lastMessageSeq: BigInt(group.lastMessageSeq),
  avatarFileId: group.avatarFileId,
  archived: group.archived,
  joinRequests: group.joinRequestCount,
  mutedUntil: timestampOf(group.mutedUntil),
  settings: group.settings,
  asOfSeq: BigInt(group.asOfSeq),
})

export const foundGroupMessage = (group: FoundGroupRecord) => ({
  groupId: group.id,
  kind: group.kind,
  name: group.name,
  topic: group.topic,
  avatarFileId: group.avatarFileId,
  memberCount: group.memberCount,
  open: group.settings?.discoverability === Discoverability.OPEN,
  member: group.isMember,
  requested: group.hasRequested,
})

export const memberMessage = (member: MemberRecord) => ({
  userId: member.userId,
  role: member.role,
  joinedAt: timestampFromMs(member.joinedAt),
  mutedUntil: timestampOf(member.mutedUntil),
})

export const banMessage = (ban: BanRecord) => ({
  userId: ban.userId,
  reason: ban.reason,
  bannedBy: ban.bannedBy,
  bannedAt: timestampFromMs(ban.bannedAt),
  expiresAt: timestampOf(ban.expiresAt),
})

export const joinRequestMessage = (request: JoinRequestRecord) => ({
  userId: request.userId,
  note: request.note,
  inviteId: request.inviteId,
  requestedAt: timestampFromMs(request.requestedAt),
})

export const noticeMessage = (notice: NoticeRecord) => ({
  kind: notice.kind,
  groupId: notice.groupId,
  groupName: notice.groupName,
  avatarFileId: notice.avatarFileId,
  byUserId: notice.by,
  reason: notice.reason,
  at: timestampFromMs(notice.at),
  expiresAt: timestampOf(notice.expiresAt),
  seq: BigInt(notice.seq),
})

/** With its code and name where the reader may have them. */
export const listedInviteMessage = ({ invite, code }: ListedInvite) => ({
  ...inviteMessage(invite),
  code: code ?? '',
  name: code === undefined ? '' : invite.name,
})

const inviteMessage = (invite: InviteRecord) => ({
  id: invite.id,
  createdAt: timestampFromMs(invite.createdAt),
  maxUses: invite.maxUses,
  uses: invite.uses,
  role: invite.role,
  createdBy: invite.createdBy,
  expiresAt: timestampOf(invite.expiresAt),
  needsApproval: invite.needsApproval,
})

export const previewMessage = ({ invite, group, memberCount }: InvitePreview) => ({
  groupId: group.id,
  kind: group.kind,
  name: group.name,
  topic: group.topic,
  memberCount,
  invitedBy: invite.createdBy,
  inviteId: invite.id,
  maxUses: invite.maxUses,
  needsApproval: invite.needsApproval,
  avatarFileId: group.avatarFileId,
  expiresAt: timestampOf(invite.expiresAt),
})

export const membershipMessage = ({ group, role, mutedUntil, direct }: Membership) => ({
  role: role ?? Role.UNSPECIFIED,
  kind: group?.kind ?? GroupKind.UNSPECIFIED,
  directUserIds: [...(direct?.userIds ?? [])],
  blocked: direct?.blocked ?? false,
  overrides: group?.settings?.permissions ?? [],
  mutedUntil: timestampOf(mutedUntil),
  voiceRoom: group?.settings?.voiceRoom ?? false,
})

export const positionMessage = (position: GroupPosition) => ({
  groupId: position.groupId,
  rosterSeq: BigInt(position.rosterSeq),
  hiddenUpToSeq: BigInt(position.hiddenUpToSeq),
})

/** 0: no time. */
const timestampOf = (ms: number) => (ms > 0 ? timestampFromMs(ms) : undefined)
