import { blocksUpToDate, type GroupHistory } from '@beseda/history'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { Permission } from '@beseda/proto/common/v1/permissions'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { hiddenUpTo, permit } from '@beseda/rules'
import type { Reader } from '../domain/reader.js'
import type { GroupReader } from './ports.js'
import { type GroupRecord, type MemberRecord, scopeOf } from './records.js'

/** A member who looks at a group. */
export interface Visit {
  readonly group: GroupRecord
  readonly member: MemberRecord
  readonly reader: Reader
}

/** The rules of access to a group. Everybody but its members is refused, on a view that has caught up. */
export class Access {
  constructor(
    private readonly history: GroupHistory,
    private readonly groups: GroupReader,
  ) {}

  /** Waits until the view has `minSeq`. Errors: NOT_A_MEMBER; INVALID_REQUEST when the log has not reached `minSeq`. */
  async asMember<T>(
    groupId: string,
    userId: string,
    minSeq: number,
    signal: AbortSignal,
    ask: (visit: Visit) => T,
  ): Promise<T> {
    await this.history.waitForNamed(groupId, minSeq, signal)
    return this.history.confirmRefusals(groupId, signal, () => ask(this.visit(groupId, userId)))
  }

  /** Like {@link asMember}, for members who have a permission. Errors: NOT_A_MEMBER, NOT_PERMITTED, MUTED. */
  permitted<T>(
    permission: Permission,
    groupId: string,
    userId: string,
    minSeq: number,
    signal: AbortSignal,
    ask: (visit: Visit) => T,
  ): Promise<T> {
    return this.asMember(groupId, userId, minSeq, signal, (visit) => {
      permit(permission, scopeOf(visit.group), visit.member, visit.reader.now)
      return ask(visit)
    })
  }

  /** Before {@link refuseBlocked} is asked. A stranger's request costs the same whether there is a direct chat or not. */
  async knowBlocks(groupId: string, userId: string, signal: AbortSignal): Promise<void> {
    if (this.find(groupId, userId)?.group.kind === GroupKind.DIRECT) await blocksUpToDate(this.history.deps, signal)
  }

  /** In a direct chat neither writes to the other once one of them has blocked the other. Errors: BLOCKED. */
  refuseBlocked(group: GroupRecord, userId: string): void {
    if (group.kind !== GroupKind.DIRECT) return
    const other = this.groups.members(group.id).find((member) => member.userId !== userId)
    if (other && this.groups.isBlocked(userId, other.userId)) throw new Refusal(ErrorReason.BLOCKED)
  }

  /** On the view as it is. Errors: NOT_A_MEMBER. */
  visit(groupId: string, userId: string): Visit {
    const visit = this.find(groupId, userId)
    if (!visit) throw new Refusal(ErrorReason.NOT_A_MEMBER)
    return visit
  }

  /** On the view as it is; undefined: no member, or no such group. */
  find(groupId: string, userId: string): Visit | undefined {
    const group = this.groups.group(groupId)
    const member = this.groups.member(groupId, userId)
    if (!group || !member || group.deleted) return undefined
    const hiddenBefore = hiddenUpTo(group.settings.newcomerHistory, member.role, member.joinedSeq)
    return { group, member, reader: { userId, hiddenBefore, now: Date.now() } }
  }
}
