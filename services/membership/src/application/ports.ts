import type { Role } from '@beseda/proto/common/v1/roles'
import type { GroupKind, GroupSettings } from '@beseda/proto/group/v1/events'
import type { WhoMayAdd } from '@beseda/proto/identity/v1/events'
import type { PermissionScope, Standing } from '@beseda/rules'
import type { Notice } from '../domain/roster/notices.js'
import type { Written } from '../domain/roster/repeats.js'
import type { Ban, Invite, JoinRequest, Roster } from '../domain/roster/roster.js'

/** The command side: rosters as commands decide on them. */
export abstract class RosterStore {
  /** The roster, and the sequence of the last commit of its lane (0: none). */
  abstract load(groupId: string): { readonly state: Roster; readonly lastSeq: number }
  /** Undefined: the command was not carried out. */
  abstract command(commandId: string): DoneCommand | undefined
  abstract isMember(groupId: string, userId: string): boolean
  /** Whether the group can be found and joined without an invite, at once or by request. */
  abstract isFindable(groupId: string): boolean
}

/** A command that was carried out, with the sequence of its commit. */
export interface DoneCommand extends Written {
  readonly groupId: string
  readonly actorId: string
  readonly seq: number
}

export interface GroupRecord {
  readonly id: string
  readonly kind: GroupKind
  readonly name: string
  readonly topic: string
  readonly avatarFileId: string
  readonly archived: boolean
  /** Undefined: never changed. */
  readonly settings: GroupSettings | undefined
}

export const scopeOf = ({ kind, settings }: Pick<GroupRecord, 'kind' | 'settings'>): PermissionScope => ({
  kind,
  overrides: settings?.permissions,
})

/** A group as one of its members sees it in their list. */
export interface MyGroupRecord extends GroupRecord {
  readonly role: Role
  readonly memberCount: number
  readonly joinRequestCount: number
  /** Unix ms; 0: not muted. */
  readonly mutedUntil: number
  /** The other person of a direct chat. */
  readonly peerId: string | undefined
  /** Unix ms. */
  readonly lastActivityAt: number
  /** 0: no message yet. */
  readonly lastMessageSeq: number
}

export interface FoundGroupRecord extends GroupRecord {
  readonly memberCount: number
  readonly isMember: boolean
  readonly hasRequested: boolean
}

export interface MemberRecord {
  readonly userId: string
  readonly role: Role
  /** Unix ms. */
  readonly joinedAt: number
  /** Unix ms; 0: not muted. */
  readonly mutedUntil: number
}

export interface MemberStanding extends Standing {
  readonly role: Role
}

export interface BanRecord extends Ban {
  readonly userId: string
}

export interface JoinRequestRecord extends JoinRequest {
  readonly userId: string
}

/** What a person is told about a group that they are not, or no longer, in; with the group's name and picture as they were then. */
export interface NoticeRecord extends Notice {
  readonly groupId: string
  readonly groupName: string
  readonly avatarFileId: string
}

export interface InviteRecord extends Invite {
  readonly groupId: string
}

/** A group of a person, for a gateway that delivers to them. */
export interface GroupPosition {
  readonly groupId: string
  /** Sequence of the last roster commit that the view has folded (0: none since the group was created). */
  readonly rosterSeq: number
  /** History up to this sequence is hidden from the person; 0: none is. */
  readonly hiddenUpToSeq: number
}

/** The query side: rosters as people see them. */
export abstract class MembershipReader {
  /** Undefined when it was deleted. */
  abstract group(groupId: string): GroupRecord | undefined
  /** A member's role, and until when they are muted (Unix ms; 0: not muted). */
  abstract standing(groupId: string, userId: string): MemberStanding | undefined
  /** Owner, admins, members; each group of them in the order of joining. */
  abstract members(groupId: string): readonly MemberRecord[]
  abstract memberCount(groupId: string): number
  /** A page of a person's groups in the order of ids, so that activity moves none from one page to another. */
  abstract groupsOf(userId: string, afterGroupId: string, limit: number): readonly MyGroupRecord[]
  abstract positionsOf(userId: string): readonly GroupPosition[]
  /** Groups that everybody can find and whose name contains the text; the largest first. */
  abstract discover(userId: string, text: string, limit: number): readonly FoundGroupRecord[]
  /** Those that have not expired at `now` (Unix ms), newest first. Without the reason where one of the two accounts is deleted. */
  abstract bans(groupId: string, now: number): readonly BanRecord[]
  /** Oldest first. */
  abstract joinRequests(groupId: string): readonly JoinRequestRecord[]
  abstract hasJoinRequest(groupId: string, userId: string): boolean
  /**
   * Newest first: all requests that wait, and the rest since then (Unix ms). Without the reason where whoever gave it has deleted their account.
   */
  abstract notices(userId: string, since: number): readonly NoticeRecord[]
  /** One of the two has blocked the other. */
  abstract isBlocked(one: string, other: string): boolean
  /** EVERYBODY where the person has chosen nothing. */
  abstract whoMayAdd(userId: string): WhoMayAdd
  /** The two are in a group together, or in a direct chat in which the person has written. A channel makes no contacts. */
  abstract isContact(userId: string, otherId: string): boolean
}

export abstract class InviteReader {
  abstract byCodeHash(codeHash: Uint8Array): InviteRecord | undefined
  /** Those that are not revoked, newest first. */
  abstract list(groupId: string): readonly InviteRecord[]
}

export abstract class DeletedAccounts {
  abstract has(userId: string): boolean
  /** Memberships and join requests of deleted accounts. */
  abstract remaining(): readonly { readonly groupId: string; readonly userId: string }[]
}

/** Codes of invites, and the ids that go with them. Both follow from the command, so a retry gets the same ones. */
export abstract class InviteCodes {
  abstract issue(groupId: string, commandId: string): { readonly inviteId: string; readonly code: string }
  /** SHA-256. */
  abstract hash(code: string): Uint8Array
}

/** Whom privacy settings keep somebody from adding. Answered by a process that serves all partitions: contacts are in any of them. */
export abstract class AddingRules {
  /** Those of the people, as of a moment within the request. */
  abstract unaddable(actorId: string, userIds: readonly string[], signal: AbortSignal): Promise<readonly string[]>
}

export abstract class People {
  /** Those of the ids that belong to no account, or to a deleted one. */
  abstract unknown(userIds: readonly string[], signal: AbortSignal): Promise<readonly string[]>
  /** The owners of those of the ids that belong to bots, by the id of the bot. */
  abstract ownersOf(userIds: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, string>>
}
