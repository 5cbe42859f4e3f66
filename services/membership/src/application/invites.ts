import type { CommandResult } from '@beseda/event-log'
import { type Caller, type GroupHistory, upToDate } from '@beseda/history'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Role } from '@beseda/proto/common/v1/roles'
import { checkInvite, isBacked, mayCopy } from '../domain/roster/invites.js'
import type { GroupQuery, MembershipQueries } from './membership-queries.js'
import {
  type GroupRecord,
  type InviteCodes,
  type InviteReader,
  type InviteRecord,
  type MembershipReader,
  scopeOf,
} from './ports.js'
import type { RosterCommands } from './roster-commands.js'

export interface InviteTerms {
  /** Seconds; 0: never. */
  readonly expiresInS: number
  /** 0: without limit. */
  readonly maxUses: number
  readonly role: Role
  readonly needsApproval: boolean
  readonly name: string
}

/** `code`: undefined for a reader who may not have it, or when the installation's secret is another one than when it was made. */
export interface ListedInvite {
  readonly invite: InviteRecord
  readonly code: string | undefined
}

export interface InvitePreview {
  readonly invite: InviteRecord
  readonly group: GroupRecord
  readonly memberCount: number
}

/** Links by which people join a group. Their codes are in no log. */
export class Invites {
  constructor(
    private readonly history: GroupHistory,
    private readonly commands: RosterCommands,
    private readonly queries: MembershipQueries,
    private readonly invites: InviteReader,
    private readonly groups: MembershipReader,
    private readonly codes: InviteCodes,
    /** The history streams that this process follows. */
    private readonly streams: readonly string[],
  ) {}

  /** Errors: those of CreateInvite. */
  async create(
    groupId: string,
    { expiresInS, maxUses, role, needsApproval, name }: InviteTerms,
    caller: Caller,
  ): Promise<CommandResult & { readonly code: string; readonly invite: InviteRecord }> {
    const { inviteId, code } = this.codes.issue(groupId, caller.commandId)
    const expiresAt = expiresInS > 0 ? caller.now.getTime() + expiresInS * 1000 : 0
    const terms = { expiresAt, maxUses, role: role || Role.MEMBER, needsApproval, name }
    const command = { type: 'CreateInvite', inviteId, codeHash: this.codes.hash(code), ...terms } as const
    const result = await this.commands.run(groupId, command, caller)
    const invite = await this.#find(code, caller.signal)
    if (result.events.length === 0 && !isOfTerms(invite, { ...terms, expiresInS })) {
      throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
    }
    return { ...result, code, invite }
  }

  /** Those that rest on somebody who may invite now; with their codes where the reader may have them (`mayCopy`). Errors: NOT_A_MEMBER. */
  list(query: GroupQuery, now: Date): Promise<readonly ListedInvite[]> {
    const { groupId, userId } = query
    return this.queries.asMember(query, (standing) => {
      const group = this.groups.group(groupId)
      if (!group) return []
      const scope = scopeOf(group)
      const reader = { ...standing, userId }
      const creatorOf = ({ createdBy }: InviteRecord) => this.groups.standing(groupId, createdBy)
      return this.invites
        .list(groupId)
        .filter((invite) => isBacked(invite, scope, creatorOf(invite), now.getTime()))
        .map((invite) => ({
          invite,
          code: mayCopy(invite, scope, reader, now.getTime()) ? this.#codeOf(invite) : undefined,
        }))
    })
  }

  /** Computed again from the command that created the invite (ADR 57). */
  #codeOf({ groupId, commandId, codeHash }: InviteRecord): string | undefined {
    const { code } = this.codes.issue(groupId, commandId)
    return Buffer.compare(this.codes.hash(code), codeHash) === 0 ? code : undefined
  }

  /** What a link leads to. Errors: INVITE_NOT_FOUND, INVITE_REVOKED, INVITE_EXPIRED, INVITE_USED_UP. */
  async preview(code: string, now: Date, signal: AbortSignal): Promise<InvitePreview> {
    const invite = await this.#findNow(code, signal)
    const group = this.groups.group(invite.groupId)
    if (!group) throw new Refusal(ErrorReason.INVITE_NOT_FOUND)
    checkInvite(invite, scopeOf(group), this.groups.standing(group.id, invite.createdBy), now.getTime())
    return { invite, group, memberCount: this.groups.memberCount(group.id) }
  }

  /** Errors: INVITE_NOT_FOUND, those of AcceptInvite. */
  async accept(code: string, note: string, caller: Caller): Promise<CommandResult & { readonly groupId: string }> {
    const { id: inviteId, groupId } = await this.#find(code, caller.signal)
    const result = await this.commands.run(groupId, { type: 'AcceptInvite', inviteId, note }, caller)
    return { ...result, groupId }
  }

  /** On a view that has caught up with the group: what an invite rests on may have ended a moment ago. */
  async #findNow(code: string, signal: AbortSignal): Promise<InviteRecord> {
    const { groupId } = await this.#find(code, signal)
    await this.history.catchUp(groupId, signal)
    return this.#find(code, signal)
  }

  /** A code does not say which group it is of, so all streams are caught up with before it counts as unknown. */
  async #find(code: string, signal: AbortSignal): Promise<InviteRecord> {
    const hash = this.codes.hash(code)
    const known = this.invites.byCodeHash(hash)
    if (known) return known
    await upToDate(this.history.deps, this.streams, signal)
    const found = this.invites.byCodeHash(hash)
    if (!found) throw new Refusal(ErrorReason.INVITE_NOT_FOUND)
    return found
  }
}

/** A retry comes later than the first request: its expiry is compared with the time at which the invite was created. */
function isOfTerms(invite: InviteRecord, { expiresInS, maxUses, role, needsApproval, name }: InviteTerms): boolean {
  const expiresAt = expiresInS > 0 ? invite.createdAt + expiresInS * 1000 : 0
  const isSame = invite.expiresAt === expiresAt && invite.maxUses === maxUses
  return isSame && invite.role === role && invite.needsApproval === needsApproval && invite.name === name
}
