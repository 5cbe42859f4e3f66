import type { Role } from '@beseda/proto/common/v1/roles'
import type { PermissionScope } from '@beseda/rules'

/** A person's place in a group. */
export interface Membership extends PermissionScope {
  readonly role: Role
  /** Direct chats: the other person. */
  readonly peerId: string | undefined
  /** Direct chats: one of the two has blocked the other. */
  readonly blocked: boolean
}

/** Who may call whom, as the membership service knows it now. */
export interface Members {
  /** Errors: NOT_A_MEMBER. */
  membership(groupId: string, userId: string, signal: AbortSignal): Promise<Membership>
  /** Whom a caller may ring: the other members without blocks between them; nobody when there are more than `limit`. */
  callees(groupId: string, callerId: string, limit: number, signal: AbortSignal): Promise<readonly string[]>
  groupsOf(userId: string, signal: AbortSignal): Promise<readonly string[]>
}

/** In which group's call a person is: an index, checked against the session whenever it is read. */
export interface PersonalCalls {
  enter(userIds: readonly string[], groupId: string): Promise<void>
  leave(userId: string, groupId: string): Promise<void>
  /** The group by person; undefined: in none. */
  find(userIds: readonly string[]): Promise<readonly (string | undefined)[]>
}
