import type { GroupCreated } from '@beseda/proto/group/v1/events'
import type { Group } from '../domain/group-changes.js'
import type { Written } from '../domain/repeats.js'
import type { GroupRecord, MemberRecord, WebhookRecord } from './records.js'

/** What commands on groups decide on. */
export abstract class GroupStore {
  /** The aggregate, with the sequence of the lane `roster` that the view has folded; 0: nothing has happened since it was founded. */
  abstract load(groupId: string): { readonly state: Group; readonly lastSeq: number }
  /** The first result of a command; undefined: it was not carried out. */
  abstract result(
    commandId: string,
  ): ({ readonly groupId: string; readonly actorId: string; readonly seq: number } & Written) | undefined
  /** The event with which the group began; undefined: the group is unknown or deleted. */
  abstract founding(groupId: string): GroupCreated | undefined
  /** The direct chat of exactly these two people; the oldest, where an earlier release has left more than one. */
  abstract directChatOf(one: string, other: string): string | undefined
}

/** Groups, their members and webhooks, as the view has them now. */
export abstract class GroupReader {
  /** Deleted groups too. */
  abstract group(groupId: string): GroupRecord | undefined
  abstract member(groupId: string, userId: string): MemberRecord | undefined
  abstract members(groupId: string): readonly MemberRecord[]
  /** Ids of the groups that a person is a member of. */
  abstract groupIdsOf(userId: string): readonly string[]
  /** Either of the two has blocked the other. */
  abstract isBlocked(one: string, other: string): boolean
  /** The id of somebody who is a member of any group. */
  abstract isPerson(id: string): boolean
  abstract webhooks(groupId: string): readonly WebhookRecord[]
  abstract webhookByToken(tokenHash: Uint8Array): WebhookRecord | undefined
}

/** People as the identity service knows them. */
export abstract class People {
  /** Those of the ids that belong to nobody. */
  abstract unknown(userIds: readonly string[], signal: AbortSignal): Promise<readonly string[]>
  /** Display names by id. */
  abstract names(userIds: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, string>>
  /** Ids of the pictures that the people show now. */
  abstract avatars(userIds: readonly string[]): Promise<readonly string[]>
}

/** Whom privacy settings keep somebody from adding, as the membership service knows it. */
export abstract class AddingRules {
  /** Those of the people, as of a moment within the request. */
  abstract unaddable(actorId: string, userIds: readonly string[], signal: AbortSignal): Promise<readonly string[]>
}

/** Ids and tokens that only this installation can compute (ADR 51). */
export abstract class KeyedHashes {
  /** A UUID; ids of different kinds never meet. */
  abstract id(kind: string, ...parts: readonly string[]): string
  abstract hash(purpose: string, text: string): Uint8Array
}
