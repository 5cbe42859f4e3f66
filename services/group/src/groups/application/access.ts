import type { GroupHistory } from '@beseda/history'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { Permission } from '@beseda/proto/common/v1/permissions'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { permit } from '@beseda/rules'
import type { Reader } from '../../messages/adapters/views/message-reader.js'
import {
  type GroupRow,
  groupById,
  hiddenBefore,
  isBlocked,
  type MemberRow,
  memberOf,
  membersOf,
  scopeOf,
} from '../adapters/views/group-reader.js'

/** A member who looks at a group. */
export interface Visit {
  readonly group: GroupRow
  readonly member: MemberRow
  readonly reader: Reader
}

/** The door to every question about a group: members only, and on a view that is fresh enough to say no. */
export class Access {
  constructor(private readonly history: GroupHistory) {}

  /** Waits until the view has `minSeq`. Errors: NOT_A_MEMBER; INVALID_REQUEST when the log has not reached it. */
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

  /** Like {@link asMember}, for those who have a permission. Errors: NOT_A_MEMBER, NOT_PERMITTED. */
  permitted<T>(
    permission: Permission,
    groupId: string,
    userId: string,
    minSeq: number,
    signal: AbortSignal,
    ask: (visit: Visit) => T,
  ): Promise<T> {
    return this.asMember(groupId, userId, minSeq, signal, (visit) => {
      permit(permission, scopeOf(visit.group), visit.member.role)
      return ask(visit)
    })
  }

  /** Nothing comes from one to the other in a direct chat when either has blocked. Errors: BLOCKED. */
  refuseBlocked(group: GroupRow, userId: string): void {
    if (group.kind !== GroupKind.DIRECT) return
    const other = membersOf(this.history.view, group.id).find(({ user_id }) => user_id !== userId)
    if (other && isBlocked(this.history.view, userId, other.user_id)) throw new Refusal(ErrorReason.BLOCKED)
  }

  /** On the view as it is. Errors: NOT_A_MEMBER. */
  visit(groupId: string, userId: string): Visit {
    const group = groupById(this.history.view, groupId)
    const member = memberOf(this.history.view, groupId, userId)
    if (!group || !member || group.deleted === 1) throw new Refusal(ErrorReason.NOT_A_MEMBER)
    return { group, member, reader: { userId, hiddenBefore: hiddenBefore(group, member), now: Date.now() } }
  }
}
