import { blocksUpToDate, type GroupHistory, upToDate } from '@beseda/history'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Permission } from '@beseda/proto/common/v1/permissions'
import type { Role } from '@beseda/proto/common/v1/roles'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { permit } from '@beseda/rules'
import { fitting } from './fitting.js'
import {
  type BanRecord,
  type FoundGroupRecord,
  type GroupPosition,
  type GroupRecord,
  type JoinRequestRecord,
  type MemberRecord,
  type MemberStanding,
  type MembershipReader,
  type MyGroupRecord,
  type NoticeRecord,
  scopeOf,
} from './ports.js'

/** Positions in one answer: 48 bytes each, and the bus carries at most 1 MB. */
const MAX_POSITIONS = 10_000
/** Groups of one page: with the longest topics 0.7 MB, and the bus carries at most 1 MB. */
const GROUPS_PER_PAGE = 150
/** As the contract says. Longer: a new device tells what is long known; shorter: nothing is told after a holiday. */
const NOTICES_KEPT_MS = 30 * 24 * 3_600_000
/** Longer: lists wait for a log that is away; shorter: under load, the newest messages are missing from them. */
const PATIENCE_MS = 500
const after = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** What is asked on behalf of a person, of one group: at least as new as `minSeq`, a sequence that the person has seen. */
export interface GroupQuery {
  readonly groupId: string
  readonly userId: string
  readonly minSeq: number
  readonly signal: AbortSignal
}

/** `asOfSeq`: the answer has every commit of the group up to this sequence, and none after it. */
export type AsOf<T> = T & { readonly asOfSeq: number }

export interface Membership {
  /** Undefined: no such group. */
  readonly group: GroupRecord | undefined
  /** Undefined: not a member. */
  readonly role: Role | undefined
  /** Unix ms; 0: not muted. */
  readonly mutedUntil: number
  /** Of a direct chat that the person is in: both people, and whether one of them has blocked the other. */
  readonly direct: { readonly userIds: readonly string[]; readonly blocked: boolean } | undefined
}

export class MembershipQueries {
  constructor(
    private readonly history: GroupHistory,
    private readonly reader: MembershipReader,
    /** The history streams that this process follows. */
    private readonly streams: readonly string[],
  ) {}

  /** A page of a person's groups: pages in the order of group ids, the groups of a page by their last activity, newest first. */
  async groupsOf(
    userId: string,
    page: { readonly afterGroupId: string; readonly minSeqGroupId: string; readonly minSeq: number },
    signal: AbortSignal,
  ): Promise<{ readonly groups: readonly AsOf<MyGroupRecord>[]; readonly hasMore: boolean }> {
    const { afterGroupId, minSeqGroupId, minSeq } = page
    if (minSeqGroupId !== '') await this.history.waitForNamed(minSeqGroupId, minSeq, signal)
    await this.#catchUpWithMessages(signal)
    const found = this.reader.groupsOf(userId, afterGroupId, GROUPS_PER_PAGE + 1)
    const groups = found.slice(0, GROUPS_PER_PAGE)
    const newestFirst = groups.toSorted((a, b) => b.lastActivityAt - a.lastActivityAt)
    return {
      groups: newestFirst.map((group) => ({ ...group, asOfSeq: this.history.asOf(group.id) })),
      hasMore: found.length > groups.length,
    }
  }

  /** When the newest message was posted comes into the view late. A log that does not answer holds nobody up. */
  async #catchUpWithMessages(signal: AbortSignal): Promise<void> {
    // The answer is then as old as the view; the caller is not told, because nothing that it decides on depends on it.
    const caughtUp = upToDate(this.history.deps, this.streams, signal).catch(() => undefined)
    await Promise.race([caughtUp, after(PATIENCE_MS)])
  }

  /** Errors: NOT_A_MEMBER. */
  members(query: GroupQuery): Promise<AsOf<{ readonly members: readonly MemberRecord[] }>> {
    const { groupId } = query
    return this.asMember(query, () => ({ members: this.reader.members(groupId), asOfSeq: this.history.asOf(groupId) }))
  }

  /** Errors: NOT_A_MEMBER, NOT_PERMITTED. */
  bans(query: GroupQuery, now: Date): Promise<readonly BanRecord[]> {
    return this.#permitted(Permission.BAN_MEMBERS, query, now, () => this.reader.bans(query.groupId, now.getTime()))
  }

  /** Errors: NOT_A_MEMBER, NOT_PERMITTED. */
  joinRequests(query: GroupQuery, now: Date): Promise<readonly JoinRequestRecord[]> {
    return this.#permitted(Permission.APPROVE_JOINS, query, now, () => this.reader.joinRequests(query.groupId))
  }

  /** Whether the person has asked to join and is not admitted yet. */
  hasJoinRequest(groupId: string, userId: string): boolean {
    return this.reader.hasJoinRequest(groupId, userId)
  }

  /** What the person is to be told about groups that they are not in. Errors: INVALID_REQUEST for a `minSeq` beyond the log. */
  async notices(
    userId: string,
    { minSeqGroupId, minSeq }: { readonly minSeqGroupId: string; readonly minSeq: number },
    now: Date,
    signal: AbortSignal,
  ): Promise<readonly NoticeRecord[]> {
    if (minSeqGroupId !== '') await this.history.waitForNamed(minSeqGroupId, minSeq, signal)
    return this.reader.notices(userId, now.getTime() - NOTICES_KEPT_MS)
  }

  discover(userId: string, text: string, limit: number): readonly FoundGroupRecord[] {
    return this.reader.discover(userId, text, limit)
  }

  /**
   * The groups of people, for a gateway that is about to deliver to them; the view has everything that was in the log when this was
   * asked. Always those of the first person; then of the others, in their order, while they fit into the answer.
   */
  async positionsOf(userIds: readonly string[], signal: AbortSignal): Promise<readonly (readonly GroupPosition[])[]> {
    await upToDate(this.history.deps, this.streams, signal)
    return fitting(userIds, MAX_POSITIONS, (userId) => this.reader.positionsOf(userId))
  }

  /** On a view that has caught up, with blocks too, since it decides who may call whom. */
  async membership(groupId: string, userId: string, signal: AbortSignal): Promise<Membership> {
    await this.#catchUp(groupId, signal)
    const group = this.reader.group(groupId)
    const { role, mutedUntil = 0 } = this.reader.standing(groupId, userId) ?? {}
    if (group?.kind !== GroupKind.DIRECT || role === undefined) return { group, role, mutedUntil, direct: undefined }
    const userIds = this.reader.members(groupId).map((member) => member.userId)
    const blocked = userIds.some((other) => other !== userId && this.reader.isBlocked(userId, other))
    return { group, role, mutedUntil, direct: { userIds, blocked } }
  }

  /** Whom a caller may ring: all other members without a block between the two. Nobody when more than `limit` others are there. */
  async callees(groupId: string, callerId: string, limit: number, signal: AbortSignal): Promise<readonly string[]> {
    await this.#catchUp(groupId, signal)
    const others = this.reader.members(groupId).filter(({ userId }) => userId !== callerId)
    if (others.length > limit) return []
    return others.map(({ userId }) => userId).filter((userId) => !this.reader.isBlocked(callerId, userId))
  }

  /** The rule of access to every question about a group. Errors: NOT_A_MEMBER; INVALID_REQUEST for a `minSeq` beyond the log. */
  async asMember<T>({ groupId, userId, minSeq, signal }: GroupQuery, ask: (standing: MemberStanding) => T): Promise<T> {
    await this.history.waitForNamed(groupId, minSeq, signal)
    return this.history.confirmRefusals(groupId, signal, () => {
      const standing = this.reader.standing(groupId, userId)
      if (!standing) throw new Refusal(ErrorReason.NOT_A_MEMBER)
      return ask(standing)
    })
  }

  async #catchUp(groupId: string, signal: AbortSignal): Promise<void> {
    await Promise.all([this.history.catchUp(groupId, signal), blocksUpToDate(this.history.deps, signal)])
  }

  #permitted<T>(permission: Permission, query: GroupQuery, now: Date, ask: () => T): Promise<T> {
    return this.asMember(query, (standing) => {
      const group = this.reader.group(query.groupId)
      if (!group) throw new Refusal(ErrorReason.NOT_A_MEMBER)
      permit(permission, scopeOf(group), standing, now.getTime())
      return ask()
    })
  }
}
