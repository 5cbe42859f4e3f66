import type { Message } from '@beseda/proto/group/v1/group_service'
import type { Event } from '@beseda/proto/log/v1/commit'
import type { Reader } from '../../groups/domain/reader.js'
import type { CallRecord } from '../domain/call-record.js'

export interface AuditEntry {
  readonly seq: number
  /** Unix ms. */
  readonly at: number
  readonly event: Event
}

export interface AuditPage {
  /** Newest first. */
  readonly entries: readonly AuditEntry[]
  readonly hasMore: boolean
}

export interface SystemPage {
  /** Newest first. `index`: among the events of its commit. */
  readonly events: readonly (AuditEntry & { readonly index: number })[]
  readonly hasMore: boolean
}

export interface CallPage {
  /** Newest first. */
  readonly calls: readonly NonNullable<CallRecord>[]
  readonly hasMore: boolean
}

/** A message as it reads now, or another event as it was. */
export type ExportEntry = {
  readonly seq: number
  /** Unix ms. */
  readonly at: number
} & ({ readonly message: Message } | { readonly event: Event })

export interface ExportPart {
  /** In the order of the history. */
  readonly entries: readonly ExportEntry[]
  /** Sequence after which the next part begins; 0: this was the last. */
  readonly next: number
}

/** The history of a group, as those who answer for it read it. */
export abstract class HistoryReader {
  /** Everything but what was said; the events of one commit are never separated. `beforeSeq` is exclusive; 0: the newest. */
  abstract audit(groupId: string, beforeSeq: number, limit: number): AuditPage
  /** What members see between their messages, after sequence `hiddenBefore`; the events of one commit are never separated. */
  abstract systemEvents(groupId: string, hiddenBefore: number, beforeSeq: number, limit: number): SystemPage
  /** Calls that began after sequence `hiddenBefore`. */
  abstract calls(groupId: string, hiddenBefore: number, beforeSeq: number, limit: number): CallPage
  /** Messages as this reader sees them and every other event, after a sequence. */
  abstract export(groupId: string, reader: Reader, afterSeq: number): ExportPart
}

/** What the view knows of a message that a commit in the log holds. */
export interface Standing {
  /** False: its group has ended. */
  readonly known: boolean
  readonly deleted: boolean
}

/** What is due to disappear from the log. */
export abstract class ErasureStore {
  /** Messages that have expired by `now` (Unix ms) leave the view, at most `limit`. */
  abstract expire(now: number, limit: number): void
  /** People whose accounts are deleted and whose messages are not all erased. */
  abstract peopleToErase(): readonly string[]
  abstract personErased(userId: string): void
  /** Groups in which a person has messages. */
  abstract groupsWithMessagesOf(userId: string): readonly string[]
  abstract messagesOf(userId: string, groupId: string, limit: number): readonly string[]
  /** Groups without members. */
  abstract abandonedGroups(limit: number): readonly string[]
  /** Groups with commits to erase. */
  abstract groupsToErase(limit: number): readonly string[]
  /** Sequences of commits that hold content of deleted messages, oldest first. */
  abstract commitsToErase(groupId: string, limit: number): readonly number[]
  abstract commitErased(groupId: string, seq: number): void
  /** What a legal hold keeps counts as not deleted. `authorId`: of the message. */
  abstract standing(groupId: string, messageId: string, authorId: string): Standing
  /** Deleted groups, and the sequence up to which their messages are purged. */
  abstract groupsToPurge(limit: number): readonly { readonly groupId: string; readonly uptoSeq: number }[]
  abstract groupPurged(groupId: string): void
}
