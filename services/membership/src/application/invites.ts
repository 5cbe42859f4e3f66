import { createHash } from 'node:crypto'
import { type CommandResult } from '@beseda/event-log'
import { type Caller, type GroupHistory, upToDate } from '@beseda/history'
import { Refusal } from '@beseda/kernel'
import type { InstallationSecret } from '@beseda/platform'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Role } from '@beseda/proto/common/v1/roles'
import { checkInvite } from '../domain/entry.js'
import { type InviteRow, inviteByCodeHash, inviteRows } from '../projections/invites.js'
import { type GroupRow, groupById, memberCount } from '../projections/queries.js'
import type { Rosters } from './rosters.js'

export interface InviteTerms {
  /** Seconds; 0: never expires. */
  readonly expiresInS: number
  readonly maxUses: number
  readonly role: Role
  readonly needsApproval: boolean
}

export interface InvitePreview {
  readonly invite: InviteRow
  readonly group: GroupRow
  readonly members: number
}

/** Links that let people in. Their codes are in no log: a code is a keyed hash of the command that made the invite. */
export class Invites {
  constructor(
    private readonly history: GroupHistory,
    private readonly rosters: Rosters,
    private readonly secret: InstallationSecret,
    /** The history streams this process follows. */
    private readonly streams: readonly string[],
  ) {}

  async create(
    groupId: string,
    terms: InviteTerms,
    caller: Caller,
  ): Promise<CommandResult & { code: string; invite: InviteRow }> {
    const code = this.secret.hash('invite code', `${groupId} ${caller.commandId}`).subarray(0, 16).toString('base64url')
    const expiresAt = terms.expiresInS > 0 ? caller.now.getTime() + terms.expiresInS * 1000 : 0
    const { maxUses, needsApproval } = terms
    const role = terms.role || Role.MEMBER
    const command = {
      type: 'CreateInvite',
      inviteId: caller.commandId,
      codeHash: hashOf(code),
      expiresAt,
      maxUses,
      role,
      needsApproval,
    } as const
    const result = await this.rosters.run(groupId, command, caller)
    return { ...result, code, invite: await this.#find(code, caller.signal) }
  }

  list(groupId: string, userId: string, minSeq: number, signal: AbortSignal): Promise<InviteRow[]> {
    return this.rosters.asMember(groupId, userId, minSeq, signal, () =>
      inviteRows(this.history.view, groupId).filter(({ revoked }) => revoked === 0),
    )
  }

  /** What the link leads to. Errors: INVITE_NOT_FOUND, INVITE_REVOKED, INVITE_EXPIRED, INVITE_USED_UP. */
  async preview(code: string, now: Date, signal: AbortSignal): Promise<InvitePreview> {
    const invite = await this.#find(code, signal)
    checkInvite(
      { revoked: invite.revoked === 1, expiresAt: invite.expires_at, maxUses: invite.max_uses, uses: invite.uses },
      now.getTime(),
    )
    const group = groupById(this.history.view, invite.group_id)
    if (!group) throw new Refusal(ErrorReason.INVITE_NOT_FOUND)
    return { invite, group, members: memberCount(this.history.view, group.id) }
  }

  async accept(code: string, note: string, caller: Caller): Promise<CommandResult & { groupId: string }> {
    const { id: inviteId, group_id: groupId } = await this.#find(code, caller.signal)
    const result = await this.rosters.run(groupId, { type: 'Join', inviteId, note }, caller)
    return { ...result, groupId }
  }

  /** Nothing in a code says where its group is, so before it is unknown every stream is read to its end. */
  async #find(code: string, signal: AbortSignal): Promise<InviteRow> {
    const hash = hashOf(code)
    const known = inviteByCodeHash(this.history.view, hash)
    if (known) return known
    await upToDate(this.history.deps, this.streams, signal)
    const found = inviteByCodeHash(this.history.view, hash)
    if (!found) throw new Refusal(ErrorReason.INVITE_NOT_FOUND)
    return found
  }
}

const hashOf = (code: string): Uint8Array => createHash('sha256').update(code).digest()
