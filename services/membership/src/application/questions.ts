import { type GroupHistory, upToDate } from '@beseda/history'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Permission } from '@beseda/proto/common/v1/permissions'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { permit } from '@beseda/rules'
import { type Client, createClient, type Transport } from '@connectrpc/connect'
import {
  bansOf,
  discoverable,
  groupById,
  groupPositionsOf,
  groupsOf,
  hasJoinRequest,
  isBlocked,
  joinRequestsOf,
  membersOf,
  roleOf,
  settingsOf,
} from '../projections/queries.js'
import { fitting } from './fitting.js'
import type { Rosters } from './rosters.js'

/** Places in groups of one answer: each takes 48 bytes, and the bus carries 1 MB. */
const MAX_POSITIONS = 10_000

/** What is asked of rosters. */
export class Questions {
  readonly #identity: Client<typeof IdentityService>

  constructor(
    private readonly history: GroupHistory,
    private readonly rosters: Rosters,
    rpc: Transport,
    private readonly streams: readonly string[],
  ) {
    this.#identity = createClient(IdentityService, rpc)
  }

  async groupsOf(userId: string, afterGroupId: string, minSeqGroupId: string, minSeq: number, signal: AbortSignal) {
    if (minSeqGroupId !== '') await this.history.waitForNamed(minSeqGroupId, minSeq, signal)
    return groupsOf(this.history.view, userId, afterGroupId)
  }

  members(groupId: string, userId: string, minSeq: number, signal: AbortSignal) {
    return this.rosters.asMember(groupId, userId, minSeq, signal, () => membersOf(this.history.view, groupId))
  }

  bans(groupId: string, userId: string, minSeq: number, now: Date, signal: AbortSignal) {
    return this.rosters.asMember(groupId, userId, minSeq, signal, () => {
      this.#permit(Permission.BAN_MEMBERS, groupId, userId)
      return bansOf(this.history.view, groupId, now.getTime())
    })
  }

  joinRequests(groupId: string, userId: string, minSeq: number, signal: AbortSignal) {
    return this.rosters.asMember(groupId, userId, minSeq, signal, () => {
      this.#permit(Permission.APPROVE_JOINS, groupId, userId)
      return joinRequestsOf(this.history.view, groupId)
    })
  }

  /** Whether somebody is waiting to be let in: what a join has come to. */
  isWaiting(groupId: string, userId: string): boolean {
    return hasJoinRequest(this.history.view, groupId, userId)
  }

  discover(userId: string, query: string, limit: number) {
    return discoverable(this.history.view, userId, query, limit)
  }

  /**
   * The groups of people as of now, for a gateway that is about to deliver to them. Of the first person always; of the others, in their
   * order, of as many as an answer has room for.
   */
  async positionsOf(userIds: readonly string[], signal: AbortSignal) {
    await upToDate(this.history.deps, this.streams, signal)
    return fitting(userIds, MAX_POSITIONS, (userId) => groupPositionsOf(this.history.view, userId))
  }

  /** As of now: the answer decides who may be called. */
  async membership(groupId: string, userId: string, signal: AbortSignal) {
    await this.history.catchUp(groupId, signal)
    const { view } = this.history
    const members = membersOf(view, groupId)
    const blocked = members.some(({ user_id }) => user_id !== userId && isBlocked(view, userId, user_id))
    return { group: groupById(view, groupId), role: roleOf(view, groupId, userId), members, blocked }
  }

  /** Whom a caller may ring: all other members without a block between the two; nobody when there are more than `limit`. */
  async callees(groupId: string, callerId: string, limit: number, signal: AbortSignal): Promise<string[]> {
    await this.history.catchUp(groupId, signal)
    const { view } = this.history
    const others = membersOf(view, groupId).filter(({ user_id }) => user_id !== callerId)
    if (others.length > limit) return []
    return others.map(({ user_id }) => user_id).filter((userId) => !isBlocked(view, callerId, userId))
  }

  /** Errors: USER_NOT_FOUND for an id that is nobody's. */
  async requirePeople(userIds: readonly string[], signal: AbortSignal): Promise<void> {
    const { users } = await this.#identity.getUsers({ userIds: [...userIds] }, { signal })
    const known = new Set(users.filter(({ deleted }) => !deleted).map(({ id }) => id))
    const unknown = userIds.find((userId) => !known.has(userId))
    if (unknown !== undefined) throw new Refusal(ErrorReason.USER_NOT_FOUND, { user_id: unknown })
  }

  #permit(permission: Permission, groupId: string, userId: string): void {
    const group = groupById(this.history.view, groupId)
    if (!group) throw new Refusal(ErrorReason.NOT_A_MEMBER)
    const scope = { kind: group.kind, overrides: settingsOf(group)?.permissions }
    permit(permission, scope, roleOf(this.history.view, groupId, userId))
  }
}
